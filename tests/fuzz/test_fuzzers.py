"""Some hundred inputs of each fuzzer: every reader answers with a sentence, and the frame sees where one does not."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("resource", reason="memory and time of a process are not measured on this system")

from tests.fuzz.campaign import Campaign, make_input
from tests.fuzz.fuzzer import fuzzer_names, load_fuzzer
from tests.fuzz.mutation import MOST_BYTES, change_text, mutate
from tests.fuzz.worker import Worker

#: Inputs of a reader whose cost is 1.
INPUTS = 250

#: A busy machine may stand still for long; a reader that hangs does so for ever.
PATIENCE = 120.0


@pytest.mark.parametrize("name", fuzzer_names())
def test_every_input_is_taken_or_refused_with_a_sentence(name: str) -> None:
    fuzzer = load_fuzzer(name)
    random = Random(f"{os.environ.get('MASKSEG_FUZZ_SEED', '1')} {name}")
    pool = list(fuzzer.seeds())
    crafted = [make_input(fuzzer, random, pool, len(pool)) for _ in range(INPUTS // fuzzer.cost)]
    with Worker(name, PATIENCE) as worker:
        for seed in pool:
            assert worker.run(seed).kind == "accepted"
        for data in crafted:
            outcome = worker.run(data)
            if outcome.kind != "slow":  # which is judged by long runs: here other tests compute at the same time
                assert outcome.good, f"{outcome.kind}: {outcome.detail}; input {data[:2000]!r}"


def test_crashes_hangs_memory_and_tracebacks_are_seen() -> None:
    with Worker("trial", PATIENCE) as worker:
        kinds = [worker.run(data).kind for data in (b"sound", b"other", b"crash", b"traceback", b"sound")]
    assert kinds == ["accepted", "refused", "crash", "traceback", "accepted"]
    with Worker("trial", 1) as worker:
        assert worker.run(b"hang").kind == "hang"
    with Worker("trial", PATIENCE, most_memory=1 << 20) as worker:
        assert worker.run(b"sound").kind == "memory"  # Python alone is larger


def test_findings_and_a_corpus_are_kept_and_tried_again(tmp_path: Path) -> None:
    failed = tmp_path / "trial" / "failed"
    failed.mkdir(parents=True)
    (failed / "crash-0123456789abcdef").write_bytes(b"traceback")
    campaign = Campaign("trial", tmp_path, seed=1)
    try:
        while not (campaign.counts["traceback"] and campaign.counts["refused"]):
            campaign.run(0.2)
    finally:
        campaign.close()
    assert len(campaign.findings) == 1
    assert "ValueError: unforeseen" in next(iter(campaign.findings.values()))
    assert b"traceback" in [path.read_bytes() for path in failed.glob("traceback-*")]
    # the seed, which was accepted, and the first one that was refused
    assert len(list((tmp_path / "trial" / "corpus").iterdir())) == 2
    assert campaign.line().split()[0] == "trial"


def test_a_seed_gives_the_same_inputs_each_time() -> None:
    pool = [b'{"a": [1, 2, "x"]}', b"\0" * 100, b""]

    def made(seed: int) -> list[bytes]:
        random = Random(seed)
        return [mutate(random, random.choice(pool), pool, (b"token",)) for _ in range(300)] + [
            change_text(random, pool[0]) for _ in range(100)
        ]

    assert made(1) == made(1)
    assert made(1) != made(2)
    assert len(set(made(1))) > 250
    assert max(map(len, made(1))) <= MOST_BYTES
