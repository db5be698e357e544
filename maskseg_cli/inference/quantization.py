"""Quantises a converted network to int8 with NNCF (post-training quantisation on photos of the user).

The trunk with the region-proposal network, and the box head, are quantised, each on what it gets when the network looks
at the photos. The mask head stays in floating point: in int8 it loses several points of AP, for little time.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import MasksegError
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inference.staged_engine import StagedEngine

if TYPE_CHECKING:
    import openvino

    from maskseg_cli.inference.openvino_stages import OpenVinoStages

#: Regions of one photo that calibrate the box head: more say the same again and fill the memory.
_REGIONS = 40

#: What is kept of the photos for the calibration, in bytes: about 70 of 1024 x 1024 pixels, which are enough.
_MOST_BYTES = 1 << 30

#: Backbones for which the biases are corrected layer by layer with the network's own outputs: measured on lite, that
#: takes seconds and brings 0.7 points of box AP. For a ResNet it would take hours.
_SMALL = ("mobile",)


def import_nncf() -> Any:
    """The nncf module.

    Raises:
        MasksegError: it is not installed.
    """
    # NNCF reports its use to its makers over the network, unless this package is absent.
    telemetry = sys.modules.get("openvino_telemetry")
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import nncf
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "nncf":
            raise MasksegError("Quantising needs NNCF: install it with pip install 'maskseg[quantize]'.") from None
        raise
    finally:
        del sys.modules["openvino_telemetry"]
        if telemetry is not None:
            sys.modules["openvino_telemetry"] = telemetry
    return nncf


def quantize(
    model: openvino.Model,
    config: MaskRCNNConfig,
    pictures: Sequence[Callable[[], NDArray[np.uint8]]],
    seen: Callable[[int], None] = lambda count: None,
) -> dict[str, openvino.Model]:
    """Quantises the trunk, the region-proposal network and the box head.

    Args:
        model: a converted network in floating point; it is not changed.
        config: its options; those with which it will be used are best.
        pictures: each returns a BGR photo, uint8 (H, W, 3), of the kind that the network will see; some hundred are
            enough.
        seen: called with the number of photos that the network has looked at so far.

    Returns:
        the three parts, as `openvino_stages.split` names them.

    Raises:
        MasksegError: NNCF is not installed, or it cannot quantise the network.
    """
    from maskseg_cli.inference.openvino_stages import OpenVinoStages, split

    nncf = import_nncf()
    recorder = _Recorder(OpenVinoStages(model, config))
    predictor = Predictor(StagedEngine(recorder, config), ())
    for count, picture in enumerate(pictures, start=1):
        predictor(picture())
        seen(count)
        if recorder.nbytes > _MOST_BYTES:  # a photo for a large network takes 15 MB
            break
    parts = split(model.clone())
    for name, inputs in (("features", recorder.images), ("boxes", recorder.regions)):
        try:
            # NNCF draws its progress on standard output, which carries results only.
            with contextlib.redirect_stdout(io.StringIO()):
                parts[name] = nncf.quantize(
                    parts[name],
                    nncf.Dataset(inputs),
                    preset=nncf.QuantizationPreset.MIXED,
                    subset_size=len(inputs),
                    fast_bias_correction=config.backbone not in _SMALL,
                )
        except (RuntimeError, nncf.errors.InternalError, nncf.errors.ValidationError) as error:
            raise MasksegError(f"NNCF cannot quantise this network ({str(error).strip().splitlines()[-1]}).") from error
    return parts


class _Recorder:
    """`Stages` that keep what the trunk and the box head get, under the names of the parts' inputs."""

    def __init__(self, stages: OpenVinoStages) -> None:
        self._stages = stages
        self.images: list[dict[str, NDArray[Any]]] = []
        self.regions: list[dict[str, NDArray[Any]]] = []

    @property
    def name(self) -> str:
        return self._stages.name

    @property
    def nbytes(self) -> int:
        """Bytes of everything that is kept."""
        return sum(array.nbytes for kept in (*self.images, *self.regions) for array in kept.values())

    def features(self, images: NDArray[np.float32]) -> Any:
        self.images.append({"image": images})
        return self._stages.features(images)

    def classify(self, maps: Any, boxes: NDArray[np.float32], image_index: NDArray[np.int32]) -> Any:
        step = -(-len(boxes) // _REGIONS)
        self.regions.append(self._stages.pool_for_boxes(maps, boxes[::step], image_index[::step]))
        return self._stages.classify(maps, boxes, image_index)

    def masks(
        self, maps: Any, boxes: NDArray[np.float32], image_index: NDArray[np.int32], class_ids: NDArray[np.int32]
    ) -> Any:
        return self._stages.masks(maps, boxes, image_index, class_ids)
