"""What the page shows against what one real training step hands from part to part."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maskseg_cli.datasets.shapes import ShapesSource
from maskseg_cli.inspection.data.anchor_targets import picture_targets
from maskseg_cli.inspection.data.network import network_proposals
from maskseg_cli.inspection.data.roi_targets import region_targets
from maskseg_cli.model.anchors import AnchorCache
from maskseg_cli.training import step
from maskseg_cli.training.inputs import batch_inputs
from tests.small_networks import small_matterport


def test_anchors_proposals_and_regions_are_those_of_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    network = small_matterport(num_classes=3)
    config, anchors_of = network.config, AnchorCache(network.config)
    source = ShapesSource(20, (40, 60), seed=4)
    # The network knows two of the three classes.
    example = next(one for one in map(source.__getitem__, range(20)) if len(one) > 1 and one.class_ids.max() < 3)
    batch = batch_inputs([example], config)
    height, width = batch["image"].shape[1:3]
    taken: dict[str, Any] = {}

    def recorded(name: str, function: Any) -> Any:
        def call(*arguments: Any) -> Any:
            taken[name] = arguments, function(*arguments)
            return taken[name][1]

        return call

    for name in ("rpn_targets", "detection_targets"):
        monkeypatch.setattr(step, name, recorded(name, getattr(step, name)))
    anchors = tf.constant(anchors_of(height, width))
    seed = tf.constant([5, 9], tf.int32)
    step.picture_losses(network, {name: tf.constant(array) for name, array in batch.items()}, anchors, seed)

    (shown_anchors, *_), targets = taken["rpn_targets"]
    found = picture_targets(example.boxes, example.class_ids, example.weights, example.size, config, anchors_of, (5, 9))
    assert np.array_equal(found.anchors, shown_anchors.numpy())
    assert np.array_equal(found.match, targets.match.numpy())
    assert (found.match == 1).any()

    inputs = {name: array[0] for name, array in batch.items()}
    (proposals, *_), regions = taken["detection_targets"]
    mine = network_proposals(network, inputs, anchors_of(height, width))
    assert np.array_equal(mine, proposals.numpy())
    shown = region_targets(inputs, mine, config, (5, 9))
    assert np.array_equal(shown.rois, regions.rois.numpy())
    assert np.array_equal(shown.class_ids, regions.class_ids.numpy())
    assert np.array_equal(shown.masks, regions.masks.numpy())
    assert len(shown.rois) > 0
