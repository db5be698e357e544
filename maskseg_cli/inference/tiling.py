"""Tiled prediction: the network on overlapping tiles of a large picture and on the whole of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.detections import Detections
from maskseg_cli.inference.tile_layout import Tile, lay_tiles
from maskseg_cli.inference.tile_merging import merge_tiles, placed

Picture: TypeAlias = "NDArray[np.uint8]"

#: Finds objects in pictures of equal size, in pixels of a picture of (height, width).
Find = Callable[[Sequence[Picture], tuple[int, int]], list[Detections]]

#: A picture is averaged down to so many times the side that the network takes, before the network's own resize.
_REDUCED = 2


def network_side(config: MaskRCNNConfig) -> int:
    """The side in pixels to which the network scales pictures: the short one in the modes "fit" and "shortest"."""
    return config.image_max_dim if config.image_resize_mode in ("square", "none") else config.image_min_dim


def find_in_tiles(
    image: Picture, grid: tuple[int, int], config: MaskRCNNConfig, find: Find, batch: int, workers: int
) -> Detections:
    """Finds the objects of a large picture in its tiles and in the whole of it.

    No copy of the whole picture is made but a small one.

    Args:
        image: uint8 (H, W, 3).
        grid: columns and rows of tiles.
        config: the network's options.
        find: runs the network; `workers` threads call it at the same time.
        batch: tiles in one call of it.
    """
    height, width = image.shape[:2]
    tiles = lay_tiles(height, width, *grid)
    batches = [tiles[start : start + batch] for start in range(0, len(tiles), batch)]

    def find_in(some: list[Tile]) -> list[tuple[Tile, Detections]]:
        size = some[0].bottom - some[0].top, some[0].right - some[0].left
        found = find([image[tile.top : tile.bottom, tile.left : tile.right] for tile in some], size)
        return [(tile, placed(one, tile, (height, width))) for tile, one in zip(some, found, strict=True)]

    [whole] = find([reduced(image, config, tiles[0])], (height, width))
    found = [one for several in _map(find_in, batches, workers) for one in several]
    return merge_tiles(whole, found, config.detection_duplicate_threshold)


def reduced(image: Picture, config: MaskRCNNConfig, tile: Tile) -> Picture:
    """A picture small enough that the network's own resize, which may use float64, needs little memory.

    Networks that take pictures at their own size get it at the size of a tile.
    """
    height, width = image.shape[:2]
    if config.image_resize_mode in ("none", "pad64"):
        scale = max((tile.bottom - tile.top) / height, (tile.right - tile.left) / width)
    else:
        side = min(height, width) if config.image_resize_mode in ("fit", "shortest") else max(height, width)
        scale = _REDUCED * network_side(config) / side
    if scale > 2 / 3:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def _map(
    call: Callable[[list[Tile]], list[tuple[Tile, Detections]]], batches: list[list[Tile]], workers: int
) -> Iterator[list[tuple[Tile, Detections]]]:
    """Results of the calls in order. After an error, or an interrupt, no further call begins."""
    if workers < 2 or len(batches) < 2:
        yield from map(call, batches)
        return
    ended = threading.Event()

    def call_unless_ended(some: list[Tile]) -> list[tuple[Tile, Detections]]:
        if ended.is_set():
            return []
        try:
            return call(some)
        except BaseException:
            ended.set()  # here, too: the caller may still wait for the result of an earlier batch
            raise

    with ThreadPoolExecutor(workers, thread_name_prefix="maskseg-tile") as pool:
        try:
            yield from pool.map(call_unless_ended, batches)
        finally:
            ended.set()
