"""`maskseg weights` as a user runs it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner, Result

from maskseg_cli.checkpoints import Checkpoint, read_checkpoint, registry, write_checkpoint
from maskseg_cli.checkpoints.releases import Release
from maskseg_cli.cli.main import main
from maskseg_cli.coco_classes import COCO_91_CLASSES, COCO_CLASSES
from maskseg_cli.config.torch_presets import TORCHVISION
from tests.checkpoints.test_matterport import imagenet_groups
from tests.checkpoints.tiny import assert_same, tiny_groups, write_h5
from tests.checkpoints.web_server import FileServer, serving
from tests.parity.make_matterport_weights import inventory

TORCH = ("torchvision-v1", "torchvision-v2", "detectron2-r50", "detectron2-r101")
CONTENT = np.random.default_rng(1).bytes(50_000)


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["weights", *map(str, args)])


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MASKSEG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """Serves a small file as the release `coco`."""
    release = Release("coco", "mask_rcnn_coco.h5", "", len(CONTENT), hashlib.md5(CONTENT).hexdigest(), "test", "MIT")
    monkeypatch.setitem(registry.RELEASES, "coco", release)
    with serving(CONTENT) as running:
        monkeypatch.setenv("MASKSEG_WEIGHTS_URL", running.url)
        yield running


def test_list_tells_what_is_here(home: Path) -> None:
    result = run("list")
    assert result.exit_code == 0
    assert "not here yet: maskseg weights fetch coco" in result.stdout
    assert "(257.6 MB)" in result.stdout
    home.mkdir()
    (home / "mask_rcnn_coco.h5").write_bytes(b"1234")
    lines = run("list").stdout.splitlines()
    assert f"                 here: {home / 'mask_rcnn_coco.h5'}" in lines
    assert {line.index("torchvision's") for line in lines if line.startswith("torchvision")} == {17}
    place = lines.index("torchvision-v2   torchvision's maskrcnn_resnet50_fpn_v2 for the 80 COCO classes")
    assert [line.strip() for line in lines[place + 1 : place + 3]] == [
        "published: box AP 47.4, mask AP 41.8",
        "not here yet: maskseg weights fetch torchvision-v2",
    ]
    rows = {row["name"]: row for row in json.loads(run("list", "--json").stdout)}
    assert set(rows) == {"lite", "coco", *TORCH}
    assert (rows["coco"]["here"], rows["coco"]["bytes"], rows["coco"]["published"]) == (True, 4, None)
    assert [rows[name]["published"] for name in TORCH] == [
        {"box_ap": 37.9, "mask_ap": 34.6},
        {"box_ap": 47.4, "mask_ap": 41.8},
        {"box_ap": 41.0, "mask_ap": 37.2},
        {"box_ap": 42.9, "mask_ap": 38.6},
    ]
    assert {(rows[name]["here"], rows[name]["bytes"]) for name in TORCH} == {(False, None)}, "no size is published"
    assert "ShareAlike 3.0" in rows["detectron2-r50"]["licence"]


def test_fetch_prints_where_the_file_is(home: Path, server: FileServer) -> None:
    result = run("fetch", "coco")
    assert result.exit_code == 0
    assert result.stdout == f"{home / 'mask_rcnn_coco.h5'}\n"
    assert result.stderr == ""
    assert (home / "mask_rcnn_coco.h5").read_bytes() == CONTENT
    assert "here: " in run("list").stdout


@pytest.mark.parametrize("name", TORCH)
def test_fetch_checks_what_a_file_name_says(
    home: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The release as it is but for the letters, which are those of another file."""
    letters = hashlib.sha256(CONTENT).hexdigest()[:6]
    release = dataclasses.replace(registry.RELEASES[name], digest=letters)
    result = run("fetch", name)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"should begin with {registry.RELEASES[name].digest}), so it was thrown away" in result.stderr
    monkeypatch.setitem(registry.RELEASES, name, release)
    result = run("fetch", name)
    assert (result.exit_code, result.stdout) == (0, f"{home / release.file}\n")
    assert (home / release.file).read_bytes() == CONTENT
    assert {path for path, _ in server.asked} == {f"/weights/{release.file}"}
    rows = {row["name"]: row for row in json.loads(run("list", "--json").stdout)}
    assert (rows[name]["here"], rows[name]["bytes"]) == (True, len(CONTENT))


def test_fetch_says_in_one_line_what_went_wrong(home: Path, server: FileServer) -> None:
    server.cut_after = 20_000
    result = run("fetch", "coco")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "cut off after 0.0 MB of 0.1 MB" in result.stderr
    assert not (home / "mask_rcnn_coco.h5").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_during_a_fetch(home: Path) -> None:
    """The real program, the real release, and a server that stops sending after 40,000 bytes."""
    with serving(bytes(80_000)) as server:
        server.chunked, server.gate = True, threading.Event()
        process = subprocess.Popen(
            [sys.executable, "-m", "maskseg_cli", "weights", "fetch", "coco"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "MASKSEG_WEIGHTS_URL": server.url, "MASKSEG_HOME": str(home)},
            text=True,
        )
        part, deadline = home / "mask_rcnn_coco.h5.part", time.monotonic() + 20
        while not (part.exists() and part.stat().st_size == 40_000):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        server.gate.set()
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[0] == "What has arrived is kept: fetch again to continue from there."
    assert part.read_bytes() == bytes(40_000)
    assert not (home / "mask_rcnn_coco.h5").exists()


def test_fetch_knows_only_names() -> None:
    result = run("fetch", "yolo")
    assert (result.exit_code, result.stderr) == (
        2,
        "Error: There are no weights 'yolo' to fetch: the known names are coco, torchvision-v1, torchvision-v2, "
        "detectron2-r50, detectron2-r101.\n",
    )
    assert "need no fetching" in run("fetch", "lite").stderr
    near = "(did you mean torchvision-v2 or torchvision-v1?)."
    assert run("fetch", "torchvision").stderr == f"Error: There are no weights 'torchvision' to fetch {near}\n"
    assert "(did you mean detectron2-r101?)" in run("fetch", "r101").stderr


def test_info_describes_a_matterport_file(matterport_h5: Path) -> None:
    result = run("info", matterport_h5)
    assert result.exit_code == 0
    for words in (
        "Matterport HDF5",
        "ResNet-50",
        "4 with the background",
        "pyramid 256, box head 1024",
        "44,673,706 in",
        "stored as float32",
        "Keras 2.2.4",
        "give them with --labels",
    ):
        assert words in result.stdout
    assert "NUM_CLASSES" not in result.stdout
    assert "NUM_CLASSES                    4" in run("info", matterport_h5, "--all").stdout
    found = json.loads(run("info", matterport_h5, "--json").stdout)
    assert found["config"]["backbone"] == found["backbone"] == "resnet50"
    assert found["sizes"]["anchors_per_cell"] == 3
    assert found["bytes"] == matterport_h5.stat().st_size


def test_info_describes_a_backbone(tmp_path: Path) -> None:
    result = run("info", write_h5(tmp_path / "w.h5", imagenet_groups(True)))
    assert result.exit_code == 0
    assert "training can start from it" in result.stdout
    found = json.loads(run("info", tmp_path / "w.h5", "--json").stdout)
    assert (found["backbone_only"], found["num_classes"]) == (True, None)


def test_info_names_what_is_no_weights_file(tmp_path: Path) -> None:
    (tmp_path / "w.h5").write_bytes(b"<html>")
    result = run("info", tmp_path / "w.h5")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {tmp_path / 'w.h5'} is a web page (HTML)")


def test_verify_a_sound_file(matterport_h5: Path) -> None:
    result = run("verify", matterport_h5)
    assert result.exit_code == 0, result.output
    digest = hashlib.sha256(matterport_h5.read_bytes()).hexdigest()
    assert f"sha256   {digest}\n" in result.stdout
    assert "fit the resnet50 network for 4 classes" in result.stdout
    assert "release  no known release" in result.stdout
    assert result.stdout.endswith("\nsound\n")
    quiet = run("verify", "--quiet", matterport_h5)
    assert (quiet.exit_code, quiet.stdout) == (0, "")


def test_verify_knows_the_release(matterport_h5: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hashlib.md5(matterport_h5.read_bytes()).hexdigest()
    release = Release("coco", "mask_rcnn_coco.h5", "https://example.org", 1, digest, "test", "MIT License")
    monkeypatch.setitem(registry.RELEASES, "coco", release)
    assert "release  coco, https://example.org/mask_rcnn_coco.h5" in run("verify", matterport_h5).stdout


def test_info_names_the_release_and_its_licence(matterport_h5: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hashlib.sha256(matterport_h5.read_bytes()).hexdigest()[:8]
    release = dataclasses.replace(registry.RELEASES["torchvision-v1"], digest=digest)
    monkeypatch.setitem(registry.RELEASES, "torchvision-v1", release)
    lines = [line.split(maxsplit=1) for line in run("info", matterport_h5).stdout.splitlines()]
    assert ["origin", f"torchvision-v1, {release.address}"] in lines
    assert ["licence", release.licence] in lines
    assert json.loads(run("info", matterport_h5, "--json").stdout)["provenance"]["licence"] == release.licence


def test_info_of_a_network_with_gaps(tmp_path: Path) -> None:
    config = TORCHVISION.replace(num_classes=91)
    arrays = {"conv1/kernel": np.ones((7, 7, 3, 4), np.float32), "rpn_class_raw/bias": np.zeros(3, np.float32)}
    path = tmp_path / "ours.npz"
    write_checkpoint(path, Checkpoint(arrays, config, COCO_91_CLASSES), "float16")
    text = run("info", path).stdout
    assert re.search("^classes +91 with the background, 10 of them not used$", text, re.MULTILINE)
    assert re.search("^class names +person, bicycle, .*, fire hydrant, stop sign, .*, toothbrush$", text, re.MULTILINE)
    assert "anchors per cell 3" in text, "one logit an anchor"
    assert json.loads(run("info", path, "--json").stdout)["class_names"] == list(COCO_91_CLASSES)


def test_verify_names_all_that_is_wrong(matterport_h5: Path, tmp_path: Path) -> None:
    path = tmp_path / "broken.h5"
    shutil.copy(matterport_h5, path)
    with h5py.File(path, "a") as file:
        file["conv1/conv1/kernel:0"][0, 0, 0, 0] = np.nan
        del file["fpn_p2/fpn_p2/bias:0"]
        file["fpn_p2"].attrs["weight_names"] = [b"fpn_p2/kernel:0"]
        file["fpn_p2/fpn_p2/scale:0"] = np.ones(3)
    result = run("verify", path)
    assert result.exit_code == 1
    assert "values   not finite in 1 arrays" in result.stdout
    assert "sound" not in result.stdout.splitlines()
    for words in (
        "is not sound: 1 array missing (fpn_p2/bias)",
        "1 array left over (fpn_p2/fpn_p2/scale:0)",
        "values that are not finite in conv1/kernel",
    ):
        assert words in result.stderr


@pytest.fixture(scope="module")
def plain_h5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that fits its network, 4 classes, each array of one value: quick to compress."""
    groups = [
        (layer, [(w.name, np.full(w.shape, 0.25 * i + j, np.float32)) for j, w in enumerate(weights)])
        for i, (layer, weights) in enumerate(inventory("resnet50", 4, pyramid=8, fc=8))
        if weights
    ]
    return write_h5(tmp_path_factory.mktemp("plain") / "plain.h5", groups)


def test_convert_there_and_back(plain_h5: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("background\ncircle\nsquare\ntriangle\n")
    ours, back = tmp_path / "ours.npz", tmp_path / "back.h5"
    setting = ["--set", "IMAGE_MIN_DIM=640", "--set", "mean_pixel=1,2,3"]
    result = run("convert", plain_h5, ours, "--dtype", "float32", "--labels", labels, *setting)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert " parameters, " in result.stderr
    original, converted = read_checkpoint(plain_h5), read_checkpoint(ours)
    assert_same(converted.arrays, original.arrays)
    assert converted.config == original.config.replace(image_min_dim=640, mean_pixel=(1, 2, 3))
    assert converted.class_names == ("background", "circle", "square", "triangle")
    assert converted.provenance["origin"] == "Keras 2.2.4"
    assert converted.provenance["source_file"] == "plain.h5"
    assert converted.provenance["source_sha256"] == hashlib.sha256(plain_h5.read_bytes()).hexdigest()
    assert "circle, square, triangle" in run("info", ours).stdout

    result = run("convert", ours, back)
    assert result.exit_code == 0, result.output
    assert "holds no class names" in result.stderr
    assert_same(read_checkpoint(back).arrays, original.arrays)


def test_convert_the_lite_weights(shared: Path, tmp_path: Path) -> None:
    source, target = shared / "weights" / "lite-init.npz", tmp_path / "lite.npz"
    assert run("convert", source, target).exit_code == 0
    converted = read_checkpoint(target)
    assert converted.stored_dtype == "float16"
    assert converted.class_names == COCO_CLASSES
    assert converted.provenance["licence"] == "Apache License 2.0"
    assert "facebookarchive" in converted.provenance["origin"]
    assert converted.config == read_checkpoint(source).config
    assert run("verify", target).exit_code == 0
    result = run("convert", source, tmp_path / "lite.h5")
    assert result.exit_code == 1
    assert "Only networks with Matterport's layers fit into an .h5 file" in result.stderr


def test_convert_never_destroys(tmp_path: Path) -> None:
    source = write_h5(tmp_path / "in.h5", tiny_groups())
    before = source.read_bytes()
    (tmp_path / "out.npz").write_bytes(b"precious")
    result = run("convert", source, tmp_path / "out.npz")
    assert (result.exit_code, result.stderr) == (
        1,
        f"Error: {tmp_path / 'out.npz'} exists already: --overwrite replaces it.\n",
    )
    (tmp_path / "link.h5").symlink_to(source)
    for target in ("in.h5", "link.h5"):
        result = run("convert", source, tmp_path / target, "--overwrite")
        assert result.exit_code == 2
        assert "is the input itself" in result.stderr
    assert (source.read_bytes(), (tmp_path / "out.npz").read_bytes()) == (before, b"precious")


def test_convert_of_an_unsound_file_writes_nothing(tmp_path: Path) -> None:
    source = write_h5(tmp_path / "in.h5", tiny_groups())
    result = run("convert", source, tmp_path / "out.npz")
    assert result.exit_code == 1
    assert "does not fit the network" in result.stderr
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize(
    ("target", "options", "sentence"),
    [
        ("out.onnx", [], "ends neither in .npz"),
        (".npz.h5", ["--dtype", "float16"], "hold float32 only"),
        ("folder.npz", [], "is a folder"),
        ("out.npz", ["--dtype", "int8"], "'int8' is not one of"),
        ("out.npz", ["--set", "norm_epsilom=1"], "did you mean norm_epsilon?"),
        (".npz.h5", ["--set", "norm_epsilon=1e-5"], "convert to .npz with --set, and that file again"),
        ("out.xml", ["--set", "norm_epsilon=1e-5"], "convert to .npz with --set, and that file again"),
    ],
)
def test_convert_requests_that_make_no_sense(tmp_path: Path, target: str, options: list[str], sentence: str) -> None:
    (tmp_path / "folder.npz").mkdir()
    result = run("convert", write_h5(tmp_path / "in.h5", tiny_groups()), tmp_path / target, *options)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_convert_counts_the_labels(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("one\ntwo\nthree\n")
    source = write_h5(tmp_path / "in.h5", tiny_groups(num_classes=3))
    result = run("convert", source, tmp_path / "out.npz", "--labels", tmp_path / "labels.txt")
    assert result.exit_code == 1
    assert "in.h5 has 3 classes and the labels file 4" in result.stderr


@pytest.mark.parametrize("command", ["list", "info", "fetch", "verify", "convert"])
def test_every_command_has_help(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "--debug" in result.stdout
