"""The generated weight file is the one that the measured numbers of this folder were made with."""

from __future__ import annotations

from pathlib import Path

import h5py

from tests.parity import make_matterport_weights


def test_the_small_file_holds_the_known_values_below_model_weights(tmp_path: Path) -> None:
    made = make_matterport_weights.write(tmp_path / "w.h5", "resnet50", 7, pyramid=8, fc=8, seed=1, wrap=True)
    assert made["sha256"] == "89675a9c97b8f2e5065d2da95bd78d4b46a068da3015bc7c7aea364560241823"
    assert made["parameters"] == 25728228
    with h5py.File(tmp_path / "w.h5") as f:
        assert list(f) == ["model_weights"]
        assert f["model_weights/rpn_model/rpn_class_raw/bias:0"].shape == (6,)


def test_the_parity_file_holds_the_values_of_the_measured_numbers(matterport_h5: Path) -> None:
    with h5py.File(matterport_h5) as f:
        assert f["mrcnn_class_logits/mrcnn_class_logits/kernel:0"].shape == (1024, 4)
