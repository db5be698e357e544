"""maskseg's own file: everything comes back, nothing can run, damage is named."""

from __future__ import annotations

import dataclasses
import io
import json
import pickle
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maskseg_cli.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from maskseg_cli.config import COCO, LITE
from maskseg_cli.errors import MasksegError, UsageError
from tests.checkpoints.tiny import assert_same


def example() -> Checkpoint:
    rng = np.random.default_rng(3)
    arrays = {
        "conv1/kernel": rng.normal(size=(7, 7, 3, 4)).astype(np.float32),
        "conv1/bias": rng.normal(size=4).astype(np.float32),
        "trunk.block0_0.expand/kernel": rng.normal(size=(1, 1, 4, 5)).astype(np.float32),
    }
    config = LITE.replace(num_classes=3, image_min_dim=320)
    return Checkpoint(arrays, config, ("background", "Zürich", "猫"), {"licence": "MIT", "made_by": "a test"})


def test_float32_comes_back_bit_for_bit(tmp_path: Path) -> None:
    checkpoint = example()
    write_checkpoint(tmp_path / "w.npz", checkpoint, "float32")
    again = read_checkpoint(tmp_path / "w.npz")
    assert_same(again.arrays, checkpoint.arrays)
    assert again.config == checkpoint.config
    assert again.class_names == checkpoint.class_names
    assert again.provenance == checkpoint.provenance
    assert (again.kind, again.stored_dtype) == ("maskseg", "float32")


def test_float16_rounds_kernels_only(tmp_path: Path) -> None:
    checkpoint = example()
    write_checkpoint(tmp_path / "w.npz", checkpoint, "float16")
    again = read_checkpoint(tmp_path / "w.npz")
    expected = {
        name: array.astype(np.float16).astype(np.float32) if array.ndim > 1 else array
        for name, array in checkpoint.arrays.items()
    }
    assert_same(again.arrays, expected)
    assert {array.dtype for array in again.arrays.values()} == {np.dtype(np.float32)}
    assert again.stored_dtype == "float16"


@pytest.mark.parametrize("config", [COCO, LITE, COCO.replace(rpn_anchor_ratios=(1, 2), backbone="resnet50")])
def test_every_configuration_comes_back_equal(tmp_path: Path, config: Any) -> None:
    write_checkpoint(tmp_path / "w", dataclasses.replace(example(), config=config, class_names=None))
    again = read_checkpoint(tmp_path / "w")
    assert again.config == config
    assert again.class_names is None


def test_the_same_content_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = example()
    write_checkpoint(tmp_path / "a.npz", checkpoint)
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    backwards = dict(reversed(checkpoint.arrays.items()))
    provenance = dict(reversed(checkpoint.provenance.items()))
    write_checkpoint(tmp_path / "b.npz", dataclasses.replace(checkpoint, arrays=backwards, provenance=provenance))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    read = read_checkpoint(tmp_path / "a.npz")
    write_checkpoint(tmp_path / "c.npz", read)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "c.npz").read_bytes()


def test_numpy_opens_the_file_too(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "w.npz", example(), "float32")
    with np.load(tmp_path / "w.npz", allow_pickle=False) as opened:
        np.testing.assert_array_equal(opened["conv1/kernel"], example().arrays["conv1/kernel"])
        assert json.loads(opened["maskseg.json"])["format"] == "maskseg checkpoint"


def rewrite(path: Path, **members: bytes | None) -> None:
    """Changes members of a zip file; None drops one."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    for name, data in members.items():
        content.pop(name)
        if data is not None:
            content[name] = data
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def described(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("maskseg.json"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 2}, r"made by a newer maskseg \(file format 2, this one reads up to 1\)"),
        ({"config": {"warp_drive": 1}}, "made by a newer maskseg: it sets warp_drive"),
        ({"config": {"backbone": "resnet152"}}, "cannot build: backbone is one of"),
        ({"config": None}, "does not describe its network"),
        ({"format": "else"}, "not maskseg's"),
    ],
)
def test_a_description_that_we_do_not_understand(tmp_path: Path, change: dict, sentence: str) -> None:
    path = tmp_path / "w.npz"
    write_checkpoint(path, example())
    rewrite(path, **{"maskseg.json": json.dumps({**described(path), **change}).encode()})
    with pytest.raises(MasksegError, match=sentence):
        read_checkpoint(path)


def test_options_that_an_older_maskseg_did_not_know_keep_their_defaults(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    write_checkpoint(path, example())
    options = described(path)
    del options["config"]["mask_border"], options["provenance"]
    rewrite(path, **{"maskseg.json": json.dumps(options).encode()})
    assert read_checkpoint(path).config == example().config.replace(mask_border=0)


def test_nothing_in_a_file_is_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "sprung",))

    data = io.BytesIO()
    np.lib.format.write_array(data, np.array([Trap()], dtype=object), allow_pickle=True)
    path = tmp_path / "w.npz"
    write_checkpoint(path, example())
    rewrite(path, **{"conv1/bias.npy": data.getvalue()})
    with pytest.raises(MasksegError, match="damaged"):
        read_checkpoint(path)
    rewrite(path, **{"conv1/bias.npy": pickle.dumps(Trap())})
    with pytest.raises(MasksegError, match="damaged"):
        read_checkpoint(path)
    assert not (tmp_path / "sprung").exists()


def test_the_state_of_a_training_is_no_weights_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "state.npz", **{"model/conv1/bias": np.ones(3)})
    with pytest.raises(MasksegError, match=r"saved state of a training: its weights are in last\.npz beside it"):
        read_checkpoint(tmp_path / "state.npz")


def test_arrays_of_somebody_else(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", weights=np.ones(3), labels=np.zeros(2))
    with pytest.raises(MasksegError, match=r"arrays \(weights, labels, \.\.\.\) that maskseg did not write"):
        read_checkpoint(tmp_path / "w.npz")


@pytest.mark.parametrize(("value", "dtype"), [(np.nan, "float32"), (-np.inf, "float16")])
def test_values_that_are_not_finite_are_not_written(tmp_path: Path, value: float, dtype: str) -> None:
    checkpoint = example()
    checkpoint.arrays["conv1/bias"][2] = value
    with pytest.raises(MasksegError, match="conv1/bias holds values that are not finite"):
        write_checkpoint(tmp_path / "w.npz", checkpoint, dtype)
    assert list(tmp_path.iterdir()) == []


def test_a_kernel_too_large_for_float16(tmp_path: Path) -> None:
    checkpoint = example()
    checkpoint.arrays["conv1/kernel"][0, 0, 0, 0] = -70_000
    checkpoint.arrays["conv1/bias"][0] = 1e6  # stays float32
    with pytest.raises(MasksegError, match="conv1/kernel holds 70000, which is too large for float16"):
        write_checkpoint(tmp_path / "w.npz", checkpoint, "float16")
    write_checkpoint(tmp_path / "w.npz", checkpoint, "float32")
    assert_same(read_checkpoint(tmp_path / "w.npz").arrays, checkpoint.arrays)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    write_checkpoint(path, example())
    before = path.read_bytes()
    broken = example()
    broken.arrays["trunk.block0_0.expand/kernel"][:] = np.nan
    with pytest.raises(MasksegError):
        write_checkpoint(path, broken)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(UsageError, match="not int8"):
        write_checkpoint(path, example(), "int8")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MasksegError, match="cannot be written"):
        write_checkpoint(tmp_path / "file" / "w.npz", example())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("native") / "w.npz"
    write_checkpoint(path, example(), "float32")
    return path.read_bytes()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_cut_file_is_never_read(tmp_path: Path, whole: bytes, data: st.DataObject) -> None:
    path = tmp_path / "cut.npz"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(MasksegError):
        read_checkpoint(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_named_or_harmless(tmp_path: Path, whole: bytes, data: st.DataObject) -> None:
    """A changed byte either gives one clear sentence or lies where it changes no number."""
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != whole[at]))
    path = tmp_path / "damaged.npz"
    path.write_bytes(whole[:at] + bytes([byte]) + whole[at + 1 :])
    try:
        checkpoint = read_checkpoint(path)
    except MasksegError:
        return
    for name, array in checkpoint.arrays.items():
        if name in example().arrays:
            np.testing.assert_array_equal(array, example().arrays[name])
