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
        ("quite_different", "known names are lite and coco"),
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
