"""The generated weights and the pictures are the ones that the measured numbers of this folder were made with.

`fixtures.write_weights` compares the digests of the weights.
"""

from __future__ import annotations

import json

import pytest

from tests.parity_torch.fixtures import CASES, load_case
from tests.parity_torch.make_torch_weights import DATA, with_classes


@pytest.mark.parametrize("name", CASES)
def test_the_pictures_are_those_of_the_measured_numbers(name: str) -> None:
    case = load_case(name)
    assert case.image.shape == case["image"].shape
    assert (case.image == case["image"]).all()


@pytest.mark.parametrize("name", ["torchvision-v1", "torchvision-v2", "detectron2-r50"])
def test_another_number_of_classes_changes_the_last_layers(name: str) -> None:
    spec = json.loads((DATA / f"{name}.json").read_text())
    changed = {tensor[0]: tensor[1] for tensor in with_classes(spec, 3)["tensors"]}
    different = [tensor[0] for tensor in spec["tensors"] if changed[tensor[0]] != tensor[1]]
    assert len(different) == 6  # scores, boxes and masks, each with its bias
    background = name.startswith("detectron2")
    assert all(changed[tensor][0] in (3 + background, 12, 3) for tensor in different)
