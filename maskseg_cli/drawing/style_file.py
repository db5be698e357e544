"""`StyleFile`: what a style file says about names, colours, scores and drawing; `read_style` reads and checks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maskseg_cli.classes import canonical_name, parse_classes
from maskseg_cli.config.overrides import read_document
from maskseg_cli.config.value_types import check_share
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.drawing.palettes import Color, color_of
from maskseg_cli.errors import UsageError
from maskseg_cli.messages import shortened
from maskseg_cli.near_names import did_you_mean

#: Keys at the top of a style file, each a field of `DrawingOptions`.
DRAWING_KEYS = (
    *("palette", "color_by", "alpha", "masks", "contours", "boxes", "captions"),
    *("caption", "font", "text_size", "line_width"),
)

#: Keys of a table `[class.NAME]`.
CLASS_KEYS = ("name", "aliases", "color", "min_score", "show")

_LONGEST_NAME = 100


@dataclass(frozen=True)
class ClassStyle:
    """What a style file says about a class; None: nothing.

    Attributes:
        name: in pictures, messages and counts.
        aliases: other names by which users may choose the class.
        color: blue, green, red.
        min_score: objects of a lower score are left out, 0 to 1.
        show: whether objects of the class are kept at all.
    """

    name: str | None = None
    aliases: tuple[str, ...] = ()
    color: Color | None = None
    min_score: float | None = None
    show: bool = True


@dataclass(frozen=True)
class StyleFile:
    """A style file, checked as far as that is possible without a network.

    Attributes:
        path: of the file.
        drawing: fields of `DrawingOptions` by name.
        classes: the network's name of a class, as the file writes it -> its style.
    """

    path: Path
    drawing: Mapping[str, Any] = field(default_factory=dict)
    classes: Mapping[str, ClassStyle] = field(default_factory=dict)

    @property
    def lowest_score(self) -> float | None:
        """The lowest score of a class that the file gives; None: it gives none."""
        return min((one.min_score for one in self.classes.values() if one.min_score is not None), default=None)

    def by_class(self, class_names: tuple[str, ...]) -> dict[int, ClassStyle]:
        """Class id -> style.

        Args:
            class_names: of the network, background first.

        Raises:
            UsageError: the network has no such class (near names are listed), or the file names one twice.
        """
        found: dict[int, ClassStyle] = {}
        for name, style in self.classes.items():
            try:
                numbers = parse_classes(name.replace(",", " "), class_names)
            except UsageError as error:
                raise UsageError(f"In {self.path}: {error}") from None
            for number in numbers:
                if number in found:
                    raise UsageError(f"In {self.path}: the class {class_names[number]!r} has two tables.")
                found[number] = style
        return found

    def check_font(self) -> None:
        """Checks that the font, where one is named, can be used.

        Raises:
            MasksegError: it is not there, or no font.
        """
        from maskseg_cli.drawing.file_fonts import load_font  # Pillow is loaded when there is work only

        if self.drawing.get("font") is not None:
            load_font(self.drawing["font"], 20)

    def network_name(self, word: str) -> list[str]:
        """The network's names of the classes that a user calls `word`; just that where the file does not know it."""
        wanted = canonical_name(word)
        return [
            name
            for name, style in self.classes.items()
            if wanted in {canonical_name(other) for other in (style.name, *style.aliases) if other}
        ] or [word]


def read_style(path: str | Path) -> StyleFile:
    """Reads a style file.

    Raises:
        MasksegError: it cannot be read, or its syntax is wrong (with the line).
        UsageError: an unknown key (near ones are listed), or a value that is not possible.
    """
    path = Path(path)
    document = read_document(path)
    try:
        _refuse_others(document, (*DRAWING_KEYS, "class"), "a style file")
        drawing = {name: value for name, value in document.items() if name != "class"}
        if "font" in drawing:
            drawing["font"] = _font(path, drawing["font"])
        DrawingOptions(**drawing)
        tables = document.get("class", {})
        if not isinstance(tables, Mapping):
            raise UsageError('"class" is not a table: write [class.person] and the keys of the class below it.')
        return StyleFile(path, drawing, dict(_classes(tables)))
    except UsageError as error:
        raise UsageError(f"In {path}: {error}") from None


def _refuse_others(table: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
    for key in table:
        if key not in known:
            near = did_you_mean(key, known) or f"; there are {', '.join(known)}"
            raise UsageError(f"There is no key {shortened(key)!r} in {place}{near}.")


def _classes(tables: Mapping[str, Any]) -> Iterator[tuple[str, ClassStyle]]:
    for name, table in tables.items():
        place = f"[class.{shortened(name)}]"
        if not isinstance(table, Mapping):
            raise UsageError(f"class.{shortened(name)} is not a table: write {place} and its keys below it.")
        _refuse_others(table, CLASS_KEYS, place)
        try:
            yield name, _class_style(table)
        except UsageError as error:
            raise UsageError(f"{place}: {error}") from None


def _class_style(table: Mapping[str, Any]) -> ClassStyle:
    aliases = table.get("aliases", [])
    if not isinstance(aliases, list):
        raise UsageError(f'aliases is a list of names, such as ["人", "human"], not {shortened(repr(aliases))}.')
    show = table.get("show", True)
    if not isinstance(show, bool):
        raise UsageError(f"show is true or false, not {shortened(repr(show))}.")
    return ClassStyle(
        None if "name" not in table else _name("name", table["name"]),
        tuple(_name("An alias", alias) for alias in aliases),
        None if "color" not in table else color_of(table["color"]),
        None if "min_score" not in table else check_share("min_score", table["min_score"]),
        show,
    )


def _name(what: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{what} is a text, not {shortened(repr(value))}.")
    if len(value) > _LONGEST_NAME or "," in value or not value.isprintable():
        raise UsageError(
            f"{what} has at most {_LONGEST_NAME} letters, no comma and no line break: {shortened(value)!r}."
        )
    return value.strip()


def _font(style: Path, value: Any) -> str:
    """A font file beside the style file, or the name of a font of the system."""
    if not isinstance(value, str) or not value:
        raise UsageError(f'font is the name of a font file, such as "NotoSans.ttf", not {shortened(repr(value))}.')
    beside = style.parent / Path(value).expanduser()
    return str(beside) if beside.is_file() else value
