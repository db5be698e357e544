"""`Cutouts`: a sink that writes each object as a picture of its own, with a transparent background."""

from __future__ import annotations

import glob
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.drawing.effects.background import with_alpha
from maskseg_cli.drawing.effects.choice import EVERYTHING, Choice
from maskseg_cli.drawing.effects.foreground import own_colours
from maskseg_cli.drawing.effects.mattes import Picture, feathered
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.prepared_sink import PreparedSink
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import write_atomic
from maskseg_cli.media.images import encode_image
from maskseg_cli.media.outputs import check_writable, refuse_existing
from maskseg_cli.media.safe_names import fit_name


class Cutouts(PreparedSink):
    """Writes tight PNG files: `holiday/a_person_1.png`, `in_000012_car_2.png`, `in_000012_car_id7.png`.

    Their names hold the source's path without its ending (with the ending where photos of one name differ in it only),
    the number of a video's frame, the class, and the number of the object in its picture, best score first; of tracked
    objects their identity.

    Args:
        folder: for the files; it is made.
        choose: the objects that are cut out.
        overwrite: replace files that exist.
        skip_existing: keep files that exist.

    Raises:
        MasksegError: the folder cannot be written.

    Example:
        >>> with Cutouts("objects") as sink:                                    # doctest: +SKIP
        ...     for frame, detections in segment_images("photos/"):
        ...         sink.add(frame, detections, None)
    """

    needs_picture = False
    on_cluster = "workers"

    def __init__(
        self, folder: str | Path, choose: Choice = EVERYTHING, overwrite: bool = False, skip_existing: bool = False
    ) -> None:
        self._folder, self._choose = Path(folder), choose
        self._overwrite, self._skip_existing = overwrite, skip_existing
        self._sources: dict[str, str] = {}  # name without ending -> the source that has it
        self._reserved: dict[str, str] = {}  # source -> its name without ending
        check_writable(self._folder)

    def has(self, source: str) -> bool:
        """Whether there are cut-outs of a photo. One in which nothing was found is done again."""
        beginning = self._beginning(Frame(np.zeros((1, 1, 3), np.uint8), source=source))
        # The name of another photo may begin like this one's: of dog_2.jpg there is dog_2_truck_1.png.
        own = re.compile(rf"{re.escape(Path(beginning).name)}_[^_]+_(id)?[0-9]+\.png")
        return any(own.fullmatch(path.name) for path in self._folder.glob(f"{glob.escape(beginning)}_*.png"))

    def prepare(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> Callable[[], None]:
        """Cuts out and encodes the objects; the function that is returned writes them."""
        chosen = self._choose(detections)
        files = [
            (name, encode_image(cut_out(frame.image, mask), ".png"))
            for name, mask in zip(object_names(chosen), chosen.masks, strict=True)
            if mask.bitmap.any()
        ]
        return lambda: self._write(frame, files)

    def reserve(self, source: str) -> str | None:
        """See `Sink.reserve`."""
        name = self._name_of(source)
        return None if name == _plain_name(_safe_source(source)) else name

    def take_reserved(self, source: str, name: str) -> None:
        """See `Sink.take_reserved`."""
        self._reserved[source] = name

    def _write(self, frame: Frame, files: list[tuple[str, bytes]]) -> None:
        beginning = self._beginning(frame)
        paths = [self._folder / f"{beginning}_{name}.png" for name, _ in files]
        existing = [path for path in paths if path.exists()]
        if existing and not (self._overwrite or self._skip_existing):
            refuse_existing(existing)
        for path, (_, data) in zip(paths, files, strict=True):
            if self._overwrite or path not in existing:
                write_atomic(path, data)

    def _beginning(self, frame: Frame) -> str:
        """The part of a file's name that says where the object was found."""
        if frame.source in self._reserved:
            return self._reserved[frame.source]
        name = self._name_of(frame.source)
        return f"{name}_{frame.index:06d}" if frame.duration or frame.time else name

    def _name_of(self, source: str) -> str:
        safe = _safe_source(source)
        name = _plain_name(safe)
        if self._sources.setdefault(name, source) != source:
            name = str(safe).replace(".", "_")
            while self._sources.setdefault(name, source) != source:
                name += "_"
        return name


def _safe_source(source: str) -> PurePosixPath:
    path = PurePosixPath(source.lstrip("/") or "picture")
    return PurePosixPath(*(fit_name(part) for part in path.parts if part not in ("..", ".")))


def _plain_name(source: PurePosixPath) -> str:
    return str(source.with_suffix("")) if source.suffix else str(source)


def object_names(detections: Detections) -> list[str]:
    """A name for each object of a picture: its class, and its number among them or its identity.

    Example:
        >>> import dataclasses
        >>> two = Detections.from_matterport(
        ...     {"rois": np.zeros((2, 4)), "class_ids": np.array([1, 1]), "scores": np.ones(2),
        ...      "masks": np.zeros((4, 4, 2), bool)}, ("background", "traffic light"))
        >>> object_names(two)
        ['traffic-light_1', 'traffic-light_2']
    """
    seen: Counter[str] = Counter()
    names = []
    for number, label in enumerate(detections.labels):
        word = "".join(letter if letter.isalnum() else "-" for letter in label).strip("-") or "object"
        seen[word] += 1
        track = -1 if detections.tracker_id is None else int(detections.tracker_id[number])
        names.append(f"{word}_id{track}" if track >= 0 else f"{word}_{seen[word]}")
    return names


def cut_out(image: Picture, mask: MaskCrop) -> NDArray[np.uint8]:
    """The object alone, with a soft edge: uint8 (h, w, 4), BGRA, as tight as its mask.

    Args:
        image: uint8 (H, W, 3), BGR.
        mask: with at least one pixel, inside the picture.

    Raises:
        MasksegError: the mask has no pixel.
    """
    top, left, alpha = feathered(mask, (image.shape[0], image.shape[1]))
    if not alpha.any():
        raise MasksegError("An object without a pixel cannot be cut out.")
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    top, left = top + int(rows[0]), left + int(columns[0])
    alpha = np.ascontiguousarray(alpha[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    part = np.ascontiguousarray(image[top : top + alpha.shape[0], left : left + alpha.shape[1]])
    whole = MaskCrop(0, 0, np.asarray(cv2.inRange(alpha, 1, 255), np.uint8) > 0)
    return with_alpha(own_colours(part, alpha, [whole]), alpha)
