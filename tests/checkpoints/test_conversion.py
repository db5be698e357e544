"""What fits into which kind of file, and what a converted file says of its origin."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.checkpoints import Checkpoint, conversion, read_checkpoint
from maskseg_cli.checkpoints.releases import RELEASES, Release
from maskseg_cli.config import COCO, MaskRCNNConfig
from maskseg_cli.config.torch_presets import TORCH_PRESETS
from maskseg_cli.errors import MasksegError

ARRAYS = {"conv1/kernel": np.full((1, 1, 3, 4), 0.5, np.float32), "conv1/bias": np.arange(4, dtype=np.float32)}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "model_final.pth"
    path.write_bytes(b"the bytes of a file that nothing reads here")
    return path


def holds(monkeypatch: pytest.MonkeyPatch, config: MaskRCNNConfig, **fields: Any) -> None:
    """Lets the file hold a network of this kind, reduced to one layer."""
    checkpoint = Checkpoint(dict(ARRAYS), config, None, **{"kind": "matterport", **fields})
    monkeypatch.setattr(conversion, "read_checkpoint", lambda path: checkpoint)
    shapes = {name: array.shape for name, array in ARRAYS.items()}
    monkeypatch.setattr(conversion, "expected_shapes", lambda config: shapes)
    monkeypatch.setattr(conversion, "check_fits", lambda checkpoint, expected: None)


@pytest.mark.parametrize("family", sorted(set(TORCH_PRESETS) - {"pytorch-mask-rcnn"}))
def test_networks_that_are_not_matterports_do_not_become_h5(
    source: Path, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    holds(monkeypatch, TORCH_PRESETS[family])
    with pytest.raises(MasksegError) as caught:
        conversion.convert(source, source.with_suffix(".h5"))
    message = str(caught.value)
    assert message.startswith(
        f"{source} is not Matterport's network, the only one that fits into an .h5 file: it differs"
    )
    assert message.endswith(" more. Give the output the ending .npz or .xml.")
    assert not source.with_suffix(".h5").exists()
    conversion.convert(source, source.with_suffix(".npz"))
    assert read_checkpoint(source.with_suffix(".npz")).config == TORCH_PRESETS[family]


@pytest.mark.parametrize(
    "config", [TORCH_PRESETS["pytorch-mask-rcnn"], COCO.replace(num_classes=4, mean_pixel=(1, 2, 3))]
)
def test_matterports_network_does(source: Path, monkeypatch: pytest.MonkeyPatch, config: MaskRCNNConfig) -> None:
    holds(monkeypatch, config)
    conversion.convert(source, source.with_suffix(".h5"))
    assert source.with_suffix(".h5").stat().st_size > 0


def test_a_converted_release_keeps_its_origin_and_licence(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    release = Release(
        "torchvision-v1", "net.pth", "https://example.org", None, sha256[:8], "test", "BSD", algorithms=("sha256",)
    )
    monkeypatch.setitem(RELEASES, "torchvision-v1", release)
    holds(monkeypatch, TORCH_PRESETS["torchvision-v1"], provenance={"made_by": "torchvision"})
    conversion.convert(source, tmp_path / "ours.npz", labels=None)
    provenance = read_checkpoint(tmp_path / "ours.npz").provenance
    assert provenance["origin"] == "torchvision-v1, https://example.org/net.pth"
    assert (provenance["licence"], provenance["source_sha256"]) == ("BSD", sha256)
