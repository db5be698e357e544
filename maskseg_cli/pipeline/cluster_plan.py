"""What is checked and decided before the videos of a plan are spread over a cluster."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from maskseg_cli.addresses import is_address
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.features.exports import Exports, export_folder
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.media.leftovers import temporary_name
from maskseg_cli.media.same_file import is_stream
from maskseg_cli.pipeline.video_plan import VideoPlan
from maskseg_cli.pipeline.video_run import picture_rate
from maskseg_cli.sink import Sink
from maskseg_cli.stop_token import StopToken
from maskseg_cli.video.opening import shown_name
from maskseg_cli.video.reader import open_video


def check_spread(plan: VideoPlan, show: bool, sinks: Sequence[Sink]) -> None:
    """Checks that other machines can do the videos of a plan.

    Raises:
        UsageError: they cannot.
    """
    if show:
        raise UsageError("--show shows frames of one video on this machine, and --ray spreads videos: give one.")
    if sinks:
        raise UsageError("sinks take the frames of all videos in one process: with ray, leave them out.")
    if not isinstance(plan.network, ModelOptions):
        raise UsageError("A loaded network cannot be sent to other machines: with ray, model is a name or a file.")
    for job in plan.jobs:
        if is_address(job.source.name) and not job.source.name.lower().startswith(("http://", "https://")):
            raise UsageError(
                f"{shown_name(job.source.name)}: with --ray, videos are files or http addresses, no live streams."
            )
        if job.target is not None and is_stream(job.target):
            raise UsageError(f"{job.target} is a device or pipe of this machine: with --ray, results are files.")


def plan_for_workers(plan: VideoPlan) -> VideoPlan:
    """The plan with the folder of the exports, which otherwise depends on what exists when it is asked for."""
    features = [
        replace(one, export_dir=str(export_folder(one.export_dir, plan.output)))
        if isinstance(one, Exports) and one.export
        else one
        for one in plan.features
    ]
    return replace(plan, features=features)


def folder_of_parts(plan: VideoPlan) -> Path:
    """A folder for what the workers leave for the run: hidden, beside the first result, and not made yet."""
    target = next(job.target for job in plan.jobs if job.target is not None and not job.done)
    return (target.parent.parent if "%" in target.name else target.parent) / temporary_name()


def longest_first(plan: VideoPlan, stop: StopToken) -> tuple[list[int], int | None]:
    """The numbers of the jobs to be done, those first that take longest by their headers, and the frames of all of
    them; None where one is not known.

    Raises:
        KeyboardInterrupt: the user's stop.
    """
    sizes: dict[int, float] = {}
    total: int | None = 0
    reading = plan.reading
    for number, job in enumerate(plan.jobs):
        if job.done:
            continue
        stop.raise_if_requested()
        name, frames, pixels = job.source.name, None, 0
        if not is_address(name):
            rate = picture_rate(name, plan.encoding)
            with (
                contextlib.suppress(MasksegError),  # the worker says it
                open_video(name, reading.start, reading.end, rate=rate, stream=reading.stream) as video,
            ):
                frames, pixels = reading.expected_frames(video.info), video.info.width * video.info.height
        sizes[number] = math.inf if frames is None else float(frames * pixels)
        total = None if total is None or frames is None else total + frames
    return sorted(sizes, key=lambda number: -sizes[number]), total
