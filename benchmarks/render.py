"""Times `maskseg render` against the run that saved the detections, as whole commands, turn by turn.

    python benchmarks/render.py SOURCE [--rounds 5] [OPTION OF maskseg image OR maskseg video ...]

SOURCE is a video, or a photo or folder of photos. Both write a result, and these are compared byte by byte.
Options for both, such as --max-frames 60, and those of the network alone, such as --weights FILE, follow.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

#: Options of the network, which `render` does not have; each has a value.
_NETWORK = ("--model", "--weights", "--labels", "--size", "--set", "--engine", "--precision", "--threads", "--batch")

_PHOTOS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


def timed(arguments: list[str]) -> tuple[float, float]:
    """Seconds that a command takes: by the clock, and of all cores together."""
    before, began = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-m", "maskseg_cli", *arguments, "-q", "--overwrite"], check=True)
    seconds, after = time.perf_counter() - began, os.times()
    computing = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, computing


def without_network(options: list[str]) -> list[str]:
    """The options that `render` has too."""
    left = iter(options)
    kept = []
    for option in left:
        if option in _NETWORK:
            next(left)
        else:
            kept.append(option)
    return kept


def same(one: Path, other: Path) -> bool:
    """Whether two results, files or folders, are equal byte by byte."""
    if one.is_file():
        return filecmp.cmp(one, other, shallow=False)
    names = [sorted(path.relative_to(folder) for path in folder.rglob("*.*")) for folder in (one, other)]
    return names[0] == names[1] and all(filecmp.cmp(one / name, other / name, shallow=False) for name in names[0])


def main() -> None:
    parser = argparse.ArgumentParser(description="Times maskseg render against the first run.")
    parser.add_argument("source", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    given, options = parser.parse_known_args()
    photos = given.source.is_dir() or given.source.suffix.lower() in _PHOTOS
    suffix = "" if given.source.is_dir() else given.source.suffix
    with tempfile.TemporaryDirectory() as folder:
        first, again, saved = (Path(folder) / name for name in (f"first{suffix}", f"again{suffix}", "saved.maskseg"))
        source, command = str(given.source), "image" if photos else "video"
        direct = [command, source, "-o", str(first), "--save-detections", str(saved), *options]
        render = ["render", str(saved), source, "-o", str(again), *without_network(options)]
        timed(direct)  # a network may have to be converted first
        rounds = [(timed(direct), timed(render)) for _ in range(given.rounds)]
        print(f"results equal: {same(first, again)}; saved detections: {saved.stat().st_size:,} bytes")
    for what, place in (("clock", 0), ("computing, all cores", 1)):
        times = [(one[place], other[place]) for one, other in rounds]
        medians = [statistics.median(column) for column in zip(*times, strict=True)]
        ratio = statistics.median(one / other for one, other in times)
        print(f"{what}: first {medians[0]:.2f} s, render {medians[1]:.2f} s, ratio {ratio:.1f}")


if __name__ == "__main__":
    main()
