"""The state of a training run on disk: a run that is resumed from it gives the same weights as one without a break."""

from __future__ import annotations

import contextlib
import json
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from maskseg_cli.checkpoints.npz_archive import NpzArchive
from maskseg_cli.checkpoints.sniff import identify
from maskseg_cli.config.value_types import conform
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.atomic_file import atomic_path
from maskseg_cli.training.ema import AveragedWeights


@dataclass
class Progress:
    """Counters of a run.

    Attributes:
        stage: index of the stage.
        step: optimizer steps done within the stage.
        total_steps: optimizer steps done in all; with the seed it determines everything random.
        best: the best validation metric so far, or None.
        best_epoch: the epoch that gave it.
        epoch_losses: sums of the losses since the epoch began, for its means.
        epoch_seconds: time since the epoch began, without breaks.
        fingerprint: options and data that must be the same in a resumed run.
    """

    stage: int = 0
    step: int = 0
    total_steps: int = 0
    best: float | None = None
    best_epoch: int | None = None
    epoch_losses: dict[str, float] = field(default_factory=dict)
    epoch_seconds: float = 0.0
    fingerprint: dict[str, Any] = field(default_factory=dict)


def save_state(
    path: Path,
    variables: Mapping[str, Any],
    optimizer_variables: Sequence[Any],
    average: AveragedWeights | None,
    progress: Progress,
) -> None:
    """Writes a run's state, complete or not at all.

    Args:
        path: the file.
        variables: name -> variable of the network.
        optimizer_variables: the optimizer's variables, in its order.
        average: the averaged weights, if there are any.
        progress: counters.
    """
    arrays: dict[str, Any] = {f"model/{name}": np.asarray(variable) for name, variable in variables.items()}
    for index, variable in enumerate(optimizer_variables):
        arrays[f"optimizer/{index}"] = np.asarray(variable)
    if average is not None:
        arrays |= {f"average/{name}": value for name, value in average.averages.items()}
        arrays["average_updates"] = np.array(average.updates)
    arrays["progress"] = np.array(json.dumps(asdict(progress)))
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def read_progress(path: Path) -> Progress:
    """Reads the counters of a saved state.

    Raises:
        MasksegError: no state, or a broken one.
    """
    if not path.exists():
        raise MasksegError(f"{path.parent} holds no training to resume: {path.name} is missing.")
    with _opened(path) as archive:
        if archive.header("progress").dtype.kind != "U":
            raise ValueError("its counters are no text")
        values = json.loads(str(archive.array("progress")))
        if not isinstance(values, dict) or not isinstance(values.get("fingerprint", {}), dict):
            raise ValueError("its counters are not a table")
        hints = typing.get_type_hints(Progress)
        checked = {name: conform(name, value, hints[name]) for name, value in values.items() if name != "fingerprint"}
        return Progress(**{**values, **checked})


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[NpzArchive]:
    """A saved state; whatever is wrong in it becomes one sentence."""
    try:
        if identify(path) != "npz":
            raise ValueError("it is no .npz file")
        with NpzArchive(path) as archive:
            yield archive
    except Exception as error:
        raise MasksegError(f"{path} cannot be read: {str(error).rstrip('.')}.") from error


def restore_state(
    path: Path, variables: Mapping[str, Any], optimizer_variables: Sequence[Any], average: AveragedWeights | None
) -> None:
    """Restores a saved state into a network and its optimizer.

    Raises:
        MasksegError: the state is broken, or belongs to another network or another way of training.
    """
    wanted = {f"model/{name}": variable for name, variable in variables.items()}
    wanted |= {f"optimizer/{index}": variable for index, variable in enumerate(optimizer_variables)}
    expected = {name: tuple(variable.shape) for name, variable in wanted.items()}
    if average is not None:
        expected |= {f"average/{name}": tuple(variable.shape) for name, variable in variables.items()}
    with _opened(path) as archive:
        # Only what has the right shape is unpacked.
        here = set(archive.names)
        strange = [name for name in expected if name not in here or archive.header(name).shape != expected[name]]
        averaged = "average_updates" in here
        more = f"optimizer/{len(optimizer_variables)}" in here
        arrays = {} if strange else {name: archive.array(name) for name in expected}
        updates = int(archive.array("average_updates")) if averaged else 0
    if (average is not None) != averaged:
        how = "without" if average is not None else "with"
        raise MasksegError(f"{path} was saved {how} averaged weights: resume with its options.")
    if strange or more:
        what = strange[0] if strange else "more optimizer variables"
        raise MasksegError(f"{path} belongs to another network or optimizer ({what}): resume with its options.")
    for name, variable in wanted.items():
        variable.assign(arrays[name])
    if average is not None:
        average.updates = updates
        average.averages = {name: arrays[f"average/{name}"] for name in variables}
