"""The log lines that Matterport's users know, character by character."""

from __future__ import annotations

import numpy as np
import pytest

from maskseg_cli.config import COCO
from maskseg_cli.inference.matterport_log import log_array, log_inputs
from maskseg_cli.inference.molding import mold
from maskseg_cli.model.anchors import AnchorCache


def test_lines_for_a_picture_of_1024(capsys: pytest.CaptureFixture[str]) -> None:
    image = np.zeros((1024, 1024, 3), np.uint8)
    image[0, 0] = 255
    log_inputs([image], [mold(image, COCO)], AnchorCache(COCO)(1024, 1024))
    assert capsys.readouterr().out.splitlines() == [
        "image                    shape: (1024, 1024, 3)       min:    0.00000  max:  255.00000  uint8",
        "molded_images            shape: (1, 1024, 1024, 3)    min: -123.70000  max:  151.10000  float64",
        "image_metas              shape: (1, 93)               min:    0.00000  max: 1024.00000  float64",
        "anchors                  shape: (1, 261888, 4)        min:   -0.35390  max:    1.29134  float32",
    ]


def test_each_image_has_a_line_and_anchors_count_the_batch(capsys: pytest.CaptureFixture[str]) -> None:
    config = COCO.replace(image_max_dim=64, image_min_dim=64)
    images = [np.zeros((40, 50, 3), np.uint8), np.ones((60, 30, 3), np.uint8)]
    log_inputs(images, [mold(image, config) for image in images], AnchorCache(config)(64, 64))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["image", "image", "molded_images", "image_metas", "anchors"]
    assert "shape: (40, 50, 3) " in lines[0]
    assert "shape: (60, 30, 3) " in lines[1]
    assert "shape: (2, 64, 64, 3) " in lines[2]
    assert "shape: (2, 1023, 4) " in lines[4]


def test_an_empty_array_has_no_range(capsys: pytest.CaptureFixture[str]) -> None:
    log_array("gt_boxes", np.zeros((0, 4), np.int32))
    assert capsys.readouterr().out == (
        "gt_boxes                 shape: (0, 4)                min:             max:             int32\n"
    )
