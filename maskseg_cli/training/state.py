"""The state of a training run on disk: enough to go on as if it had never stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from maskseg_cli.checkpoints.temporary import replacing
from maskseg_cli.errors import MasksegError
from maskseg_cli.training.ema import AveragedWeights


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        stage: index of the stage.
        step: optimizer steps done within the stage.
        total_steps: optimizer steps done in all; everything random follows from it and the seed.
        best: the best validation figure so far, or None.
        best_epoch: the epoch that gave it.
        fingerprint: what must be the same for a run to go on (see `fingerprint`).
    """

    stage: int = 0
    step: int = 0
    total_steps: int = 0
    best: float | None = None
    best_epoch: int | None = None
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
        optimizer_variables: those of the optimizer, in its order.
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
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def read_progress(path: Path) -> Progress:
    """Where the run stood.

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
    """Puts a saved state into a network and its optimizer.

    Raises:
        MasksegError: the state belongs to another network or another way of training.
    """
    with np.load(path, allow_pickle=False) as archive:
        names = set(archive.files)
        wanted = {f"model/{name}" for name in variables}
        wanted |= {f"optimizer/{index}" for index in range(len(optimizer_variables))}
        missing = sorted(wanted - names)
        if missing or f"optimizer/{len(optimizer_variables)}" in names:
            what = missing[0] if missing else "more optimizer variables"
            raise MasksegError(f"{path} belongs to another network or optimizer ({what}): resume with its options.")
        for name, variable in variables.items():
            variable.assign(archive[f"model/{name}"])
        for index, variable in enumerate(optimizer_variables):
            variable.assign(archive[f"optimizer/{index}"])
        if average is not None:
            if "average_updates" not in names:
                raise MasksegError(f"{path} was saved without averaged weights: resume with its options.")
            average.updates = int(archive["average_updates"])
            average.averages = {name: archive[f"average/{name}"] for name in variables}
