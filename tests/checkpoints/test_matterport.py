"""Matterport's files in every layout that a Keras has written."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from maskseg_cli.checkpoints import Checkpoint, read_checkpoint
from maskseg_cli.checkpoints.matterport import write_matterport
from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.config import COCO
from maskseg_cli.errors import MasksegError
from tests.checkpoints.tiny import assert_same, tiny_arrays, tiny_groups, write_h5
from tests.parity.make_matterport_weights import inventory


@pytest.mark.parametrize("below", ["", "model_weights"])
@pytest.mark.parametrize("text", [bytes, str])
def test_reads_every_array_under_its_layers_name(tmp_path: Path, below: str, text: type) -> None:
    path = write_h5(tmp_path / "w.h5", tiny_groups(), below, text)
    checkpoint = read_checkpoint(path)
    assert_same(checkpoint.arrays, tiny_arrays())
    assert checkpoint.kind == "matterport"
    assert {"conv1/kernel", "bn_conv1/moving_variance", "rpn_class_raw/bias"} < set(checkpoint.arrays)
    assert checkpoint.provenance == {
        "made_by": "Keras 2.2.4" if text is bytes else "Keras 2.14.0",
        "source_file": "w.h5",
    }


def test_reads_the_network_from_names_and_shapes(tmp_path: Path) -> None:
    groups = tiny_groups("resnet101", num_classes=9, pyramid=12, fc=20)
    config = read_checkpoint(write_h5(tmp_path / "balloons.h5", groups)).config
    assert config == COCO.replace(
        name="balloons",
        backbone="resnet101",
        num_classes=9,
        top_down_pyramid_size=12,
        fpn_classif_fc_layers_size=20,
    )


def test_81_classes_are_cocos(tmp_path: Path) -> None:
    checkpoint = read_checkpoint(write_h5(tmp_path / "w.h5", tiny_groups(num_classes=81)))
    assert checkpoint.class_names == COCO_CLASSES
    assert checkpoint.config.name == "coco"
    assert read_checkpoint(write_h5(tmp_path / "v.h5", tiny_groups(num_classes=80))).class_names is None


def test_ignores_what_the_optimizer_left(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "w.h5", tiny_groups(), "model_weights")
    with h5py.File(path, "a") as file:
        file["optimizer_weights/SGD/conv1/kernel/momentum:0"] = np.ones((7, 7, 3, 4))
    assert_same(read_checkpoint(path).arrays, tiny_arrays())


@pytest.mark.parametrize(
    ("weight", "shape"), [("Variable", (12, 4)), ("anchors/Variable", (2, 12, 4)), ("anchors_1/anchors", (12, 4))]
)
def test_ignores_the_anchors_that_ports_to_tensorflow_2_save(
    weight: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    groups = [*tiny_groups(), ("anchors", [(weight, np.ones(shape, np.float32))])]
    assert_same(read_checkpoint(write_h5(tmp_path / "w.h5", groups)).arrays, tiny_arrays())
    nested = [("mask_rcnn", [one for _, weights in tiny_groups() for one in weights] + [("anchors/v", np.ones(shape))])]
    assert_same(read_checkpoint(write_h5(tmp_path / "n.h5", nested)).arrays, tiny_arrays())


def test_a_layer_called_anchors_that_holds_something_else_is_not_forgotten(tmp_path: Path) -> None:
    groups = [*tiny_groups(), ("anchors", [("anchors/kernel", np.ones((3, 3, 8, 4), np.float32))])]
    assert "anchors/kernel" in read_checkpoint(write_h5(tmp_path / "w.h5", groups)).arrays


def test_an_array_that_no_layer_names_is_not_forgotten(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "w.h5", tiny_groups())
    with h5py.File(path, "a") as file:
        file["conv1/conv1/extra:0"] = np.ones(3)
    assert "conv1/conv1/extra:0" in read_checkpoint(path).arrays


@pytest.mark.parametrize("scope", ["{}_1", "time_distributed_3/{}", "{}/inner", "mask_rcnn/{}_2"])
def test_name_scopes_between_layer_and_weight_do_not_count(tmp_path: Path, scope: str) -> None:
    """Keras 2 numbers repeated scopes; Keras 3 names the wrapped layer behind the TimeDistributed."""

    def scoped(name: str) -> str:
        layer, weight = name.split("/")
        return f"{scope.format(layer)}/{weight}"

    groups = [(group, [(scoped(name), a) for name, a in weights]) for group, weights in tiny_groups()]
    assert_same(read_checkpoint(write_h5(tmp_path / "w.h5", groups)).arrays, tiny_arrays())


def test_a_whole_network_below_one_nested_model(tmp_path: Path) -> None:
    """Models wrapped for several GPUs nest all layers in one group."""
    weights = [item for _, weights in tiny_groups() for item in weights]
    path = write_h5(tmp_path / "w.h5", [("mask_rcnn", weights)])
    assert_same(read_checkpoint(path).arrays, tiny_arrays())


def test_long_name_lists_are_spread_over_several_attributes(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "w.h5", tiny_groups())
    with h5py.File(path, "a") as file:
        names = list(file.attrs["layer_names"])
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:50], names[50:]
    assert_same(read_checkpoint(path).arrays, tiny_arrays())


def test_half_precision_is_read_as_float32(tmp_path: Path) -> None:
    groups = [(g, [(n, a.astype(np.float16)) for n, a in weights]) for g, weights in tiny_groups()]
    checkpoint = read_checkpoint(write_h5(tmp_path / "w.h5", groups))
    assert {array.dtype for array in checkpoint.arrays.values()} == {np.dtype(np.float32)}
    assert checkpoint.stored_dtype == "float16"


def imagenet_groups(old_names: bool) -> list[tuple[str, list[tuple[str, np.ndarray]]]]:
    """A ResNet-50 alone; in 2016 Keras wrote conv1_W_1:0 and bn_conv1_running_std_1:0."""
    old = {"kernel": "W", "bias": "b", "moving_mean": "running_mean", "moving_variance": "running_std"}
    groups = []
    for group, weights in tiny_groups():
        if not group.startswith(("conv1", "bn_conv1", "res", "bn")):
            continue
        last = [name.split("/")[1].removesuffix(":0") for name, _ in weights]
        names = [f"{group}_{old.get(w, w)}_1:0" if old_names else f"{group}/{w}:0" for w in last]
        groups.append((group, [(n, a) for n, (_, a) in zip(names, weights, strict=True)]))
    return groups


@pytest.mark.parametrize("old_names", [False, True])
def test_a_backbone_alone_is_for_training(tmp_path: Path, old_names: bool) -> None:
    path = write_h5(tmp_path / "resnet50_notop.h5", imagenet_groups(old_names))
    with pytest.raises(MasksegError, match=r"ResNet-50 backbone alone.*training can start from it"):
        read_checkpoint(path)
    checkpoint = read_checkpoint(path, backbone_only=True)
    assert checkpoint.backbone_only
    assert checkpoint.config.backbone == "resnet50"
    every = tiny_arrays()
    assert_same(checkpoint.arrays, {k: every[k] for k in every if k.startswith(("conv1", "bn", "res"))})


def test_names_an_unknown_number_of_blocks(tmp_path: Path) -> None:
    groups = [group for group in tiny_groups() if not group[0].startswith(("res4f", "bn4f"))]
    with pytest.raises(MasksegError, match=r"5 blocks .*ResNet-50 \(6 blocks"):
        read_checkpoint(write_h5(tmp_path / "w.h5", groups))


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        ([("dense_1", [("dense_1/kernel:0", np.ones((2, 2)))])], "no Mask R-CNN .*dense_1"),
        ([("input_1", [])], "no Mask R-CNN .*no arrays at all"),
        ([("conv2_block1_1_conv", [("conv2_block1_1_conv/kernel:0", np.ones(2))])], "Keras Applications"),
        ([g for g in tiny_groups() if g[0] != "mrcnn_class_logits"], "no usable layer mrcnn_class_logits"),
        ([("conv1", [("conv1/kernel:0", np.array([b"text"]))])], "no numbers for conv1/kernel"),
    ],
)
def test_says_what_other_files_hold(tmp_path: Path, groups: list, sentence: str) -> None:
    with pytest.raises(MasksegError, match=sentence):
        read_checkpoint(write_h5(tmp_path / "w.h5", groups))


def test_two_networks_in_one_file_are_refused(tmp_path: Path) -> None:
    twice = [("a", [("conv1/kernel:0", np.ones(2)), ("scope/conv1/kernel:0", np.ones(2))])]
    with pytest.raises(MasksegError, match="two arrays for conv1/kernel"):
        read_checkpoint(write_h5(tmp_path / "w.h5", twice))


def test_hdf5_without_layers_and_with_broken_links(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["images"] = np.zeros(3)
    with pytest.raises(MasksegError, match="HDF5 file without Keras layers"):
        read_checkpoint(tmp_path / "data.h5")
    path = write_h5(tmp_path / "w.h5", tiny_groups())
    with h5py.File(path, "a") as file:
        del file["conv1"]
    with pytest.raises(MasksegError, match=r"damaged HDF5 file .*conv1"):
        read_checkpoint(path)


@pytest.mark.parametrize("backbone", ["resnet50", "resnet101"])
def test_writes_the_layers_in_keras_order(tmp_path: Path, backbone: str) -> None:
    """Groups, names and order are those of the inventory that Matterport's own code reads."""
    arrays = tiny_arrays(backbone)
    shuffled = dict(sorted(arrays.items(), reverse=True))
    checkpoint = Checkpoint(shuffled, COCO.replace(backbone=backbone, num_classes=3), None)
    write_matterport(tmp_path / "w.h5", checkpoint)
    expected = [(name, [w.name for w in weights]) for name, weights in inventory(backbone, 3) if weights]
    with h5py.File(tmp_path / "w.h5") as file:
        layers = [name.decode() for name in file.attrs["layer_names"]]
        found = [(name, [w.decode() for w in file[name].attrs["weight_names"]]) for name in layers]
    assert found == expected
    assert_same(read_checkpoint(tmp_path / "w.h5").arrays, arrays)


def test_the_generated_file_is_read_whole(matterport_h5: Path) -> None:
    checkpoint = read_checkpoint(matterport_h5)
    assert checkpoint.parameters == 44673706
    assert (checkpoint.config.backbone, checkpoint.config.num_classes) == ("resnet50", 4)
    assert checkpoint.config.top_down_pyramid_size == 256
    assert checkpoint.config.fpn_classif_fc_layers_size == 1024
