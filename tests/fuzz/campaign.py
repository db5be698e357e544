"""A long run of one fuzzer: its corpus and its findings on disk, and what happened so far."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from random import Random

from tests.fuzz.fuzzer import Fuzzer, load_fuzzer
from tests.fuzz.mutation import mutate
from tests.fuzz.worker import GOOD, Outcome, Worker, short_digest

#: Inputs kept because they did something that none before did.
_MOST_KEPT = 2000


def make_input(fuzzer: Fuzzer, random: Random, pool: list[bytes], seeds: int) -> bytes:
    """The next input: a crafted or a damaged one of the pool, whose first `seeds` ones are sound."""
    start = random.choice(pool[:seeds] if random.random() < 0.5 else pool)
    if fuzzer.craft is not None and random.random() < 0.5:
        return fuzzer.craft(random, start)
    return mutate(random, start, pool, fuzzer.tokens)


class Campaign:
    """One fuzzer with a folder of its own, NAME/corpus and NAME/failed.

    Args:
        name: of the fuzzer.
        folder: of all corpora.
        seed: other seeds give other inputs.

    Attributes:
        counts: outcomes by kind.
        findings: signature -> file with the input, or its description.
        slowest, largest: most seconds of computing of an input, most bytes of memory.
    """

    def __init__(self, name: str, folder: Path, seed: int) -> None:
        self.name = name
        self.counts: Counter[str] = Counter()
        self.findings: dict[str, str] = {}
        self.slowest = 0.0
        self.largest = 0
        self._fuzzer = load_fuzzer(name)
        self._corpus, self._failed = folder / name / "corpus", folder / name / "failed"
        for kept in (self._corpus, self._failed):
            kept.mkdir(parents=True, exist_ok=True)
        self._random = Random(f"{seed} {name}")
        seeds = self._fuzzer.seeds()
        self._seeds = len(seeds)
        self._pool = [*seeds, *(path.read_bytes() for path in sorted(self._corpus.iterdir()))]
        # What failed in an earlier run is tried first; the rest of the queue are the seeds and the corpus as they are.
        self._queue = [*self._pool[::-1], *(path.read_bytes() for path in sorted(self._failed.iterdir()))]
        self._known: set[str] = set()
        self._worker = Worker(name)

    def run(self, seconds: float) -> None:
        """Runs inputs for about so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            data = self._queue.pop() if self._queue else self._made()
            self._take(data, self._worker.run(data))

    def _made(self) -> bytes:
        return make_input(self._fuzzer, self._random, self._pool, self._seeds)

    def _take(self, data: bytes, outcome: Outcome) -> None:
        self.counts[outcome.kind] += 1
        self.slowest, self.largest = max(self.slowest, outcome.cpu), max(self.largest, outcome.memory)
        failed = self._failed / f"{outcome.kind}-{short_digest(data)}"
        for earlier in self._failed.glob(f"*-{short_digest(data)}"):
            if earlier != failed:
                earlier.unlink()  # mended since then, or it fails otherwise now
        if outcome.good and (outcome.signature in self._known or len(self._pool) >= _MOST_KEPT):
            return
        if outcome.good:
            self._known.add(outcome.signature)
            self._pool.append(data)
            (self._corpus / short_digest(data)).write_bytes(data)
        elif outcome.signature not in self.findings:
            failed.write_bytes(data)
            self.findings[outcome.signature] = f"{failed}: {outcome.detail}"

    def close(self) -> None:
        """Ends the worker."""
        self._worker.__exit__()

    def line(self) -> str:
        """What happened, for the table."""
        bad = sum(count for kind, count in self.counts.items() if kind not in GOOD)
        return (
            f"{self.name:<14}{sum(self.counts.values()):>9,}{self.counts['accepted']:>10,}"
            f"{self.counts['refused']:>10,}{bad:>6}{self.slowest:>9.1f} s{self.largest / 1e6:>9,.0f} MB"
        )


#: The head of a table of lines.
HEAD = f"{'reader':<14}{'inputs':>9}{'accepted':>10}{'refused':>10}{'bad':>6}{'slowest':>11}{'memory':>12}"
