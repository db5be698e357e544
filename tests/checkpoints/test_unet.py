"""Files of networks with the U-Net mask head: each says which head it is."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from maskseg_cli.checkpoints import Checkpoint, apply_checkpoint, read_checkpoint, write_checkpoint
from maskseg_cli.checkpoints.matterport import write_matterport
from maskseg_cli.cli.main import main
from maskseg_cli.config import COCO, LITE, MaskRCNNConfig
from maskseg_cli.errors import MasksegError
from maskseg_cli.model.mask_rcnn import MaskRCNN
from maskseg_cli.model.unet_mask_head import PREFIX
from tests.checkpoints.tiny import assert_same

RESNET = COCO.replace(
    name="shapes",
    backbone="resnet50",
    num_classes=4,
    mask_head="unet",
    top_down_pyramid_size=16,
    fpn_classif_fc_layers_size=16,
)
MOBILE = LITE.replace(num_classes=4, mask_head="unet", mask_pool_size=14, mask_shape=(28, 28))
LABELS = ("background", "circle", "square", "triangle")


pytestmark = pytest.mark.usefixtures("quick_compression")


@pytest.fixture(scope="module")
def unet() -> Checkpoint:
    return checkpoint_of(RESNET)


@pytest.fixture(scope="module")
def fcn() -> Checkpoint:
    return checkpoint_of(RESNET.replace(mask_head="fcn"))


def checkpoint_of(config: MaskRCNNConfig) -> Checkpoint:
    arrays = {name: variable.numpy() for name, variable in MaskRCNN(config).named_variables().items()}
    return Checkpoint(arrays, config, LABELS)


def loaded(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    network = MaskRCNN(checkpoint.config)
    apply_checkpoint(checkpoint, network.named_variables())
    return {name: variable.numpy() for name, variable in network.named_variables().items()}


def test_our_own_file(unet: Checkpoint, tmp_path: Path) -> None:
    for number, checkpoint in enumerate((unet, checkpoint_of(MOBILE))):
        path = tmp_path / f"{number}.npz"
        write_checkpoint(path, checkpoint, "float32")
        again = read_checkpoint(path)
        assert again.config == checkpoint.config
        assert_same(loaded(again), checkpoint.arrays)


def test_an_h5_in_matterports_layout(unet: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "shapes.h5"
    write_matterport(path, unet)
    again = read_checkpoint(path)
    assert again.config == unet.config
    assert_same(loaded(again), unet.arrays)
    with h5py.File(path) as file:
        layers = [name.decode() for name in file.attrs["layer_names"]]
    first = layers.index(f"{PREFIX}conv1")
    assert layers[first - 1] == "mrcnn_bbox_fc"
    order = [f"{PREFIX}{kind}{i}" for i in range(1, 7) for kind in ("conv", "bn")]
    assert layers[first:] == [*order, f"{PREFIX}logits"]


def test_the_wrong_head_is_refused(unet: Checkpoint, fcn: Checkpoint) -> None:
    for checkpoint, config in ((fcn, RESNET), (unet, fcn.config)):
        network = MaskRCNN(config)
        before = {name: variable.numpy() for name, variable in network.named_variables().items()}
        with pytest.raises(MasksegError, match=r"missing .*left over .*another mask head than the network") as caught:
            apply_checkpoint(checkpoint, network.named_variables())
        assert "set mask_head" in str(caught.value)
        assert_same({name: variable.numpy() for name, variable in network.named_variables().items()}, before)


def test_weights_info_names_the_head(unet: Checkpoint, fcn: Checkpoint, tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "ours.npz", unet)
    write_matterport(tmp_path / "theirs.h5", unet)
    write_matterport(tmp_path / "fcn.h5", fcn)
    for file, head in (("ours.npz", "unet"), ("theirs.h5", "unet"), ("fcn.h5", "fcn")):
        result = CliRunner().invoke(main, ["weights", "info", str(tmp_path / file)])
        line = next(line for line in result.stdout.splitlines() if line.startswith("mask head"))
        assert line.split()[2] == head
        found = json.loads(CliRunner().invoke(main, ["weights", "info", "--json", str(tmp_path / file)]).stdout)
        assert found["mask_head"] == head


def test_the_command_converts_it(unet: Checkpoint, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "a.npz", tmp_path / "b.h5"
    write_checkpoint(ours, unet, "float32")
    result = CliRunner().invoke(main, ["weights", "convert", str(ours), str(theirs)])
    assert result.exit_code == 0, result.stderr
    assert_same(read_checkpoint(theirs).arrays, unet.arrays)
