"""Mask R-CNN: the stages of the network, for both network families.

Training connects them in one graph (training/step.py), finding objects in NumPy (inference/staged_engine.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import keras
import tensorflow as tf

from maskseg_cli.config import RESNETS, MaskRCNNConfig
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.model import mask_head as mask_heads
from maskseg_cli.model.anchors import anchors_per_cell, level_counts
from maskseg_cli.model.box_frames import LAST_PIXEL
from maskseg_cli.model.box_head import build_fc_box_head, build_mobile_box_head
from maskseg_cli.model.fpn import build_fpn
from maskseg_cli.model.mobile import DETAIL_STRIDE, build_mobile_trunk
from maskseg_cli.model.proposals import propose
from maskseg_cli.model.resnet import build_resnet
from maskseg_cli.model.roi_align import bin_roi_align, pyramid_roi_align
from maskseg_cli.model.rpn import build_conv_rpn, build_mobile_rpn, objectness
from maskseg_cli.model.sampled_roi_align import sampled_roi_align
from maskseg_cli.model.unet_mask_head import build_unet_mask_head

#: Pooled features (N, p, p, c); with `config.detail` those of the map of stride 8 beside them.
Pooled: TypeAlias = "tf.Tensor | list[tf.Tensor]"


class MaskRCNN(keras.Model):
    """Mask R-CNN (https://arxiv.org/abs/1703.06870): backbone -> neck -> proposals -> RoIAlign -> box and mask heads.

    `config` determines the kind of each stage; the stages are methods, so that each can be run, tested and trained
    alone.
    Batch normalisation uses its stored statistics unless `config.train_bn`.

    Args:
        config: the network's options.

    Raises:
        UsageError: the mask's shape does not fit the mask head.
        MasksegError: TensorFlow refuses the options.

    Example:
        >>> from maskseg_cli.config import LITE
        >>> MaskRCNN(LITE).count_params()
        3579394
    """

    def __init__(self, config: MaskRCNNConfig) -> None:
        super().__init__(name="mask_rcnn")
        self.config = config
        try:
            self._build_stages(config)
        except (TypeError, ValueError, OverflowError, tf.errors.OpError) as error:
            reason = " ".join(str(error).split())[:200].rstrip(".")
            raise MasksegError(f"TensorFlow cannot build the network that the options describe ({reason}).") from None
        _check_mask_shape(config)
        self.built = True

    def _build_stages(self, config: MaskRCNNConfig) -> None:
        anchors = anchors_per_cell(config)
        if config.backbone in RESNETS:
            self.backbone = build_resnet(config)
        else:
            self.backbone = build_mobile_trunk(config.image_channel_count, config.detail)
        if config.neck == "fpn":
            channels = config.top_down_pyramid_size
            self.neck = build_fpn([feature_map.shape[-1] for feature_map in self.backbone.outputs[-4:]], config)
        else:
            channels = self.backbone.outputs[0 if config.detail else -1].shape[-1]
            self.neck = None
        detail = self.backbone.outputs[1].shape[-1] if config.detail else None
        if config.rpn_head == "conv":
            self.rpn = build_conv_rpn(channels, anchors, config)
        else:
            self.rpn = build_mobile_rpn(channels, anchors)
        if config.box_head == "fc":
            self.box_head = build_fc_box_head(channels, config)
        else:
            self.box_head = build_mobile_box_head(channels, config.num_classes, config.pool_size, detail)
        if config.mask_head == "fcn":
            self.mask_head = mask_heads.build_fcn_mask_head(channels, config)
            self.mask_upsampling = None
        elif config.mask_head == "unet":
            self.mask_head = build_unet_mask_head(channels, config.num_classes, config.mask_pool_size)
            self.mask_upsampling = None
        else:
            self.mask_head = mask_heads.build_mobile_mask_head(
                channels, config.num_classes, config.mask_pool_size, detail
            )
            self.mask_upsampling = mask_heads.build_mask_upsampling()

    @property
    def stages(self) -> list[keras.Model]:
        """The parts with weights, in the order of the computation."""
        parts = [self.backbone, self.neck, self.rpn, self.box_head, self.mask_head, self.mask_upsampling]
        return [part for part in parts if part is not None]

    @property
    def map_channels(self) -> list[int]:
        """Channels of each map that `features` returns."""
        part = self.backbone if self.neck is None else self.neck
        return [output.shape[-1] for output in part.outputs]

    def named_variables(self) -> dict[str, keras.Variable]:
        """Maps names as in weight files ("conv1/kernel") to every stored variable."""
        named = {}
        for stage in self.stages:
            for layer in stage.layers:
                for variable in layer.variables:
                    named[f"{layer.name}/{variable.name}"] = variable
        return named

    def features(self, images: tf.Tensor, training: bool = False) -> list[tf.Tensor]:
        """Computes the feature maps of molded images (B, H, W, 3): [P2..P6], or one.

        With `config.detail` the map of stride 8 follows, which only the heads use.
        """
        bn = training and self.config.train_bn
        maps = self.backbone(images, training=bn)
        if self.neck is None:
            return list(maps) if self.config.detail else [maps]
        return list(self.neck(list(maps[-4:]), training=bn))

    def region_scores(self, maps: Sequence[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes RPN logits (B, A, 1 or 2) and deltas (B, A, 4), level by level in the order of the anchors."""
        outputs = [self.rpn(feature_map) for feature_map in (maps[:1] if self.config.detail else maps)]
        logits, deltas = zip(*outputs, strict=True)
        return tf.concat(logits, axis=1), tf.concat(deltas, axis=1)

    def proposals(
        self,
        logits: tf.Tensor,
        deltas: tf.Tensor,
        anchors: tf.Tensor,
        image_shape: tuple[tf.Tensor, tf.Tensor],
        count: int | None = None,
        window: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Selects proposals of one image from (A, 1 or 2) and (A, 4): boxes (P, 4) and their anchors' indices (P,).

        P is at most `count`; None: post_nms_rois_inference. `window` (4,) is the picture without its padding, to which
        proposals are clipped where proposal_window says so. Training's own: `inference.proposals` does it in NumPy.
        """
        height, width = image_shape
        if window is None or self.config.proposal_window == "padded":
            window = tf.constant((0.0, 0.0, 1.0, 1.0))
            if self.config.box_frame != "normalized":
                last = int(LAST_PIXEL[self.config.box_frame])
                window = tf.cast(tf.stack([0, 0, height - last, width - last]), tf.float32)
        levels = None
        if self.config.rpn_per_level:
            levels = level_counts(self.config, height, width)
        count = count or self.config.post_nms_rois_inference
        return propose(objectness(logits), deltas, anchors, window, self.config, count, levels)

    def pool_for_boxes(
        self,
        maps: Sequence[tf.Tensor],
        boxes: tf.Tensor,
        image_index: tf.Tensor,
        image_shape: tuple[tf.Tensor, tf.Tensor],
    ) -> Pooled:
        """Pools features (N, p, p, c) of boxes (N, 4) for `classify`; p is the config's pool_size; and the detail."""
        size = self.config.pool_size
        pooled = self._pool(maps, boxes, image_index, image_shape, size)
        return self._with_detail(pooled, maps, boxes, image_index, size)

    def pool_for_masks(
        self,
        maps: Sequence[tf.Tensor],
        boxes: tf.Tensor,
        image_index: tf.Tensor,
        image_shape: tuple[tf.Tensor, tf.Tensor],
    ) -> Pooled:
        """Pools features of boxes (N, 4) for `mask_logits`; p is mask_pool_size, the detail is twice as fine."""
        size = self.config.mask_pool_size
        pooled = self._pool(maps, boxes, image_index, image_shape, size)
        return self._with_detail(pooled, maps, boxes, image_index, 2 * size, self.config.mask_head == "mobile")

    def _with_detail(
        self,
        pooled: tf.Tensor,
        maps: Sequence[tf.Tensor],
        boxes: tf.Tensor,
        image_index: tf.Tensor,
        size: int,
        wanted: bool = True,
    ) -> Pooled:
        if not (self.config.detail and wanted):
            return pooled
        clamped = self.config.roi_align == "bins_clamped"
        fine = bin_roi_align(maps[1], boxes, image_index, DETAIL_STRIDE, size, clamped=clamped)
        return [pooled, tf.ensure_shape(fine, (None, size, size, maps[1].shape[-1]))]

    def _pool(
        self,
        maps: Sequence[tf.Tensor],
        boxes: tf.Tensor,
        image_index: tf.Tensor,
        image_shape: tuple[tf.Tensor, tf.Tensor],
        pool_size: int,
    ) -> tf.Tensor:
        """Applies the config's kind of RoIAlign: boxes (N, 4) -> features (N, pool_size, pool_size, c)."""
        if self.config.roi_align == "corners":
            pooled = pyramid_roi_align(maps[:4], boxes, image_index, image_shape, pool_size)
        elif self.config.roi_align == "samples":
            pooled = sampled_roi_align(maps[:4], boxes, image_index, pool_size, self.config)
        else:
            stride, clamped = self.config.backbone_strides[0], self.config.roi_align == "bins_clamped"
            pooled = bin_roi_align(maps[0], boxes, image_index, stride, pool_size, clamped=clamped)
        return tf.ensure_shape(pooled, (None, pool_size, pool_size, maps[0].shape[-1]))

    def classify(self, pooled: Pooled, training: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        """Applies the box head: features (N, p, p, c) -> class logits (N, classes) and deltas (N, classes, 4)."""
        logits, deltas = self.box_head(pooled, training=training and self.config.train_bn)
        return logits, deltas

    def mask_logits(self, pooled: Pooled, class_ids: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Applies the mask head: features (N, p, p, c) and classes (N,) -> mask logits (N, h, w) of that class."""
        logits = self.mask_head(pooled, training=training and self.config.train_bn)
        logits = mask_heads.class_logits(logits, class_ids)
        if self.mask_upsampling is not None:
            logits = self.mask_upsampling(logits[..., None])[..., 0]
        return logits


def _check_mask_shape(config: MaskRCNNConfig) -> None:
    """Raises UsageError where mask_shape differs from the size of the mask head's output."""
    side = config.mask_pool_size * (4 if config.mask_head == "mobile" else 2)
    if config.mask_shape != (side, side):
        height, width = config.mask_shape
        raise UsageError(
            f"With mask_head {config.mask_head} and mask_pool_size {config.mask_pool_size} the masks are {side} x "
            f"{side} cells, but mask_shape says {height} x {width}: set mask_shape and mask_pool_size together."
        )
