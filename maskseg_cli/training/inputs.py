"""Training inputs: examples as molded arrays, in batches, prepared by worker threads."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.config.picture_size import with_size
from maskseg_cli.datasets.data_source import DataSource
from maskseg_cli.datasets.example import Example, filled_box, tighten
from maskseg_cli.detections import MaskCrop
from maskseg_cli.inference.molding import Molded, mold, molded_shape
from maskseg_cli.model.box_frames import to_frame
from maskseg_cli.training.augmentation import Augmentation, augment
from maskseg_cli.training.mini_masks import minimize
from maskseg_cli.training.order import Order

#: Pictures of one batch in the resize mode "fit" are padded to a multiple of this, in pixels: the coarsest stride of
#: the networks that use it, and fewer different shapes to compile for.
FIT_MULTIPLE = 16

#: Name -> dtype and number of axes of one picture's training input.
FIELDS = {
    "image": ("float32", 3),
    "boxes": ("float32", 2),
    "class_ids": ("int32", 1),
    "masks": ("float32", 3),
    "weights": ("float32", 1),
    "has_mask": ("float32", 1),
    "window": ("float32", 1),
    "complete_classes": ("bool", 1),
}

#: Number of batches beyond that of the workers that are being made or are ready.
_AHEAD = 2

TrainingInput = dict[str, NDArray[Any]]


def make_input(example: Example, config: MaskRCNNConfig, padded: tuple[int, int] | None = None) -> TrainingInput:
    """Converts one example into arrays for a training step.

    Of more than `config.max_gt_instances` objects the largest are kept.

    Args:
        padded: height and width of the molded picture with zeros at the bottom and on the right; None: as molded.

    Returns:
        image float32 (H, W, 3), exactly as `molding.mold` makes it; boxes float32 (G, 4), (y1, x1, y2, x2) in the
        network's frame (`config.box_frame`), so that `unmolding` gives the example's boxes back; class_ids int32 (G,),
        negative for regions to ignore; masks float32 (G, *config.mini_mask_shape), 0..1 over each box; weights
        and has_mask float32 (G,); window float32 (4,), the picture without padding in the network's frame;
        complete_classes bool (config.num_classes,), True where every object of the class is marked.
    """
    example = example.select(kept_rows(example.boxes, config))
    image = example.image[:, :, ::-1] if config.channel_order == "RGB" else example.image
    molded = mold(np.ascontiguousarray(image), config)
    if padded is not None:
        height, width = molded.image.shape[:2]
        rest = [(0, padded[0] - height), (0, padded[1] - width), (0, 0)]
        molded = molded._replace(image=np.pad(molded.image, rest))
    complete = np.ones(config.num_classes, bool)
    if example.complete_class_ids is not None:
        complete[1:] = np.isin(np.arange(1, config.num_classes), list(example.complete_class_ids))
    minis = [
        minimize(mask, box, config.mini_mask_shape) for mask, box in zip(example.masks, example.boxes, strict=True)
    ]
    return {
        "image": molded.image,
        "boxes": mold_boxes(example.boxes, molded, config),
        "class_ids": example.class_ids,
        "masks": np.array(minis, np.float32).reshape(-1, *config.mini_mask_shape),
        "weights": example.weights,
        "has_mask": example.has_mask.astype(np.float32),
        "window": mold_window(molded, config),
        "complete_classes": complete,
    }


def kept_rows(boxes: NDArray[Any], config: MaskRCNNConfig) -> NDArray[np.intp]:
    """The rows of the objects that a training step gets of one picture: the largest, in their order.

    Args:
        boxes: (G, 4), x1 y1 x2 y2 of the picture's objects.
    """
    if len(boxes) <= config.max_gt_instances:
        return np.arange(len(boxes))
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.sort(np.argsort(-sides.prod(axis=1), kind="stable")[: config.max_gt_instances])


def batch_shape(sizes: Sequence[tuple[int, int]], config: MaskRCNNConfig) -> tuple[int, int]:
    """Height and width that a batch of pictures of these (height, width) is padded to."""
    height, width = np.max([molded_shape(*size, config) for size in sizes], axis=0).tolist()
    if config.image_resize_mode == "fit":
        height, width = (-(-side // FIT_MULTIPLE) * FIT_MULTIPLE for side in (height, width))
    return height, width


def mold_boxes(boxes: NDArray[Any], molded: Molded, config: MaskRCNNConfig) -> NDArray[np.float32]:
    """Converts half-open pixels x1 y1 x2 y2 of the picture to the network's frame: the inverse of `unmolding`.

    Boxes smaller than a pixel are enlarged to one, so that their logarithms exist.

    Returns:
        float32 (G, 4), (y1, x1, y2, x2).
    """
    y1, x1, y2, x2 = molded.window
    height, width = molded.original_shape[:2]
    last = 0.0 if config.box_frame == "edges" else 1.0
    first_and_last = np.asarray(boxes, np.float64)[:, [1, 0, 3, 2]] - [0, 0, last, last]
    if config.box_frame == "normalized":
        # Both ends are pixel centres: the picture's first and last pixels are mapped to those of the window.
        scale_y, scale_x = (y2 - y1 - 1) / max(1, height - 1), (x2 - x1 - 1) / max(1, width - 1)
    else:
        scale_y, scale_x = (y2 - y1) / height, (x2 - x1) / width
    found = first_and_last * [scale_y, scale_x, scale_y, scale_x] + [y1, x1, y1, x1]
    least = 0.0 if config.box_frame == "pixels" else 1.0
    found[:, 2:] = np.maximum(found[:, 2:], found[:, :2] + least)
    return _to_frame(found, molded, config)


def mold_window(molded: Molded, config: MaskRCNNConfig) -> NDArray[np.float32]:
    """The window in the network's frame, float32 (4,), (y1, x1, y2, x2)."""
    height, width = molded.image.shape[:2]
    return to_frame(np.array([molded.window]), height, width, config.box_frame)[0]


def _to_frame(first_and_last: NDArray[np.float64], molded: Molded, config: MaskRCNNConfig) -> NDArray[np.float32]:
    """Converts first and last pixels (edges, for that frame) of the molded picture to the network's frame."""
    if config.box_frame != "normalized":
        return first_and_last.astype(np.float32)
    height, width = molded.image.shape[:2]
    return (first_and_last / [height - 1, width - 1, height - 1, width - 1]).astype(np.float32)


def batch_inputs(examples: Sequence[Example], config: MaskRCNNConfig) -> TrainingInput:
    """Joins the training inputs of several pictures: every array of `make_input` gets the batch as its first axis.

    Pictures are padded with zeros at the bottom and on the right to the largest (in the mode "fit" to a multiple of
    `FIT_MULTIPLE`), objects with rows of zeros to the most (class 0 is padding).
    """
    shape = batch_shape([example.size for example in examples], config)
    inputs = [make_input(example, config, shape) for example in examples]
    most = max(len(one["class_ids"]) for one in inputs)
    batch = {name: np.stack([one[name] for one in inputs]) for name in ("image", "window", "complete_classes")}
    for name in ("boxes", "class_ids", "masks", "weights", "has_mask"):
        rows = [one[name] for one in inputs]
        batch[name] = np.stack([np.pad(r, [(0, most - len(r))] + [(0, 0)] * (r.ndim - 1)) for r in rows])
    return {name: batch[name] for name in FIELDS}


def resized(example: Example, height: int, width: int) -> Example:
    """Resizes an example; a pixel belongs to a mask if the mask covers at least half of it."""
    old_h, old_w = example.size
    if (old_h, old_w) == (height, width):
        return example
    smaller = height * width < old_h * old_w
    image = cv2.resize(example.image, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    factors = np.array([width / old_w, height / old_h] * 2, np.float32)
    boxes = example.boxes * factors
    masks = []
    for mask, box, outlined in zip(example.masks, boxes, example.has_mask, strict=True):
        whole = filled_box(box, (height, width))
        if outlined and mask.bitmap.size:
            h, w = whole.bitmap.shape
            covered = np.array([whole.left, whole.top, whole.left + w, whole.top + h]) / factors
            whole = tighten(MaskCrop(whole.top, whole.left, minimize(mask, covered, (h, w)) >= 0.5))
        masks.append(whole)
    return replace(example, image=np.asarray(image, np.uint8), boxes=boxes, masks=tuple(masks))


class BatchMaker:
    """Makes the batches of a training run by their number; any thread may call it for any batch at any time.

    Args: see `training_dataset`.
    """

    def __init__(
        self,
        sources: DataSource | Sequence[DataSource],
        config: MaskRCNNConfig,
        *,
        shares: Sequence[float] | None = None,
        augmentation: Augmentation | None = None,
        batch: int = 1,
        seed: int = 0,
        sizes: Sequence[int] = (),
    ) -> None:
        self.sources: list[DataSource] = _as_list(sources)
        self.config, self.augmentation, self.batch, self.seed = config, augmentation, batch, seed
        self.order = Order([len(source) for source in self.sources], shares, seed)
        self.configs = [with_size(config, size) for size in sizes] or [config]

    def __call__(self, number: int) -> TrainingInput:
        """Makes batch number `number`, counted from 0.

        Raises:
            MasksegError: a picture cannot be read.
        """
        choice = int(np.random.default_rng([self.seed, 2, number]).integers(len(self.configs)))
        first = number * self.batch
        return batch_inputs([self.example(place) for place in range(first, first + self.batch)], self.configs[choice])

    def example(self, place: int) -> Example:
        """Reads and augments the example at a position, counted from the start of the run."""
        source, index = self.order[place]
        example = self.sources[source][index]
        if self.augmentation is None:
            return example
        changed = augment(example, np.random.default_rng([self.seed, 3, place]), self.augmentation)
        # Where molding does not resize, a cut becomes a zoom only by this.
        return resized(changed, *example.size) if self.config.image_resize_mode == "none" else changed


class TrainingDataset:
    """Endless batches, prepared ahead by worker threads; each `iter()` starts again at `first_batch`.

    Threads are enough, because decoding, resizing and array arithmetic release Python's global lock. They are Python's
    threads and not those of tf.data: a tf.data thread that runs a Python function when the program ends deadlocks.

    An exception of a worker is raised at the batch that it belongs to. When an iterator is closed or the program ends,
    the batches in progress are finished and the threads end.
    """

    def __init__(self, make: BatchMaker, workers: int, first_batch: int) -> None:
        self.make, self.workers, self.first_batch = make, max(1, workers), first_batch

    def __iter__(self) -> Iterator[dict[str, tf.Tensor]]:
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="maskseg-input")
        try:
            numbers = itertools.count(self.first_batch)
            ahead = deque(pool.submit(self.make, next(numbers)) for _ in range(self.workers + _AHEAD))
            while True:
                made = ahead.popleft().result()
                ahead.append(pool.submit(self.make, next(numbers)))
                yield {name: tf.constant(array) for name, array in made.items()}
        finally:
            pool.shutdown(cancel_futures=True)


def training_dataset(
    sources: DataSource | Sequence[DataSource],
    config: MaskRCNNConfig,
    *,
    shares: Sequence[float] | None = None,
    augmentation: Augmentation | None = None,
    batch: int = 1,
    seed: int = 0,
    workers: int = 2,
    sizes: Sequence[int] = (),
    first_batch: int = 0,
) -> TrainingDataset:
    """Endless batches of training inputs.

    Batch n depends on the data, the options, the seed and n alone: a run that is resumed with `first_batch=n` gets
    exactly the batches that it would have had without a break, with any number of workers.

    Args:
        sources: one or more data sets of the same classes.
        shares: how often a picture of each is drawn, relative to one of the others.
        augmentation: None: pictures stay as they are.
        batch: pictures per batch.
        workers: threads.
        sizes: sizes as `load_model(size=...)` takes them, of which each batch draws one; empty: the config's own.
        first_batch: number of the first batch, from 0.

    Returns:
        an iterable of dicts of tensors, as `batch_inputs` describes them. Iterating raises MasksegError where a
        picture cannot be read.
    """
    make = BatchMaker(sources, config, shares=shares, augmentation=augmentation, batch=batch, seed=seed, sizes=sizes)
    return TrainingDataset(make, workers, first_batch)


def _as_list(sources: Any) -> list[DataSource]:
    return list(sources) if isinstance(sources, (list, tuple)) else [sources]
