"""`Fuzzer`: what one fuzzer consists of, and the list of all."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random


@dataclass(frozen=True)
class Fuzzer:
    """One reader under attack.

    Attributes:
        name: short, in lower case; the file is `fuzz_NAME.py`.
        seeds: makes the sound inputs that are damaged; called once a process, so it may take a second.
        attack: gives one input to the reader. The folder is empty before each call. It may raise MasksegError and
            UsageError, which count as "refused"; every other exception is a finding.
        tokens: pieces that mean something to the reader; they are put into inputs here and there.
        craft: makes one input that plain damage does not reach (such as a zip file with right checksums around a
            damaged member), from a seed or an input of the corpus; used for every second input.
        cost: about how many inputs of a plain text reader one of this reader is worth; the suite runs fewer of them.
    """

    name: str
    seeds: Callable[[], Sequence[bytes]]
    attack: Callable[[bytes, Path], None]
    tokens: Sequence[bytes] = field(default=())
    craft: Callable[[Random, bytes], bytes] | None = None
    cost: int = 1


def fuzzer_names() -> list[str]:
    """The names of all fuzzers: of the files `fuzz_*.py` beside this one."""
    return sorted(path.stem.removeprefix("fuzz_") for path in Path(__file__).parent.glob("fuzz_*.py"))


def load_fuzzer(name: str) -> Fuzzer:
    """The fuzzer of a name; "trial" is one whose inputs say what goes wrong, for tests of the frame."""
    module = importlib.import_module(f"tests.fuzz.{'trial' if name == 'trial' else f'fuzz_{name}'}")
    fuzzer: Fuzzer = module.FUZZER
    assert fuzzer.name == name
    return fuzzer
