"""`python -m tests.fuzz MINUTES`: runs all fuzzers, with a corpus that grows from run to run."""

from __future__ import annotations

import argparse
import os
import queue
import sys
import threading
import time
from pathlib import Path

from tests.fuzz.campaign import HEAD, Campaign
from tests.fuzz.fuzzer import fuzzer_names
from tests.fuzz.worker import Worker

#: Seconds that a fuzzer runs before the next one's turn.
_TURN = 10.0


def main() -> int:
    """Runs the fuzzers for the time given; 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("minutes", type=float, nargs="?", default=30, help="minutes in all (30)")
    parser.add_argument("--only", action="append", choices=fuzzer_names(), help="this fuzzer only; may be repeated")
    parser.add_argument("--seed", type=int, help="number that decides the inputs; another one each time if left out")
    parser.add_argument("--folder", type=Path, default=Path(".fuzz"), help="corpus and findings (.fuzz)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="fuzzers at a time (one a core)")
    parser.add_argument("--replay", type=Path, help="run this one input with the fuzzer of --only")
    given = parser.parse_args()
    names = given.only or fuzzer_names()
    if given.replay is not None:
        with Worker(names[0]) as worker:
            outcome = worker.run(given.replay.read_bytes())
        print(f"{outcome.kind} ({outcome.cpu:.1f} s, {outcome.memory / 1e6:.0f} MB): {outcome.detail}")
        return 0 if outcome.good else 1
    seed = int.from_bytes(os.urandom(4), "little") if given.seed is None else given.seed
    print(f"Seed {seed}; corpus and findings in {given.folder}.", flush=True)
    campaigns = [Campaign(name, given.folder, seed) for name in names]
    try:
        _run(campaigns, 60 * given.minutes, given.jobs)
    except KeyboardInterrupt:
        pass
    finally:
        for campaign in campaigns:
            campaign.close()
        print(HEAD, *(campaign.line() for campaign in campaigns), sep="\n")
    for campaign in campaigns:
        for signature, finding in campaign.findings.items():
            print(f"\n{campaign.name}: {signature}\n  {finding}")
    return 1 if any(campaign.findings for campaign in campaigns) else 0


def _run(campaigns: list[Campaign], seconds: float, jobs: int) -> None:
    """Gives every campaign a turn after the other, `jobs` at a time."""
    waiting: queue.Queue[Campaign] = queue.Queue()
    for campaign in campaigns:
        waiting.put(campaign)
    end = time.monotonic() + seconds
    turn = min(_TURN, seconds * jobs / len(campaigns))

    broken: list[BaseException] = []

    def work() -> None:
        while time.monotonic() < end and not broken:
            try:
                campaign = waiting.get(timeout=1)
            except queue.Empty:
                continue
            try:
                campaign.run(min(turn, end - time.monotonic()))
            except BaseException as error:
                broken.append(error)
            waiting.put(campaign)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(max(1, min(jobs, len(campaigns))))]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(1)
    if broken:
        raise broken[0]


if __name__ == "__main__":
    sys.exit(main())
