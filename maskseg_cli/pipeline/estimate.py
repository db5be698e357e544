"""`estimate_videos`: what a run over videos would do, and how long it takes, measured on the videos' own frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from maskseg_cli.drawing.rendering import Rendering
from maskseg_cli.errors import MasksegError, explain
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.job import Job
from maskseg_cli.media.leftovers import temporary_folder
from maskseg_cli.messages import counted
from maskseg_cli.pipeline.reading_options import ReadingOptions
from maskseg_cli.pipeline.run_options import Model, Sources
from maskseg_cli.pipeline.video_plan import VideoPlan, plan_run
from maskseg_cli.pipeline.video_run import VideoRun, picture_rate
from maskseg_cli.reporter import Reporter
from maskseg_cli.video.frame_limit import constant_output_rate
from maskseg_cli.video.opening import shown_name
from maskseg_cli.video.reader import open_video
from maskseg_cli.video.video_formats import EncodeOptions, format_for
from maskseg_cli.video.video_info import VideoInfo

#: Frames that are tried; the first run, which also warms the network up, has fewer.
_TRIED, _WARM_UP = 24, 4

#: The `every` that is compared with.
_EVERY = 3


def estimate_videos(
    sources: Sources,
    output: str | Path | None = None,
    *,
    recursive: bool = False,
    overwrite: bool = False,
    skip_existing: bool = False,
    format: str | None = None,
    model: Model = "lite",
    reporter: Reporter | None = None,
    **options: Any,
) -> Iterator[str]:
    """Describes each video, the plan for it and the time that it takes; writes nothing.

    Some frames of each video go through the whole pipeline, into a temporary folder; so the time is that of this video,
    this network and this machine.

    Args:
        sources, output, recursive, overwrite, skip_existing, format, model, options: as for `process_videos`.
        reporter: takes the failures of videos, where there are several.

    Yields:
        the lines of the description.

    Raises:
        MasksegError: a video cannot be read; where there are several, after the description of the others.
    """
    reporter = reporter or Reporter()
    plan = plan_run(sources, output, model, recursive, overwrite or not skip_existing, skip_existing, format, options)
    predictor: Predictor | None = None
    failed = 0
    for job in plan.jobs:
        if job.done:
            yield shown_name(job.source.name)
            yield f"  -> {job.target}: exists already, is left out"
            continue
        predictor = predictor or plan.load(reporter)
        try:
            yield from _estimate(job, plan, predictor)
        except MasksegError as error:
            if len(plan.jobs) == 1:
                raise
            failed += 1
            reporter.fail(shown_name(job.source.name), error, explain(error))
    if failed:
        raise MasksegError(f"{failed} of {len(plan.jobs)} videos cannot be read.")


def _estimate(job: Job, plan: VideoPlan, predictor: Predictor) -> Iterator[str]:
    assert job.target is not None
    reading, encoding = plan.reading, plan.encoding
    rate = picture_rate(job.source.name, encoding)
    with open_video(job.source.name, reading.start, reading.end, rate=rate, stream=reading.stream) as video:
        info = video.info
        # The container's own count may be wrong or missing, but frames that can be decoded are not guessed.
        first = next(iter(islice(video, 1)), None)
    total = _expected(job, info, reading, encoding)
    output = format_for(job.target, encoding)
    yield _source_line(info)
    for note in info.notes:
        yield f"  {note}"
    sound = "with its sound" if info.has_sound and encoding.sound and output.sound_encoder else "without sound"
    yield f"  -> {job.target}: {output.codec.title}, {sound}; {_describe_every(reading)}"
    if first is None:
        yield "  There is no frame in the part that was asked for."
        return
    _seconds_per_frame(job, plan, predictor, replace(reading, every=1, drop=False), _WARM_UP)
    other = _EVERY if reading.every == 1 else 1
    asked = _seconds_per_frame(job, plan, predictor, reading, _TRIED)
    others = replace(reading, every=other, drop=reading.drop and other > 1)
    compared = _seconds_per_frame(job, plan, predictor, others, _TRIED)
    yield f"  {_time_line('it takes', asked, total)}"
    # With --drop it is another number of frames, too.
    yield f"  {_time_line(f'with --every {other}', compared, _expected(job, info, others, encoding))}"


def _expected(job: Job, info: VideoInfo, reading: ReadingOptions, encoding: EncodeOptions) -> int | None:
    assert job.target is not None
    written = replace(info, frame_rate=info.frame_rate / reading.kept_every)
    return reading.expected_frames(info, constant_output_rate(job.target, encoding, written))


def _source_line(info: VideoInfo) -> str:
    parts = [f"{info.width} x {info.height}", f"{float(info.frame_rate):.5g} frames a second"]
    if info.frames is not None:
        parts.append(counted(info.frames, "frame"))
    parts.append("unknown length" if info.duration is None else f"{info.duration:.1f} s")
    parts.append(f"sound ({info.sound_codec})" if info.has_sound else "no sound")
    return f"{info.name}: {', '.join(parts)}"


def _describe_every(reading: ReadingOptions) -> str:
    if reading.every == 1:
        return "the network is run on every frame"
    between = "the others are left out" if reading.drop else "the others take over its result"
    return f"the network is run on the first of every {reading.every} frames, {between}"


def _seconds_per_frame(job: Job, plan: VideoPlan, predictor: Predictor, reading: ReadingOptions, frames: int) -> float:
    """Seconds that a frame takes, of those that are not dropped, measured on so many frames of the source."""
    with temporary_folder() as folder:
        assert job.target is not None
        name = job.target.name if job.target.suffix else "frames"
        run = VideoRun(
            job.source.name,
            folder / name,
            predictor,
            reading,
            replace(plan.encoding, sound=False),
            Rendering(plan.drawing),
            limit=frames,
        )
        summary = run.run()
    # Not those in the file: --fps repeats some and leaves others out.
    return summary.pipeline_seconds / max(1, summary.frames)


def _time_line(what: str, seconds_a_frame: float, total: int | None) -> str:
    speed = f"{1 / seconds_a_frame:.1f} frames a second"
    if total is None:
        return f"{what}: {speed}"
    return f"{what}: about {describe_duration(seconds_a_frame * total)} ({speed})"


def describe_duration(seconds: float) -> str:
    """A time span in words.

    Example:
        >>> [describe_duration(s) for s in (0.4, 42, 754, 8000)]
        ['a second', '42 s', '13 min', '2 h 13 min']
    """
    if seconds < 1.5:
        return "a second"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
