"""`Checkpoint`: the weights of one network, with the configuration to build it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.checkpoints.matterport_layers import is_backbone_layer
from maskseg_cli.config import MaskRCNNConfig

#: Format of the file that the arrays came from.
Kind = Literal["maskseg", "matterport", "mask_rcnn2go", "torchvision", "detectron2", "mmdetection", "pytorch-mask-rcnn"]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Weights, the configuration that they were made for, and their origin.

    Attributes:
        arrays: "layer/weight" -> array, as `MaskRCNN.named_variables` names them: "conv1/kernel",
            "bn_conv1/moving_mean", "rpn_conv_shared/kernel", "trunk.block0_0.expand/kernel". float32.
            Kernels are (kh, kw, in, out), transposed ones (kh, kw, out, in), dense ones (in, out).
        config: builds the network that these arrays fit.
        class_names: index -> name, background first; None where the file has none.
        provenance: free text by field: "made_by", "source_file", "source_sha256", "licence", ...
        kind: the file's format.
        stored_dtype: how the file stored the kernels ("float32", "float16", "bfloat16").
        notes: sentences for the user about options that matter and that the file does not say: what was assumed, and
            how to set it.
    """

    arrays: dict[str, NDArray[Any]]
    config: MaskRCNNConfig
    class_names: tuple[str, ...] | None
    provenance: dict[str, str] = field(default_factory=dict)
    kind: Kind = "maskseg"
    stored_dtype: str = "float32"
    notes: tuple[str, ...] = ()

    @property
    def parameters(self) -> int:
        """The number of values in all arrays."""
        return sum(int(np.size(array)) for array in self.arrays.values())

    @property
    def backbone_only(self) -> bool:
        """Whether this is a backbone without region proposals and heads, as trained on ImageNet."""
        return bool(self.arrays) and all(is_backbone_layer(key.split("/")[0]) for key in self.arrays)
