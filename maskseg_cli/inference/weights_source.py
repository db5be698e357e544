"""`WeightsSource`: what must be known of a weights file to choose a converted network: its digest, config and names.

The arrays of a file are read only where they are needed. For files of other kinds than maskseg's own the config follows
from the arrays, and from a training's config beside them; it is kept in the user's cache, so that the next start need
not read hundreds of megabytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from maskseg_cli.checkpoints import Checkpoint, read_checkpoint
from maskseg_cli.checkpoints.download import file_digest
from maskseg_cli.checkpoints.native import read_description
from maskseg_cli.checkpoints.registry import cache_folder
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.atomic_file import atomic_path


def networks_folder() -> Path:
    """The folder of converted networks in the user's cache."""
    return cache_folder() / "openvino"


#: Changes where a file is understood in another way than before, so that nothing remembered is taken then.
_READING = 1


class Described(NamedTuple):
    """What follows from a weights file; see `Checkpoint`."""

    config: MaskRCNNConfig
    class_names: tuple[str, ...] | None
    notes: tuple[str, ...]


class WeightsSource:
    """A weights file.

    Args:
        path: an existing file.

    Attributes:
        path: the argument.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole file, hexadecimal.

        Raises:
            MasksegError: it cannot be read.
        """
        try:
            return file_digest(self.path, "sha256")
        except OSError as error:
            raise MasksegError(f"{self.path} cannot be read ({error.strerror}).") from None

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The whole file, read at the first use; errors as those of `read_checkpoint`."""
        return read_checkpoint(self.path)

    @cached_property
    def _description(self) -> Described:
        own = read_description(self.path)
        if own is not None:
            return Described(*own, ())
        described = self._remembered()
        if described is None:
            described = Described(self.checkpoint.config, self.checkpoint.class_names, self.checkpoint.notes)
            self._remember(described)
        return described

    @property
    def config(self) -> MaskRCNNConfig:
        """The options in the file, or those that follow from its arrays."""
        return self._description.config

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The class names in the file, background first; None where it has none."""
        return self._description.class_names

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what was assumed, since the file does not say it."""
        return self._description.notes

    @cached_property
    def _memory(self) -> Path:
        # Files of maskseg's own never come here, and it takes 10 ms to import.
        from maskseg_cli.checkpoints.pytorch.families.config_beside import config_beside

        parts = [str(_READING), self.digest]
        beside = config_beside(self.path)
        if beside is not None:
            with contextlib.suppress(OSError):
                parts.append(file_digest(beside, "sha256"))
        return networks_folder() / f"{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:32]}.json"

    def _remembered(self) -> Described | None:
        try:
            known = json.loads(self._memory.read_text(encoding="utf-8"))
            names = known["class_names"]
            return Described(
                MaskRCNNConfig(**known["config"]),
                None if names is None else tuple(map(str, names)),
                tuple(map(str, known["notes"])),
            )
        except (OSError, ValueError, KeyError, TypeError, RecursionError, MasksegError):
            return None  # absent, damaged, or of another version: the file itself is read

    def _remember(self, described: Described) -> None:
        text = json.dumps(described._asdict() | {"config": described.config.to_dict()})
        with contextlib.suppress(MasksegError), atomic_path(self._memory) as temporary:
            temporary.write_text(text, encoding="utf-8")
