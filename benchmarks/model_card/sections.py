"""Parts of Markdown files that are made, between the lines `<!-- name -->` and `<!-- /name -->`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.atomic_file import write_atomic

PROJECT = Path(__file__).resolve().parents[2]

#: What stands in a part that has never been filled.
UNMEASURED = "*To be measured.*"

_PART = re.compile(r"^<!-- (?P<name>[a-z][a-z0-9-]*) -->\n(?P<text>.*?)^<!-- /(?P=name) -->$", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r"^<!-- (?P<close>/?)(?P<name>[a-z][a-z0-9-]*) -->$", re.MULTILINE)


def documents() -> list[Path]:
    """The files of the project that have such parts."""
    files = [PROJECT / "weights" / "README.md", PROJECT / "README.md"]
    files += sorted((PROJECT / "docs").glob("*.md")) + [PROJECT / "benchmarks" / "README.md"]
    return [file for file in files if file.is_file() and names(file.read_text(encoding="utf-8"))]


def names(text: str) -> list[str]:
    """The names of the parts of a text, in their order.

    Raises:
        MasksegError: a mark without its partner, or parts inside parts.
    """
    found: list[str] = []
    opened = None
    for mark in _MARK.finditer(text):
        if opened is None and not mark["close"]:
            opened = mark["name"]
        elif opened == mark["name"] and mark["close"]:
            found.append(opened)
            opened = None
        else:
            raise _unpaired(opened or mark["name"])
    if opened is not None:
        raise _unpaired(opened)
    return found


def _unpaired(name: str) -> MasksegError:
    return MasksegError(f"The part {name} does not begin with the line <!-- {name} --> and end with <!-- /{name} -->.")


def content(text: str, name: str) -> str | None:
    """What stands in a part, without empty lines around it; None: there is no such part."""
    return next((match["text"].strip() for match in _PART.finditer(text) if match["name"] == name), None)


def filled(text: str, parts: Mapping[str, str]) -> str:
    """The text with these parts replaced; others stay as they are.

    Example:
        >>> print(filled("<!-- day -->\\nold\\n<!-- /day -->", {"day": "Friday"}))
        <!-- day -->
        <BLANKLINE>
        Friday
        <BLANKLINE>
        <!-- /day -->
    """
    names(text)  # refuses what would be replaced wrongly

    def part(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in parts:
            return match[0]
        return f"<!-- {name} -->\n\n{parts[name].strip()}\n\n<!-- /{name} -->"

    return _PART.sub(part, text)


def fill(file: Path, parts: Mapping[str, str]) -> bool:
    """Rewrites a file in place; returns whether anything changed.

    Raises:
        MasksegError: the file's marks do not match.
    """
    before = file.read_text(encoding="utf-8")
    try:
        after = filled(before, parts)
    except MasksegError as error:
        raise MasksegError(f"In {file}: {error}") from None
    if after != before:
        write_atomic(file, after.encode())
    return after != before
