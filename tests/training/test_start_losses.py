"""Losses of a trained network on real photos: small only if targets are encoded as it was trained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tensorflow as tf
from pycocotools.coco import COCO

from maskseg_cli.checkpoints import apply_checkpoint, read_checkpoint
from maskseg_cli.config import MASK_RCNN2GO, MaskRCNNConfig
from maskseg_cli.inference.molding import mold
from maskseg_cli.model.anchors import AnchorCache
from maskseg_cli.model.mask_rcnn import MaskRCNN
from maskseg_cli.training import losses
from maskseg_cli.training.detection_targets import detection_targets
from maskseg_cli.training.rpn_targets import rpn_targets

PHOTOS = 30


def test_start_losses_of_the_lite_network(shared: Path) -> None:
    config = MASK_RCNN2GO.replace(mini_mask_shape=(56, 56))
    network = MaskRCNN(config)
    apply_checkpoint(read_checkpoint(shared / "weights/lite-init.npz"), network.named_variables())
    anchors = AnchorCache(config)
    rows = [
        start_losses(network, anchors, number, *photo)
        for number, photo in enumerate(photos(shared / "data/coco", config))
    ]
    means = {name: float(np.nanmean([row[name] for row in rows])) for name in rows[0]}
    print(means)
    # measured on the photos of `train` at 400: 0.065, 0.026, 0.48, 0.19, 0.31
    assert 0.03 < means["rpn_class_loss"] < 0.09
    assert 0.013 < means["rpn_bbox_loss as its authors count"] < 0.036
    assert 0.36 < means["mrcnn_class_loss"] < 0.68
    assert 0.11 < means["mrcnn_bbox_loss"] < 0.23
    assert 0.22 < means["mrcnn_mask_loss"] < 0.34


def photos(folder: Path, config: MaskRCNNConfig) -> Iterator[tuple[np.ndarray, ...]]:
    """Molded photos with boxes (first and last pixels), classes and mini masks."""
    coco = COCO(str(folder / "instances_train.json"))
    categories = sorted(coco.getCatIds())
    for image_id in sorted(coco.getImgIds())[:: len(coco.getImgIds()) // PHOTOS][:PHOTOS]:
        photo = cv2.imread(str(folder / "train" / coco.imgs[image_id]["file_name"]))
        image = mold(photo, config).image
        scale = np.tile(np.divide(image.shape[:2], photo.shape[:2]), 2)
        boxes, class_ids, masks = [], [], []
        for annotation in coco.imgToAnns[image_id]:
            mask = coco.annToMask(annotation)
            if not mask.any():
                continue
            x, y, w, h = cv2.boundingRect(mask)
            boxes.append(np.array([y, x, y + h, x + w]) * scale - [0, 0, 1, 1])
            number = categories.index(annotation["category_id"]) + 1
            class_ids.append(-number if annotation["iscrowd"] else number)
            crop = mask[y : y + h, x : x + w].astype(np.float32)
            masks.append(cv2.resize(crop, config.mini_mask_shape, interpolation=cv2.INTER_LINEAR))
        yield (
            image,
            np.reshape(boxes, (-1, 4)).astype(np.float32),
            np.array(class_ids, np.int32),
            np.reshape(masks, (-1, *config.mini_mask_shape)).astype(np.float32),
        )


def start_losses(
    network: MaskRCNN, anchors: AnchorCache, number: int, image: Any, boxes: Any, class_ids: Any, masks: Any
) -> dict[str, float]:
    config, shape, seed = network.config, image.shape[:2], tf.constant([number, 0])
    maps = network.features(image[None])
    logits, deltas = (answer[0] for answer in network.region_scores(maps))
    here = tf.constant(anchors(*shape))
    window = np.array([0, 0, shape[0] - 1, shape[1] - 1], np.float32)
    rpn = rpn_targets(here, boxes, class_ids, config, seed, window)
    found = {
        "rpn_class_loss": losses.rpn_class_loss(rpn.match, logits),
        "rpn_bbox_loss": losses.rpn_bbox_loss(rpn.deltas, rpn.match, deltas),
    }
    # Detectron: quadratic up to 1/9, and the sum over all coordinates by the number of anchors in the sample
    difference = tf.abs(tf.boolean_mask(rpn.deltas - deltas, rpn.match == 1))
    robust = tf.where(difference < 1 / 9, 4.5 * difference**2, difference - 1 / 18)
    found["rpn_bbox_loss as its authors count"] = tf.reduce_sum(robust) / config.rpn_train_anchors_per_image

    proposals, _ = network.proposals(logits, deltas, here, shape)
    everything = np.ones(len(boxes), np.float32)
    regions = detection_targets(proposals, boxes, class_ids, masks, everything, everything, config, seed)
    index = tf.zeros(len(regions.rois), tf.int32)
    class_logits, box_deltas = network.classify(network.pool_for_boxes(maps, regions.rois, index, shape))
    found["mrcnn_class_loss"] = losses.mrcnn_class_loss(regions.class_ids, class_logits)
    objects = int(tf.reduce_sum(tf.cast(regions.class_ids > 0, tf.int32)))
    found["mrcnn_bbox_loss"] = found["mrcnn_mask_loss"] = np.nan
    if objects:
        found["mrcnn_bbox_loss"] = losses.mrcnn_bbox_loss(regions.deltas, regions.class_ids, box_deltas)
        pooled = network.pool_for_masks(maps, regions.rois[:objects], index[:objects], shape)
        outlines = network.mask_logits(pooled, regions.class_ids[:objects])
        found["mrcnn_mask_loss"] = losses.mrcnn_mask_loss(regions.masks[:objects], outlines)
    return {name: float(value) for name, value in found.items()}
