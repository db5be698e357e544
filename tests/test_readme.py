"""Each command and each piece of Python that README.md and docs/ show, run as a reader would."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from skimage import data

from maskseg_cli.checkpoints import read_checkpoint
from maskseg_cli.checkpoints.releases import RELEASES
from maskseg_cli.media.images import read_image, write_image
from maskseg_cli.media.picture_formats import FORMAT_OF
from maskseg_cli.training.run_files import LAST_WEIGHTS, STATE_FILE
from maskseg_cli.video.video_formats import FORMATS
from maskseg_cli.video.video_sources import is_sequence
from tests.checkpoints.web_server import serving
from tests.cli.video_running import facts, film
from tests.documents import PAGES, PROJECT, README, Block, blocks, commands
from tests.kept_conversions import kept_conversions
from tests.parity.make_matterport_weights import write as write_matterport_weights
from tests.shell import Shell, opened_shell

#: Commands that only install or call others, and what stands for them here.
ELSEWHERE = {
    "python3 -m pip install": "reaches the package index; test_package.py builds, installs and runs the wheel",
    "maskseg weights quantize": "takes long; tests/cli/test_weights_networks.py runs it",
    "make": "runs all of this; its targets are checked with `make --dry-run`",
}


def own_commands(block: Block) -> list[str]:
    """The commands that are run here."""
    return [line for line in commands(block) if not line.startswith(tuple(ELSEWHERE))]


DOCUMENTS = (README, *PAGES)
SHELL_BLOCKS = [block for path in DOCUMENTS for block in blocks(path, "bash", "console") if own_commands(block)]
PYTHON_BLOCKS = [block for path in DOCUMENTS for block in blocks(path, "python")]


@pytest.fixture
def desk(tmp_path: Path, mine_h5: Path) -> Path:
    """A folder with the files that README speaks of."""
    coffee = cv2.resize(data.coffee()[:, :, ::-1], (300, 200))
    write_image(tmp_path / "photo.jpg", coffee)
    for name in ("one", "two"):
        write_image(tmp_path / "photos" / f"{name}.jpg", coffee)
    film(tmp_path / "in.mp4", frames=8)
    for name in ("one", "two"):
        film(tmp_path / "videos" / f"{name}.mp4", frames=2)
    outline = [100, 20, 200, 20, 200, 150, 100, 150]
    truth = {
        "images": [
            {"id": i, "file_name": f"{n}.jpg", "width": 300, "height": 200} for i, n in ((1, "one"), (2, "two"))
        ],
        "categories": [{"id": 47, "name": "cup"}],
        "annotations": [
            {"id": i, "image_id": i, "category_id": 47, "iscrowd": 0, "area": 13000.0}
            | {"bbox": [100, 20, 100, 130], "segmentation": [outline]}
            for i in (1, 2)
        ],
    }
    (tmp_path / "annotations.json").write_text(json.dumps(truth))
    (tmp_path / "mine.h5").symlink_to(mine_h5)
    (tmp_path / "mine.txt").write_text("circle\nsquare\ntriangle\n")
    return tmp_path


@pytest.fixture(scope="module", autouse=True)
def networks_are_kept() -> Iterator[None]:
    """Loads a network once for all blocks that ask for the same one: a second of each command's time."""
    from maskseg_cli.inference import loading

    kept: dict[str, Any] = {}
    load = loading.load_model

    def load_once(*arguments: Any, **options: Any) -> Any:
        key = repr((arguments, sorted((name, value) for name, value in options.items() if name != "reporter")))
        if key not in kept:
            kept[key] = load(*arguments, **options)
        return kept[key]

    with kept_conversions(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "load_model", load_once)
        yield


@pytest.fixture(scope="module")
def mine_h5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Matterport file with a narrow pyramid and narrow heads: half of the values, a third of the arithmetic."""
    path = tmp_path_factory.mktemp("mine") / "mine.h5"
    write_matterport_weights(path, "resnet50", num_classes=4, pyramid=16, fc=16)
    return path


@pytest.fixture
def shell(desk: Path, lite_home: Path, quick_compression: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A shell in that folder; `weights fetch` reaches a server of the tests with a small file."""
    content = np.random.default_rng(1).bytes(50_000)
    md5 = hashlib.md5(content).hexdigest()
    for name, release in list(RELEASES.items()):
        small = dataclasses.replace(release, size=len(content), digest=md5, algorithms=("md5",))
        monkeypatch.setitem(RELEASES, name, small)
    with serving(content) as server, opened_shell(desk) as opened:
        monkeypatch.setenv("MASKSEG_WEIGHTS_URL", server.url)
        yield opened


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash to run the lines")
@pytest.mark.parametrize("block", SHELL_BLOCKS, ids=str)
def test_commands_run(block: Block, shell: Shell) -> None:
    lines = own_commands(block)
    done = shell.run("\n".join(lines))
    assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
    for line in lines:
        for path in results(line):
            assert_whole(shell.folder / path)


def results(line: str) -> list[str]:
    """The files and folders that a command is told to write."""
    words = shlex.split(line)
    if words[:3] == ["maskseg", "weights", "convert"]:
        return [words[4]]
    if "--dry-run" in words:
        return []
    named = [
        after for word, after in itertools.pairwise(words) if word in ("-o", "--output", "--json", "--record", ">")
    ]
    return [path for path in named if path != "-"]


def assert_whole(path: Path) -> None:
    """A folder of pictures, of an inspection, of a training run, a picture, or another file that says something."""
    if (path / STATE_FILE).exists():
        assert read_checkpoint(path / LAST_WEIGHTS).class_names is not None
        assert len((path / "log.csv").read_text().splitlines()) == 2
    elif (path / "index.html").exists():  # of `maskseg inspect`
        page = (path / "index.html").read_text(encoding="utf-8")
        assert page.count("<img") > 3
        assert page.endswith("</body></html>\n")
    elif path.is_dir():
        reports = {"all.json", "photos.csv"}
        assert sorted(item.stem for item in path.iterdir() if item.name not in reports) == ["one", "two"]
        for item in path.iterdir():
            assert_whole(item)
    elif is_sequence(str(path)):
        assert read_image(str(path) % 1).shape == (64, 96, 3)
    elif path.suffix in FORMATS:
        assert facts(path).frames[0].shape == (64, 96, 3)
    elif path.suffix == ".csv":
        assert len(path.read_text().splitlines()) == 3
    elif path.suffix == ".jsonl":
        assert all(json.loads(line)["width"] == 96 for line in path.read_text().splitlines())
    elif path.suffix in FORMAT_OF:
        assert read_image(path).shape == (200, 300, 3)
    elif path.suffix == ".json":
        assert json.loads(path.read_bytes())
    else:
        assert path.stat().st_size > 1000


def test_the_first_command_writes_the_file_that_is_promised(shell: Shell) -> None:
    assert commands(SHELL_BLOCKS[0]) == ["maskseg image photo.jpg"]
    done = shell.run("maskseg image photo.jpg")
    assert re.fullmatch(r"(Preparing .+\n)?photo\.jpg: .+ -> photo_maskseg\.jpg\n", done.stderr)
    drawn, photo = read_image(shell.folder / "photo_maskseg.jpg"), read_image(shell.folder / "photo.jpg")
    assert (np.abs(drawn.astype(int) - photo) > 40).any(axis=2).mean() > 0.05


@pytest.mark.parametrize("block", PYTHON_BLOCKS, ids=str)
def test_python_runs(
    block: Block, desk: Path, lite_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(desk)
    before = set(desk.rglob("*"))
    exec(compile(block.code, str(block), "exec"), {})
    for name in re.findall(r'imwrite\("([^"]+)"', block.code):
        assert read_image(desk / name).shape == (200, 300, 3)
    written = sorted(path for path in set(desk.rglob("*")) - before if path.is_file())
    assert all(path.stat().st_size > 0 and not path.name.startswith(".") for path in written)
    assert written or capsys.readouterr().out


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_make_targets_exist() -> None:
    text = README.read_text(encoding="utf-8")
    named = sorted(set(re.findall(r"`make ([a-z]+)|^make ([a-z]+)", text, re.MULTILINE)))
    targets = sorted({first or second for first, second in named})
    assert {"demo", "test", "help"} <= set(targets)
    for target in targets:
        done = subprocess.run(["make", "--dry-run", target], cwd=PROJECT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in headings
        elif not target.startswith("https://"):
            assert (path.parent / target.split("#")[0]).is_file(), target
