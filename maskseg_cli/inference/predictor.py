"""`Predictor`: pictures in, `Detections` out; the network's tensors stay inside."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.matterport_log import log_inputs
from maskseg_cli.inference.molding import check_molded_shape, mold, molded_shape
from maskseg_cli.inference.test_time_augmentation import ViewInput, mold_views, relative_frame
from maskseg_cli.inference.tile_layout import choose_grid, parse_tiles
from maskseg_cli.inference.tiling import find_in_tiles, network_side
from maskseg_cli.inference.unmolding import unmold
from maskseg_cli.media.given_pictures import as_array, check_picture, is_one_picture
from maskseg_cli.model.anchors import AnchorCache
from maskseg_cli.model.box_frames import to_frame

if TYPE_CHECKING:
    from maskseg_cli.detections import Detections
    from maskseg_cli.inference.engine import Engine
    from maskseg_cli.inference.molding import Molded
    from maskseg_cli.inference.test_time_augmentation import MoldedView

#: uint8 array (H, W, 3), the path of a photo, or a picture of PIL, which is not needed for anything else.
Picture: TypeAlias = "NDArray[np.uint8] | str | os.PathLike[str] | _PilImage"


class _PilImage(Protocol):
    """`PIL.Image.Image`, as far as it is used."""

    mode: str

    def getexif(self) -> Any: ...


class Predictor:
    """A loaded network: call it with a picture, or with a list of pictures of any sizes.

    Several threads may call it at the same time, which uses several cores better.

    Args:
        engine: runs the network.
        class_names: index -> name, background first.
        tta: average several views of each picture (test-time augmentation).
        class_ids: keep objects of these classes only; None: all.
        max_detections: keep so many objects of a picture at most, best score first, after the choice of classes; None:
            the network's own limit.
        batch: pictures of equal molded size, or tiles of one picture, that the network takes at once.
        name: of the network, or of its weights file.
        tiles: "auto" or columns x rows such as "4x3": run the network on overlapping tiles of large pictures too.

    Attributes:
        engine, class_names, tta, class_ids, max_detections, batch, name: the arguments; `tta`, `class_ids` and
            `max_detections` may be changed at any time.
        grid: from `tiles`; see `parse_tiles`.

    Example:
        >>> model = load_model("lite")                                  # doctest: +SKIP
        >>> model(image_bgr).names                                      # doctest: +SKIP
        ['person', 'person', 'dog']
    """

    def __init__(
        self,
        engine: Engine,
        class_names: Sequence[str],
        tta: bool = False,
        class_ids: Collection[int] | None = None,
        max_detections: int | None = None,
        batch: int | None = None,
        name: str = "",
        tiles: str | None = None,
    ) -> None:
        self.engine = engine
        self.class_names = tuple(class_names)
        self.tta = tta
        self.class_ids = class_ids
        self.max_detections = max_detections
        self.name = name
        self.batch = engine.config.batch_size if batch is None else batch
        self.grid = parse_tiles(tiles)
        self._anchors = AnchorCache(engine.config)

    @property
    def config(self) -> MaskRCNNConfig:
        """The options of the network."""
        return self.engine.config

    @property
    def workers(self) -> int:
        """How many threads should call it at the same time, each with pictures of its own."""
        return self.engine.workers

    @overload
    def __call__(self, images: Picture) -> Detections: ...  # type: ignore[overload-overlap]  # a text is one path

    @overload
    def __call__(self, images: Sequence[Picture]) -> list[Detections]: ...

    def __call__(self, images: Any) -> Detections | list[Detections]:
        """Finds the objects in one picture or in several.

        Args:
            images: uint8 array (H, W, 3), BGR as OpenCV gives it; the path of a photo; a `PIL.Image.Image`; or a list
                of these. Photos and pictures of PIL are turned upright.

        Returns:
            `Detections` for one picture, a list of them for a list.

        Raises:
            UsageError: no picture, an array of another kind, or a shape that the network cannot take.
            MasksegError: a photo cannot be read.
        """
        single = is_one_picture(images)
        pictures = self._arrays([images] if single else images, "BGR")
        before = time.perf_counter()
        found = [self.choose(one) for one in self._predict(pictures, "BGR")]
        seconds = (time.perf_counter() - before) / max(1, len(pictures))
        found = [replace(one, seconds=seconds) for one in found]
        return found[0] if single else found

    def set_min_confidence(self, confidence: float) -> None:
        """Finds objects from this score on, 0..1, from the next picture on.

        Raises:
            UsageError: not between 0 and 1.
        """
        self.set_options(detection_min_confidence=confidence)

    def set_options(self, **options: Any) -> None:
        """Replaces options of `MaskRCNNConfig`, such as thresholds and limits, from the next picture on.

        Raises:
            UsageError: an unknown option, a value out of its range, or an option that shapes the network.

        Example:
            >>> model.set_options(detection_min_confidence=0.3, detection_max_instances=20)    # doctest: +SKIP
        """
        config = self.engine.config.replace(**options)
        before = self.engine.config.graph
        for option, value in config.graph.items():
            if value != before[option]:
                raise UsageError(f"{option} belongs to the network's structure: load the network again with it.")
        self.engine.config = config

    def detect(self, images: Sequence[Picture], verbose: int = 0) -> list[dict[str, NDArray[Any]]]:
        """Matterport's `detect`.

        Args:
            images: RGB pictures, uint8 arrays (H, W, 3), or paths or pictures of PIL, of any number and sizes.
            verbose: 1 prints shapes and ranges as Matterport does.

        Returns:
            a dict for each picture: `rois` int32 (N, 4) y1 x1 y2 x2, `class_ids` int32 (N,), `scores` float32 (N,),
            `masks` bool (H, W, N).

        Raises:
            UsageError: as for a call.

        Example:
            >>> model.detect([image_rgb])[0]["rois"]                     # doctest: +SKIP
            array([[ 61, 120, 402, 388]], dtype=int32)
        """
        pictures = self._arrays([images] if is_one_picture(images) else images, "RGB")
        if verbose:
            print(f"Processing {len(pictures)} images")
        found = self._predict(pictures, "RGB", bool(verbose))
        return [self.choose(one).to_matterport() for one in found]

    def choose(self, found: Detections) -> Detections:
        """Applies `class_ids` and `max_detections`."""
        if self.class_ids is not None:
            found = found.filter(self.class_ids)
        return found if self.max_detections is None else found[: self.max_detections]

    def _arrays(self, images: Any, order: str) -> list[NDArray[np.uint8]]:
        """The pictures as arrays, all checked before any work; `order` is that of the channels.

        Raises:
            UsageError, MasksegError: as a call.
        """
        try:
            values = list(images)
        except TypeError:
            values = [images]
        pictures = [as_array(value, order) for value in values]
        for picture in pictures:
            check_picture(picture)
        return pictures

    def _predict(self, images: list[NDArray[np.uint8]], order: str, verbose: bool = False) -> list[Detections]:
        """All objects in each picture; `order` is that of the channels, BGR or RGB."""
        grids = [choose_grid(self.grid, image.shape[0], image.shape[1], network_side(self.config)) for image in images]
        if all(grid == (1, 1) for grid in grids):
            return self._predict_whole(images, order, verbose)
        return [
            self._predict_whole([image], order, verbose)[0]
            if grid == (1, 1)
            else self._predict_tiled(image, grid, order)
            for image, grid in zip(images, grids, strict=True)
        ]

    def _predict_tiled(self, image: NDArray[np.uint8], grid: tuple[int, int], order: str) -> Detections:
        return find_in_tiles(
            image,
            grid,
            self.config,
            lambda parts, size: self._predict_whole(parts, order, size=size),
            self.batch,
            self.workers,
        )

    def _predict_whole(
        self,
        images: Sequence[NDArray[np.uint8]],
        order: str,
        verbose: bool = False,
        size: tuple[int, int] | None = None,
    ) -> list[Detections]:
        """All objects in each picture without tiles; `size`: (height, width) of what the pictures are reduced from."""
        results: list[Detections] = []
        for batch in list(self._batches(images)):  # a list, so that a picture is refused before any work is done
            flipped = order != self.config.channel_order
            ordered = [image[:, :, ::-1] if flipped else image for image in batch]
            if self.tta and not verbose:  # each view is molded by itself
                results.extend(self._run_views(image, size) for image in ordered)
                continue
            molded = [_of_size(mold(image, self.config), size) for image in ordered]
            if verbose:
                anchors = self._anchors(*molded[0].image.shape[:2])
                log_inputs(batch, molded, anchors)
            results.extend([self._run_views(image, size) for image in ordered] if self.tta else self._run(molded))
        return results

    def _batches(self, images: Sequence[NDArray[np.uint8]]) -> Iterator[list[NDArray[np.uint8]]]:
        """Consecutive pictures of equal molded size, at most `batch` together."""
        batch: list[NDArray[np.uint8]] = []
        batch_shape = (0, 0)
        for image in images:
            shape = molded_shape(image.shape[0], image.shape[1], self.config)
            check_molded_shape(*shape, self.config)
            if batch and (len(batch) >= self.batch or shape != batch_shape):
                yield batch
                batch = []
            batch.append(image)
            batch_shape = shape
        if batch:
            yield batch

    def _run(self, molded: list[Molded]) -> list[Detections]:
        """Runs the network on molded pictures of equal size."""
        boxes, class_ids, scores, masks, index = self.engine.run(*self.engine_inputs(molded))
        rows = [index == i for i in range(len(molded))]
        return [
            unmold(boxes[row], class_ids[row], scores[row], masks[row], one, self.config, self.class_names)
            for row, one in zip(rows, molded, strict=True)
        ]

    def _run_views(self, image: NDArray[np.uint8], size: tuple[int, int] | None) -> Detections:
        """Averages several views of one picture, whose channels are in the network's order."""
        molded = mold_views(image, self.config)
        boxes, class_ids, scores, masks, _ = self.engine.run_views(*self.view_inputs(molded))
        return unmold(boxes, class_ids, scores, masks, _of_size(molded[0].molded, size), self.config, self.class_names)

    def engine_inputs(
        self, molded: Sequence[Molded]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """What `Engine.run` takes for molded pictures of equal size: images, anchors and windows."""
        windows = np.stack([self._window(one) for one in molded])
        return np.stack([one.image for one in molded]), self._anchors(*molded[0].image.shape[:2]), windows

    def view_inputs(self, molded: Sequence[MoldedView]) -> tuple[list[ViewInput], NDArray[np.float32]]:
        """What `Engine.run_views` takes for the molded views of one picture: views, and the window of the first."""
        views = [
            ViewInput(
                one.molded.image[None],
                self._anchors(*one.molded.image.shape[:2]),
                relative_frame(one, molded[0]),
                one.mirrored,
                self._window(one.molded),
            )
            for one in molded
        ]
        return views, self._window(molded[0].molded)

    def _window(self, molded: Molded) -> NDArray[np.float32]:
        """The picture without its padding, float32 (4,), (y1, x1, y2, x2) in the network's frame."""
        height, width = molded.image.shape[:2]
        return to_frame(np.array([molded.window]), height, width, self.config.box_frame)[0]


def _of_size(molded: Molded, size: tuple[int, int] | None) -> Molded:
    """A molded picture whose objects are unmolded into pixels of a picture of (height, width)."""
    return molded if size is None else molded._replace(original_shape=(*size, 3))
