"""The photos with the worst errors, by kind of error, with pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maskseg_cli.evaluation.report.error_picture import FOUND, MARKED, OTHER
from maskseg_cli.evaluation.report.photos import Photos, outlined
from maskseg_cli.messages import counted
from maskseg_cli.pages.elements import escaped, paragraph, pictures, table
from maskseg_cli.pages.legends import Key, legend
from maskseg_cli.pages.page import section
from maskseg_cli.pages.thumbnails import Thumbnail

#: Lines of a list of photos without pictures, and errors that a caption names.
_LISTED, _NAMED = 50, 4

#: What the lines in the pictures mean; dashes are white on black.
_KEYS = (
    Key("marked by people", MARKED, dashed=True, ground=(0, 0, 0)),
    Key("found by the network, and wrong", FOUND),
    Key("found by the network, and right", OTHER),
)


@dataclass(frozen=True)
class ErrorInPhoto:
    """One thing that is wrong in a photo.

    Attributes:
        weight: how bad it is, above 0; those of a photo are added.
        words: what is wrong, for the caption: "dog missed".
        marked: the annotation that it is about; None: there is none.
        found: the row of results that it is about; None: there is none.
        label: what is written in the picture, beside what was found, or what was marked and is missed.
    """

    weight: float
    words: str
    marked: dict[str, Any] | None
    found: dict[str, Any] | None
    label: str


@dataclass(frozen=True)
class PhotoErrors:
    """The errors of one kind in one photo.

    Attributes:
        image: the record of the photo.
        errors: worst first.
        right: rows of results that are right, drawn thinly.
    """

    image: dict[str, Any]
    errors: Sequence[ErrorInPhoto]
    right: Sequence[dict[str, Any]] = ()

    @property
    def weight(self) -> float:
        """How bad the photo is."""
        return sum(error.weight for error in self.errors)


def worst_photos(kinds: Mapping[str, Sequence[PhotoErrors]], photos: Photos, most: int, min_score: float) -> str:
    """A section with the worst photos of each kind of error.

    Args:
        kinds: what the errors are, such as "Missed objects", -> the photos that have them.
        photos: reads and draws them; only those that are shown.
        most: so many photos in all; the kinds take turns, each with its worst photo that is left.
        min_score: of the detections that count.

    Returns:
        "" where nothing is wrong.
    """
    ordered = {kind: sorted(found, key=lambda one: -one.weight) for kind, found in kinds.items() if found}
    if not ordered or not most:
        return ""
    chosen = _shares({kind: len(found) for kind, found in ordered.items()}, most)
    how = (
        f"Detections with scores from {min_score:g} count. The first photo of each kind is the worst one, by the "
        "number of errors, the size of what is missed, and the scores of what is wrong."
    )
    parts = [paragraph(how, "soft"), _introduction(photos)]
    for kind, found in ordered.items():
        errors = sum(len(one.errors) for one in found)
        parts.append(f"<h3>{escaped(kind)}: {errors} in {counted(len(found), 'photo')}</h3>")
        worst = found[: chosen[kind]]
        shown = [picture for one in worst if (picture := _picture(one, photos)) is not None]
        parts.append(pictures(shown, "pair steps"))
        if len(shown) < len(worst):
            titles = ("Photo", "What is wrong")
            parts.append(table(titles, [(one.image["file_name"], _words(one)) for one in found[: max(len(worst), 10)]]))
    if photos.missing:
        lines = list(photos.missing.items())[:_LISTED]
        parts.append(table(("Photo", "Why it is not shown"), lines))
    return section("The worst photos", *parts)


def _shares(numbers: dict[str, int], most: int) -> dict[str, int]:
    """How many photos each kind shows: `most` in all, as evenly as the kinds have them.

    Example:
        >>> _shares({"missed": 9, "false": 1, "class": 5}, 8)
        {'missed': 4, 'false': 1, 'class': 3}
    """
    shares = dict.fromkeys(numbers, 0)
    while most > 0 and any(shares[kind] < number for kind, number in numbers.items()):
        for kind, number in numbers.items():
            if shares[kind] < number and most > 0:
                shares[kind] += 1
                most -= 1
    return shares


def _introduction(photos: Photos) -> str:
    if not photos.known:
        return paragraph("The folder of the photos was not named (IMAGES), so no photo is shown.", "note")
    return legend(_KEYS)


def _picture(one: PhotoErrors, photos: Photos) -> Thumbnail | None:
    objects = [outlined(row, one.image, wrong=False) for row in one.right]
    for error in one.errors:
        if error.marked is not None:
            label = "" if error.found is not None else error.label
            objects.append(outlined(error.marked, one.image, label))
        if error.found is not None:
            objects.append(outlined(error.found, one.image, error.label))
    return photos.drawn(one.image, objects, f"{one.image['file_name']}: {_words(one)}")


def _words(one: PhotoErrors) -> str:
    times = Counter(error.words for error in one.errors).most_common(_NAMED)
    words = [f"{words} ({number} times)" if number > 1 else words for words, number in times]
    left = len(one.errors) - sum(number for _, number in times)
    return ", ".join(words) + (f", and {left} more" if left else "")
