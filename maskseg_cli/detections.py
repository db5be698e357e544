"""`Detections`: the objects found in one picture, the value that all rooms after the network share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.classes import chosen_classes
from maskseg_cli.config.value_types import check_share
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.mask_crop import MaskCrop as MaskCrop


@dataclass(frozen=True, eq=False)
class Detections:
    """Objects found in one picture, best score first.

    Field names are those of supervision's Detections where the meaning is the same.

    Attributes:
        xyxy: float32 array (N, 4), x1 y1 x2 y2 in pixels of the upright picture; x2 and y2 are exclusive, so
            the width is x2 - x1.
        class_id: int32 array (N,), 1.. for objects; 0 is the background and never occurs.
        confidence: float32 array (N,), 0..1; NaN of an object that people have marked.
        masks: tuple of N `MaskCrop`.
        image_size: (height, width) of the picture in pixels.
        class_names: index -> name, background first.
        tracker_id: int32 array (N,) of identities across frames, or None.
        shown_names: index -> name for people to read, in place of `class_names`; (): the same. Pictures, messages and
            counts have these names; exported data have those of the network.
        seconds: how long the network took for the picture, where it was measured; the times of pictures that it works
            on side by side overlap.
        crowd: bool array (N,), whether an object that people have marked is a group of objects (COCO's `iscrowd`), or
            None: none is.

    Example:
        >>> found = Detections.empty((480, 640))
        >>> len(found), found.mask.shape
        (0, (0, 480, 640))
    """

    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int32]
    confidence: NDArray[np.float32]
    masks: tuple[MaskCrop, ...]
    image_size: tuple[int, int]
    class_names: tuple[str, ...] = ()
    tracker_id: NDArray[np.int32] | None = None
    seconds: float | None = None
    shown_names: tuple[str, ...] = ()
    crowd: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        n = len(self.xyxy)
        if self.xyxy.shape != (n, 4):
            raise ValueError(f"xyxy has the shape {self.xyxy.shape}, not (N, 4)")
        for label, field in (("class_id", self.class_id), ("confidence", self.confidence)):
            if field.shape != (n,):
                raise ValueError(f"{label} has the shape {field.shape}, not ({n},)")
        if len(self.masks) != n:
            raise ValueError(f"{len(self.masks)} masks for {n} boxes")
        for label, given in (("tracker_id", self.tracker_id), ("crowd", self.crowd)):
            if given is not None and given.shape != (n,):
                raise ValueError(f"{label} has the shape {given.shape}, not ({n},)")

    @classmethod
    def empty(cls, image_size: tuple[int, int], class_names: Sequence[str] = ()) -> Detections:
        """No object in a picture of (height, width)."""
        return cls(
            np.zeros((0, 4), np.float32),
            np.zeros(0, np.int32),
            np.zeros(0, np.float32),
            (),
            image_size,
            tuple(class_names),
        )

    def __len__(self) -> int:
        return len(self.xyxy)

    def __repr__(self) -> str:
        # the arrays of a hundred masks are nothing to read
        height, width = self.image_size
        return f"Detections({len(self)} objects in {width} x {height} pixels: {', '.join(self.names) or 'none'})"

    def _repr_html_(self) -> str:
        """What a notebook shows: a small picture of the masks, and a table."""
        import maskseg_cli  # the drawing of pictures lies above this file; the package finds it by name

        return str(maskseg_cli.detections_html(self))

    def __iter__(self) -> Iterator[Detections]:
        """Each object as Detections of length 1."""
        return (self[i : i + 1] for i in range(len(self)))

    def __getitem__(self, index: int | slice | NDArray[Any] | Sequence[int]) -> Detections:
        """Chosen rows: an int, a slice, a bool array (N,) or indices; always Detections."""
        if isinstance(index, str):
            raise UsageError(f"Objects are chosen by their number: filter({index!r}) chooses them by class.")
        # NumPy takes a tuple for one index an axis
        rows = np.atleast_1d(np.arange(len(self))[list(index) if isinstance(index, tuple) else index])
        return replace(
            self,
            xyxy=self.xyxy[rows],
            class_id=self.class_id[rows],
            confidence=self.confidence[rows],
            masks=tuple(self.masks[i] for i in rows),
            tracker_id=None if self.tracker_id is None else self.tracker_id[rows],
            crowd=None if self.crowd is None else self.crowd[rows],
        )

    def filter(
        self, class_ids: int | str | Iterable[int | str] | None = None, min_confidence: float = 0.0
    ) -> Detections:
        """Only objects of these classes with at least this score or without one, order kept.

        Args:
            class_ids: numbers or names of classes, or one of either; None: any class.
            min_confidence: 0 to 1.

        Raises:
            UsageError: a name or number that no class has, or a score that is not between 0 and 1.
        """
        keep = ~(self.confidence < check_share("min_confidence", min_confidence))
        if class_ids is not None:
            keep &= np.isin(self.class_id, chosen_classes(class_ids, self.class_names))
        return self[keep]

    @staticmethod
    def concatenate(parts: Sequence[Detections]) -> Detections:
        """All objects of several Detections of the same picture, in the order given.

        Raises:
            ValueError: no part at all, or parts of pictures of different size.
        """
        if not parts:
            raise ValueError("nothing to concatenate")
        first = parts[0]
        if any(part.image_size != first.image_size for part in parts):
            raise ValueError("the parts are of pictures of different size")
        tracked = all(part.tracker_id is not None for part in parts)
        crowds = [np.zeros(len(part), bool) if part.crowd is None else part.crowd for part in parts]
        return replace(
            first,
            xyxy=np.concatenate([part.xyxy for part in parts]),
            class_id=np.concatenate([part.class_id for part in parts]),
            confidence=np.concatenate([part.confidence for part in parts]),
            masks=tuple(mask for part in parts for mask in part.masks),
            tracker_id=np.concatenate([part.tracker_id for part in parts]) if tracked else None,
            crowd=None if all(part.crowd is None for part in parts) else np.concatenate(crowds),
        )

    @property
    def names(self) -> list[str]:
        """The class name of each object; `class 7` where no name is known."""
        return _names_of(self.class_id, self.class_names)

    @property
    def labels(self) -> list[str]:
        """The name of each object's class for people to read, which a style may change."""
        return _names_of(self.class_id, self.shown_names or self.class_names)

    @property
    def area(self) -> NDArray[np.int64]:
        """Pixels in each object's mask, int64 (N,)."""
        return np.array([mask.area for mask in self.masks], dtype=np.int64)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """All masks at full size, bool (N, H, W); made on each call: N x H x W bytes."""
        height, width = self.image_size
        full = np.zeros((len(self), height, width), dtype=bool)
        for i, crop in enumerate(self.masks):
            h, w = crop.bitmap.shape
            full[i, crop.top : crop.top + h, crop.left : crop.left + w] = crop.bitmap
        return full

    def to_matterport(self) -> dict[str, NDArray[Any]]:
        """Matterport's result dict.

        Returns:
            rois int32 (N, 4) y1 x1 y2 x2, y2 and x2 exclusive; class_ids int32 (N,); scores float32 (N,);
            masks bool (H, W, N).
        """
        rois = np.around(self.xyxy[:, [1, 0, 3, 2]]).astype(np.int32)
        return {
            "rois": rois,
            "class_ids": self.class_id.astype(np.int32),
            "scores": self.confidence.astype(np.float32),
            "masks": np.ascontiguousarray(np.moveaxis(self.mask, 0, -1)),
        }

    @classmethod
    def from_matterport(cls, result: dict[str, NDArray[Any]], class_names: Sequence[str] = ()) -> Detections:
        """The inverse of `to_matterport`; `masks` gives the picture's size."""
        masks = np.asarray(result["masks"])
        return cls(
            np.asarray(result["rois"], np.float32)[:, [1, 0, 3, 2]],
            np.asarray(result["class_ids"], np.int32),
            np.asarray(result["scores"], np.float32),
            tuple(MaskCrop.from_full(masks[:, :, i]) for i in range(masks.shape[2])),
            (int(masks.shape[0]), int(masks.shape[1])),
            tuple(class_names),
        )

    def to_supervision(self) -> Any:
        """A `supervision.Detections` with full-size masks.

        Raises:
            MasksegError: the package supervision is not installed.
        """
        try:
            import supervision
        except ModuleNotFoundError as error:
            if error.name != "supervision":
                raise
            raise MasksegError(
                "to_supervision needs the package supervision, which is not installed: pip install supervision."
            ) from error

        return supervision.Detections(
            xyxy=self.xyxy.copy(),
            mask=self.mask,
            confidence=self.confidence.copy(),
            class_id=self.class_id.astype(int),
            tracker_id=None if self.tracker_id is None else self.tracker_id.astype(int),
            data={"class_name": np.array(self.names, dtype=str)},
        )

    @classmethod
    def from_supervision(
        cls, detections: Any, image_size: tuple[int, int] | None = None, class_names: Sequence[str] = ()
    ) -> Detections:
        """From a `supervision.Detections`.

        Args:
            detections: without masks each object fills its box; without scores each has 1.0, without
                classes each has class 0.
            image_size: (height, width); needed where there are no masks.
            class_names: index -> name, background first; left out, the names of the objects' own classes are
                taken from `data["class_name"]`.

        Raises:
            ValueError: neither masks nor `image_size`.
        """
        xyxy = np.asarray(detections.xyxy, np.float32).reshape(-1, 4)
        n = len(xyxy)
        masks: tuple[MaskCrop, ...]
        if detections.mask is not None:
            full = np.asarray(detections.mask)
            image_size = (int(full.shape[1]), int(full.shape[2]))
            masks = tuple(MaskCrop.from_full(mask) for mask in full)
        elif image_size is None:
            raise ValueError("detections without masks need image_size=(height, width)")
        else:
            masks = tuple(_box_mask(box, image_size) for box in xyxy)
        scores = detections.confidence
        ids, tracks = detections.class_id, detections.tracker_id
        if not class_names and ids is not None:
            class_names = _names_by_id(ids, detections.data.get("class_name", ()))
        return cls(
            xyxy,
            np.zeros(n, np.int32) if ids is None else np.asarray(ids, np.int32),
            np.ones(n, np.float32) if scores is None else np.asarray(scores, np.float32),
            masks,
            image_size,
            tuple(class_names),
            None if tracks is None else np.asarray(tracks, np.int32),
        )


def _names_of(ids: NDArray[np.int32], known: Sequence[str]) -> list[str]:
    return [known[i] if i < len(known) else f"class {i}" for i in ids.tolist()]


def _names_by_id(ids: NDArray[Any], names: Sequence[str]) -> tuple[str, ...]:
    """index -> name for the classes that occur, `class 7` for those that do not."""
    known = {int(i): str(name) for i, name in zip(ids, names, strict=False)}
    return tuple(known.get(i, f"class {i}" if i else "background") for i in range(max(known, default=-1) + 1))


def _box_mask(box: NDArray[np.float32], image_size: tuple[int, int]) -> MaskCrop:
    height, width = image_size
    x1, x2 = np.clip(np.around(box[[0, 2]]), 0, width).astype(int)
    y1, y2 = np.clip(np.around(box[[1, 3]]), 0, height).astype(int)
    return MaskCrop(int(y1), int(x1), np.ones((max(0, y2 - y1), max(0, x2 - x1)), dtype=bool))
