"""Memory of `maskseg video` over a long video: the resident size from frame to frame.

    python benchmarks/video_memory.py [--frames 10000] [--video FILE] [OPTION OF maskseg video ...]

A short clip is repeated, without coding it anew, until it has so many frames; the real program does it, in a process of
its own, and the size of that process is read from /proc twice a second (Linux only). Fails if it grows by more than
50 MB after the first 500 frames. Without --video the clip is the one of examples/make_sample_video.py.
"""

from __future__ import annotations

import argparse
import json
import runpy
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "make_sample_video.py"
SETTLED_AFTER = 500
MOST_GROWTH_MB = 50


def repeat(clip: Path, target: Path, frames: int) -> None:
    """Writes a video of so many frames: the clip again and again, its packets copied."""
    with av.open(str(clip)) as source, av.open(str(target), "w") as output:
        stream = source.streams.video[0]
        copy = output.add_stream_from_template(stream)
        packets = [packet for packet in source.demux(stream) if packet.dts is not None]
        start = min(packet.pts for packet in packets)
        length = max(packet.pts + packet.duration for packet in packets) - start
        times = [(packet.pts - start, packet.dts - start) for packet in packets]
        written = 0
        while written < frames:
            for packet, (pts, dts) in zip(packets, times, strict=True):
                if written == frames:
                    break
                shift = written // len(packets) * length
                packet.pts, packet.dts = pts + shift, dts + shift
                packet.time_base, packet.stream = Fraction(stream.time_base), copy
                output.mux(packet)
                written += 1


def resident_mb(process: int) -> float:
    """Megabytes of a process that lie in memory."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(process)


def watch(command: list[str], lines: Path) -> list[tuple[int, float]]:
    """Runs a command; (frames done, megabytes) twice a second."""
    process = subprocess.Popen(command)
    seen: list[tuple[int, float]] = []
    done, last = 0, 0
    while process.poll() is None:
        time.sleep(0.5)
        for file in lines.parent.glob(".maskseg-*.tmp"):
            with file.open("rb") as growing:  # the JSON lines, one a frame, count the frames
                if growing.read(1) != b"{":
                    continue
                growing.seek(last)
                read = growing.read()
                done, last = done + read.count(b"\n"), last + len(read)
        try:
            seen.append((done, resident_mb(process.pid)))
        except (OSError, ProcessLookupError):
            break
    if process.wait() != 0:
        raise SystemExit(f"maskseg ended with {process.returncode}")
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=10000)
    parser.add_argument("--video", type=Path)
    own, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = own.video
        if clip is None:
            clip = folder / "clip.mp4"
            sys.argv = ["make_sample_video.py", str(clip)]
            runpy.run_path(str(EXAMPLE), run_name="__main__")
        repeat(clip, folder / f"long{clip.suffix}", own.frames)
        (folder / "out").mkdir()
        lines = folder / "out" / "lines.jsonl"
        command = [sys.executable, "-m", "maskseg_cli", "video", str(folder / f"long{clip.suffix}")]
        command += ["-o", str(folder / "out" / "out.mp4"), "--json", str(lines), *options]
        seen = watch(command, lines)
        written = sum(1 for line in lines.open("rb") if json.loads(line))
    if written != own.frames:
        raise SystemExit(f"{written} frames were written, not {own.frames}")
    print("| frames | resident MB |\n|---|---|")
    for mark in (100, SETTLED_AFTER, *range(1000, own.frames + 1, max(1000, own.frames // 10))):
        at = next((one for one in seen if one[0] >= mark), None)
        if at is not None:
            print(f"| {at[0]} | {at[1]:.0f} |")
    settled = next(mb for done, mb in seen if done >= SETTLED_AFTER)
    growth = max(mb for done, mb in seen if done >= SETTLED_AFTER) - settled
    print(f"largest growth after frame {SETTLED_AFTER}: {growth:.1f} MB")
    if growth > MOST_GROWTH_MB:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
