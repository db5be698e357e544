"""`Source` and `Job`: one input of a run, and where its result goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath


@dataclass(frozen=True)
class Source:
    """One input: a photo or a video.

    Attributes:
        path: the file; None is standard input, or `address` if that is given.
        relative: its path below the folder that the user named; the output has the same below the output folder.
        alone: the user named this file itself (or standard input), not a folder or a pattern.
        address: for an input that is no single file: an address on the network, or a pattern of numbered pictures.
    """

    path: Path | None
    relative: PurePath
    alone: bool = True
    address: str | None = None

    @property
    def name(self) -> str:
        """The name in messages: the path as the user would write it."""
        return self.address or ("standard input" if self.path is None else str(self.path))

    @property
    def exported_name(self) -> str:
        """The name in exported files: `relative` with forward slashes."""
        return self.relative.as_posix()


@dataclass(frozen=True)
class Job:
    """One source (a photo or a video) and its output.

    Attributes:
        source: what is read.
        target: the file to write, or the pattern of a video's frames (`frames/%06d.png`); None is standard output.
        suffix: decides the format, `.png`; None if only the photo itself decides (standard input to output).
        done: the target exists and is kept (--skip-existing).
    """

    source: Source
    target: Path | None
    suffix: str | None
    done: bool = False
