"""The state of a training run on disk: a run that is resumed from it gives the same weights as one without a break."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

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
    try:
        with np.load(path, allow_pickle=False) as archive:
            return Progress(**json.loads(str(archive["progress"])))
    except FileNotFoundError:
        raise MasksegError(f"{path.parent} holds no training to resume: {path.name} is missing.") from None
    except Exception as error:
        raise MasksegError(f"{path} cannot be read: {error}.") from error


def restore_state(
    path: Path, variables: Mapping[str, Any], optimizer_variables: Sequence[Any], average: AveragedWeights | None
) -> None:
    """Restores a saved state into a network and its optimizer.

    Raises:
        MasksegError: the state is broken, or belongs to another network or another way of training.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = dict(archive)
    except Exception as error:
        raise MasksegError(f"{path} cannot be read: {error}.") from error
    wanted = {f"model/{name}": variable for name, variable in variables.items()}
    wanted |= {f"optimizer/{index}": variable for index, variable in enumerate(optimizer_variables)}
    strange = [name for name in wanted if name not in arrays or arrays[name].shape != tuple(wanted[name].shape)]
    if strange or f"optimizer/{len(optimizer_variables)}" in arrays:
        what = strange[0] if strange else "more optimizer variables"
        raise MasksegError(f"{path} belongs to another network or optimizer ({what}): resume with its options.")
    if (average is not None) != ("average_updates" in arrays):
        how = "without" if average is not None else "with"
        raise MasksegError(f"{path} was saved {how} averaged weights: resume with its options.")
    for name, variable in wanted.items():
        variable.assign(arrays[name])
    if average is not None:
        average.updates = int(arrays["average_updates"])
        average.averages = {name: arrays[f"average/{name}"] for name in variables}
