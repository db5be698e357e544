"""The predictor: pictures in, `Detections` out; the network's tensors stay inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.matterport_log import log_inputs

if TYPE_CHECKING:
    from maskseg_cli.detections import Detections
    from maskseg_cli.inference.molding import Molded
    from maskseg_cli.model.mask_rcnn import MaskRCNN


def load_model(
    weights: str | Path = "lite",
    labels: str | Path | Sequence[str] | None = None,
    config: MaskRCNNConfig | Mapping[str, Any] | None = None,
    *,
    tta: bool = False,
    **overrides: Any,
) -> Predictor:
    """Loads a network, ready for pictures.

    Args:
        weights: "lite", "coco", or the path of a weights file (Matterport's h5, or one of our own).
        labels: a file of class names, one a line, or the names themselves; background first or left out. None:
            those in the weights file, or COCO's where it has COCO's 81 classes.
        config: a whole config that fits the weights, or some options by name; None: the config in the weights file.
        tta: look at each picture six times, at three sizes and mirrored, and average (test-time augmentation): more
            accurate, about six times slower.
        overrides: options by name (`detection_min_confidence=0.5`), stronger than `config`; `size` sets the short
            side of a lite network's picture (the long side is at most twice that), and the side of Matterport's square.

    Raises:
        MasksegError: the file is missing, broken, or does not fit the network; it says which.
        UsageError: an unknown option, or a value out of its range.

    Example:
        >>> model = load_model("mask_rcnn_balloon.h5", labels=["balloon"])     # doctest: +SKIP
        >>> detections = model(image_bgr)                                      # doctest: +SKIP
    """
    from maskseg_cli.checkpoints import apply_checkpoint, find_weights, read_checkpoint

    checkpoint = read_checkpoint(find_weights(weights))
    chosen = checkpoint.config
    if isinstance(config, MaskRCNNConfig):
        chosen = config
    elif config is not None:
        overrides = {**config, **overrides}
    size = overrides.pop("size", None)
    chosen = with_size(chosen.replace(**overrides), size)
    names = _class_names(labels, checkpoint.class_names)

    from maskseg_cli.inference.tensorflow_start import import_tensorflow

    import_tensorflow()
    from maskseg_cli.model.mask_rcnn import MaskRCNN

    model = MaskRCNN(chosen)
    apply_checkpoint(checkpoint, model.named_variables(), labels=names)
    return Predictor(model, names or ("background", *(f"class {i}" for i in range(1, chosen.num_classes))), tta)


def with_size(config: MaskRCNNConfig, size: int | None) -> MaskRCNNConfig:
    """The config for pictures of this size: the short side in the mode "fit", else the square's side.

    Raises:
        UsageError: less than 64, or not a multiple of 64 where the network needs one.
    """
    if size is None:
        return config
    if size < 64:
        raise UsageError(f"The size must be at least 64 pixels, not {size}.")
    if config.image_resize_mode == "fit":
        return config.replace(image_min_dim=size, image_max_dim=2 * size)
    if size % 64:
        near = max(64, round(size / 64) * 64)
        raise UsageError(f"The size of this model's pictures is a multiple of 64: {near} rather than {size}.")
    if config.image_resize_mode == "pad64":
        return config.replace(image_min_dim=size)
    return config.replace(image_max_dim=size, image_min_dim=min(config.image_min_dim, size))


def _class_names(labels: str | Path | Sequence[str] | None, stored: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if labels is None:
        return stored
    from maskseg_cli.classes import is_background, read_labels

    if isinstance(labels, (str, Path)):
        return read_labels(labels)
    names = tuple(labels)
    return names if names and is_background(names[0]) else ("background", *names)


class Predictor:
    """A loaded network: call it with a picture, or with a list of pictures of any sizes.

    Several threads may call it at the same time, which on a few cores makes better use of them.

    Attributes:
        config: the network's options.
        class_names: index -> name, background first.
        model: the `MaskRCNN` itself.
        tta: whether several views of each picture are averaged; may be changed at any time.

    Example:
        >>> model = load_model("lite")                                  # doctest: +SKIP
        >>> model(image_bgr).names                                      # doctest: +SKIP
        ['person', 'person', 'dog']
    """

    def __init__(self, model: MaskRCNN, class_names: Sequence[str], tta: bool = False) -> None:
        from maskseg_cli.model.anchors import AnchorCache

        self.model = model
        self.config = model.config
        self.class_names = tuple(class_names)
        self.tta = tta
        self._anchors = AnchorCache(self.config)
        self._graphs: dict[int, Any] = {}
        self._views: Any = None
        self._building = Lock()

    @overload
    def __call__(self, images: NDArray[np.uint8]) -> Detections: ...

    @overload
    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> list[Detections]: ...

    def __call__(self, images: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> Detections | list[Detections]:
        """Segments one picture or several.

        Args:
            images: uint8 array (H, W, 3), BGR as OpenCV gives it; or a list of such arrays.

        Returns:
            `Detections` for one picture, a list of them for a list.

        Raises:
            UsageError: an array that is no BGR picture, or of a shape that the network cannot take.
        """
        if isinstance(images, np.ndarray) and images.ndim != 4:
            return self._segment([images], "BGR")[0]
        return self._segment(list(images), "BGR")

    def set_min_confidence(self, confidence: float) -> None:
        """Finds objects from this score on, 0..1, from the next picture on (which takes seconds: a new graph).

        Raises:
            UsageError: no share from 0 to 1.
        """
        self.config = self.model.config = self.config.replace(detection_min_confidence=confidence)
        self._graphs.clear()
        self._views = None

    def detect(self, images: Sequence[NDArray[np.uint8]], verbose: int = 0) -> list[dict[str, NDArray[Any]]]:
        """Matterport's `detect`.

        Args:
            images: RGB pictures, uint8 arrays (H, W, 3), of any number and sizes.
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
        if verbose:
            print(f"Processing {len(images)} images")
        return [found.to_matterport() for found in self._segment(list(images), "RGB", bool(verbose))]

    def _segment(self, images: list[NDArray[np.uint8]], order: str, verbose: bool = False) -> list[Detections]:
        from maskseg_cli.inference.molding import mold

        for image in images:
            check_image(image)
        results: list[Detections] = []
        for batch in list(self._batches(images)):  # a list: what is refused is refused before any work
            flipped = order != self.config.channel_order
            ordered = [image[:, :, ::-1] if flipped else image for image in batch]
            if self.tta and not verbose:  # each view is molded by itself
                results.extend(self._run_views(image) for image in ordered)
                continue
            molded = [mold(image, self.config) for image in ordered]
            if verbose:
                anchors = self._anchors(*molded[0].image.shape[:2])
                log_inputs(batch, molded, anchors)
            results.extend([self._run_views(image) for image in ordered] if self.tta else self._run(molded))
        return results

    def _batches(self, images: list[NDArray[np.uint8]]) -> Iterator[list[NDArray[np.uint8]]]:
        """Neighbours that become equally large for the network, at most config.batch_size together."""
        from maskseg_cli.inference.molding import check_molded_shape, molded_shape

        batch: list[NDArray[np.uint8]] = []
        batch_shape = (0, 0)
        for image in images:
            shape = molded_shape(image.shape[0], image.shape[1], self.config)
            check_molded_shape(*shape, self.config)
            if batch and (len(batch) >= self.config.batch_size or shape != batch_shape):
                yield batch
                batch = []
            batch.append(image)
            batch_shape = shape
        if batch:
            yield batch

    def _run(self, molded: list[Molded]) -> list[Detections]:
        """The network on equally large molded pictures."""
        from maskseg_cli.inference.unmolding import unmold

        height, width = molded[0].image.shape[:2]
        answer = self._graph(len(molded))(
            np.stack([one.image for one in molded]),
            self._anchors(height, width),
            np.stack([self._window(one) for one in molded]),
        )
        boxes, class_ids, scores, masks, index = (tensor.numpy() for tensor in answer)
        rows = [index == i for i in range(len(molded))]
        return [
            unmold(boxes[row], class_ids[row], scores[row], masks[row], one, self.config, self.class_names)
            for row, one in zip(rows, molded, strict=True)
        ]

    def _run_views(self, image: NDArray[np.uint8]) -> Detections:
        """Several views of one picture, in the network's order of channels, averaged."""
        from maskseg_cli.inference.test_time_augmentation import mold_views, relative_frame
        from maskseg_cli.inference.unmolding import unmold
        from maskseg_cli.model.views import MultiViewNetwork, View

        with self._building:
            if self._views is None:
                self._views = MultiViewNetwork(self.model)
        molded = mold_views(image, self.config)
        views = [
            View(
                one.molded.image[None],
                self._anchors(*one.molded.image.shape[:2]),
                relative_frame(one, molded[0]),
                one.mirrored,
            )
            for one in molded
        ]
        first = molded[0].molded
        boxes, class_ids, scores, masks, _ = (tensor.numpy() for tensor in self._views(views, self._window(first)))
        return unmold(boxes, class_ids, scores, masks, first, self.config, self.class_names)

    def _window(self, molded: Molded) -> NDArray[np.float32]:
        """The picture's place in its padding, float32 (4,), in the network's frame."""
        from maskseg_cli.model.boxes import to_frame

        height, width = molded.image.shape[:2]
        return to_frame(np.array([molded.window]), height, width, self.config.box_frame)[0]

    def _graph(self, batch: int) -> Any:
        """The network as one TensorFlow graph for any height and width, built at the first use of a batch size."""
        with self._building:  # threads that ask at the same time get the same one
            if batch not in self._graphs:
                self._graphs[batch] = self._build_graph(batch)
            return self._graphs[batch]

    def _build_graph(self, batch: int) -> Any:
        import tensorflow as tf

        signature = [
            tf.TensorSpec((batch, None, None, self.config.image_channel_count), tf.float32),
            tf.TensorSpec((None, 4), tf.float32),
            tf.TensorSpec((batch, 4), tf.float32),
        ]
        concrete = tf.function(self.model.call, input_signature=signature).get_concrete_function()
        return lambda *arrays: concrete(*(tf.constant(array) for array in arrays))


def check_image(image: Any) -> None:
    """Refuses what is no picture.

    Raises:
        UsageError: not a uint8 array (H, W, 3) of at least one pixel.
    """
    if not isinstance(image, np.ndarray) or image.ndim != 3 or image.shape[2] != 3:
        shape = getattr(image, "shape", type(image).__name__)
        raise UsageError(f"A picture is an array (height, width, 3), not {shape}.")
    if image.dtype != np.uint8:
        raise UsageError(f"A picture's values are uint8, 0 to 255, not {image.dtype}.")
    if 0 in image.shape:
        raise UsageError(f"A picture has at least one pixel, not {image.shape[1]} x {image.shape[0]}.")
