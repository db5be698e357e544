"""The options of a network: Matterport's under their own names, and those of maskseg's own."""

from __future__ import annotations

import dataclasses
import functools
import typing
from dataclasses import dataclass, field
from typing import Any

from maskseg_cli.config.display import display
from maskseg_cli.config.network_size import check_network_size
from maskseg_cli.config.option_checks import LOSSES, check_options
from maskseg_cli.config.value_types import conform
from maskseg_cli.errors import UsageError
from maskseg_cli.near_names import did_you_mean

#: Backbones whose maps come from Matterport's graph, with its frozen normalised box coordinates.
RESNETS = ("resnet50", "resnet101")

#: Pixels per cell of the map that `detail` gives to the heads: the trunk's last one of that stride.
DETAIL_STRIDE = 8

#: The level of a box of this side, 224 x 224 pixels (FPN, https://arxiv.org/abs/1612.03144, eq. 1).
CANONICAL_LEVEL, CANONICAL_SIDE = 4, 224

#: Lowest score of the objects that count for AP. The threshold for showing objects would cut off the end of the curve
#: under which AP is the area; a lower one than this costs time and hardly changes the area.
SCORE_FLOOR = 0.01

#: Options that determine which parts the network has and how they are computed. All others are read at each picture.
GRAPH_OPTIONS = (
    "backbone",
    "backbone_strides",
    "box_frame",
    "box_head",
    "box_head_convs",
    "box_head_fcs",
    "conv_bias",
    "detail",
    "fpn_classif_fc_layers_size",
    "fpn_norm",
    "head_norm",
    "image_channel_count",
    "mask_head",
    "mask_head_convs",
    "mask_pool_size",
    "mask_shape",
    "neck",
    "norm_epsilon",
    "num_classes",
    "pool_size",
    "roi_align",
    "roi_aligned",
    "roi_level",
    "roi_level_epsilon",
    "roi_samples",
    "rpn_anchor_ratios",
    "rpn_anchor_scales",
    "rpn_anchor_sizes",
    "rpn_anchor_stride",
    "rpn_channels",
    "rpn_convs",
    "rpn_head",
    "rpn_logits",
    "stride_in_1x1",
    "symmetric_padding",
    "top_down_pyramid_size",
)


def _loss_weights() -> dict[str, float]:
    return dict.fromkeys(LOSSES, 1.0)


@dataclass(frozen=True)
class MaskRCNNConfig:
    """Every option of a Mask R-CNN, for all network families.

    The first block holds what Matterport's ``Config.display()`` prints, in lower case, with its COCO
    defaults; the others hold what lite's network and those from PyTorch differ in. Instances never change: use
    `replace`.

    Sizes and scales are in pixels of the resized image; `mean_pixel` and `std_pixel` are in RGB order, 0..255.

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
    #: "normalized": Matterport's 0..1; "pixels": first and last pixel; "edges": half-open (see model/boxes.py).
    box_frame: str = "normalized"
    #: dh and dw are cut here before exp(); None: never.
    bbox_delta_limit: float | None = None
    #: "corners": crop_and_resize from corner to corner; "bins": RoIAlign, 2 x 2 samples a bin, 0 beyond the centre of
    #: the map's last cells; "bins_clamped": the same with those cells' values there; "samples": PyTorch's RoIAlign on
    #: the box's own level (roi_aligned, roi_samples, roi_level).
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

    #: Each channel is divided by this after mean_pixel is subtracted.
    std_pixel: tuple[float, float, float] = (1.0, 1.0, 1.0)
    #: How a picture is resized, but in the mode "fit": "matterport": bilinear, cut off to whole numbers; "float":
    #: bilinear, not rounded, which equals to resize the normalized picture; "pillow": Pillow's bilinear filter, which
    #: smooths what shrinks, in whole numbers; "opencv": bilinear in whole numbers.
    image_interpolation: str = "matterport"
    #: How the sides of the resized picture become whole numbers.
    image_size_rounding: str = "half_even"
    #: Added to the variance in each batch normalisation.
    norm_epsilon: float = 0.001
    #: Convolutions before a batch normalisation have a bias.
    conv_bias: bool = True
    #: Stride 2 of a ResNet's stages lies in the first 1x1 convolution; else in the 3x3 convolution.
    stride_in_1x1: bool = True
    #: Where the stride is 2, zeros are added on both sides, as in PyTorch; else on the far one only, as in TensorFlow.
    symmetric_padding: bool = False
    #: Batch normalisation after each convolution of the pyramid.
    fpn_norm: bool = False
    #: 3x3 convolutions of the region-proposal network, and their channels.
    rpn_convs: int = 1
    rpn_channels: int = 512
    #: Logits of an anchor: 2 (background and object, softmax) or 1 (object, sigmoid).
    rpn_logits: int = 2
    #: Corners of an anchor about its centre are rounded to whole pixels.
    rpn_anchor_rounding: bool = False
    #: The step between anchors is the padded picture's side divided by the map's, rounded down; else backbone_strides.
    rpn_strides_from_maps: bool = False
    #: pre_nms_limit counts for each level, and boxes of different levels do not suppress each other.
    rpn_per_level: bool = False
    #: Smaller proposals, in units of the frame, are left out; None: none.
    rpn_min_size: float | None = None
    #: Proposals are clipped to the "padded" picture, or to the "picture" without its padding.
    proposal_window: str = "padded"
    #: Options of roi_align "samples": positions are moved by half a cell; samples in each direction of a bin (0: one
    #: for each cell that the bin covers); how the level's number becomes whole, and what is added before.
    roi_aligned: bool = False
    roi_samples: int = 2
    roi_level: str = "round"
    roi_level_epsilon: float = 0.0
    #: Hidden layers of the box head "fc": 3x3 convolutions, then fully connected ones; 3x3 convolutions of the mask
    #: head "fcn".
    box_head_convs: int = 0
    box_head_fcs: int = 2
    mask_head_convs: int = 4
    #: Hidden layers of the heads "fc" and "fcn" that a batch normalisation follows.
    head_norm: str = "all"
    #: Detections with a smaller side, in units of the frame, are left out; None: none.
    detection_min_size: float | None = None
    #: How a mask is drawn: "box": resized to its box in whole pixels; "centers": sampled at the pixels' centres;
    #: "expanded": torchvision's, with a border of zeros and a box enlarged as much, in whole pixels. None: "box" for
    #: normalized boxes, else "centers".
    mask_paste: str | None = None

    def __post_init__(self) -> None:
        for option, hint in option_types().items():
            object.__setattr__(self, option, conform(option, getattr(self, option), hint))
        # the weight of a loss that is not named is 1
        object.__setattr__(self, "loss_weights", {**_loss_weights(), **self.loss_weights})
        check_options(self)
        check_network_size(self)

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
