"""How runs on a Ray cluster scale: the leader's memory with millions of names, and real photos with workers.

    python benchmarks/ray_scale.py names 10_000_000
    python benchmarks/ray_scale.py photos FOLDER --rounds 3 --kill

`names` does photos that do not exist, with workers that read nothing: what is measured is the list, Ray's queues, the
JSON and the summary. `photos` does a folder with one process and with workers in turn, and compares the files that they
write; with --kill one worker is killed in the middle of each run.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from maskseg_cli.cluster.ray_options import RayOptions
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.export.coco_sink import CocoJson
from maskseg_cli.export.run_summary import RunSummary
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.job import Job, Source
from maskseg_cli.pipeline.cluster_run import ClusterRun
from maskseg_cli.pipeline.job_spool import JobSpool
from maskseg_cli.pipeline.photo_records import PhotoItem, PhotoRecord
from maskseg_cli.pipeline.photo_worker import PhotoSettings
from maskseg_cli.reporter import Reporter
from maskseg_cli.stop_token import StopToken

_CLASSES = ("background", "cat")


class StandIn:
    """Finds one object in every tenth photo, without reading it."""

    def __init__(self, settings: PhotoSettings, threads: int) -> None:
        mask = MaskCrop(10, 10, np.ones((40, 30), bool))
        box = np.array([[10, 10, 40, 50]], np.float32)
        self._found = Detections(
            box, np.array([1], np.int32), np.array([0.9], np.float32), (mask,), (480, 640), _CLASSES, seconds=0.1
        )
        self._nothing = self._found[:0]
        self._sinks = (CocoJson(None), RunSummary())

    def __call__(self, items: Sequence[PhotoItem], stop: StopToken, again: bool) -> list[PhotoRecord]:
        records = []
        for item in items:
            shown = PhotoItem(item.index, Job(item.job.source, None, ".jpg"), {})  # nothing is written
            frame = PhotoRecord(shown, (480, 640)).frame()
            found = self._nothing if item.index % 10 else self._found
            condensed = tuple(sink.condense(frame, found) for sink in self._sinks)
            records.append(PhotoRecord(shown, (480, 640), (), "1 cat", condensed))
        return records

    def lost(self, item: PhotoItem) -> PhotoRecord:
        return PhotoRecord(item, reason="lost")


class MemoryReporter(Reporter):
    """Prints the resident memory of this process while photos are done."""

    def __init__(self, every: int, begin: float) -> None:
        self._every, self._done, self._begin = every, 0, begin

    def say(self, sentence: str) -> None:
        self._done += 1
        if self._done % self._every == 0:
            print_row("done", self._done, self._begin)


def print_row(what: str, number: int, begin: float) -> None:
    """Prints seconds, resident memory in MB, and how many names."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    print(f"{what},{number},{time.monotonic() - begin:.1f},{pages * os.sysconf('SC_PAGE_SIZE') / 1e6:.0f}", flush=True)


def names(number: int, per_folder: int, workers: int, block: int, folder: Path) -> None:
    """Does photos that do not exist."""
    print("what,names,seconds,resident MB", flush=True)
    begin = time.monotonic()
    print_row("start", 0, begin)
    spool = JobSpool()
    for first in range(0, number, per_folder):
        place = f"{first // per_folder:05d}"
        spool.add(
            [
                Job(
                    Source(Path(f"photos/{place}/{n:08d}.jpg"), PurePath(f"{place}/{n:08d}.jpg"), alone=False),
                    Path(f"out/{place}/{n:08d}.jpg"),
                    ".jpg",
                )
                for n in range(first, min(number, first + per_folder))
            ]
        )
        if (first + per_folder) % (number // 4) < per_folder:
            print_row("listed", len(spool), begin)
    sinks = [CocoJson(folder / "found.json"), RunSummary(folder / "summary.csv")]
    for sink in sinks:
        sink.start(_CLASSES)
    counts = sinks[1]
    assert isinstance(counts, RunSummary)
    reporter = MemoryReporter(max(1, number // 40), begin)
    options = RayOptions("local", workers)
    run = ClusterRun(options, PhotoSettings(ModelOptions()), sinks, counts, (), StopToken(), reporter, StandIn, block)
    run.process(spool)
    print_row("all done", counts.done, begin)
    for sink in sinks:
        sink.finish()
    print_row("JSON and summary written", counts.done, begin)
    print({path.name: f"{path.stat().st_size / 1e9:.2f} GB" for path in folder.iterdir()})


def photos(folder: Path, rounds: int, kill: bool, place: Path) -> None:
    """Does real photos with one process and with workers in turn, and compares what they write."""
    for number in range(rounds):
        for workers in (0, 1, 2):
            out = place / f"{workers}"
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            command = [sys.executable, "-m", "maskseg_cli", "image", str(folder.resolve()), "-r", "-o", "out", "-q"]
            command += ["--json", "found.json", "--summary", "summary.csv", "--export", "labelme", "--export", "csv"]
            command += ["--ray", "local", "--ray-workers", str(workers)] if workers else []
            begin = time.monotonic()
            program = subprocess.Popen(command, cwd=out, stderr=subprocess.PIPE, text=True)
            if workers and kill:
                threading.Thread(target=kill_worker, args=(out / "out", program.pid), daemon=True).start()
            said = program.communicate()[1]
            seconds = time.monotonic() - begin
            same = "" if not workers else f", differing files: {list(differing(place / '0', out)) or 'none'}"
            print(
                f"round {number + 1}, workers {workers}: {seconds:.1f} s, exit {program.returncode}{same}", flush=True
            )
            print("".join(f"  {line}\n" for line in said.splitlines()), end="", flush=True)


def kill_worker(results: Path, program: int, after: int = 40) -> None:
    """Kills one worker process of a program when some results are there."""
    while len(list(results.rglob("*.*"))) < after:
        time.sleep(0.2)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            title = (process / "cmdline").read_bytes()
            if title.startswith(b"ray::MapWorker") and is_below(int(process.name), program):
                os.kill(int(process.name), signal.SIGKILL)
                print(f"  killed worker {process.name}", flush=True)
                return
        except OSError:
            continue


def is_below(process: int, program: int) -> bool:
    """Whether a process was started by a program, or by one that it started."""
    while process > 1 and process != program:
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    return process == program


def differing(one: Path, other: Path) -> Iterable[str]:
    """Files that differ; of the summary the column of seconds does not count."""
    files = {path.relative_to(root) for root in (one, other) for path in root.rglob("*") if path.is_file()}
    for name in sorted(files):
        pair = one / name, other / name
        if name.name == "summary.csv" and all(path.is_file() for path in pair):
            rows: list[Any] = [[line.split(",") for line in path.read_text().splitlines()] for path in pair]
            if [[row[:4], row[5:]] for row in rows[0]] == [[row[:4], row[5:]] for row in rows[1]]:
                continue
        if not all(path.is_file() for path in pair) or not filecmp.cmp(*pair, shallow=False):
            yield name.as_posix()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("names", "photos"))
    parser.add_argument("of", help="how many names, or a folder of photos")
    parser.add_argument("--per-folder", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--block", type=int, default=128, help="names that go to a worker together")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--kill", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="maskseg-scale-") as folder:
        if given.what == "names":
            names(int(given.of), given.per_folder, given.workers, given.block, Path(folder))
        else:
            photos(Path(given.of), given.rounds, given.kill, Path(folder))


if __name__ == "__main__":
    main()
