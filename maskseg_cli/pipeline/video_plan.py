"""`VideoPlan`: the videos of a run and all options, checked before any work."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maskseg_cli.config.value_types import check_switches
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.features.feature import Feature
from maskseg_cli.features.registry import features_of, take_features
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.job import Job
from maskseg_cli.pipeline.reading_options import ReadingOptions
from maskseg_cli.pipeline.run_options import (
    Model,
    Sources,
    as_arguments,
    predictor_loader,
    split_options,
    take_options,
)
from maskseg_cli.reporter import Reporter
from maskseg_cli.video.output_checks import check_output
from maskseg_cli.video.video_formats import EncodeOptions
from maskseg_cli.video.video_outputs import means_folder, plan_videos
from maskseg_cli.video.video_sources import find_videos

if TYPE_CHECKING:
    from maskseg_cli.inference.predictor import Predictor


@dataclass(frozen=True)
class VideoPlan:
    """The checked options of a run over videos.

    Attributes:
        jobs: each video and its result; those marked `done` are left out.
        network: a loaded network, or its options.
        reading, encoding, drawing: as for `VideoRun`.
        features: what else is done to each frame.
        overwrite, skip_existing: what becomes of results that exist.
        output: as the user gave it.
    """

    jobs: list[Job]
    network: ModelOptions | Predictor
    reading: ReadingOptions
    encoding: EncodeOptions
    drawing: DrawingOptions
    features: list[Feature] = field(default_factory=list)
    overwrite: bool = False
    skip_existing: bool = False
    output: Path | None = None

    def load(self, reporter: Reporter | None = None) -> Predictor:
        """The network; `reporter` as for `predictor_loader`."""
        return predictor_loader(self.network, self.reading.batch, throughput=True, reporter=reporter)()


def plan_run(
    sources: Sources,
    output: str | Path | None,
    model: Model,
    recursive: bool,
    overwrite: bool,
    skip_existing: bool,
    format: str | None,
    options: dict[str, Any],
) -> VideoPlan:
    """Finds the videos and checks all options, before any work; see `process_videos`."""
    check_switches(recursive=recursive, overwrite=overwrite, skip_existing=skip_existing)
    options = dict(options)
    if "audio" in options:
        options["sound"] = options.pop("audio")
    reading = take_options(options, ReadingOptions)
    encoding = take_options(options, EncodeOptions)
    features = take_features(options, "video")
    others = (ReadingOptions, EncodeOptions, *features_of("video"))
    network, drawing = split_options(model, options, *others, features=features)
    target = None if output is None else str(output)
    avoid = Path(target) if target is not None and means_folder(target) else None
    found = find_videos(as_arguments(sources), recursive, avoid)
    if any(feature.transparent for feature in features):
        encoding = replace(encoding, transparent=True)
        if format is None and (target is None or means_folder(target)):
            format = "webm"
    jobs = plan_videos(found, target, format, overwrite, skip_existing)
    names = [one.name for one in found]
    for job in jobs:
        assert job.target is not None
        check_output(job.target, encoding, names, overwrite=True)  # existing ones are settled
    folder = None if target is None else Path(target)
    return VideoPlan(jobs, network, reading, encoding, drawing, features, overwrite, skip_existing, folder)
