"""Stops `maskseg video` by Ctrl-C at random moments and reads what it leaves.

    python benchmarks/stops.py [VIDEO ...] [--tries 20] [--seed 0]

Each try starts the real program with the bundled network, waits until frames are being written, waits a random time
more, and sends SIGINT (in every fifth try SIGTERM). The result has to be there under its name, alone in its folder,
with as many frames as the program says, as long as they last, with sound where the source has it, and readable by
PyAV and by OpenCV from its first frame to its last. Formats take turns: .mp4, .avi, .mkv, .webm.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import cv2

VIDEOS = Path(__file__).resolve().parents[2] / "shared" / "videos"
KINDS = (".mp4", ".avi", ".mkv", ".webm")


def stop_once(video: Path, target: Path, number: int, wait: float) -> str:
    """One try; what happened, in words. Fails if the result is not what it has to be."""
    command = [sys.executable, "-m", "maskseg_cli", "video", str(video), "-o", str(target), "--every", "2"]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while process.poll() is None and not any(one.stat().st_size > 100 for one in target.parent.glob(".maskseg-*.tmp")):
        time.sleep(0.02)
    time.sleep(wait)
    process.send_signal(number)
    before = time.monotonic()
    _, stderr = process.communicate(timeout=120)
    took = time.monotonic() - before
    if process.returncode in (0, -number):  # it was done before, and on its way out
        target.unlink()
        return stop_once(video, target, number, wait / 2)
    wanted = 130 if number == signal.SIGINT else 143
    assert process.returncode == wanted, (process.returncode, stderr)
    assert [one.name for one in target.parent.iterdir()] == [target.name], list(target.parent.iterdir())
    frames, seconds, sound = read(target)
    said = re.search(r": (\d+) frames, ([\d.]+) s", stderr)
    assert said is not None, stderr
    assert (int(said[1]), round(seconds, 1)) == (frames, float(said[2])), (stderr, frames, seconds)
    with av.open(str(video)) as source:
        assert sound == bool(source.streams.audio)
    return f"{target.suffix} stopped after {wait:.2f} s: {frames} frames, {seconds:.2f} s, ended {took:.2f} s later"


def read(path: Path) -> tuple[int, float, bool]:
    """Frames, seconds and whether there is sound, every frame decoded by two libraries."""
    with av.open(str(path)) as container:
        frames = sum(1 for _ in container.decode(video=0))
        assert container.duration is not None
        seconds, sound = container.duration / av.time_base, bool(container.streams.audio)
    capture = cv2.VideoCapture(str(path))
    assert sum(1 for _ in iter(lambda: capture.read()[0], False)) == frames
    return frames, seconds, sound


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, nargs="*")
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    videos = options.videos or sorted(VIDEOS.glob("*.m[kp][v4]"))
    chance = random.Random(options.seed)
    for number in range(options.tries):
        video = videos[number % len(videos)]
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / f"out{KINDS[number // len(videos) % len(KINDS)]}"
            kind = signal.SIGTERM if number % 5 == 4 else signal.SIGINT
            print(f"{number + 1}: {video.name} -> {stop_once(video, target, kind, chance.uniform(0, 4))}", flush=True)
    print(f"{options.tries} of {options.tries} tries left a video that plays")


if __name__ == "__main__":
    main()
