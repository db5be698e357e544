"""The options of a network: Matterport's under their own names, and those of maskseg's own."""

from __future__ import annotations

import dataclasses
import functools
import typing
from dataclasses import dataclass, field
from typing import Any

from maskseg_cli.config.display import display
from maskseg_cli.config.network_size import check_network_size
from maskseg_cli.config.value_types import conform
from maskseg_cli.errors import UsageError
from maskseg_cli.messages import percent_hint
from maskseg_cli.near_names import did_you_mean

BACKBONES = ("resnet50", "resnet101", "mobile")
RESIZE_MODES = ("square", "pad64", "none", "fit")

#: Backbones whose maps come from Matterport's graph, with its frozen normalised box coordinates.
RESNETS = ("resnet50", "resnet101")

#: Pixels per cell of the map that `detail` gives to the heads: the trunk's last one of that stride.
DETAIL_STRIDE = 8

LOSSES = ("rpn_class_loss", "rpn_bbox_loss", "mrcnn_class_loss", "mrcnn_bbox_loss", "mrcnn_mask_loss")

#: Lowest score of the objects that count for AP. The threshold for showing objects would cut off the end of the curve
#: under which AP is the area; a lower one than this costs time and hardly changes the area.
SCORE_FLOOR = 0.01

#: Options that count something or measure pixels: at least 1.
_AT_LEAST_ONE = (
    "detection_max_instances",
    "fpn_classif_fc_layers_size",
    "gpu_count",
    "images_per_gpu",
    "image_channel_count",
    "image_max_dim",
    "image_min_dim",
    "mask_pool_size",
    "max_gt_instances",
    "num_classes",
    "pool_size",
    "post_nms_rois_inference",
    "post_nms_rois_training",
    "pre_nms_limit",
    "rpn_anchor_stride",
    "rpn_train_anchors_per_image",
    "steps_per_epoch",
    "top_down_pyramid_size",
    "train_rois_per_image",
)

#: Options that are shares or probabilities: between 0 and 1.
_SHARES = ("detection_min_confidence", "detection_nms_threshold", "roi_positive_ratio", "rpn_nms_threshold")

#: Options that determine which parts the network has and how they are computed. All others are read at each picture.
GRAPH_OPTIONS = (
    "backbone",
    "backbone_strides",
    "box_frame",
    "box_head",
    "detail",
    "fpn_classif_fc_layers_size",
    "image_channel_count",
    "mask_head",
    "mask_pool_size",
    "mask_shape",
    "neck",
    "num_classes",
    "pool_size",
    "roi_align",
    "rpn_anchor_ratios",
    "rpn_anchor_scales",
    "rpn_anchor_sizes",
    "rpn_anchor_stride",
    "rpn_head",
    "top_down_pyramid_size",
)

#: Options that are sizes, spacings or divisors: each of their numbers above 0.
_POSITIVE = (
    "backbone_strides",
    "bbox_std_dev",
    "mask_shape",
    "mini_mask_shape",
    "rpn_anchor_ratios",
    "rpn_anchor_scales",
    "rpn_bbox_std_dev",
)


def _loss_weights() -> dict[str, float]:
    return dict.fromkeys(LOSSES, 1.0)


@dataclass(frozen=True)
class MaskRCNNConfig:
    """Every option of a Mask R-CNN, for both network families.

    The first block holds what Matterport's ``Config.display()`` prints, in lower case, with its COCO
    defaults; the second block holds the differences between the two families. Instances never change: use `replace`.

    Sizes and scales are in pixels of the resized image; `mean_pixel` is in RGB order, 0..255.

    Example:
        >>> config = MaskRCNNConfig().replace(detection_min_confidence=0.5)
        >>> config.detection_min_confidence
        0.5
    """

    name: str = "coco"
    backbone: str = "resnet101"
    backbone_strides: tuple[int, ...] = (4, 8, 16, 32, 64)
    bbox_std_dev: tuple[float, ...] = (0.1, 0.1, 0.2, 0.2)
    compute_backbone_shape: None = None
    detection_max_instances: int = 100
    detection_min_confidence: float = 0.7
    detection_nms_threshold: float = 0.3
    fpn_classif_fc_layers_size: int = 1024
    gpu_count: int = 1
    gradient_clip_norm: float = 5.0
    images_per_gpu: int = 1
    image_channel_count: int = 3
    image_max_dim: int = 1024
    image_min_dim: int = 800
    image_min_scale: float = 0
    image_resize_mode: str = "square"
    learning_momentum: float = 0.9
    learning_rate: float = 0.001
    loss_weights: dict[str, float] = field(default_factory=_loss_weights)
    mask_pool_size: int = 14
    mask_shape: tuple[int, int] = (28, 28)
    max_gt_instances: int = 100
    mean_pixel: tuple[float, float, float] = (123.7, 116.8, 103.9)
    mini_mask_shape: tuple[int, int] = (56, 56)
    num_classes: int = 81
    pool_size: int = 7
    post_nms_rois_inference: int = 1000
    post_nms_rois_training: int = 2000
    pre_nms_limit: int = 6000
    roi_positive_ratio: float = 0.33
    rpn_anchor_ratios: tuple[float, ...] = (0.5, 1, 2)
    rpn_anchor_scales: tuple[float, ...] = (32, 64, 128, 256, 512)
    rpn_anchor_stride: int = 1
    rpn_bbox_std_dev: tuple[float, ...] = (0.1, 0.1, 0.2, 0.2)
    rpn_nms_threshold: float = 0.7
    rpn_train_anchors_per_image: int = 256
    steps_per_epoch: int = 1000
    top_down_pyramid_size: int = 256
    train_bn: bool = False
    train_rois_per_image: int = 200
    use_mini_mask: bool = True
    use_rpn_rois: bool = True
    validation_steps: int = 50
    weight_decay: float = 0.0001

    #: "fpn" builds P2..P6 on the backbone's four maps; "none" uses its last map alone.
    neck: str = "fpn"
    #: Kinds of the region-proposal, box and mask heads.
    rpn_head: str = "conv"
    box_head: str = "fc"
    mask_head: str = "fcn"
    #: Heights and widths of the anchors of one cell; empty: rpn_anchor_scales x rpn_anchor_ratios.
    rpn_anchor_sizes: tuple[tuple[float, float], ...] = ()
    #: Where in its cell an anchor's centre lies, in pixels from the cell's top left corner.
    rpn_anchor_offset: float = 0.0
    #: "normalized": Matterport's 0..1; "pixels": first and last pixel (see model/boxes.py).
    box_frame: str = "normalized"
    #: dh and dw are cut here before exp(); None: never.
    bbox_delta_limit: float | None = None
    #: "corners": crop_and_resize from corner to corner; "bins": RoIAlign, 2 x 2 samples a bin, 0 beyond the centre of
    #: the map's last cells; "bins_clamped": the same with those cells' values there.
    roi_align: str = "corners"
    #: "best": a proposal yields its most probable class; "all": each class above the threshold.
    detection_classes: str = "best"
    #: At most so many regions of a picture train the mask head.
    train_masks_per_image: int = 66
    #: Of boxes of different classes whose IoU is above this only the best stays, of one class above half of it; None:
    #: all that detection_nms_threshold leaves (as AP wants it).
    detection_duplicate_threshold: float | None = None
    #: "greedy": of overlapping boxes of a class the best stays (detection_nms_threshold); "soft": the others lose score
    #: by how much they overlap it (Gaussian Soft-NMS with detection_soft_sigma).
    detection_suppression: str = "greedy"
    detection_soft_sigma: float = 0.5
    #: A box that stays becomes the mean of the candidates of its class whose IoU with it is at least this, weighted by
    #: score; None: it stays as it is.
    detection_voting_threshold: float | None = None
    #: Candidates from this score on vote, and for a box of a lower score those that reach its own: so boxes do not
    #: depend on detection_min_confidence. None: the detection_min_confidence in the weights file.
    detection_voting_floor: float | None = None
    #: Scores are multiplied by the mean probability of the mask inside the object to this power; 0: they are not.
    detection_mask_scoring: float = 0.0
    #: Rows of zeros fill the proposals up to post_nms_rois_inference, as Matterport's graph does.
    pad_proposals: bool = True
    #: The order in which the network takes its channels.
    channel_order: str = "RGB"
    #: Cells of zero around a mask when it is pasted (0: the mask ends at the box).
    mask_border: int = 0
    #: Anchors that cross the picture's edge do not train the region-proposal network.
    rpn_ignore_outside: bool = False
    #: The heads of the mobile network also use the trunk's map of stride 8: small objects, finer outlines.
    detail: bool = False
    #: In training the annotated boxes join the proposals.
    use_box_rois: bool = False

    def __post_init__(self) -> None:
        for option, hint in option_types().items():
            object.__setattr__(self, option, conform(option, getattr(self, option), hint))
        # the weight of a loss that is not named is 1
        object.__setattr__(self, "loss_weights", {**_loss_weights(), **self.loss_weights})
        self._check()
        check_network_size(self)

    def _check(self) -> None:
        choices = {
            "backbone": BACKBONES,
            "image_resize_mode": RESIZE_MODES,
            "neck": ("fpn", "none"),
            "rpn_head": ("conv", "mobile"),
            "box_head": ("fc", "mobile"),
            "mask_head": ("fcn", "unet", "mobile"),
            "box_frame": ("normalized", "pixels"),
            "roi_align": ("corners", "bins", "bins_clamped"),
            "detection_classes": ("best", "all"),
            "detection_suppression": ("greedy", "soft"),
            "channel_order": ("RGB", "BGR"),
        }
        for option, allowed in choices.items():
            value = getattr(self, option)
            if value not in allowed:
                raise UsageError(f"{option} is one of {', '.join(allowed)}, not {value!r}.")
        if self.detail and (self.backbone, self.neck, self.box_head) != ("mobile", "none", "mobile"):
            raise UsageError("detail is for the network with the mobile backbone and box head and without a neck.")
        if self.image_resize_mode == "square" and self.image_max_dim % 64:
            raise UsageError(
                f"image_max_dim must be a multiple of 64 in the resize mode square, not {self.image_max_dim}."
            )
        if self.image_resize_mode == "pad64" and self.image_min_dim % 64:
            raise UsageError(
                f"image_min_dim must be a multiple of 64 in the resize mode pad64, not {self.image_min_dim}."
            )
        for option in (*_SHARES, "detection_voting_threshold", "detection_voting_floor"):
            value = getattr(self, option)
            if value is not None and not 0 <= value <= 1:
                raise UsageError(f"{option} lies between 0 and 1, not {value}{percent_hint(value)}.")
        for option in _AT_LEAST_ONE:
            if getattr(self, option) < 1:
                raise UsageError(f"{option} must be at least 1, not {getattr(self, option)}.")
        for option in _POSITIVE:
            if not all(number > 0 for number in getattr(self, option)):
                raise UsageError(f"{option} holds numbers above 0 only, not {getattr(self, option)}.")
        if self.detection_soft_sigma <= 0 or self.detection_mask_scoring < 0:
            raise UsageError("detection_soft_sigma is above 0, and detection_mask_scoring at least 0.")
        if any(side <= 0 for anchor in self.rpn_anchor_sizes for side in anchor):
            raise UsageError(f"rpn_anchor_sizes holds numbers above 0 only, not {self.rpn_anchor_sizes}.")
        for loss in self.loss_weights:
            if loss not in LOSSES:
                raise UsageError(f"loss_weights has no {loss!r}{did_you_mean(loss, LOSSES)}.")

    @property
    def batch_size(self) -> int:
        """Matterport's BATCH_SIZE: images a step, over all GPUs."""
        return self.gpu_count * self.images_per_gpu

    @property
    def image_shape(self) -> tuple[int | None, int | None, int]:
        """Matterport's IMAGE_SHAPE; None where the side depends on the picture."""
        if self.image_resize_mode == "square":
            return (self.image_max_dim, self.image_max_dim, self.image_channel_count)
        return (None, None, self.image_channel_count)

    @property
    def image_meta_size(self) -> int:
        """Length of Matterport's image_meta vector: id, two shapes, window, scale, active classes."""
        return 1 + 3 + 3 + 4 + 1 + self.num_classes

    @property
    def graph(self) -> dict[str, Any]:
        """The options of `GRAPH_OPTIONS`: two configs whose values are equal describe the same graph."""
        return {option: getattr(self, option) for option in GRAPH_OPTIONS}

    def replace(self, **changes: Any) -> MaskRCNNConfig:
        """A copy with some options changed.

        Raises:
            UsageError: an option that does not exist (near ones are named) or a value out of range.
        """
        known = [spec.name for spec in dataclasses.fields(self)]
        for option in changes:
            if option not in known:
                raise UsageError(f"There is no option {option!r}{did_you_mean(option, known)}.")
        return dataclasses.replace(self, **changes)

    def display(self) -> None:
        """Prints every option, as Matterport's ``Config.display()`` does."""
        print(display(self))

    def to_dict(self) -> dict[str, Any]:
        """Plain values only, ready for JSON; `MaskRCNNConfig(**d)` makes an equal config."""
        return dataclasses.asdict(self)


@functools.cache
def option_types() -> dict[str, Any]:
    """Option -> its resolved type hint, in the order of the fields."""
    hints = typing.get_type_hints(MaskRCNNConfig)
    return {spec.name: hints[spec.name] for spec in dataclasses.fields(MaskRCNNConfig)}
