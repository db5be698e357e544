"""The wheel: what a user installs, without the checkout around it."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

from maskseg_cli import __version__
from tests.documents import PROJECT

pytest.importorskip("hatchling", reason="the wheel is built without the package index, by the hatchling that is here")


def build(target: str, source: Path, folder: Path) -> Path:
    """Builds a wheel or sdist, as `pip` and `build` have it built."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", PROJECT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed by pip; its dependencies are those of the tests."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*command, str(folder), str(wheel)], check=True, stdin=subprocess.DEVNULL)
    return folder


def run(installed: Path, command: list[str], cwd: Path, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command that sees the installed package, away from the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "MASKSEG_HOME": str(home or cwd / "home")}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_carries_what_the_package_needs(wheel: Path) -> None:
    assert wheel.name == f"maskseg-{__version__}-py3-none-any.whl"
    inside = names(wheel)
    weights = {f"maskseg_cli/weights/{path.name}" for path in (PROJECT / "weights").iterdir()}
    assert "maskseg_cli/weights/coco_labels.txt" in weights
    assert weights <= inside
    tracked = subprocess.run(["git", "ls-files", "maskseg_cli"], cwd=PROJECT, capture_output=True, text=True)
    if tracked.returncode == 0:
        assert set(tracked.stdout.split()) <= inside
    info = f"maskseg-{__version__}.dist-info"
    assert {f"{info}/licenses/{name}" for name in ("LICENSE", "weights/LICENSE-Apache-2.0.txt")} <= inside
    assert [name for name in weights if name.endswith(".npz")], "the weights of lite"
    folders = {name.split("/")[0] for name in inside}
    assert folders == {"maskseg", "maskseg_cli", info}, "tests, examples or caches have got into the wheel"
    assert not [name for name in inside if name.endswith((".pyc", ".h5"))]


def test_the_wheel_describes_itself(wheel: Path) -> None:
    info = f"maskseg-{__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        metadata = message_from_string(archive.read(f"{info}/METADATA").decode())
        entry_points = archive.read(f"{info}/entry_points.txt").decode()
    assert (metadata["Name"], metadata["Version"], metadata["License-Expression"]) == (
        "maskseg",
        __version__,
        "MIT AND Apache-2.0",
    )
    assert metadata["Requires-Python"] == "<3.14,>=3.10"
    assert "maskseg = maskseg_cli.cli.main:main" in entry_points
    required = [line.split(">")[0] for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert {"tensorflow", "opencv-python", "numpy", "click"} <= set(required)
    assert "# maskseg" in metadata.get_payload()


def test_a_wheel_made_from_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    sdist = build("sdist", PROJECT, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    for needed in ("LICENSE", "Makefile", "README.md", "examples/cut_out.py", "docs/image.md", "tests/conftest.py"):
        assert (source / needed).is_file(), f"the sdist lacks {needed}"
    assert names(build("wheel", source, tmp_path / "again")) == names(wheel)


def test_lookups_work_where_it_is_installed(installed: Path, tmp_path: Path) -> None:
    script = """
import maskseg_cli
from maskseg_cli.checkpoints import registry
from maskseg_cli.classes import COCO_CLASSES, read_labels
print(maskseg_cli.__file__)
print(registry.weights_folder())
assert read_labels(registry.weights_folder() / "coco_labels.txt") == COCO_CLASSES
(registry.weights_folder() / "maskseg-lite-coco-99.npz").touch()
print(registry.find_weights("lite"))
(registry.weights_folder() / "maskseg-lite-coco-99.npz").unlink()
"""
    done = run(installed, [sys.executable, "-c", script], tmp_path)
    assert done.returncode == 0, done.stderr
    package = installed / "maskseg_cli"
    expected = [package / "__init__.py", package / "weights", package / "weights" / "maskseg-lite-coco-99.npz"]
    assert done.stdout.splitlines() == list(map(str, expected))


def test_the_installed_command_runs(installed: Path, tmp_path: Path) -> None:
    from skimage import data

    from maskseg_cli.media.images import read_image, write_image

    script = installed / "bin" / "maskseg"
    done = run(installed, [sys.executable, str(script), "--version"], tmp_path)
    assert done.stdout == f"maskseg, version {__version__}\n"
    write_image(tmp_path / "photo.jpg", data.coffee()[:, :, ::-1])
    done = run(installed, [sys.executable, str(script), "image", "photo.jpg"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("photo.jpg: ")
    assert "1 cup" in done.stderr  # by the weights in the wheel: there are no others
    assert read_image(tmp_path / "photo_maskseg.jpg").shape == (400, 600, 3)
