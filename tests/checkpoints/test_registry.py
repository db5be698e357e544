"""Names of weights, and the files that they stand for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from maskseg_cli.checkpoints import find_weights, registry
from maskseg_cli.errors import MasksegError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MASKSEG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_coco_is_fetched_on_request(home: Path) -> None:
    with pytest.raises(MasksegError, match=r"run `maskseg weights fetch coco`.*--weights"):
        find_weights("coco")
    home.mkdir()
    (home / "mask_rcnn_coco.h5").touch()
    assert find_weights("coco") == home / "mask_rcnn_coco.h5"


def test_the_cache_folder_follows_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MASKSEG_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", os.path.abspath("/somewhere"))
    assert registry.cache_folder().name in ("maskseg", "Cache")
    monkeypatch.setenv("MASKSEG_HOME", "~/weights of mine")
    assert registry.cache_folder() == Path.home() / "weights of mine"


def test_lite_is_the_newest_bundled_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "weights_folder", lambda: None)
    with pytest.raises(MasksegError, match=r"bundled lite weights .*--weights"):
        find_weights("lite")
    monkeypatch.setattr(registry, "weights_folder", lambda: tmp_path)
    with pytest.raises(MasksegError, match="bundled lite weights"):
        find_weights("lite")
    for name in ("maskseg-lite-coco-9", "maskseg-lite-coco-10", "maskseg-lite-coco-2", "other-99"):
        (tmp_path / f"{name}.npz").touch()
    assert find_weights("lite") == tmp_path / "maskseg-lite-coco-10.npz"


def test_lite_may_lie_in_the_cache_folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "weights_folder", lambda: tmp_path)
    home.mkdir()
    (home / "maskseg-lite-coco-3.npz").touch()
    assert find_weights("lite") == registry.location("lite") == home / "maskseg-lite-coco-3.npz"
    (tmp_path / "maskseg-lite-coco-1.npz").touch()
    assert find_weights("lite") == tmp_path / "maskseg-lite-coco-1.npz"


def test_the_bundled_folder_lies_in_the_package_or_in_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "maskseg_cli"
    package.mkdir()
    monkeypatch.setattr(registry.maskseg_cli, "__file__", str(package / "__init__.py"))
    assert registry.weights_folder() is None
    (tmp_path / "weights").mkdir()
    assert registry.weights_folder() == tmp_path / "weights"
    (package / "weights").mkdir()
    assert registry.weights_folder() == package / "weights"


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "coco").touch()
    assert find_weights(tmp_path / "coco") == tmp_path / "coco"
    assert find_weights(str(tmp_path / "coco")) == tmp_path / "coco"


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ("shape.h5", r"did you mean .*shapes\.h5"),
        ("nowhere/shapes.h5", "there is no folder"),
        ("quite_different", r"known names are lite, coco, .* and detectron2-r101\."),
    ],
)
def test_near_names_are_suggested(tmp_path: Path, wanted: str, sentence: str) -> None:
    (tmp_path / "shapes.h5").touch()
    with pytest.raises(MasksegError, match=sentence):
        find_weights(tmp_path / wanted)


def test_a_misspelt_name_is_suggested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for wrong, right in (("Coco", "coco"), ("light", "lite")):
        with pytest.raises(MasksegError, match=rf"did you mean {right}\?"):
            find_weights(wrong)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("torchvision", "torchvision-v2 or torchvision-v1"),
        ("Torchvision-V2", "torchvision-v2"),
        ("torchvison_v1", "torchvision-v1"),
        ("maskrcnn_resnet50_fpn", "torchvision-v1"),
        ("maskrcnn_resnet50_fpn_v2", "torchvision-v2"),
        ("maskrcnn_resnet50_fpn_v2_coco-73cbd019", "torchvision-v2"),
        ("detectron2", "detectron2-r50 or detectron2-r101"),
        ("mask_rcnn_R_101_FPN_3x", "detectron2-r101"),
        ("r101", "detectron2-r101"),
        ("model_final_f10217", "detectron2-r50"),
        ("matterport", "coco"),
        ("small", "lite"),
    ],
)
def test_what_the_libraries_call_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, right: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MasksegError) as caught:
        find_weights(wrong)
    assert str(caught.value) == f"There is no weights file {wrong} (did you mean {right}?)."


def test_files_go_before_names_where_a_file_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model_final.pth").touch()
    with pytest.raises(MasksegError, match=r"did you mean model_final\.pth\?"):
        find_weights("model_fnal.pth")
    with pytest.raises(MasksegError, match="that file has the name detectron2-r101 here"):
        find_weights("model_final_a3ec72.pkl")
    with pytest.raises(MasksegError, match="known names are lite, coco"):
        find_weights("small.pth")


def test_named_weights_lie_side_by_side(home: Path) -> None:
    paths = [registry.location(name) for name in registry.NAMES if name != "lite"]
    assert len(set(paths)) == 5
    for name in registry.NAMES[1:]:
        with pytest.raises(MasksegError, match=f"run `maskseg weights fetch {name}`"):
            find_weights(name)
    home.mkdir()
    (home / "mask_rcnn_R_50_FPN_3x_f10217.pkl").touch()
    assert find_weights("detectron2-r50") == home / "mask_rcnn_R_50_FPN_3x_f10217.pkl"
