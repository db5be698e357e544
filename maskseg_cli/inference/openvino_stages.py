"""The stages of a network in OpenVINO: features, box head, mask head, and RoIAlign between them."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import MasksegError, UsageError, last_line
from maskseg_cli.inference.engine import EngineUnavailableError
from maskseg_cli.inference.openvino_pooling import RoiPooling
from maskseg_cli.inference.openvino_requests import CompiledPart
from maskseg_cli.inference.sampled_pooling import SampledPooling
from maskseg_cli.inference.signal_stack import kept_signal_stack
from maskseg_cli.model.openvino_parts import PARTS, split

PRECISIONS = ("float32", "bfloat16", "int8")

#: The mask head computes a multiple of so many objects.
MASK_STEP = 4

#: Boxes that are pooled by one call, for the box head at most, and for the mask head.
MOST_BOXES, OBJECTS = 128, 16


def available_devices() -> list[str]:
    """What OpenVINO can compute on here: "CPU", and "GPU" or "NPU" (of Intel), numbered where there are several."""
    with kept_signal_stack():
        return list(openvino.Core().available_devices)


def cpu_precisions() -> tuple[str, ...]:
    """The precisions of `PRECISIONS` for which the processor has instructions; float32 is always one."""
    with kept_signal_stack():
        known = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    names = {"float32": "FP32", "bfloat16": "BF16", "int8": "INT8"}
    return tuple(precision for precision in PRECISIONS if precision == "float32" or names[precision] in known)


class Maps:
    """Feature maps of a batch in the memory of an infer request, which no other call uses while this object lives.

    Attributes:
        arrays: float32 (B, h, w, c), in that memory.
        height, width: of the images, in pixels.
    """

    def __init__(self, arrays: Sequence[NDArray[np.float32]], height: int, width: int) -> None:
        self.arrays = list(arrays)
        self.height, self.width = height, width


class OpenVinoStages:
    """Computes the stages of a converted network; several threads may call it at the same time.

    Args:
        model: a network from `maskseg_cli.model.openvino_conversion.convert`, or the path of its .xml file.
        config: the options of that network.
        precision: "float32", "bfloat16", or "int8" for a network with quantised layers, whose other layers run in
            bfloat16 where the processor has instructions for it.
        device: one of `available_devices()`.
        threads: of the processor; None: as many as OpenVINO chooses.
        streams: calls that are computed side by side: 1 makes each fast, more make many fast.

    Attributes:
        config: the options of the network.
        name: the library and the precision.

    Raises:
        EngineUnavailableError: OpenVINO cannot compile the network for that device.
        MasksegError: it is no converted network.
        UsageError: there is no such precision or device.
    """

    def __init__(
        self,
        model: openvino.Model | str | Path,
        config: MaskRCNNConfig,
        precision: str = "float32",
        device: str = "CPU",
        threads: int | None = None,
        streams: int = 1,
    ) -> None:
        self.config = config
        self._precision, self._device = precision, device
        core = openvino.Core()
        if precision not in PRECISIONS:
            raise UsageError(f"The precision is one of {', '.join(PRECISIONS)}, not {precision!r}.")
        there = available_devices()
        if device.split(".")[0] not in {name.split(".")[0] for name in there}:
            raise UsageError(f"There is no device {device} here; there is {', '.join(there)}.")
        settings = _settings(threads, streams)
        network = settings | {"INFERENCE_PRECISION_HINT": _inference_precision(precision, device)}
        try:
            whole = model if isinstance(model, openvino.Model) else core.read_model(str(model))
            parts = split(whole)
            if parts.keys() != PARTS.keys():
                raise MasksegError("This OpenVINO model is not a network that maskseg has converted.")
            maps = [port for port in parts["features"].outputs if port.any_name.startswith("maps.")]
            channels = [port.partial_shape[3].get_length() for port in maps]
            box_detail = config.pool_size if config.detail else None
            mask_detail = 2 * config.mask_pool_size if config.detail and config.mask_head == "mobile" else None
            self._pool_boxes, self._pool_masks = (
                SampledPooling(config, size, threads)
                if config.roi_align == "samples"
                else RoiPooling(core, config, size, channels, detail, block, settings)
                for size, detail, block in (
                    (config.pool_size, box_detail, min(config.post_nms_rois_inference, MOST_BOXES)),
                    (config.mask_pool_size, mask_detail, OBJECTS),
                )
            )
            self._features, self._boxes, self._masks = (
                CompiledPart(core, parts[name], device, network) for name in PARTS
            )
        except RuntimeError as error:
            raise EngineUnavailableError(
                f"OpenVINO cannot use this network on {device} ({last_line(error)})"
            ) from error

    @property
    def name(self) -> str:
        """The library, the precision, and the device where it is not the processor."""
        return f"openvino {self._precision}" + ("" if self._device == "CPU" else f" on {self._device}")

    def pool_for_boxes(
        self, maps: Maps, boxes: NDArray[np.float32], image_index: NDArray[np.int32]
    ) -> dict[str, NDArray[np.float32]]:
        """What the box head gets of some boxes, by the names of its inputs; arguments as for `classify`."""
        pooled, _ = self._pooled(self._pool_boxes, maps, boxes, image_index)
        return dict(zip(self._boxes.inputs, pooled, strict=True))

    def features(self, images: NDArray[np.float32]) -> tuple[Maps, NDArray[np.float32], NDArray[np.float32]]:
        """Computes what the other stages need from molded images.

        Args:
            images: float32 (B, H, W, 3).

        Returns:
            the maps for `classify` and `masks`; objectness (B, A), 0..1, of the anchors, level by level; and deltas
            (B, A, 4), (dy, dx, log dh, log dw) before scaling.
        """
        request = self._features.take()
        maps = Maps([], *images.shape[1:3])
        weakref.finalize(maps, self._features.give_back, request).atexit = False
        outputs = self._features.run(request, {"image": np.ascontiguousarray(images, np.float32)})
        *maps.arrays, objectness, deltas = (tensor.data for tensor in outputs)
        return maps, np.array(objectness), np.array(deltas)

    def classify(
        self, maps: Maps, boxes: NDArray[np.float32], image_index: NDArray[np.int32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Classifies regions.

        Args:
            maps: from `features`.
            boxes: float32 (N, 4) in the network's frame.
            image_index: int32 (N,), the image that each box belongs to.

        Returns:
            class probabilities (N, classes) and deltas (N, classes, 4) before scaling.
        """
        if not len(boxes):
            classes = self.config.num_classes
            return np.zeros((0, classes), np.float32), np.zeros((0, classes, 4), np.float32)
        pooled, order = self._pooled(self._pool_boxes, maps, boxes, image_index)
        probabilities, deltas = self._run_head(self._boxes, pooled, order)
        return probabilities, deltas

    def masks(
        self,
        maps: Maps,
        boxes: NDArray[np.float32],
        image_index: NDArray[np.int32],
        class_ids: NDArray[np.int32],
    ) -> NDArray[np.float32]:
        """Computes the masks of objects.

        Args:
            maps: from `features`.
            boxes: float32 (D, 4) in the network's frame.
            image_index: int32 (D,), the image that each box belongs to.
            class_ids: int32 (D,), 1..

        Returns:
            float32 (D, h, w), probabilities over the box.
        """
        if not len(boxes):
            return np.zeros((0, *self.config.mask_shape), np.float32)
        # OpenVINO prepares its code for each number of objects: few numbers, or every other photo would wait for it.
        count = len(boxes)
        rows = np.minimum(np.arange(-(-count // MASK_STEP) * MASK_STEP), count - 1)
        pooled, order = self._pooled(self._pool_masks, maps, boxes[rows], np.asarray(image_index)[rows])
        classes = np.asarray(class_ids, np.int32)[rows][order]
        return self._run_head(self._masks, [*pooled, classes], order)[0][:count]

    @staticmethod
    def _pooled(
        pooling: RoiPooling | SampledPooling, maps: Maps, boxes: NDArray[np.float32], image_index: NDArray[np.int32]
    ) -> tuple[list[NDArray[np.float32]], NDArray[np.int64]]:
        """Pools features (N, p, p, c) of boxes, and says their order."""
        boxes, image_index = np.asarray(boxes, np.float32), np.asarray(image_index, np.int32)
        return pooling(maps.arrays, boxes, image_index, maps.height, maps.width)

    def _run_head(
        self, part: CompiledPart, inputs: Sequence[NDArray[Any]], order: NDArray[np.int64]
    ) -> list[NDArray[np.float32]]:
        """Runs a head and returns its outputs in the boxes' own order."""
        with part.request() as request:
            outputs = part.run(request, dict(zip(part.inputs, inputs, strict=True)))
            results = [np.empty(tuple(tensor.shape), np.float32) for tensor in outputs]
            for result, tensor in zip(results, outputs, strict=True):
                result[order] = tensor.data
        return results


def _settings(threads: int | None, streams: int) -> dict[str, Any]:
    if streams == 1:
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
    else:
        settings = {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": str(streams)}
    if threads is not None:
        settings["INFERENCE_NUM_THREADS"] = threads
    return settings


def _inference_precision(precision: str, device: str) -> str:
    """OpenVINO's name for the precision of what is not quantised."""
    if precision == "float32":
        return "f32"
    if device != "CPU":
        return "f16"
    return "bf16" if "bfloat16" in cpu_precisions() else "f32"
