"""`option`: a field of a dataclass that is an option of the commands and a keyword of the functions alike."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

#: What a value is: any text; a path; a file or a folder that exists; a folder that is made where it does not exist;
#: annotated pictures (the word shapes, or a file or folder that exists); a whole number; a number; a number from 0 to
#: 1; a time such as 1:30; or frames per second such as 30000/1001.
Kind = Literal[
    "text", "path", "file", "folder", "output_folder", "annotations", "whole", "number", "share", "seconds", "rate"
]


@dataclass(frozen=True)
class OptionText:
    """How a field is shown on the command line.

    Attributes:
        help: for --help.
        kind: what a value is. Fields of bool are switches, whatever it says.
        metavar: the name of the value in --help.
        choices: the values that are possible; none: any.
        least, most: limits of numbers.
        default: the default in words, where the field's own says nothing.
        flags: other names than `--` and the field's name; "--track/--no-track" is a switch with both sides.
        heading: over the option in --help, where it is not that of the whole group.
        above: whether a number must be above `least`, not only equal to it.
        below: the same for `most`.
        without_value: the value of the option that is given without one; None: it needs one.
        parts: kinds of the values of an option that takes several, such as a file and a folder; `kind` does not count.
    """

    help: str
    kind: Kind = "text"
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    default: str | None = None
    flags: tuple[str, ...] = ()
    heading: str | None = None
    above: bool = False
    below: bool = False
    without_value: str | None = None
    parts: tuple[Kind, ...] = ()


def option(default: Any, help: str, /, **text: Any) -> Any:
    """A dataclass field with the description of its option.

    Args:
        default: a tuple makes the option repeatable, unless it holds the values of `parts`; a bool, or None beside
            "--x/--no-x", makes it a switch.
        help, text: fields of `OptionText`, whose `default` is the default in words.

    Example:
        >>> @dataclass(frozen=True)
        ... class Blur:
        ...     blur: float = option(0.0, "How strong.", kind="number", least=0)
        >>> dataclasses.fields(Blur)[0].metadata["option"].least
        0
    """
    return dataclasses.field(default=default, metadata={"option": OptionText(help, **text)})
