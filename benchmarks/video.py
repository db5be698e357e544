"""Frames per second of each stage of `maskseg video` alone, and of the whole.

    python benchmarks/video.py [VIDEO ...] [--frames 120] [--rounds 5] [--weights FILE] [--size PIXELS] [--batch N]

Decoding, the network, and drawing with encoding run one after the other over the same frames, then all three in the
pipeline; turn by turn, so that a machine that is busy for a while slows all of them down. `share` is what the whole
reaches of what its slowest stage allows: the median of the rounds' ratios. Without a video it takes those beside the
checkout, or the one that examples/make_sample_video.py makes.
"""

from __future__ import annotations

import argparse
import runpy
import statistics
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

from maskseg_cli.detections import Detections
from maskseg_cli.drawing import DrawingOptions, draw
from maskseg_cli.frame import Frame
from maskseg_cli.inference.loading import load_predictor
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.pipeline.reading_options import ReadingOptions
from maskseg_cli.pipeline.video_run import VideoRun
from maskseg_cli.pipeline.workers import Workers
from maskseg_cli.video.reader import open_video
from maskseg_cli.video.video_info import VideoInfo
from maskseg_cli.video.writer import VideoWriter

VIDEOS = Path(__file__).resolve().parents[2] / "shared" / "videos"
EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "make_sample_video.py"
GOAL = 0.85


class Stages:
    """The stages of one video, each timed over the same frames."""

    def __init__(self, video: Path, count: int, predictor: Predictor, batch: int, folder: Path) -> None:
        self.video, self.count, self.predictor, self.batch, self.folder = video, count, predictor, batch, folder
        with open_video(video) as video:
            self.info: VideoInfo = video.info
            self.frames: list[Frame] = list(islice(video, count))
        self.detections: list[Detections] = self._predict_all()

    def _predict_all(self) -> list[Detections]:
        """As many batches at the same time as `maskseg video` has under way."""
        images = [frame.image for frame in self.frames]
        batches = [images[i : i + self.batch] for i in range(0, len(images), self.batch)]
        with Workers(self.predictor.workers) as workers:
            futures = [workers.submit(self.predictor, batch) for batch in batches]
            return [one for future in futures for one in future.result()]

    def decode(self) -> None:
        """Reads the frames."""
        with open_video(self.video) as video:
            for _ in islice(video, self.count):
                pass

    def infer(self) -> None:
        """Runs the network on the frames, which are in memory."""
        self._predict_all()

    def write(self) -> None:
        """Draws what was found, and encodes."""
        with VideoWriter(self.folder / "stage.mp4", self.info) as writer:
            for frame, found in zip(self.frames, self.detections, strict=True):
                writer.write(draw(frame.image, found, DrawingOptions()), frame.time, frame.duration)
            writer.finish()

    def whole(self) -> None:
        """All of it, as `maskseg video` does it."""
        reading = ReadingOptions(batch=self.batch)
        VideoRun(str(self.video), self.folder / "whole.mp4", self.predictor, reading, limit=self.count).run()


def seconds(work: Any) -> float:
    """How long a call takes."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def measure(stages: Stages, rounds: int) -> None:
    """Prints a row of the table."""
    count = len(stages.frames)
    times: dict[str, list[float]] = {"decode": [], "infer": [], "write": [], "whole": []}
    for _ in range(rounds):
        for name, spent in times.items():
            spent.append(seconds(getattr(stages, name)) / count)
    shares = [
        max(stage) / whole
        for *stage, whole in zip(times["decode"], times["infer"], times["write"], times["whole"], strict=True)
    ]
    share = statistics.median(shares)
    rates = " | ".join(f"{1 / statistics.median(spent):6.1f}" for spent in times.values())
    size = f"{stages.info.width} x {stages.info.height}"
    print(
        f"| {stages.video.name} | {size} | {rates} | {share:.0%} | {min(shares):.0%} to {max(shares):.0%} |", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, nargs="*")
    parser.add_argument("--frames", type=int, default=120, help="of each video, from its start")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--weights")
    parser.add_argument("--size", type=int)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--precision", default="auto")
    options = parser.parse_args()
    chosen = ModelOptions(
        weights=options.weights, size=options.size, engine=options.engine, precision=options.precision
    )
    predictor = load_predictor(chosen, options.batch, throughput=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        videos = options.videos or sorted(VIDEOS.glob("*.m[kp][v4]"))
        if not videos:
            sys.argv = ["make_sample_video.py", str(folder / "sample.mp4")]
            runpy.run_path(str(EXAMPLE), run_name="__main__")
            videos = [folder / "sample.mp4"]
        print("frames a second, medians of", options.rounds, "rounds of", options.frames, "frames")
        print("| video | size | decode | network | draw + encode | whole | share | range |")
        print("|---|---|---|---|---|---|---|---|")
        for video in videos:
            measure(Stages(video, options.frames, predictor, options.batch, folder), options.rounds)
    print(f"goal: a share of at least {GOAL:.0%} on two cores")


if __name__ == "__main__":
    main()
