"""The generated weights are the ones that the measured numbers of this folder were made with."""

from __future__ import annotations

import json

import pytest

from maskseg_cli.checkpoints.pytorch.reading import read_torch_state
from tests.parity_torch.make_torch_weights import DATA, digest, state_dict, with_classes, write


@pytest.fixture(scope="module")
def detectron2() -> dict:
    return json.loads((DATA / "detectron2_small.case.json").read_text())["weights"]


def test_the_file_holds_the_values_of_the_measured_numbers(tmp_path, detectron2) -> None:
    state = state_dict("detectron2-r50", detectron2["seed"], detectron2["class_layers"])
    assert digest(state) == detectron2["sha256"]
    read = read_torch_state(write(tmp_path / "model_final.pkl", state))
    assert digest(read.arrays) == detectron2["sha256"]
    assert list(read.arrays) == list(state)
    assert (read.layout, read.stored_dtype) == ("pickle", "float32")
    assert read.meta == {"__author__": "maskseg parity fixture"}


@pytest.mark.parametrize("name", ["torchvision-v1", "torchvision-v2", "detectron2-r50"])
def test_another_number_of_classes_changes_the_last_layers(name: str) -> None:
    spec = json.loads((DATA / f"{name}.json").read_text())
    changed = {tensor[0]: tensor[1] for tensor in with_classes(spec, 3)["tensors"]}
    different = [tensor[0] for tensor in spec["tensors"] if changed[tensor[0]] != tensor[1]]
    assert len(different) == 6  # scores, boxes and masks, each with its bias
    background = name.startswith("detectron2")
    assert all(changed[tensor][0] in (3 + background, 12, 3) for tensor in different)
