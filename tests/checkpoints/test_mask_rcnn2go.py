"""Mask R-CNN2Go's arrays become weights of the lite network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.checkpoints import apply_checkpoint, read_checkpoint
from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.config import MASK_RCNN2GO
from maskseg_cli.errors import MasksegError
from tests.checkpoints.tiny import assert_same


def raw(classes: int = 4) -> dict[str, np.ndarray]:
    """The names that matter, with few channels."""
    kernel = np.arange(16, dtype=np.float32).reshape(4, 4, 1, 1) * np.eye(classes, dtype=np.float32)
    return {
        "trunk/block0_0/expand/kernel": np.ones((1, 1, 3, 3), np.float32),
        "rpn/logits/kernel": np.ones((1, 1, 3, 2), np.float32),
        "box/class_logits/bias": np.zeros(classes, np.float32),
        "mask/logits_upsample/kernel": kernel,
        "mask/logits_upsample/bias": np.zeros(classes, np.float32),
        "rpn/anchors_xyxy": np.array([[3, -2, 13, 18], [-12, 8, 28, 8]], np.float32),
    }


def read(tmp_path: Path, **changes: Any) -> Any:
    np.savez(tmp_path / "w.npz", **{**raw(), **changes})
    return read_checkpoint(tmp_path / "w.npz")


def test_names_anchors_and_upsampling(tmp_path: Path) -> None:
    checkpoint = read(tmp_path)
    assert checkpoint.kind == "mask_rcnn2go"
    assert set(checkpoint.arrays) == {
        "trunk.block0_0.expand/kernel",
        "rpn.logits/kernel",
        "box.class_logits/bias",
        "mask.logits_upsample/kernel",
        "mask.logits_upsample/bias",
    }
    # (height, width); inclusive corners count one pixel more than their difference
    assert checkpoint.config.rpn_anchor_sizes == ((21.0, 11.0), (1.0, 41.0))
    assert checkpoint.config == MASK_RCNN2GO.replace(num_classes=4, rpn_anchor_sizes=checkpoint.config.rpn_anchor_sizes)
    np.testing.assert_array_equal(checkpoint.arrays["mask.logits_upsample/kernel"].ravel(), np.arange(16))
    assert checkpoint.arrays["mask.logits_upsample/kernel"].shape == (4, 4, 1, 1)
    assert checkpoint.arrays["mask.logits_upsample/bias"].shape == (1,)
    assert checkpoint.class_names is None


def test_anchors_around_another_centre_are_refused(tmp_path: Path) -> None:
    anchors = raw()["rpn/anchors_xyxy"]
    with pytest.raises(MasksegError, match="do not lie around"):
        read(tmp_path, **{"rpn/anchors_xyxy": anchors + 0.5})
    with pytest.raises(MasksegError, match="is damaged: rpn_anchor_sizes"):
        read(tmp_path, **{"rpn/anchors_xyxy": anchors[:, [2, 3, 0, 1]]})
    with pytest.raises(MasksegError, match=r"\(2, 3\), not \(n, 4\)"):
        read(tmp_path, **{"rpn/anchors_xyxy": anchors[:, :3]})


@pytest.mark.parametrize("where", [(0, 0, 0, 1), (1, 2, 3, 3)])
def test_upsampling_of_each_class_in_its_own_way_is_refused(tmp_path: Path, where: tuple[int, ...]) -> None:
    kernel = raw()["mask/logits_upsample/kernel"]
    kernel[where] += 1e-3
    with pytest.raises(MasksegError, match="masks of each class in its own way"):
        read(tmp_path, **{"mask/logits_upsample/kernel": kernel})


def test_a_bias_of_one_class_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match="masks of each class in its own way"):
        read(tmp_path, **{"mask/logits_upsample/bias": np.array([0, 0, 1, 0], np.float32)})


def test_the_real_file_fills_the_lite_network(shared: Path) -> None:
    """Each variable equals its array; the one that was converted gives the same masks."""
    pytest.importorskip("tensorflow")
    from maskseg_cli.model.mask_rcnn import MaskRCNN

    path = shared / "weights" / "lite-init.npz"
    checkpoint = read_checkpoint(path)
    assert checkpoint.class_names == COCO_CLASSES
    assert checkpoint.config == MASK_RCNN2GO
    variables = MaskRCNN(checkpoint.config).named_variables()
    apply_checkpoint(checkpoint, variables)
    with np.load(path) as original:
        expected = {
            name.rpartition("/")[0].replace("/", ".") + "/" + name.rpartition("/")[2]: original[name]
            for name in original.files
            if name != "rpn/anchors_xyxy"
        }
        anchors = original["rpn/anchors_xyxy"]
    expected["mask.logits_upsample/kernel"] = expected["mask.logits_upsample/kernel"][:, :, 7:8, 7:8]
    expected["mask.logits_upsample/bias"] = expected["mask.logits_upsample/bias"][7:8]
    assert_same({name: variable.numpy() for name, variable in variables.items()}, expected)
    heights, widths = np.array(checkpoint.config.rpn_anchor_sizes).T
    corners = np.stack([8 - (widths - 1) / 2, 8 - (heights - 1) / 2], axis=1)
    np.testing.assert_allclose(corners, anchors[:, :2], atol=1e-4)
