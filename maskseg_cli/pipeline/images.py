"""`process_images`: photos in, drawn photos and reports out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from maskseg_cli.cluster.connection import check_data_address, import_ray
from maskseg_cli.cluster.ray_options import RayOptions
from maskseg_cli.config.value_types import check_count, check_seconds, check_switches
from maskseg_cli.errors import StoppedError, explain
from maskseg_cli.export.coco_sink import CocoJson
from maskseg_cli.export.run_summary import RunSummary
from maskseg_cli.features.registry import features_of, take_features
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.job import Job
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.media.storage import is_storage
from maskseg_cli.media.time_limit import TIMEOUT
from maskseg_cli.pipeline.cluster_checks import check_cluster_run, check_own_files
from maskseg_cli.pipeline.job_spool import JobSpool, has_undone
from maskseg_cli.pipeline.photo_checks import check_reports, check_streams, check_transparent, refuse_reports
from maskseg_cli.pipeline.photo_plan import PhotoPlan
from maskseg_cli.pipeline.photo_planning import plan_photos
from maskseg_cli.pipeline.read_files import refuse_read_files
from maskseg_cli.pipeline.run_options import Model, Sources, as_arguments, predictor_loader, split_options
from maskseg_cli.pipeline.storage_plan import uses_storage
from maskseg_cli.pipeline.watching import WatchedPhotos
from maskseg_cli.pipeline.watching import watch as watch_folders
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink
from maskseg_cli.stop_token import StopToken
from maskseg_cli.transform import Transform, reset_transforms

if TYPE_CHECKING:
    from maskseg_cli.pipeline.cluster_run import ClusterRun
    from maskseg_cli.pipeline.photo_run import PhotoRun


def process_images(
    sources: Sources,
    output: str | Path | None = None,
    *,
    recursive: bool = False,
    overwrite: bool = False,
    skip_existing: bool = False,
    format: str | None = None,
    quality: int = 95,
    strip_metadata: bool = False,
    json: str | Path | None = None,
    summary: str | Path | None = None,
    watch: bool = False,
    batch: int = 1,
    timeout: float = TIMEOUT,
    show: bool = False,
    ray: str | bool | None = None,
    ray_workers: int | None = None,
    model: Model = "lite",
    transforms: Sequence[Transform] = (),
    sinks: Sequence[Sink] = (),
    reporter: Reporter | None = None,
    stop: StopToken | None = None,
    **options: Any,
) -> RunSummary:
    """Finds the objects in photos, draws them, and writes the pictures; does what `maskseg image` does.

    Args:
        sources: photos, folders, patterns such as "photos/*.jpg", or "-" for standard input.
        output: a file for one photo, a folder for several (made if needed), "-" for standard output; None: beside each
            photo as NAME_maskseg.EXT.
        recursive: look into the folders inside a folder too.
        overwrite, skip_existing: replace results that exist, or leave their photos out.
        format: format of the results, such as "png"; None: that of each photo.
        quality: of JPEG and WebP, 1 to 100.
        strip_metadata: leave out date, camera, colour profile and resolution, which results otherwise keep.
        json: file for a COCO JSON of all that was found, with masks; "-" for standard output.
        summary: .csv or .json file with a row for each photo.
        watch: continue with photos as they arrive in the folders, until a stop is requested.
        batch: consecutive photos of equal size that the network takes at once.
        timeout: seconds for reading one photo, which fails after that; 0 for no limit.
        show: show each result in a window until a key is pressed.
        ray, ray_workers: do the photos on a Ray cluster; see `RayOptions`. One photo alone is done here.
        model: name of a network, weights file, or a loaded `Predictor`.
        transforms: called with each photo and its detections, in order.
        sinks: further outputs; they are finished with the run.
        reporter: takes messages and progress; None: silent.
        stop: ends the run early when a stop is requested; what is done so far is complete.
        options: fields of `ModelOptions` (size, min_score, classes, ...), of `DrawingOptions` (alpha, boxes, ...) and
            of the features (export, effect, ...).

    Returns:
        what was done. A photo that failed is in its `failures`, unless it was the only one.

    Raises:
        UsageError: an option that is not possible.
        MasksegError: a source or the network cannot be found, a result exists, the disk is full, or the only photo
            failed.
        KeyboardInterrupt: Ctrl-C; what is done so far is complete.
    """
    reporter, stop = reporter or Reporter(), stop or StopToken()
    where = RayOptions(ray, ray_workers)
    check_switches(
        recursive=recursive,
        overwrite=overwrite,
        skip_existing=skip_existing,
        strip_metadata=strip_metadata,
        watch=watch,
    )
    check_count("quality", quality, 100)
    check_count("batch", batch)
    check_seconds("timeout", timeout)
    features = take_features(options, "photos")
    network, drawing = split_options(model, options, *features_of("photos"), features=features)
    arguments = as_arguments(sources)
    target = None if output is None else str(output)
    transparent = any(feature.transparent for feature in features)
    if transparent and format is None and (target is None or not Path(target).suffix):
        format = "png"
    watched = None
    if watch:
        watched = WatchedPhotos(arguments, target, recursive, format, overwrite, skip_existing)
    json_path = None if json is None or str(json) == "-" else Path(json)
    summary_path = None if summary is None else Path(summary)
    files = [path for feature in features for path in feature.files()]

    def check(jobs: Sequence[Job]) -> None:
        if transparent:
            check_transparent(jobs)
        if where.used:
            streams = any(job.source.path is None or job.target is None for job in jobs)
            check_cluster_run(network, features, transforms, sinks, {"--show": show, "--watch": watch}, streams)
            check_own_files([json_path, summary_path, *files])
        check_streams(jobs, to_stdout=json is not None and json_path is None)
        check_reports(json_path, summary_path, jobs, files)
        refuse_read_files([json_path, summary_path, *files, *(job.target for job in jobs)], network, features)

    if where.used:
        check_data_address(where)
        import_ray()
    plan = PhotoPlan(arguments, target, recursive, format, overwrite, skip_existing)
    jobs = plan_photos(plan, check, reporter, may_be_empty=watch, long=where.used)
    alone = len(jobs) == 1 and not watch and not (where.used and uses_storage(plan))
    # A window and standard input block in calls that only the usual Ctrl-C ends.
    threaded = not show and (isinstance(jobs, JobSpool) or all(job.source.path is not None for job in jobs))
    with contextlib.ExitStack() as stack:
        stack.enter_context(FileLocks([json_path, summary_path, *files]))
        if not (overwrite or skip_existing):
            refuse_reports(json_path, summary_path, files)
        counts = RunSummary(summary, resume=skip_existing)
        window: list[Sink] = []
        if show:
            from maskseg_cli.media.window import Window
            from maskseg_cli.pipeline.window_sinks import PhotoWindow

            window = [PhotoWindow(stack.enter_context(Window()))]
        predictor = None
        with stop:  # an exception in the middle of loading a library would be lost
            # OpenCV is loaded when there is work only, so that a wrong option or name is reported at once.
            from maskseg_cli.export.picture_files import PictureFiles
            from maskseg_cli.pipeline.equipment import equipped, rendering_of
            from maskseg_cli.pipeline.photo_run import PhotoRun

            wanted = json is not None or any(feature.writes for feature in features)
            if watch or wanted or has_undone(jobs):
                predictor = predictor_loader(network, batch, throughput=not alone, reporter=reporter)()
        stop.raise_if_requested()
        reports = [] if json is None else [CocoJson(json_path, resume=skip_existing)]
        folder = None if target is None or is_storage(target) else Path(target)
        parts = stack.enter_context(
            equipped(
                features,
                "photos",
                predictor,
                drawing,
                transforms,
                sinks,
                folder,
                overwrite,
                skip_existing,
                reporter,
            )
        )
        counts.show_as(parts.shown_names)
        pictures = PictureFiles(quality=quality, strip_metadata=strip_metadata)
        all_sinks = [pictures, *reports, *parts.sinks, counts, *window]
        for sink in all_sinks:
            sink.start(parts.class_names)
        reset_transforms(parts.transforms)
        if threaded and not alone:
            stack.enter_context(stop)
        run: PhotoRun | ClusterRun = PhotoRun(
            predictor,
            all_sinks,
            counts,
            parts.transforms,
            rendering_of(parts),
            batch,
            threaded,
            watch,
            timeout,
            stop,
            reporter,
        )
        if where.used and not alone:
            from maskseg_cli.pipeline.cluster_run import ClusterRun
            from maskseg_cli.pipeline.photo_worker import PhotoSettings

            assert isinstance(network, ModelOptions)
            own = tuple(transforms), tuple(sinks), folder, overwrite, skip_existing, quality, strip_metadata
            sent = PhotoSettings(network, tuple(features), drawing, *own, json is not None, batch, timeout)
            run = ClusterRun(where, sent, all_sinks, counts, parts.transforms, stop, reporter)
        ended, problem = _run(run, lambda: _process(run, watched, jobs, alone))
    if ended is None or isinstance(ended, KeyboardInterrupt):
        _report_counts(counts, None if watch else len(jobs), reporter)
        if ended is not None and counts.done + counts.kept + counts.failed < len(jobs) > 1:
            instead = " in place of --overwrite" if overwrite else ""
            reporter.say(f"The same command with --skip-existing{instead} does the rest.")
    # Ctrl-C is how a watch ends; other signals, whose exceptions are subclasses, are reported.
    if ended is not None and not (watch and type(ended) is KeyboardInterrupt):
        if problem is not None and problem is not ended:
            reporter.warn(f"Error: {explain(problem)}")
        raise ended
    if problem is not None:
        raise problem
    return counts


def _process(
    run: PhotoRun | ClusterRun, watched: WatchedPhotos | None, jobs: Sequence[Job] | JobSpool, alone: bool
) -> None:
    if watched is not None:
        watch_folders(cast("PhotoRun", run), watched)
    else:
        run.process(jobs, alone)  # type: ignore[arg-type]
    run.stop.raise_if_requested()


def _run(run: PhotoRun | ClusterRun, process: Callable[[], None]) -> tuple[BaseException | None, Exception | None]:
    """Calls `process` and ends the sinks, whatever ended it; returns the exception that did, and one of the sinks."""
    ended: BaseException | None = None
    problem: Exception | None = None
    try:
        process()
    except BaseException as error:
        ended = error
    stopped, failed = isinstance(ended, StoppedError), ended is not None and not run.summary.done
    for sink in run.sinks:
        try:
            if stopped:
                kept = sink.suspend()
                if kept is not None:
                    run.reporter.warn(kept)
            elif failed:
                sink.discard()
            else:
                sink.finish()
        except Exception as error:
            problem = problem or error
    return ended, problem


def _report_counts(counts: RunSummary, photos: int | None, reporter: Reporter) -> None:
    if photos == 1 and not counts.kept:
        return
    *found, last = counts.lines(photos)
    for line in found:
        reporter.say(line)
    if counts.failed:
        reporter.warn(last)
    else:
        reporter.say(last)
