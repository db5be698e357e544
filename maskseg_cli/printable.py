"""Makes text from files, servers and weights harmless for a terminal and for a spreadsheet."""

from __future__ import annotations

import re
import traceback
import unicodedata

from maskseg_cli.addresses import hide_passwords

#: Characters that change the direction of the text around them (Unicode, UAX 9): with them a name looks like another.
_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"

#: Control characters (C0, DEL and C1), direction marks, line and paragraph separators, and halves of surrogate pairs,
#: which Python makes of bytes in file names that are not UTF-8.
_OBEYED = re.compile(f"[\\x00-\\x1f\\x7f-\\x9f{_DIRECTIONS}\u2028\u2029\\ud800-\\udfff]")

#: Space and signs without a width at the beginning of a text: a spreadsheet may pass over them.
_UNSEEN = re.compile(f"\\A[\\s\\xad\\u180e\\u200b-\\u200f\\u2060-\\u2064\\ufeff{_DIRECTIONS}]+")

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    """A text on one line, with an escape in place of each character that a terminal would obey.

    Names of files and classes, EXIF, provenance in weights and answers of servers come from strangers: an escape
    sequence could clear the screen or change the title, and a line break could forge a message of maskseg.

    Example:
        >>> print(printable("a\\x1b[2Jb\\nError: disk on fire"))
        a\\x1b[2Jb\\nError: disk on fire
    """
    return _OBEYED.sub(_escape, text)


def printable_lines(text: str) -> str:
    """As `printable`, for text whose line breaks are our own, such as a table or a traceback."""
    return "\n".join(map(printable, text.split("\n")))


def printable_json(text: str) -> str:
    """As `printable_lines`, for JSON: the escapes are JSON's, so it still says the same.

    Example:
        >>> printable_json('{"name": "\\x9b2J"}')
        '{"name": "\\\\u009b2J"}'
    """
    return _OBEYED.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


def printable_traceback(error: BaseException) -> list[str]:
    """The traceback of an exception without passwords, in indented lines: none looks like a message."""
    lines = "".join(traceback.format_exception(error)).rstrip().split("\n")
    return [f"  {printable(hide_passwords(line))}" for line in lines]


def spreadsheet_cell(text: str) -> str:
    """A text as a cell of a CSV table that a spreadsheet does not take for a formula.

    What begins with = + - @ (also of full width, behind space or signs without a width), a tab or a carriage return
    gets an apostrophe in front; so does what begins with an apostrophe and would get one without it, so that
    `plain_cell` gives back each text.

    Example:
        >>> spreadsheet_cell("=HYPERLINK(A1)"), spreadsheet_cell("cat.jpg"), spreadsheet_cell("'-1.jpg")
        ("'=HYPERLINK(A1)", 'cat.jpg', "''-1.jpg")
    """
    return f"'{text}" if _is_formula(text.lstrip("'")) else text


def plain_cell(cell: str) -> str:
    """The text of which `spreadsheet_cell` made a cell."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell.lstrip("'")) else cell


def _is_formula(text: str) -> bool:
    seen = _UNSEEN.sub("", text)
    return text.startswith(("\t", "\r")) or unicodedata.normalize("NFKC", seen[:1]) in {"=", "+", "-", "@"}


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
