"""`WeightsSource`: what must be known of a weights file to choose a converted network: its digest, config and names.

The arrays of a file are read only where they are needed. For files of other kinds than maskseg's own the config follows
from the arrays; it is kept in the user's cache, so that the next start need not read hundreds of megabytes.
"""

from __future__ import annotations

import contextlib
import json
from functools import cached_property
from pathlib import Path

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
    def _description(self) -> tuple[MaskRCNNConfig, tuple[str, ...] | None]:
        described = read_description(self.path) or self._remembered()
        if described is None:
            described = self.checkpoint.config, self.checkpoint.class_names
            self._remember(*described)
        return described

    @property
    def config(self) -> MaskRCNNConfig:
        """The options in the file, or those that follow from its arrays."""
        return self._description[0]

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The class names in the file, background first; None where it has none."""
        return self._description[1]

    @property
    def _memory(self) -> Path:
        return networks_folder() / f"{self.digest[:32]}.json"

    def _remembered(self) -> tuple[MaskRCNNConfig, tuple[str, ...] | None] | None:
        try:
            known = json.loads(self._memory.read_text(encoding="utf-8"))
            names = known["class_names"]
            return MaskRCNNConfig(**known["config"]), None if names is None else tuple(map(str, names))
        except (OSError, ValueError, KeyError, TypeError, RecursionError, MasksegError):
            return None  # absent, damaged, or of another version: the file itself is read

    def _remember(self, config: MaskRCNNConfig, class_names: tuple[str, ...] | None) -> None:
        text = json.dumps({"config": config.to_dict(), "class_names": class_names})
        with contextlib.suppress(MasksegError), atomic_path(self._memory) as temporary:
            temporary.write_text(text, encoding="utf-8")
