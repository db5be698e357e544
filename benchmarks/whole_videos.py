"""Takes whole videos through `maskseg video` and compares each result with its source.

    python benchmarks/whole_videos.py [VIDEO ...] [--kinds .mp4 .avi] [--keep FOLDER] [OPTION OF maskseg video ...]

Frames are counted by decoding all of them, in the source and in the result, with PyAV and with OpenCV. Fails where a
count differs by more than one frame, a length by more than a tenth of a second, or sound is missing. Without videos it
takes those beside the checkout.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import av
import cv2

VIDEOS = Path(__file__).resolve().parents[2] / "shared" / "videos"


@dataclass
class Facts:
    """What a video holds.

    Attributes:
        pictures: seconds from the first picture to the end of the last.
        sound: seconds of sound, 0 if there is none.
    """

    frames: int
    opencv_frames: int
    size: tuple[int, int]
    pictures: float
    sound: float


def read(path: Path) -> Facts:
    """Decodes a whole video, twice."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames, first, end = 0, None, 0.0
        for frame in container.decode(stream):
            frames += 1
            first = frame.time if first is None else first
            end = frame.time + frame.duration * float(frame.time_base)
        size = stream.width, stream.height
    sound = 0.0
    with av.open(str(path)) as container:
        if container.streams.audio:
            for block in container.decode(container.streams.audio[0]):
                sound = block.time + block.samples / block.sample_rate
    capture = cv2.VideoCapture(str(path))
    opencv_frames = sum(1 for _ in iter(lambda: capture.read()[0], False))
    return Facts(frames, opencv_frames, size, end - (first or 0.0), sound)


def compare(source: Facts, result: Facts) -> list[str]:
    """What is wrong with a result."""
    wrong = []
    if abs(source.frames - result.frames) > 1 or result.opencv_frames != result.frames:
        wrong.append(f"{source.frames} frames became {result.frames} ({result.opencv_frames} by OpenCV)")
    if source.size != result.size:
        wrong.append(f"{source.size} became {result.size}")
    if abs(source.pictures - result.pictures) > 0.1:
        wrong.append(f"{source.pictures:.2f} s became {result.pictures:.2f} s")
    if abs(source.sound - result.sound) > 0.15:
        wrong.append(f"{source.sound:.2f} s of sound became {result.sound:.2f} s")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, nargs="*")
    parser.add_argument("--kinds", nargs="+", default=[".mp4", ".avi"])
    parser.add_argument("--keep", type=Path, help="where the results stay")
    own, options = parser.parse_known_args()
    failed = False
    print("| video | result | frames | by OpenCV | seconds | of sound | took | |\n|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = own.keep or Path(name)
        for video in own.videos or sorted(VIDEOS.glob("*.m[kp][v4]")):
            source = read(video)
            for kind in own.kinds:
                target = folder / f"{video.stem}{kind}"
                command = [sys.executable, "-m", "maskseg_cli", "video", str(video), "-o", str(target), "-q", *options]
                before = time.monotonic()
                subprocess.run(command, check=True)
                took = time.monotonic() - before
                result = read(target)
                wrong = compare(source, result)
                failed |= bool(wrong)
                print(
                    f"| {video.name} | {kind} | {result.frames} | {result.opencv_frames} | {result.pictures:.3f} | "
                    f"{result.sound:.2f} | {took:.1f} s | {'; '.join(wrong) or 'as the source'} |",
                    flush=True,
                )
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
