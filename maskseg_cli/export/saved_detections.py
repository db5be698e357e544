"""`SavedDetections`: a file of saved detections in the place of the network."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from maskseg_cli.classes import class_words, parse_classes
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.export.detections_file import DetectionsReader
from maskseg_cli.export.saved_frames import SavedFrames
from maskseg_cli.frame import Frame
from maskseg_cli.inference.model_options import check_numbers
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.near_names import did_you_mean

if TYPE_CHECKING:
    from maskseg_cli.config import MaskRCNNConfig
    from maskseg_cli.detections import Detections
    from maskseg_cli.inference.engine import Engine

#: What may be chosen anew; everything else about the network is settled.
_CHOICES = ("min_score", "classes", "max_detections")

#: In place of classes: all that the network has.
ALL_CLASSES = "all"

#: Results that are kept, since frames between those of `--every` share one.
_RECENT = 8


class SavedDetections(Predictor):
    """The objects in a file that `--save-detections` wrote, for `process_images` and `process_video` as `model`.

    Without options it shows what the first run showed.

    Args:
        path: the file.
        min_score, classes, max_detections: as for `load_model`; None: those of the first run. The classes "all" are
            all that the network has.

    Attributes:
        kind: "photos" or "video": what the file was made from.
        names: of the photos or videos in it.
        complete: whether the run that made it came to its end.

    Raises:
        MasksegError: the file cannot be read.
        UsageError: a class that the network does not have, or objects of lower scores than the file has, or more.

    Example:
        >>> saved = SavedDetections("found.maskdets")                              # doctest: +SKIP
        >>> process_video("in.mp4", "people.mp4", model=saved, classes="person")   # doctest: +SKIP
    """

    def __init__(
        self,
        path: str | Path,
        *,
        min_score: float | None = None,
        classes: str | int | Sequence[str | int] | None = None,
        max_detections: int | None = None,
    ) -> None:
        self._file = DetectionsReader(path)
        header = self._file.header
        limit = header.config.detection_max_instances if header.max_detections is None else header.max_detections
        super().__init__(
            cast("Engine", _NoEngine(header.config)),
            header.class_names,
            class_ids=header.class_ids,
            max_detections=limit,
            name=header.network,
        )
        self._recent: OrderedDict[int, Detections] = OrderedDict()
        self._lock = threading.Lock()
        self._choose(min_score, classes, max_detections)

    @property
    def kind(self) -> str:
        """What the file was made from."""
        return self._file.header.kind

    @property
    def files(self) -> list[Path]:
        """The file that it reads."""
        return [Path(self._file.path)]

    @property
    def names(self) -> list[str]:
        """Names of the photos or videos in the file."""
        return self._file.names

    @property
    def complete(self) -> bool:
        """Whether the run that made the file came to its end."""
        return self._file.complete

    def with_options(self, **options: Any) -> SavedDetections:
        """The same file with other `min_score`, `classes` or `max_detections`.

        Raises:
            UsageError: another option: the network is not run; or a value that is not possible.
        """
        for name in options:
            if name not in _CHOICES:
                raise UsageError(f"{name}: the network is not run again, its detections were saved.")
        other = copy.copy(self)
        other.engine, other._recent = cast("Engine", _NoEngine(self.config)), OrderedDict()
        other._choose(**options)
        return other

    def set_options(self, **options: Any) -> None:
        """Sets the threshold of the score, which is never below that of the file; see `Predictor.set_options`."""
        score = options.get("detection_min_confidence")
        if score is not None:
            options["detection_min_confidence"] = max(float(score), self._file.header.lowest_score)
        super().set_options(**options)
        self._recent = OrderedDict()

    def __call__(self, images: Any) -> Any:
        """Refuses pictures, which say not where they come from.

        Raises:
            UsageError: always.
        """
        raise UsageError("Saved detections are for process_images, process_video and their like: they belong to files.")

    def detect_frames(self, frames: Sequence[Frame]) -> list[tuple[Detections, int]]:
        """The objects in each frame, and the number of the frame in which the network found them.

        Raises:
            MasksegError: the file has none of such a frame.
        """
        return [self._detect(frame) for frame in frames]

    def _choose(
        self,
        min_score: float | None = None,
        classes: str | int | Sequence[str | int] | None = None,
        max_detections: int | None = None,
    ) -> None:
        check_numbers(min_score=min_score, max_detections=max_detections)
        header = self._file.header
        if min_score is not None:
            if min_score < header.lowest_score:
                lowest = f"{self._file.path} holds objects from a score of {header.lowest_score:g} on"
                raise UsageError(f"{lowest}, not from {min_score:g}.")
            self.set_min_confidence(min_score)
        if classes is not None:
            words = class_words(classes)
            everything = words == ALL_CLASSES and ALL_CLASSES not in self.class_names
            self.class_ids = None if everything else parse_classes(words, self.class_names)
        if max_detections is not None:
            most = max(header.limit, header.config.detection_max_instances)
            if max_detections > most:
                raise UsageError(f"{self._file.path} holds at most {most} objects a picture, not {max_detections}.")
            self.max_detections = max_detections

    def _detect(self, frame: Frame) -> tuple[Detections, int]:
        frames, row = self._find(frame)
        place = frames.places[row]
        found = self._recent.get(place)
        if found is None:
            whole = self._file.detections_at(place)
            size = frame.image.shape[:2]
            if whole.image_size != size:
                (height, width), (own_height, own_width) = size, whole.image_size
                raise MasksegError(
                    f"{frame.source} has {width} x {height} pixels, and {self._file.path} was made from one of "
                    f"{own_width} x {own_height}: it is another picture."
                )
            found = self.choose(whole.filter(min_confidence=self.config.detection_min_confidence))
            if self.kind == "video":
                with self._lock:
                    self._recent[place] = found
                    while len(self._recent) > _RECENT:
                        self._recent.popitem(last=False)
        return found, frames.detected_in[row]

    def _find(self, frame: Frame) -> tuple[SavedFrames, int]:
        frames = self._frames_of(frame.source)
        if self.kind == "photos":
            return frames, len(frames) - 1
        row = frames.row_of_index(frame.index)
        # The times of numbered pictures are multiples of a step, which each run may choose. Otherwise the time says
        # which frame it is, since the number of the first one after seeking is a guess; where a video was put into
        # another container, times are rounded.
        regular = frame.time == frame.index * frame.duration and row is not None and frames.is_regular(row)
        if not regular:
            row = frames.row_of_time(frame.time)
            row = frames.row_of_time(frame.time, frame.duration / 2) if row is None else row
        if row is None:
            raise MasksegError(self._missing(frame, frames))
        return frames, row

    def _frames_of(self, name: str) -> SavedFrames:
        frames = self._file.frames_of(name)
        if frames is None and not name and len(self.names) == 1:
            frames = self._file.frames_of(self.names[0])
        if frames is None:  # the user may have named a file where the first run was given its folder, or the reverse
            last = name.rpartition("/")[2]
            alike = [one for one in self.names if one.rpartition("/")[2] == last]
            if len(alike) > 1:
                raise MasksegError(
                    f"{self._file.path} has {len(alike)} of the name {last} ({', '.join(alike[:3])}"
                    f"{', ...' if len(alike) > 3 else ''}): name the sources as in the first run."
                )
            frames = self._file.frames_of(alike[0]) if alike else None
        if frames is None or not len(frames):
            raise MasksegError(f"{self._file.path} has no objects of {name}{did_you_mean(name, self.names, most=1)}.")
        return frames

    def _missing(self, frame: Frame, frames: SavedFrames) -> str:
        first, last = frames.time(0), frames.time(-1)
        begin = f"{self._file.path} has no objects of the frame at {float(frame.time):.2f} s of {frame.source}"
        if first < frame.time < last:
            steps = {b - a for a, b in zip(frames.indices[:9], frames.indices[1:10], strict=False)}
            if len(steps) == 1 and (step := steps.pop()) > 1:
                return f"{begin}: it was made with --every {step} --drop, which this run needs too."
            return f"{begin}: it was made from another video."
        broken = "" if self.complete else ", because the run that made it was stopped"
        return f"{begin}: it has those from {float(first):.2f} to {float(last):.2f} s{broken}; see --start and --end."


class _NoEngine:
    """Stands where a predictor has its engine: the options, and how many frames are looked up at once."""

    name = "saved detections"
    workers = 2

    def __init__(self, config: MaskRCNNConfig) -> None:
        self.config = config
