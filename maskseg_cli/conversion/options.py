"""`ConversionOptions`: what becomes of a data set that is converted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from maskseg_cli.config.value_types import check_count, check_share, check_switches
from maskseg_cli.datasets.annotation_options import check_format, format_option, via_attribute_option
from maskseg_cli.errors import UsageError
from maskseg_cli.export.formats import DATA_FORMATS
from maskseg_cli.near_names import did_you_mean
from maskseg_cli.option import option

#: Suffix of a file -> the format that is meant where no other is named.
_BY_SUFFIX = {".json": "coco", ".xml": "cvat", ".csv": "csv", ".jsonl": "jsonl"}

#: Headings in --help.
_OUTPUT, _INPUT, _CLASSES, _PHOTOS = "Output", "Input", "Classes", "Photos"


@dataclass(frozen=True)
class ConversionOptions:
    """The target format, the choice of classes and photos, and where the photos go.

    Raises:
        UsageError: a value that is not possible.
    """

    to: str | None = option(
        None,
        f"Format of OUT: {', '.join(DATA_FORMATS)}.",
        metavar="FORMAT",
        choices=tuple(DATA_FORMATS),
        default="that of OUT's suffix: .json coco, .xml cvat, .csv csv, .jsonl jsonl",
        heading=_OUTPUT,
    )
    overwrite: bool = option(False, "Replace files of OUT that exist; those of IN never.", heading=_OUTPUT)
    images: str | None = option(
        None,
        "Folder of the photos of IN.",
        kind="path",
        metavar="DIR",
        default="where IN says, or beside it",
        heading=_INPUT,
    )
    source_format: str | None = format_option("IN", flags=("--from",), heading=_INPUT)
    via_attribute: str | None = via_attribute_option(heading=_INPUT)
    classes: str | None = option(
        None,
        "Keep only objects of these classes, such as person,dog; the photos without them stay.",
        metavar="LIST",
        heading=_CLASSES,
    )
    rename: tuple[str, ...] = option(
        (),
        "Another name for a class, in OUT; may be repeated. Classes of one name become one.",
        metavar="OLD=NEW",
        heading=_CLASSES,
    )
    copy_photos: bool = option(False, "Copy the photos into OUT, where the format wants them.", heading=_PHOTOS)
    link_photos: bool = option(False, "The same with symbolic links in place of copies.", heading=_PHOTOS)
    split: float | None = option(
        None,
        "Divide the photos at random: this share into train, the others into val.",
        kind="share",
        metavar="SHARE",
        heading=_PHOTOS,
    )
    seed: int = option(0, "Another number, another division.", kind="whole", least=0, metavar="N", heading=_PHOTOS)

    def __post_init__(self) -> None:
        check_switches(copy_photos=self.copy_photos, link_photos=self.link_photos, overwrite=self.overwrite)
        if self.to is not None and self.to not in DATA_FORMATS:
            hint = did_you_mean(str(self.to), DATA_FORMATS, 2)
            raise UsageError(f"to is one of {', '.join(DATA_FORMATS)}, not {self.to!r}{hint}.")
        check_format(self.source_format)
        if self.copy_photos and self.link_photos:
            raise UsageError("--copy-photos and --link-photos contradict each other: give one.")
        if self.split is not None and not 0 < check_share("split", self.split) < 1:
            raise UsageError(f"--split is a share between 0 and 1, such as 0.9, not {self.split:g}.")
        check_count("seed", self.seed + 1)
        names = (self.rename,) if isinstance(self.rename, str) else tuple(self.rename or ())
        object.__setattr__(self, "rename", names)
        for pair in names:
            old, _, new = pair.partition("=")
            if not old.strip() or not new.strip():
                raise UsageError(f"--rename is OLD=NEW, such as auto=car, not {pair!r}.")

    @property
    def new_names(self) -> dict[str, str]:
        """The name of a class -> its name in OUT."""
        pairs = (pair.partition("=") for pair in self.rename)
        return {old.strip(): new.strip() for old, _, new in pairs}

    def format_for(self, output: PurePath) -> str:
        """The format of OUT.

        Raises:
            UsageError: neither --to nor the suffix says it.

        Example:
            >>> from pathlib import Path
            >>> ConversionOptions().format_for(Path("cats.json")), ConversionOptions(to="yolo").format_for(Path("cats"))
            ('coco', 'yolo')
        """
        if self.to is not None:
            return self.to
        found = _BY_SUFFIX.get(output.suffix.lower())
        if found is None:
            raise UsageError(f"Which format is {output} to have? Say it with --to: {', '.join(DATA_FORMATS)}.")
        return found
