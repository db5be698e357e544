"""`Exports`: files with what was found, in other programs' formats, several from one run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from maskseg_cli.errors import UsageError
from maskseg_cli.export.formats import FORMATS
from maskseg_cli.features.feature import Feature, RunParts
from maskseg_cli.near_names import did_you_mean
from maskseg_cli.option import option

if TYPE_CHECKING:
    from maskseg_cli.sink import Sink

#: The folder where there is no output that it could lie beside.
_FOLDER = "maskseg_export"


@dataclass(frozen=True)
class Exports(Feature):
    """The formats, and the folder in which each has a file or a folder of its own."""

    heading: ClassVar[str] = "Export"

    export: tuple[str, ...] = option(
        (),
        f"Write what was found in this format too ({', '.join(FORMATS)}); several times for several formats.",
        metavar="FORMAT",
        choices=tuple(FORMATS),
    )
    export_dir: str | None = option(
        None,
        "Folder for the exported files.",
        kind="path",
        metavar="DIR",
        default=f"the output's name with _export, else {_FOLDER}",
    )
    export_pictures: bool | None = option(
        None,
        "Write the upright pictures beside exported annotations; if neither is given, frames of videos and cameras, "
        "and what came from standard input.",
        flags=("--export-pictures/--no-export-pictures",),
    )

    def __post_init__(self) -> None:
        names = (self.export,) if isinstance(self.export, str) else tuple(self.export or ())
        for name in names:
            if name not in FORMATS:
                hint = did_you_mean(str(name), FORMATS, 2)
                raise UsageError(f"export is one or more of {', '.join(FORMATS)}, not {name!r}{hint}.")
        object.__setattr__(self, "export", tuple(dict.fromkeys(names)))
        if self.export_pictures not in (None, True, False):
            raise UsageError(f"export_pictures is True, False or None, not {self.export_pictures!r}.")
        for name, value in (("--export-dir", self.export_dir), ("--export-pictures", self.export_pictures)):
            if value not in (None, False) and not self.export:
                raise UsageError(f"{name} is for exported files: give --export FORMAT too.")
        if self.export_dir is not None and Path(self.export_dir).exists() and not Path(self.export_dir).is_dir():
            raise UsageError(f"--export-dir {self.export_dir} is a file; name a folder.")

    @property
    def writes(self) -> bool:
        """Whether anything is exported."""
        return bool(self.export)

    def files(self) -> list[Path]:
        """The single files, where their folder is known before the run."""
        if self.export_dir is None:
            return []
        return [Path(self.export_dir) / FORMATS[name] for name in self.export if not FORMATS[name].endswith("/")]

    def add_to(self, parts: RunParts) -> None:
        """Adds a sink a format.

        Raises:
            MasksegError: exported files exist already, and are neither to be replaced nor kept, or cannot be written.
        """
        if not self.export:
            return
        from maskseg_cli.media.outputs import check_writable, refuse_existing

        if parts.kind == "photos" and "mots" in self.export:
            raise UsageError("--export mots is for videos and cameras: photos have no tracks.")

        folder = export_folder(self.export_dir, parts.output)
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file, but the exports need a folder: name one with --export-dir.")
        check_writable(folder)
        if not (parts.overwrite or parts.skip_existing or parts.part):
            existing = [path for name in self.export for path in _existing(folder / FORMATS[name])]
            if existing:
                refuse_existing(existing)
        for name in self.export:
            parts.sinks.append(self._sink(name, folder, parts))

    def _sink(self, name: str, folder: Path, parts: RunParts) -> Sink:
        from maskseg_cli.export.building import build_sink
        from maskseg_cli.export.cvat_tracks import CvatTracks
        from maskseg_cli.export.mots import MotsFiles

        path, note = folder / FORMATS[name], None if parts.reporter is None else parts.reporter.say
        if not FORMATS[name].endswith("/"):
            path = parts.file(path, path.name)
        if name == "mots":
            return MotsFiles(path, note)
        if name == "cvat" and parts.kind != "photos":
            return CvatTracks(path, note)
        if name == "cvat":
            path /= "images.xml"
        return build_sink(name, path, resume=parts.skip_existing, pictures=self.export_pictures, note=note)


def export_folder(given: str | None, output: Path | None) -> Path:
    """The folder of the exports: as given, else beside the output with its name and _export.

    Example:
        >>> export_folder(None, Path("out/film.mp4")).as_posix(), export_folder(None, None).as_posix()
        ('out/film_export', 'maskseg_export')
    """
    if given is not None:
        return Path(given)
    if output is None or str(output) == "-" or output.parts[:2] == ("/", "dev"):
        return Path(_FOLDER)
    named = output.parent if "%" in output.name else output
    if not named.name:
        return Path(_FOLDER)
    return named.with_name(f"{named.name if named.is_dir() else named.stem}_export")


def _existing(path: Path) -> Iterator[Path]:
    """A file that exists, and the journal of a stopped run; a folder that holds something."""
    if path.is_dir():
        yield from [path] if any(path.iterdir()) else []
        return
    journal = path.with_name(f"{path.name}.part")
    yield from [one for one in (path, journal) if one.exists()]
