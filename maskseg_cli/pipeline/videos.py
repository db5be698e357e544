"""`process_video`, `process_videos`: videos in, drawn videos out; `segment_video`: frame by frame, nothing written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maskseg_cli.cluster.ray_options import RayOptions
from maskseg_cli.detections import Detections
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.json_lines import JsonLines
from maskseg_cli.features.tracking import Tracking
from maskseg_cli.frame import Frame
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.media.outputs import check_json_name, existing_file, refuse_existing
from maskseg_cli.pipeline.photo_checks import check_further_files
from maskseg_cli.pipeline.read_files import refuse_read_files
from maskseg_cli.pipeline.reading_options import ReadingOptions
from maskseg_cli.pipeline.run_options import (
    Model,
    Sources,
    predictor_loader,
    split_options,
    take_options,
)
from maskseg_cli.pipeline.video_plan import plan_run
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink
from maskseg_cli.stop_token import StopToken
from maskseg_cli.transform import Transform, TransformChain, reset_transforms

#: Results that are locked from the start; each further one is when its turn comes. Each takes an open file.
_LOCKED = 100

if TYPE_CHECKING:
    from maskseg_cli.pipeline.video_batch import VideosSummary
    from maskseg_cli.pipeline.video_run import VideoSummary


def process_videos(
    sources: Sources,
    output: str | Path | None = None,
    *,
    recursive: bool = False,
    overwrite: bool = False,
    skip_existing: bool = False,
    format: str | None = None,
    json: str | Path | None = None,
    show: bool = False,
    ray: str | bool | None = None,
    ray_workers: int | None = None,
    model: Model = "lite",
    transforms: Sequence[Transform] = (),
    sinks: Sequence[Sink] = (),
    reporter: Reporter | None = None,
    stop: StopToken | None = None,
    **options: Any,
) -> VideosSummary:
    """Finds the objects in videos, draws them, and writes the videos; does what `maskseg video` does.

    Args:
        sources: videos, folders, patterns, numbered pictures (frames/%05d.png), and addresses of streams.
        output: a file for one video, a folder for several (made if needed), or numbered frames (frames/%06d.png); None:
            beside each video as NAME_maskseg.EXT.
        recursive: look into the folders inside a folder too.
        overwrite, skip_existing: replace results that exist, or leave their videos out.
        format: format of the results, such as "mp4"; "png" and "jpg" are folders of numbered frames.
        json: file for JSON lines of what was found, one a frame; "-" for standard output.
        show: show the frames in a window as they are done.
        ray, ray_workers: do several videos at the same time on a Ray cluster; see `RayOptions`.
        model: name of a network, weights file, or a loaded `Predictor`.
        transforms: called with each frame and its detections, in order; reset at the start of each video.
        sinks: further outputs, which take the frames of all videos; they are finished with the run.
        reporter: takes messages and progress; None: silent.
        stop: ends the run early when a stop is requested; the video made so far is kept as NAME.partial.EXT.
        options: fields of `ReadingOptions` (start, end, every, ...), of `EncodeOptions` (codec, crf, fps, ..., and
            `audio` for `sound`), of `ModelOptions` (size, classes, ...), of `DrawingOptions` (alpha, boxes, ...) and of
            the features (track, export, effect, ...).

    Returns:
        what was done. A video that failed is in its `failures`, unless it was the only one.

    Raises:
        UsageError: an option that is not possible.
        MasksegError: a source or the network cannot be found, a result exists, or the only video failed.
        KeyboardInterrupt: Ctrl-C; what was made so far is kept as NAME.partial.EXT.
    """
    cluster = RayOptions(ray, ray_workers)
    plan = plan_run(sources, output, model, recursive, overwrite, skip_existing, format, options)
    if cluster.used:
        from maskseg_cli.pipeline.cluster_plan import check_spread

        check_spread(plan, show, sinks)
    json_path = None if json is None or str(json) == "-" else Path(json)
    reporter, stop = reporter or Reporter(), stop or StopToken()
    files = [path for feature in plan.features for path in feature.files()]
    check_further_files([] if json_path is None else [json_path], files, plan.jobs)
    check_json_name(json_path)
    refuse_read_files([json_path, *files, *(job.target for job in plan.jobs)], plan.network, plan.features)
    begun = [job.target for job in plan.jobs if not job.done]
    # From here on signals wait for a safe point: exceptions are lost where libraries are loaded.
    with FileLocks([json_path, *files, *begun[:_LOCKED]]) as locks, stop:
        if not (overwrite or skip_existing):
            for path in [*([] if json_path is None else [json_path]), *files]:
                if existing_file(path):
                    refuse_existing([path])
        from maskseg_cli.pipeline.equipment import equipped
        from maskseg_cli.pipeline.video_batch import VideoBatch  # OpenCV and FFmpeg are loaded when there is work only

        batch = VideoBatch(plan, reporter, stop, locks)
        batch.note_tables()
        if not begun:
            batch.report_counts()
            return batch.summary
        again = {job.source.exported_name for job in plan.jobs if not job.done}
        if cluster.used:
            from maskseg_cli.pipeline.cluster_videos import spread_videos

            spread_videos(
                batch,
                plan,
                cluster,
                None if json is None else lambda: JsonLines(json_path, keep=skip_existing, replaced=again),
                transforms,
                reporter,
                stop,
                locks,
            )
            return batch.summary
        with contextlib.ExitStack() as stack:
            window = None
            if show:
                from maskseg_cli.media.live_window import LiveWindow
                from maskseg_cli.pipeline.window_sinks import VideoWindow

                advice = "leave out --show; the result is written to a file all the same"
                window = VideoWindow(stack.enter_context(LiveWindow(advice)))
            predictor = plan.load(reporter)
            stop.raise_if_requested()
            lines = None
            if json is not None:
                lines = JsonLines(json_path, keep=skip_existing, replaced=again)
            parts = stack.enter_context(
                equipped(
                    plan.features,
                    "video",
                    predictor,
                    plan.drawing,
                    transforms,
                    sinks,
                    plan.output,
                    overwrite,
                    skip_existing,
                    reporter,
                )
            )
            batch.run(predictor, parts, lines, window)
    return batch.summary


def process_video(source: str | Path, output: str | Path | None = None, **options: Any) -> VideoSummary | None:
    """Finds the objects in one video, draws them, and writes the video.

    Args:
        source: a video, numbered pictures or an address.
        output, options: as for `process_videos`.

    Returns:
        what was done; None if the result existed and `skip_existing` kept it.

    Raises:
        UsageError, MasksegError, KeyboardInterrupt: as `process_videos`.

    Example:
        >>> process_video("in.mp4", "out.mp4", every=2, classes="person").written.frames   # doctest: +SKIP
        750
    """
    done = process_videos(source, output, **options).done
    return done[0] if done else None


def segment_video(
    source: str | Path,
    model: Model = "lite",
    *,
    transforms: Sequence[Transform] = (),
    **options: Any,
) -> Iterator[tuple[Frame, Detections]]:
    """Yields each frame of a video with the objects in it; nothing is written or drawn.

    Decoding and the network run ahead of the loop, with bounded memory. Leaving the loop early closes everything.
    Objects are followed from frame to frame (`tracker_id`), so a frame comes when those of the next second are known;
    `track=False` yields what the network finds in each frame alone. With tracks a loaded network finds objects from a
    score of 0.1 on, also for other callers, until the loop ends.

    Args:
        source: a video, numbered pictures or an address.
        model, transforms: as for `process_videos`.
        options: fields of `ReadingOptions` (start, end, every, ...), of `ModelOptions` (size, min_score, ...), and
            `track` and `track_hold`.

    Raises:
        MasksegError: the video cannot be opened, or not be read to its end (after the frames that can be).

    Example:
        >>> for frame, detections in segment_video("in.mp4", every=5):           # doctest: +SKIP
        ...     print(float(frame.time), detections.names)
    """
    from maskseg_cli.pipeline.equipment import equipped  # see `process_videos`
    from maskseg_cli.pipeline.frame_pipeline import FramePipeline
    from maskseg_cli.video.reader import open_video

    reading = take_options(options, ReadingOptions)
    tracking = take_options(options, Tracking)
    network, drawing = split_options(model, options, ReadingOptions, Tracking)
    with open_video(source, reading.start, reading.end, stream=reading.stream) as video:
        predictor = predictor_loader(network, reading.batch, throughput=True)()
        frames = reading.select(video)
        with equipped([tracking], "video", predictor, drawing, transforms) as parts:
            reset_transforms(parts.transforms)
            chain = TransformChain(parts.transforms)
            with FramePipeline(frames, predictor, every=reading.network_every, batch=reading.batch) as pipeline:
                for frame, detections in pipeline:
                    yield from chain.push(frame, detections)
            yield from chain.flush()
        if video.broken is not None:
            raise MasksegError(video.broken)
