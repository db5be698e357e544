"""`Wanted`: what a request asks for in its query and its header Accept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from maskseg_cli.classes import parse_classes
from maskseg_cli.detections import Detections
from maskseg_cli.drawing.drawing_options import COLOR_BY, DrawingOptions
from maskseg_cli.drawing.palettes import PALETTES
from maskseg_cli.errors import UsageError
from maskseg_cli.serve.http_error import HttpError

#: Name of a format -> its media type. The first one of a media type is what Accept chooses.
FORMATS = {
    "coco": "application/json",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "cutouts": "application/zip",
    "labelme": "application/vnd.labelme+json",
}

#: Parameters that switch a part of the drawing.
SWITCHES = ("masks", "contours", "boxes", "captions")

#: Every parameter of the query; `token` is read by the access check.
PARAMETERS = (
    "format",
    "min_score",
    "classes",
    "max_detections",
    "polygons",
    *SWITCHES,
    "alpha",
    "color_by",
    "palette",
    "quality",
    "name",
    "token",
)


@dataclass(frozen=True)
class Wanted:
    """What a request asks for.

    Attributes:
        format: one of `FORMATS`.
        min_score: objects of lower scores are left out.
        classes: ids of classes; None: all.
        max_detections: at most so many objects; None: no limit.
        polygons: COCO's outlines as polygons, else RLE.
        drawing: how pictures are drawn.
        quality: of JPEG and WebP, 1 to 100.
        name: what the answer calls the picture.
    """

    format: str = "coco"
    min_score: float = 0.5
    classes: tuple[int, ...] | None = None
    max_detections: int | None = None
    polygons: bool = False
    drawing: DrawingOptions = field(default_factory=DrawingOptions)
    quality: int = 90
    name: str = ""

    def choose(self, found: Detections) -> Detections:
        """The objects that the request asks for, best score first."""
        chosen = found.filter(self.classes, self.min_score)
        return chosen if self.max_detections is None else chosen[: self.max_detections]


def parse_wanted(
    query: Iterable[tuple[str, str]], accept: str, class_names: Sequence[str], usual: Wanted | None = None
) -> Wanted:
    """Reads the query and the header Accept of a request.

    Args:
        query: names and values.
        accept: the header, "" if there is none.
        class_names: of the network, background first.
        usual: gives what the request does not say.

    Raises:
        HttpError: 422 for a wrong query, 406 where no format of Accept is known.

    Example:
        >>> parse_wanted([("min_score", "0.3"), ("classes", "dog")], "image/png", ("background", "dog")).format
        'png'
    """
    usual = usual or Wanted()
    given: dict[str, str] = {}
    for name, value in query:
        if name not in PARAMETERS:
            raise HttpError(422, f"There is no parameter {name!r}; the parameters are {', '.join(PARAMETERS[:-1])}.")
        if name in given:
            raise HttpError(422, f"The parameter {name} is given twice.")
        given[name] = value
    try:
        drawn: dict[str, object] = {name: _switch(name, given[name]) for name in SWITCHES if name in given}
        if "alpha" in given:
            drawn["alpha"] = _number("alpha", given["alpha"])
        drawn |= {
            name: _one_of(name, given[name], known)
            for name, known in (("color_by", COLOR_BY), ("palette", PALETTES))
            if name in given
        }
        return Wanted(
            _one_of("format", given["format"], FORMATS) if "format" in given else _accepted(accept),
            _number("min_score", given["min_score"]) if "min_score" in given else usual.min_score,
            tuple(parse_classes(given["classes"], class_names)) if "classes" in given else usual.classes,
            _whole("max_detections", given["max_detections"], 10_000)
            if "max_detections" in given
            else usual.max_detections,
            _switch("polygons", given["polygons"]) if "polygons" in given else usual.polygons,
            usual.drawing.replace(**drawn),
            _whole("quality", given["quality"], 100) if "quality" in given else usual.quality,
            given.get("name", "")[:200],
        )
    except UsageError as error:
        raise HttpError(422, str(error)) from error


def _accepted(accept: str) -> str:
    """The first known format of the header, the higher `q` before the lower."""
    parts = []
    for part in accept.split(","):
        kind, *parameters = (word.strip().lower() for word in part.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        try:
            parts.append((-float(quality), kind))
        except ValueError:
            parts.append((-1.0, kind))
    for weight, kind in sorted(parts, key=lambda one: one[0]):
        if weight == 0:
            continue
        if kind in ("", "*/*", "application/*"):
            return "coco"
        if kind == "image/*":
            return "jpeg"
        for name, known in FORMATS.items():
            if kind == known:
                return name
    if not accept.strip():
        return "coco"
    raise HttpError(406, f"No format of Accept is known; known are {', '.join(FORMATS.values())}.")


def _switch(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise UsageError(f"{name} is either true or false.")
    return text.lower() in ("true", "1")


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UsageError(f"{name} is a number from 0 to 1.")
    return value


def _whole(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7 and 1 <= int(text) <= most):
        raise UsageError(f"{name} is a whole number from 1 to {most}.")
    return int(text)


def _one_of(name: str, text: str, known: Iterable[str]) -> str:
    if text not in known:
        raise UsageError(f"{name} is one of {', '.join(known)}.")
    return text
