"""Photos on a cluster: the same files, messages and order as in one process, whatever happens to workers."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli import process_images
from maskseg_cli.errors import UsageError
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink
from tests.cluster.stand_in import Killer, first_only

pytestmark = pytest.mark.usefixtures("cluster")

#: Every format for photos, and all other files that a run writes.
EXPORTS = ("labelme", "yolo", "voc", "masks", "coco", "coco-polygons", "cvat", "csv", "jsonl")


class Words(Reporter):
    """Keeps what a run says."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def say(self, sentence: str) -> None:
        self.words.append(sentence)

    warn = say


def run(out: str, **options: Any) -> tuple[Any, list[str]]:
    """Does the photos into a folder, JSON and summary beside it; what was said has no folder's name in it."""
    words = Words()
    settings: dict[str, Any] = {"json": f"{out}/found.json", "summary": f"{out}/summary.json", "recursive": True}
    done = process_images("photos", f"{out}/drawn", reporter=words, **{**settings, **options})
    return done, [sentence.replace(f"{out}/", "") for sentence in words.words]


def differing(one: Path, other: Path, left_out: Iterable[str] = ()) -> list[str]:
    """Files that differ; times of a summary do not count."""
    files = {path.relative_to(root).as_posix() for root in (one, other) for path in root.rglob("*") if path.is_file()}
    assert len(files) > 20

    def content(path: Path) -> object:
        if not path.is_file():
            return None
        if path.name != "summary.json":
            return path.read_bytes()
        text = re.sub(r'"seconds": [0-9.e-]+', '"seconds": 0', path.read_text())
        return json.loads(text.replace(f'"{one.name}/', '"').replace(f'"{other.name}/', '"'))

    return sorted(name for name in files if content(one / name) != content(other / name))


def test_everything_that_is_written_and_said_is_as_without_a_cluster(photos: Path, tmp_path: Path) -> None:
    def options(out: str) -> dict[str, Any]:
        return {
            "export": EXPORTS,
            "export_dir": f"{out}/export",
            "cutout": f"{out}/cut",
            "save_detections": f"{out}/found.msk",
            "counts": f"{out}/counts.json",
            "sizes": f"{out}/sizes.csv",
            "count": True,
            "zone": "half=0,0,0.5,0,0.5,1,0,1",
            "effect": "pixelate",
            "draw": "all",
            "transforms": [first_only],
            "batch": 2,
        }

    here, said_here = run("here", **options("here"))
    there, said_there = run("there", ray="local", ray_workers=2, **options("there"))
    assert differing(tmp_path / "here", tmp_path / "there") == []
    assert said_here == said_there
    assert (here.done, here.objects, here.failures) == (there.done, there.objects, there.failures)
    assert there.done == 24
    assert list(there.failures) == ["photos/05.jpg"]


def test_a_killed_worker_loses_nothing(photos: Path, tmp_path: Path) -> None:
    run("here", cutout="here/cut")
    (tmp_path / "kills").mkdir()
    done, said = run(
        "there", cutout="there/cut", transforms=[Killer("11.jpg", tmp_path / "kills")], ray=True, ray_workers=2
    )
    assert differing(tmp_path / "here", tmp_path / "there") == []
    assert done.done == 24
    notes = [sentence for sentence in said if sentence.startswith("Note: 1 worker ended while doing")]
    assert len(notes) == 1
    assert "done again" in notes[0]
    assert [path.name for path in (tmp_path / "kills").iterdir()] == ["0"]


def test_a_photo_that_ends_every_worker_fails_alone(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "kills").mkdir()
    done, _ = run("there", transforms=[Killer("inner/06.jpg", tmp_path / "kills", 99)], ray=True, ray_workers=1)
    assert done.done == 23
    assert sorted(done.failures) == ["photos/05.jpg", "photos/inner/06.jpg"]
    assert "has ended 3 worker processes" in done.failures["photos/inner/06.jpg"]
    assert len(list((tmp_path / "kills").iterdir())) == 3
    assert len(json.loads((tmp_path / "there/found.json").read_text())["images"]) == 23


def test_what_exists_is_kept_and_the_rest_is_done(photos: Path, tmp_path: Path) -> None:
    run("here", export=("csv",), export_dir="here/export")
    run("there", export=("csv",), export_dir="there/export")
    for name in ("drawn/02.jpg", "drawn/inner/00.png"):
        (tmp_path / "there" / name).unlink()
    known = json.loads((tmp_path / "there/found.json").read_text())
    [lost] = [image["id"] for image in known["images"] if image["file_name"] == "01.jpg"]
    known["images"] = [image for image in known["images"] if image["id"] != lost]
    known["annotations"] = [one for one in known["annotations"] if one["image_id"] != lost]
    (tmp_path / "there/found.json").write_text(json.dumps(known))
    before = (tmp_path / "there/drawn/01.jpg").stat().st_mtime_ns
    done, _ = run("there", export=("csv",), export_dir="there/export", ray=True, ray_workers=1, skip_existing=True)
    assert (done.done, done.kept, done.failed) == (3, 21, 1)  # 01.jpg is done for the JSON alone
    images = json.loads((tmp_path / "there/found.json").read_text())["images"]
    assert len({image["file_name"] for image in images}) == len(images) == 24
    assert (tmp_path / "there/drawn/01.jpg").stat().st_mtime_ns == before
    assert done.unknown == 0
    with (tmp_path / "there/export/objects.csv").open() as there, (tmp_path / "here/export/objects.csv").open() as here:
        keys = [[(row["file"], row["object"]) for row in csv.DictReader(file)] for file in (there, here)]
    assert sorted(keys[0]) == sorted(keys[1])


def test_a_run_that_was_stopped_is_complete_up_to_there(photos: Path, tmp_path: Path) -> None:
    from maskseg_cli.stop_token import StopToken

    stop = StopToken()

    class Stopping(Words):
        def say(self, sentence: str) -> None:
            super().say(sentence)
            if " -> " in sentence:
                stop.request()

    for number in range(100, 220):
        shutil.copy(photos / "01.jpg", photos / f"{number}.jpg")
    done = process_images("photos", "out", json="found.json", stop=stop, reporter=Stopping(), ray=True, ray_workers=1)
    images = json.loads((tmp_path / "found.json").read_text())["images"]
    written = [path for path in (tmp_path / "out").rglob("*.*") if not path.name.startswith(".")]
    assert 1 <= done.done == len(images) < 120
    assert len(written) == len(images)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"show": True}, "--show cannot be used with --ray"),
        ({"watch": True}, "--watch cannot be used with --ray"),
        ({"report": "r.html"}, "--report cannot be used with --ray"),
        ({"output": "-", "sources": "photos/01.jpg"}, "standard input and output"),
        ({"sinks": [Sink()]}, "The sink Sink does not say"),
        ({"transforms": [lambda frame, found: found]}, "cannot be sent to the workers"),
        ({"ray": "photos"}, "--ray takes auto, local"),
        ({"ray": "ray://head:10001"}, "with --ray auto"),
        ({"ray": None, "ray_workers": 2}, "give --ray too"),
    ],
)
def test_what_needs_one_process_is_refused(photos: Path, options: dict[str, Any], words: str) -> None:
    arguments = {"sources": "photos", "output": "out", "ray": "local", **options}
    with pytest.raises(UsageError, match=words):
        process_images(arguments.pop("sources"), arguments.pop("output"), **arguments)
    assert not Path("out").exists()


def test_a_loaded_network_and_transforms_with_state_are_refused(photos: Path) -> None:
    from tests.cli.fake_model import blob_predictor

    class Counting:
        def reset(self) -> None: ...
        def __call__(self, frame: Any, detections: Any) -> Any:
            return detections

    with pytest.raises(UsageError, match="which each worker loads"):
        process_images("photos", "out", model=blob_predictor(), ray="local")
    with pytest.raises(UsageError, match="Counting keeps state from photo to photo"):
        process_images("photos", "out", transforms=[Counting()], ray="local")


def test_a_long_list_takes_several_executions(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskseg_cli.cluster.block_map._LEG", 8)
    run("here")
    done, _ = run("there", ray=True, ray_workers=2)
    assert done.done == 24
    assert differing(tmp_path / "here", tmp_path / "there") == []
