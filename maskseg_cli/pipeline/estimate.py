"""`maskseg video --dry-run`: what would be done, and how long it takes, measured on the video's own frames."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maskseg_cli.cli.video_options import ReadingOptions
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.messages import counted
from maskseg_cli.pipeline.video_run import VideoRun, expected_frames, picture_rate
from maskseg_cli.video.frame_limit import constant_output_rate

if TYPE_CHECKING:
    from fractions import Fraction

    from maskseg_cli.drawing.drawing_options import DrawingOptions
    from maskseg_cli.inference.model_options import Segmenter
    from maskseg_cli.media.outputs import Job
    from maskseg_cli.video.video_formats import EncodeOptions
    from maskseg_cli.video.video_info import VideoInfo

#: Frames that are tried; the first run, which also warms the network up, has fewer.
_TRIED, _WARM_UP = 24, 4

#: What --every is compared with.
_EVERY = 3


def estimate_all(
    jobs: Sequence[Job],
    reading: ReadingOptions,
    encoding: EncodeOptions,
    load: Callable[[], Segmenter],
    drawing: DrawingOptions,
) -> None:
    """Prints the estimate of each video; one that cannot be read is named and the others still estimated.

    Args:
        load: loads the network, which takes a while and is not done if there is nothing to do.

    Raises:
        MasksegError: there is one video only, and it cannot be read.
        click.exceptions.Exit: with 1, several videos and some cannot be read.
    """
    from maskseg_cli.video.opening import shown_name

    segmenter: Segmenter | None = None
    failed = False
    for job in jobs:
        if job.done:
            click.echo(f"{shown_name(job.source.name)}\n  -> {job.target}: exists already, is left out")
            continue
        segmenter = segmenter or load()
        try:
            for line in estimate(job, reading, encoding, segmenter, drawing):
                click.echo(line)
        except MasksegError as error:
            if len(jobs) == 1:
                raise
            failed = True
            click.echo(f"Error: {error}", err=True)
    if failed:
        raise click.exceptions.Exit(1)


def estimate(
    job: Job, reading: ReadingOptions, encoding: EncodeOptions, segmenter: Segmenter, drawing: DrawingOptions
) -> Iterator[str]:
    """Describes one video, the plan for it and the time that it takes, line by line.

    Some of its frames go through the whole pipeline, into a temporary folder; so the time is that of this video, this
    network and this machine.

    Raises:
        MasksegError: the video cannot be read.
    """
    from maskseg_cli.video.reader import open_video
    from maskseg_cli.video.video_formats import format_for

    assert job.target is not None
    rate = picture_rate(job.source.name, encoding)
    with open_video(job.source.name, reading.start, reading.end, rate=rate) as video:
        info = video.info
        # The container's own count may be wrong or missing, but frames that can be decoded are not guessed.
        first = next(iter(islice(video, 1)), None)
    total = _expected(job, info, reading, encoding)
    output = format_for(job.target, encoding)
    yield _source_line(info)
    for note in info.notes:
        yield f"  {note}"
    sound = "with its sound" if info.has_sound and encoding.sound and output.sound_encoder else "without sound"
    looked = _looked_at(reading)
    yield f"  -> {job.target}: {output.codec.title}, {sound}; {looked}"
    if first is None:
        yield "  There is no frame in the part that was asked for."
        return
    _try(job, replace(reading, every=1, drop=False), _WARM_UP, encoding, segmenter, drawing)
    other = _EVERY if reading.every == 1 else 1
    asked = _try(job, reading, _TRIED, encoding, segmenter, drawing)
    others = replace(reading, every=other, drop=reading.drop and other > 1)
    compared = _try(job, others, _TRIED, encoding, segmenter, drawing)
    yield f"  {_time_line('it takes', asked, total)}"
    # With --drop it is another number of frames, too.
    yield f"  {_time_line(f'with --every {other}', compared, _expected(job, info, others, encoding))}"


def _expected(job: Job, info: VideoInfo, reading: ReadingOptions, encoding: EncodeOptions) -> int | None:
    assert job.target is not None
    written = replace(info, frame_rate=info.frame_rate / reading.kept_every)
    return expected_frames(info, reading, constant_output_rate(job.target, encoding, written))


def _source_line(info: VideoInfo) -> str:
    parts = [f"{info.width} x {info.height}", f"{float(info.frame_rate):.5g} frames a second"]
    if info.frames is not None:
        parts.append(counted(info.frames, "frame"))
    parts.append("unknown length" if info.duration is None else f"{info.duration:.1f} s")
    parts.append(f"sound ({info.sound_codec})" if info.has_sound else "no sound")
    return f"{info.name}: {', '.join(parts)}"


def _looked_at(reading: ReadingOptions) -> str:
    if reading.every == 1:
        return "the network looks at every frame"
    between = "the others are left out" if reading.drop else "the others keep the last result"
    return f"the network looks at the first of every {reading.every} frames, {between}"


def _try(
    job: Job,
    reading: ReadingOptions,
    frames: int,
    encoding: EncodeOptions,
    segmenter: Segmenter,
    drawing: DrawingOptions,
) -> Fraction | float:
    """Seconds that a frame takes, of those that are not dropped."""
    with tempfile.TemporaryDirectory(prefix="maskseg-") as folder:
        assert job.target is not None
        name = job.target.name if job.target.suffix else "frames"
        run = VideoRun(
            job.source.name,
            Path(folder) / name,
            reading,
            replace(encoding, sound=False),
            segmenter,
            drawing,
            enough=frames,
        )
        outcome = run.run()
    # Not those in the file: --fps repeats some and leaves others out.
    return outcome.pipeline_seconds / max(1, outcome.taken)


def _time_line(what: str, seconds_a_frame: float | Fraction, total: int | None) -> str:
    speed = f"{1 / float(seconds_a_frame):.1f} frames a second"
    if total is None:
        return f"{what}: {speed}"
    return f"{what}: about {duration_words(float(seconds_a_frame) * total)} ({speed})"


def duration_words(seconds: float) -> str:
    """A time span as people say it.

    Example:
        >>> [duration_words(s) for s in (0.4, 42, 754, 8000)]
        ['a second', '42 s', '13 min', '2 h 13 min']
    """
    if seconds < 1.5:
        return "a second"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
