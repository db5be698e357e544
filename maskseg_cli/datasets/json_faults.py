"""Saying what is wrong with a file that should be JSON and is not, where, and what to do."""

from __future__ import annotations

import json

#: Letters before and behind the place of a fault that are shown.
_AROUND = 12


def explain_fault(data: bytes, error: Exception) -> str:
    """What is wrong with a JSON file, as the rest of a sentence that begins with the file's name.

    Args:
        data: the file's bytes.
        error: what `json.loads` raised for them.

    Example:
        >>> explain_fault(b'{"a": 1,}', json.JSONDecodeError("Expecting property name", '{"a": 1,}', 8))
        'is not valid JSON: line 1, column 9: a comma stands before the closing bracket (near {"a": 1,})'
    """
    if not data.strip():
        return "is empty"
    if isinstance(error, RecursionError):
        return "is not valid JSON: its lists are nested too deep"
    if isinstance(error, UnicodeDecodeError):
        return "is not valid JSON: its text is not UTF-8; save it in that encoding"
    if not isinstance(error, json.JSONDecodeError):
        return f"is not valid JSON: {_number_fault(error)}"
    text, at = error.doc, error.pos
    place = f"line {error.lineno}, column {error.colno}"
    shown = "".join(letter if letter.isprintable() else " " for letter in text[max(0, at - _AROUND) : at + _AROUND])
    near = " ".join(shown.split())
    return f"is not valid JSON: {place}: {_fault(text, at, error.msg)} (near {near})".removesuffix(" (near )")


def _number_fault(error: Exception) -> str:
    return "a number has too many digits" if "digits" in str(error) else str(error)


def _fault(text: str, at: int, message: str) -> str:
    before, behind = text[:at].rstrip()[-1:], text[at:].lstrip()[:1]
    if not behind or message.startswith("Unterminated string"):
        return "the file ends in the middle of it; copy or download it again"
    if before == "," and behind in "]}":
        return "a comma stands before the closing bracket"
    # In Python 3.13 and later the place is that of the comma itself.
    if behind == "," and text[at:].lstrip()[1:].lstrip()[:1] in ("]", "}"):
        return "a comma stands before the closing bracket"
    if behind == "'":
        return "single quotes stand for double ones, as Python prints a dict; json.dump writes JSON"
    if text[at : at + 2] in ("//", "/*") or behind == "#":
        return "JSON has no comments"
    if message == "Extra data":
        return "more follows after the end of the document"
    return message
