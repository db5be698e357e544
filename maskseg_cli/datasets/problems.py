"""Problems of a data set, counted by kind (`problem_kinds.KINDS`), so that each is reported once and not per record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from maskseg_cli.datasets.problem_kinds import KINDS, LEFT_OUT
from maskseg_cli.errors import MasksegError

#: Letters of a value and of a name that are shown in a message.
_LONGEST, _LONGEST_NAME = 120, 300

#: So many names are kept of each kind.
NAMES_KEPT = 3


@dataclass(frozen=True)
class Problem:
    """One kind of thing that is wrong with a data set.

    Attributes:
        kind: a key of `problem_kinds.KINDS`.
        message: a line for people, with count and first names.
        count: how often it occurs.
        names: the first few images, annotations or classes that have it.
    """

    kind: str
    message: str
    count: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        return self.message


class ProblemLog:
    """Collects problems while a data set is read; the reader leaves out or mends what has one."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def add(self, kind: str, name: object = "", value: object = "") -> None:
        """Counts one more problem of a kind and keeps the first few names.

        Args:
            kind: a key of `problem_kinds.KINDS`.
            name: the image, annotation or class that has it.
            value: what is wrong there, for the sentence about this one record.
        """
        if kind not in KINDS:
            raise ValueError(f"no kind of problem: {kind}")
        self._counts[kind] = self._counts.get(kind, 0) + 1
        names = self._names.setdefault(kind, [])
        if len(names) < NAMES_KEPT and (text := _cut(str(name), _LONGEST_NAME)) and text not in names:
            names.append(text)

    def problems(self) -> list[Problem]:
        """Each kind once, in the order of `KINDS`."""
        found = []
        for kind, words in KINDS.items():
            if kind in self._counts:
                names, count = tuple(self._names[kind]), self._counts[kind]
                more = " ..." if names and count > len(names) else ""
                listed = f": {', '.join(names)}{more}" if names else ""
                number = "" if kind == "no-objects" else f"{count} "
                found.append(Problem(kind, f"{number}{words.many}{listed}", count, names))
        return found


@dataclass(frozen=True, slots=True)
class BadRecord:
    """One record of a data set that has a problem.

    Attributes:
        kind: a key of `problem_kinds.KINDS`.
        name: the image, annotation or class; "" where the kind is about the whole set.
        value: what is wrong there, where the reader says it.
    """

    kind: str
    name: str
    value: str


class CompleteProblemLog(ProblemLog):
    """Keeps every single record that has a problem, beside the counts: for an inspection of the whole set.

    Attributes:
        records: in the order in which they were found.
    """

    def __init__(self) -> None:
        super().__init__()
        self.records: list[BadRecord] = []

    def add(self, kind: str, name: object = "", value: object = "") -> None:
        """Counts one more problem of a kind, and keeps its name and value."""
        super().add(kind, name, value)
        value = "" if value is None else _cut(str(value), _LONGEST)
        self.records.append(BadRecord(kind, _cut(str(name), _LONGEST_NAME), value))


class StrictProblemLog(ProblemLog):
    """Refuses the first record that cannot be understood; other problems are collected as usual.

    Args:
        path: the annotation file, for messages.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        self.path = path

    def add(self, kind: str, name: object = "", value: object = "") -> None:
        """Counts one more problem.

        Raises:
            MasksegError: the record cannot be understood; it is named.
        """
        super().add(kind, name, value)
        if KINDS[kind].one:
            words = KINDS[kind].one.format(_cut(str(value), _LONGEST))
            raise MasksegError(f"In {self.path}: {_cut(str(name), _LONGEST_NAME)} {words}.")


def _cut(text: str, longest: int) -> str:
    shown = text if len(text) <= longest else f"{text[:longest]} ..."
    # A file of another person must not give orders to the terminal.
    return shown if shown.isprintable() else "".join(one if one.isprintable() else "\ufffd" for one in shown)


def pictures_left_out(problems: Iterable[Problem]) -> int:
    """How many pictures of a data set are not used."""
    return sum(problem.count for problem in problems if problem.kind in LEFT_OUT)


def summary(problems: Sequence[Problem], path: str | Path) -> list[str]:
    """One line for the data set and one for each kind of problem; no line where there is none."""
    return [f"Problems in {path}:", *(f"  {problem}" for problem in problems)] if problems else []


def without_objects(sentence: str, log: ProblemLog) -> MasksegError:
    """The refusal of annotations in which nothing can be used, with the first of the problems, which may be why.

    Args:
        sentence: what is not there, without its full stop.
        log: what was left out.
    """
    return MasksegError(" ".join([f"{sentence}.", *(f"{problem}." for problem in log.problems()[:1])]))


def refuse(problems: Sequence[Problem], path: str | Path) -> None:
    """Refuses a data set with any problem (`--strict`).

    Raises:
        MasksegError: there is a problem; the message is the summary.
    """
    problems = [problem for problem in problems if not KINDS[problem.kind].harmless]
    if problems:
        raise MasksegError(*summary(problems, path))
