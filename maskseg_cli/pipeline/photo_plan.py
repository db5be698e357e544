"""`PhotoPlan`: what the user asked for: which photos, and where their results go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from maskseg_cli.job import Job, Source
from maskseg_cli.media.outputs import plan_outputs


@dataclass(frozen=True)
class PhotoPlan:
    """What the user asked for.

    Attributes:
        arguments: the sources.
        recursive, format, overwrite, skip_existing: as for `process_images`.
        output: a file or folder; None: beside each photo.
    """

    arguments: Sequence[str]
    output: str | None = None
    recursive: bool = False
    format: str | None = None
    overwrite: bool = False
    skip_existing: bool = False

    @property
    def avoid(self) -> Path | None:
        """The folder in which no photos are searched."""
        return Path(self.output) if self.output not in (None, "-") else None

    def jobs(self, found: Sequence[Source]) -> list[Job]:
        """The results of some photos."""
        return plan_outputs(found, self.output, self.format, self.overwrite, self.skip_existing)
