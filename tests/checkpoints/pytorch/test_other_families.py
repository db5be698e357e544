"""The port of Matterport's network, a ResNet alone, and what is no network that is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.checkpoints import Checkpoint
from maskseg_cli.checkpoints.matterport import write_matterport
from maskseg_cli.checkpoints.matterport_layers import is_known_layer
from maskseg_cli.checkpoints.pytorch.families.layers import array_names
from maskseg_cli.checkpoints.pytorch.families.recognition import FAMILIES
from maskseg_cli.coco_classes import COCO_CLASSES
from maskseg_cli.config.torch_presets import DETECTRON2, PYTORCH_MASK_RCNN, TORCHVISION
from maskseg_cli.errors import MasksegError
from tests.checkpoints.pytorch.states import Arrays, published, read, renamed, with_deep_stage, without, zeros

BODY = "backbone.body."
NORM = ("weight", "bias", "running_mean", "running_var")


def resnet() -> Arrays:
    """torchvision's ResNet-50 as it is trained on ImageNet."""
    body = {name.removeprefix(BODY): x for name, x in published("torchvision-v1").items() if name.startswith(BODY)}
    return body | {
        "fc.weight": zeros(1000, 2048),
        "fc.bias": zeros(1000),
        "bn1.num_batches_tracked": zeros(dtype="int64"),
    }


def port() -> Arrays:
    """multimodallearning/pytorch-mask-rcnn with ResNet-50, by its model.py."""
    body = without(renamed(resnet(), *((f"layer{stage - 1}.", f"fpn.C{stage}.") for stage in (2, 3, 4, 5))), "fc.")
    found = {}
    for name, array in body.items():
        name = name.replace("conv1.", "fpn.C1.0.") if name.startswith("conv1.") else name
        name = name.replace("bn1.", "fpn.C1.1.") if name.startswith("bn1.") else name
        found[name] = array
        if array.ndim == 4:
            found[name.replace(".weight", ".bias")] = zeros(array.shape[0])

    def add(name: str, *shape: int, bias: int | None = None) -> None:
        found[f"{name}.weight"], found[f"{name}.bias"] = zeros(*shape), zeros(shape[0] if bias is None else bias)

    for level, channels in ((2, 256), (3, 512), (4, 1024), (5, 2048)):
        add(f"fpn.P{level}_conv1", 256, channels, 1, 1)
        add(f"fpn.P{level}_conv2.1", 256, 256, 3, 3)
    add("rpn.conv_shared", 512, 256, 3, 3)
    add("rpn.conv_class", 6, 512, 1, 1)
    add("rpn.conv_bbox", 12, 512, 1, 1)
    add("classifier.conv1", 1024, 256, 7, 7)
    add("classifier.conv2", 1024, 1024, 1, 1)
    add("classifier.linear_class", 81, 1024)
    add("classifier.linear_bbox", 324, 1024)
    for number in (1, 2, 3, 4):
        add(f"mask.conv{number}", 256, 256, 3, 3)
    add("mask.deconv", 256, 256, 2, 2)
    add("mask.conv5", 81, 256, 1, 1)
    norms = {**{f"classifier.bn{n}": 1024 for n in (1, 2)}, **{f"mask.bn{n}": 256 for n in (1, 2, 3, 4)}}
    return found | {f"{name}.{end}": zeros(width) for name, width in norms.items() for end in NORM}


def test_the_port_of_matterports_network(tmp_path: Path) -> None:
    arrays = port()
    arrays["classifier.linear_bbox.bias"] = np.arange(324, dtype=np.float32)
    checkpoint = read(tmp_path, with_deep_stage(arrays, "fpn.C4."))
    assert checkpoint.config == PYTORCH_MASK_RCNN
    assert (checkpoint.kind, checkpoint.class_names) == ("pytorch-mask-rcnn", COCO_CLASSES)
    assert sorted(checkpoint.arrays) == sorted(array_names(checkpoint.config))
    assert all(is_known_layer(name.split("/")[0]) for name in checkpoint.arrays)
    assert checkpoint.arrays["mrcnn_bbox_fc/bias"].tolist() == list(range(324))
    assert checkpoint.arrays["mrcnn_class_conv1/kernel"].shape == (7, 7, 256, 1024)
    assert read(tmp_path, arrays).config.backbone == "resnet50"


def test_only_matterports_network_fits_into_its_files(tmp_path: Path) -> None:
    arrays = {"conv1/kernel": np.zeros((7, 7, 3, 4), np.float32)}
    write_matterport(tmp_path / "port.h5", Checkpoint(arrays, PYTORCH_MASK_RCNN.replace(num_classes=3), None))
    assert (tmp_path / "port.h5").is_file()
    for config in (TORCHVISION, DETECTRON2, PYTORCH_MASK_RCNN.replace(norm_epsilon=1e-5)):
        with pytest.raises(MasksegError, match=r"This is not Matterport's network.*\.npz"):
            write_matterport(tmp_path / "other.h5", Checkpoint(arrays, config, None))
    assert not (tmp_path / "other.h5").exists()


def test_a_resnet_alone_starts_training(tmp_path: Path) -> None:
    checkpoint = read(tmp_path, resnet(), backbone_only=True)
    assert checkpoint.backbone_only
    assert checkpoint.config == TORCHVISION.replace(name="mine", norm_epsilon=1e-5)
    assert checkpoint.arrays["res2a_branch2b/kernel"].shape == (3, 3, 64, 64)
    assert len(checkpoint.arrays) == 53 * 5
    deep = read(tmp_path, with_deep_stage(resnet(), "layer3."), backbone_only=True)
    assert deep.config.backbone == "resnet101"
    with pytest.raises(MasksegError, match=r"a ResNet-50 backbone alone.*training can start from it"):
        read(tmp_path, resnet())
    with pytest.raises(MasksegError, match=r"not torchvision's ResNet-50: 1 array missing \(layer4.2.conv3.weight\)"):
        read(tmp_path, without(resnet(), "layer4.2.conv3."), backbone_only=True)
    with pytest.raises(MasksegError, match="ResNet-18"):
        read(tmp_path, {name: x for name, x in resnet().items() if ".conv3." not in name}, backbone_only=True)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["a.weight", "b.weight"], "holds none of the networks that are read (its arrays are a.weight, b.weight, ...)"),
        (["image_encoder.patch_embed.proj.weight"], "a Segment Anything model"),
        (["transformer.encoder.layers.0.linear1.weight"], "a DETR"),
        (["conv1_b", "conv1_w", "res2_0_branch2a_w"], "a network of Caffe2"),
        (["0.conv.weight", "1.conv.weight"], "a YOLO"),
        (
            ["roi_heads.box.feature_extractor.fc6.weight", f"{BODY}stem.conv1.weight", "rpn.head.conv.weight"],
            "benchmark",
        ),
        (["\x1b[31m\n" * 50], "holds none of the networks"),
    ],
)
def test_strangers_are_named(tmp_path: Path, names: list[str], sentence: str) -> None:
    with pytest.raises(MasksegError) as caught:
        read(tmp_path, {name: zeros(1) for name in names})
    assert sentence in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_networks_in_one_file_are_not_read(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match="left over"):
        read(tmp_path, published("torchvision-v1") | published("detectron2-r50"))
    with pytest.raises(MasksegError, match="left over"):
        read(tmp_path, port() | published("torchvision-v1"))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_tables_name_no_module_twice(family: object) -> None:
    modules = list(family.layers.values())  # type: ignore[attr-defined]
    assert len(set(modules)) == len(modules)


STATES = [published("torchvision-v1"), published("torchvision-v2"), published("detectron2-r50"), port(), resnet()]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(STATES), st.data())
def test_damaged_state_dicts_end_in_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, state: Arrays, data: st.DataObject
) -> None:
    arrays = dict(state)
    for name in data.draw(st.lists(st.sampled_from(sorted(arrays)), min_size=1, max_size=4)):
        shape = data.draw(st.lists(st.integers(0, 9), max_size=5))
        kind = data.draw(st.sampled_from(["float32", "int64", "bool"]))
        if data.draw(st.booleans()):
            arrays[name] = zeros(*shape, dtype=kind)
        else:
            arrays.pop(name, None)
    sentence = ""
    try:
        checkpoint = read(tmp_path_factory.getbasetemp(), arrays, backbone_only=True)
    except MasksegError as error:
        sentence = str(error)
        assert sentence
    else:  # whatever else is wrong is a shape, which is compared with the network's
        assert all(array.dtype == np.float32 and array.size for array in checkpoint.arrays.values())
    assert "\n" not in sentence
