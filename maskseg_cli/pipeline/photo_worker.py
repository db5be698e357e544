"""`PhotoWork`: a worker of a run over photos on a cluster: one network, and an ordinary `PhotoRun` for each block."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maskseg_cli.cluster.ledger import ITEM_ATTEMPTS
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import StoppedError
from maskseg_cli.features.feature import Feature
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.media.time_limit import TIMEOUT
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink
from maskseg_cli.stop_token import StopToken
from maskseg_cli.transform import Transform

if TYPE_CHECKING:
    from maskseg_cli.pipeline.photo_records import PhotoItem, PhotoRecord


@dataclass(frozen=True)
class PhotoSettings:
    """What is sent to each worker: the options of `process_images` that concern photos one by one.

    Attributes:
        network: loaded by each worker.
        features, drawing, transforms, sinks, output, overwrite, skip_existing: as for `equipped`.
        quality, strip_metadata: as for `PictureFiles`.
        json: there is a COCO JSON.
        batch, timeout: as for `PhotoRun`.
    """

    network: ModelOptions
    features: tuple[Feature, ...] = ()
    drawing: DrawingOptions = dataclasses.field(default_factory=DrawingOptions)
    transforms: tuple[Transform, ...] = ()
    sinks: tuple[Sink, ...] = ()
    output: Path | None = None
    overwrite: bool = False
    skip_existing: bool = False
    quality: int = 95
    strip_metadata: bool = False
    json: bool = False
    batch: int = 1
    timeout: float = TIMEOUT


class PhotoWork:
    """Does blocks of photos; what `maskseg_cli.cluster` calls in each worker process.

    Args:
        settings: of the run.
        threads: of the network and of OpenCV.

    Raises:
        MasksegError: the network cannot be loaded here.
    """

    def __init__(self, settings: PhotoSettings, threads: int) -> None:
        import cv2

        from maskseg_cli.inference.loading import load_predictor

        cv2.setNumThreads(threads)
        self._settings = settings
        network = settings.network
        if network.threads is None:
            network = dataclasses.replace(network, threads=threads)
        self._predictor = load_predictor(network, settings.batch, throughput=threads > 1)

    def __call__(self, items: Sequence[PhotoItem], stop: StopToken, again: bool) -> list[PhotoRecord]:
        """Does photos as a run of their own; see `cluster.block_worker.Work`."""
        from maskseg_cli.export.coco_sink import CocoJson
        from maskseg_cli.export.picture_files import PictureFiles
        from maskseg_cli.export.run_summary import RunSummary
        from maskseg_cli.pipeline.equipment import equipped, rendering_of
        from maskseg_cli.pipeline.photo_records import RecordSink, Tap
        from maskseg_cli.pipeline.photo_run import PhotoRun
        from maskseg_cli.pipeline.staging import Staged
        from maskseg_cli.transform import reset_transforms

        one = self._settings
        sentences = _Sentences()
        with (
            Staged(items) as staged,
            equipped(
                one.features,
                "photos",
                self._predictor,
                one.drawing,
                one.transforms,
                one.sinks,
                one.output,
                one.overwrite,
                one.skip_existing or again,  # of a photo that a lost worker has done, files may be there
                sentences,
                part=True,
            ) as parts,
        ):
            sinks: list[Sink] = [PictureFiles(quality=one.quality, strip_metadata=one.strip_metadata)]
            sinks += [CocoJson(None)] if one.json else []
            sinks += [*parts.sinks, RunSummary()]
            written = [sink for sink in sinks if sink.on_cluster == "workers"]
            for number, sink in enumerate(written):
                sink.start(parts.class_names)
                for item in items:
                    if number in item.reserved:
                        sink.take_reserved(item.job.source.exported_name, item.reserved[number])
            taps = [Tap(None if isinstance(t, Sink) else t) for t in parts.transforms if is_whole_run(t)]
            each = iter(taps)
            transforms = [next(each) if is_whole_run(t) else t for t in parts.transforms]
            reset_transforms(parts.transforms)
            sentences.take()  # the leader has said the same
            leaders = [sink for sink in sinks if sink.on_cluster == "leader"]
            gathered = RecordSink(staged.items, leaders, taps, sentences.take)
            run = PhotoRun(
                self._predictor,
                [*written, *staged.sinks, gathered],
                RunSummary(),
                transforms,
                rendering_of(parts),
                one.batch,
                timeout=one.timeout,
                stop=stop,
                first=items[0].index,
            )
            records = gathered.records
            try:
                run.process([item.job for item in staged.items])
            except StoppedError:
                records[-1] = dataclasses.replace(records[-1], ends_run=True)
            return staged.records(records)

    def lost(self, item: PhotoItem) -> PhotoRecord:
        """The record of a photo that ends each worker process."""
        from maskseg_cli.pipeline.photo_records import PhotoRecord

        name = item.job.source.name
        return PhotoRecord(
            item,
            reason=f"{name} has ended {ITEM_ATTEMPTS + 1} worker processes, which had begun it: it is left out.",
        )


def is_whole_run(transform: Transform) -> bool:
    """Whether a transform needs the photos of the whole run, see `Transform`."""
    return bool(getattr(transform, "whole_run", False))


class _Sentences(Reporter):
    """Keeps what features and sinks say."""

    def __init__(self) -> None:
        self._said: list[str] = []

    def say(self, sentence: str) -> None:
        self._said.append(sentence)

    def warn(self, sentence: str) -> None:
        self._said.append(sentence)

    def take(self) -> tuple[str, ...]:
        """The sentences since the last call."""
        said, self._said = self._said, []
        return tuple(said)
