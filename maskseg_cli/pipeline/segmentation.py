"""`segment_images`: photos one by one with their objects; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from maskseg_cli.config.value_types import check_seconds
from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.job import Job
from maskseg_cli.media.input_files import find_sources
from maskseg_cli.media.readable_photos import readable_photos
from maskseg_cli.media.time_limit import TIMEOUT
from maskseg_cli.pipeline.predictions import PhotoPredictions
from maskseg_cli.pipeline.run_options import Model, Sources, as_arguments, predictor_loader, split_options
from maskseg_cli.pipeline.workers import THREADS, Workers
from maskseg_cli.stop_token import StopToken
from maskseg_cli.transform import Transform, apply_transforms, reset_transforms


def segment_images(
    sources: Sources,
    model: Model = "lite",
    *,
    recursive: bool = False,
    batch: int = 1,
    timeout: float = TIMEOUT,
    transforms: Sequence[Transform] = (),
    on_error: Callable[[str, Exception], None] | None = None,
    **options: Any,
) -> Iterator[tuple[Frame, Detections]]:
    """Yields each photo with the objects in it; nothing is written or drawn.

    Photos are read and go through the network ahead of the loop, with bounded memory. Leaving the loop early ends that.

    Args:
        sources, model, recursive, batch, timeout, transforms: as in `process_images`.
        on_error: called with the name of a photo that failed and the error, after which the loop continues; None: the
            error is raised.
        options: fields of `ModelOptions`.

    Raises:
        MasksegError, UsageError: as `process_images`.

    Example:
        >>> for frame, detections in segment_images("photos/", classes="dog"):  # doctest: +SKIP
        ...     print(frame.source, len(detections))
    """
    from maskseg_cli.pipeline.photos import read_photos  # see `process_images`

    network, _ = split_options(model, options)
    jobs = [Job(source, None, None) for source in readable_photos(find_sources(as_arguments(sources), recursive))]
    check_seconds("timeout", timeout)
    predictor = predictor_loader(network, batch, throughput=len(jobs) > 1)()
    reset_transforms(transforms)
    stop = StopToken()
    calls = predictor.workers
    with Workers(THREADS) as readers, Workers(calls if calls > 1 else 0) as workers:
        predictions = PhotoPredictions(predictor, workers, calls, batch, stop)
        photos = read_photos(jobs, readers, max(2 * THREADS, batch), lambda: predictions.bytes_in_flight, timeout)
        try:
            for one in predictions.results(photos):
                try:
                    if one.error is not None:
                        raise one.error
                    assert one.frame is not None
                    assert one.detections is not None
                    detections = apply_transforms(transforms, one.frame, one.detections)
                except Exception as error:
                    if on_error is None:
                        raise
                    on_error(one.job.source.name, error)
                    continue
                yield one.frame, detections
        finally:
            stop.request()
