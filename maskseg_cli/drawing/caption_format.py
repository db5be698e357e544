"""`CaptionFormat`: captions such as `{name} {score:.0%} #{id}`, with a fixed set of fields and nothing else.

A word of the format, that is what stands between two spaces, is left out where one of its fields is not known, so that
`#{id}` disappears for objects without an identity.
"""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Collection, Mapping
from typing import Any

from maskseg_cli.errors import UsageError
from maskseg_cli.messages import shortened
from maskseg_cli.near_names import did_you_mean

#: Field -> a value as objects have it, and what it is.
FIELDS: Mapping[str, tuple[Any, str]] = {
    "name": ("dog", "name of the class, as the style file calls it"),
    "class": ("dog", "the network's own name of the class"),
    "score": (0.5, "from 0 to 1"),
    "id": (1, "identity across the frames of a video"),
    "area": (1, "pixels of the mask"),
    "width": (1, "width of the box in pixels"),
    "height": (1, "height of the box in pixels"),
}

USUAL = "#{id} {name} {score:.0%}"

#: Alignment, up to two digits of width, thousands, up to two digits of precision, kind.
_SPEC = re.compile(r"[<>^]?0?[0-9]{0,2},?(\.[0-9]{1,2})?[a-zA-Z%]?")
_MOST_LETTERS = 200

#: A piece of text, and the field with its format that follows it.
_Piece = tuple[str, str | None, str]


class CaptionFormat:
    """A checked format.

    Args:
        text: the format.

    Attributes:
        fields: those that it shows.

    Raises:
        UsageError: it is none, or names another field (near ones are listed).

    Example:
        >>> CaptionFormat("{name} {score:.0%} #{id}").fill({"name": "dog", "score": 0.87})
        'dog 87%'
    """

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise UsageError(f"A caption is a text such as '{{name}} {{score:.0%}}', not {text!r}.")
        if len(text) > _MOST_LETTERS:
            raise UsageError(f"A caption has at most {_MOST_LETTERS} letters, not {len(text)}.")
        self._words = [self._pieces(word) for word in text.split()]
        self.fields = frozenset(name for pieces in self._words for _, name, _ in pieces if name is not None)

    def fill(self, values: Mapping[str, Any], without: Collection[str] = ()) -> str:
        """The caption of an object.

        Args:
            values: field -> value; words with other fields are left out.
            without: fields whose words are left out too.
        """
        words = []
        for pieces in self._words:
            fields = {name for _, name, _ in pieces if name is not None}
            if fields <= values.keys() and fields.isdisjoint(without):
                words.append("".join(_filled(piece, values) for piece in pieces))
        return " ".join(words)

    def _pieces(self, word: str) -> list[_Piece]:
        shown = shortened(repr(word), 60)
        try:
            parsed = [
                (text, name, spec or "", conversion) for text, name, spec, conversion in string.Formatter().parse(word)
            ]
        except ValueError as error:
            raise UsageError(
                f"The caption {shown} is no format ({error}): write {{{{ and }}}} for braces themselves."
            ) from None
        for _, name, spec, conversion in parsed:
            if name is None:
                continue
            if name not in FIELDS:
                known = ", ".join(FIELDS)
                near = did_you_mean(name, FIELDS)
                raise UsageError(f"Captions have no field {shortened(repr(name), 40)}{near}; they have {known}.")
            if conversion or not _SPEC.fullmatch(spec):
                raise UsageError(f"The caption {shown} has a format that is not possible: write {{score:.0%}} or such.")
            try:
                format(FIELDS[name][0], spec)
            except ValueError as error:
                raise UsageError(f"The caption {shown} has a format that is not possible: {error}.") from None
        return [(text, name, spec) for text, name, spec, _ in parsed]


@functools.lru_cache(maxsize=32)
def caption_format(text: str) -> CaptionFormat:
    """`CaptionFormat`, kept for the next picture."""
    return CaptionFormat(text)


def _filled(piece: _Piece, values: Mapping[str, Any]) -> str:
    text, name, spec = piece
    if name is None:
        return text
    value = values[name]
    if spec.endswith("%") and isinstance(value, float) and value < 1:
        # A score below 1 is never written as 100%.
        digits = int(spec.partition(".")[2][:-1]) if "." in spec else 6
        value = min(value, 1 - 10.0 ** -(digits + 2))
    return text + format(value, spec)
