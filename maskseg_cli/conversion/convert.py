"""`convert_data`: a data set in one annotation format, written in another."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from maskseg_cli.conversion.class_choice import ClassChoice
from maskseg_cli.conversion.made_files import MadeFiles
from maskseg_cli.conversion.marked_objects import MarkedObjects
from maskseg_cli.conversion.options import ConversionOptions
from maskseg_cli.conversion.photo_files import PhotoPlacer
from maskseg_cli.conversion.photo_names import photo_names
from maskseg_cli.conversion.targets import SPLITS, Target, check_existing, divide, plan_targets
from maskseg_cli.datasets.annotated_images import AnnotatedImages, ImageRecord
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.datasets.photo_names import base_folder
from maskseg_cli.datasets.problems import Problem, pictures_left_out, summary
from maskseg_cli.errors import MasksegError, UsageError, explain
from maskseg_cli.export.building import MarkedData, build_sink
from maskseg_cli.export.coco_sink import journal_path
from maskseg_cli.export.object_rows import ObjectTable
from maskseg_cli.export.picture_annotations import PictureAnnotations
from maskseg_cli.export.yolo import YoloFolder
from maskseg_cli.frame import Frame
from maskseg_cli.job import Job, Source
from maskseg_cli.media.disk_errors import is_disk_unwritable
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.media.safe_names import safe_path
from maskseg_cli.messages import counted
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink

#: No sink of annotations looks at the pixels.
_NO_PIXELS = np.zeros((0, 0, 3), np.uint8)


@dataclass(frozen=True)
class Conversion:
    """What a conversion has done.

    Attributes:
        format: of the output.
        paths: the files or folders that were written.
        photos, objects: how many are in them.
        left_out: photos that are not in them, because something is wrong with them.
        problems: what is wrong with the input.
    """

    format: str
    paths: tuple[Path, ...]
    photos: int
    objects: int
    left_out: int
    problems: tuple[Problem, ...]


def convert_data(
    annotations: str | Path, output: str | Path, *, reporter: Reporter | None = None, **options: Any
) -> Conversion:
    """Reads a data set of any known format and writes it in another; does what `maskseg convert-data` does.

    Masks go through the same exporters as those that a network finds. The photos stay where they are, unless
    `copy_photos` or `link_photos` is given, and are opened only where their size is not in the annotations. After an
    error or an interrupt what has been made is removed; files that were replaced stay as they are then.

    Args:
        annotations: a file or folder, as `maskseg train` takes it.
        output: a file, for formats that are one, or a folder, which is made.
        reporter: takes messages and progress; None: silent.
        options: fields of `ConversionOptions`: to, images, classes, rename, split, copy_photos, overwrite ...

    Raises:
        UsageError: an option that is not possible.
        MasksegError: the data set cannot be read, or the output exists or cannot be written.

    Example:
        >>> convert_data("via.json", "labels", to="yolo", images="photos", copy_photos=True)   # doctest: +SKIP
    """
    chosen, reporter, path = ConversionOptions(**options), reporter or Reporter(), Path(annotations)
    name = chosen.format_for(Path(output))
    source = _open(path, chosen, reporter)
    choice = ClassChoice.make(source.class_names, source.category_ids, chosen.classes, chosen.new_names)
    folder = base_folder(path, None if chosen.images is None else Path(chosen.images))
    photos = list(zip(photo_names(source.images, folder), source.images, strict=True))
    targets = plan_targets(Path(output), name, divide(photos, chosen))
    made = MadeFiles()
    place = (
        PhotoPlacer(chosen.link_photos, chosen.overwrite, made) if chosen.copy_photos or chosen.link_photos else None
    )
    marked = MarkedData(
        choice.category_ids,
        _image_fields(dict(photos), choice),
        place,
        "--copy-photos",
        SPLITS if chosen.split is not None else (),
    )
    objects = MarkedObjects(choice, crowds=name in ("coco", "coco-polygons", "jsonl"))
    with FileLocks(target.path for target in targets if target.is_file):
        sinks = [_sinks(name, target, marked, reporter) for target in targets]
        files = [file for target, some in zip(targets, sinks, strict=True) for file in _files(target, some)]
        check_existing(files, path, (record.path for record in source.images), chosen.overwrite)
        run = _Run(name, objects, place, reporter)
        with made, reporter.progress(len(photos), "photo", "converting") as show:
            for file in files:
                made.expect(file)
            for target, some in zip(targets, sinks, strict=True):
                run.write(target, some, choice.names, show)
    for line in summary(source.problems, path):
        reporter.warn(line)
    for line in run.notes():
        reporter.say(line)
    left_out = pictures_left_out(source.problems) + run.failed
    return Conversion(
        name,
        tuple(target.path for target in targets),
        run.photos,
        run.objects,
        left_out,
        tuple(source.problems),
    )


def _open(path: Path, options: ConversionOptions, reporter: Reporter) -> AnnotatedImages:
    places = options.copy_photos or options.link_photos
    source = open_source(
        path,
        options.images,
        attribute=options.via_attribute,
        reporter=reporter,
        format=options.source_format,
        trust_sizes=not places,
        split=None,
    )
    if not isinstance(source, AnnotatedImages):
        raise UsageError(f"{path} is no data set on the disk: name an annotation file or folder.")
    return source


def _image_fields(photos: Mapping[str, ImageRecord], choice: ClassChoice) -> Callable[[str], dict[str, Any]]:
    """A function from a photo's name to what COCO's record of it keeps: its id, and which classes are all marked."""

    def fields(name: str) -> dict[str, Any]:
        record = photos[name]
        if record.complete_class_ids is None:
            return {"id": record.id}
        return {"id": record.id, "complete_classes": choice.complete_categories(record.complete_class_ids)}

    return fields


def _sinks(name: str, target: Target, marked: MarkedData, reporter: Reporter) -> list[Sink]:
    """What writes a target: one sink; for pictures of masks also the table with the class of each number."""
    sinks = [build_sink(name, target.path, pictures=False, note=reporter.say, marked=marked)]
    return [*sinks, ObjectTable(target.path / "objects.csv")] if name == "masks" else sinks


def _files(target: Target, sinks: Sequence[Sink]) -> Iterator[Path]:
    """What is written, as far as its names are known."""
    if target.is_file:
        yield from (target.path, journal_path(target.path))
    for sink in sinks:
        if isinstance(sink, PictureAnnotations):
            yield from (sink.path_of(name) for name, _ in target.photos)
        if isinstance(sink, YoloFolder):
            yield target.path / "data.yaml"
        elif isinstance(sink, ObjectTable) and not target.is_file:
            yield sink.path


class _Run:
    """Writes the targets one after the other, and counts."""

    def __init__(self, name: str, marked: MarkedObjects, place: PhotoPlacer | None, reporter: Reporter) -> None:
        self._name = name
        self._marked = marked
        self._place = place
        self._reporter = reporter
        self.photos = self.objects = self.empty = self.failed = 0
        self._done = 0

    def write(self, target: Target, sinks: Sequence[Sink], names: tuple[str, ...], show: Callable[[int], None]) -> None:
        """Writes one target; photos that fail are left out and reported."""
        with contextlib.ExitStack() as stack:
            for sink in sinks:
                stack.enter_context(sink)
                sink.start(names)
            for index, (name, record) in enumerate(target.photos):
                try:
                    self._write_photo(target, sinks, name, record, index)
                except (MasksegError, OSError) as error:
                    if is_disk_unwritable(error) or is_disk_unwritable(error.__cause__):
                        raise
                    self.failed += 1
                    self._reporter.fail(name, error, explain(error))
                self._done += 1
                show(self._done)

    def _write_photo(self, target: Target, sinks: Sequence[Sink], name: str, record: ImageRecord, index: int) -> None:
        found = self._marked(record)
        # A photo that is not there is written as if it lay beside its annotations.
        photo = record.path if record.path.is_file() else None
        if self._place is not None and photo is not None and target.is_file:
            self._place(photo, target.folder / "images" / safe_path(name))
        job = Job(Source(photo, PurePosixPath(name)), None, None)
        for sink in sinks:
            sink.add(Frame(_NO_PIXELS, index, source=name, job=job), found, None)
        self.photos += 1
        self.objects += len(found)
        self.empty += not len(found)

    def notes(self) -> Iterator[str]:
        """What the format does not have."""
        left_out = self._marked.left_out
        if left_out["crowd"]:
            yield f"{self._name} has no crowds: {counted(left_out['crowd'], 'object')} left out."
        if left_out["pixels"]:
            yield f"Outlines that cover no pixel: {counted(left_out['pixels'], 'object')} left out."
        if self._marked.partly and not self._name.startswith("coco"):
            number = counted(self._marked.partly, "photo")
            yield f"{self._name} cannot say that not all objects are marked (complete_classes), as in {number}."
        if self._name == "csv":
            if self._marked.boxes < self.objects:
                yield "A table has boxes and areas: the outlines are not in it."
            if self.empty:
                yield f"A table has no row for photos without objects: {counted(self.empty, 'photo')} left out."
