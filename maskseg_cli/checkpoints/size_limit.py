"""Limits what a weights file may unpack to: what its network needs, and what so small a file can hold."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.config.network_size import needed_values
from maskseg_cli.errors import MasksegError

#: Values that any file may have beyond twice what its network needs: files of another network get the sentence that
#: says what does not fit.
_SPARE_VALUES = 1 << 24

#: Values that a network may have beyond twice those in its file: such a network can be built to compare it.
_BUILDABLE_VALUES = 1 << 28

#: Bytes as float32 that any file may unpack to, however small it is: a network whose values are all zero.
_SMALL = 1 << 29

#: Bytes as float32 that a file may unpack to for each of its own, beyond that: values of trained networks hardly pack.
_RATIO = 20


def check_size(path: Path, config: MaskRCNNConfig | None, sizes: Collection[int]) -> None:
    """Refuses a file before its arrays are unpacked.

    Args:
        path: the file.
        config: its network; None where that follows from the arrays.
        sizes: the number of values of each of its arrays.

    Raises:
        MasksegError: the file unpacks to far more than its network needs, or its description wants a network that is
            far larger than its arrays.
    """
    values = sum(sizes)
    most = max(_SMALL, _RATIO * path.stat().st_size)
    if 4 * values > most:
        raise MasksegError(f"{path} would unpack to {_size(values)}, which so small a weights file cannot hold.")
    if config is None:
        return
    needed = needed_values(config)
    if values > 2 * needed + _SPARE_VALUES:
        raise MasksegError(f"{path} would unpack to {_size(values)}, and its network needs about {_size(needed)}.")
    if needed > 2 * values + _BUILDABLE_VALUES:
        raise MasksegError(
            f"{path} describes a network of about {_size(needed)}, and its arrays are {_size(values)}: it is damaged."
        )


def _size(values: int) -> str:
    return f"{4 * values / 1e6:,.0f} MB"
