"""`maskseg render`: what a direct run with the same options gives, from saved detections, without the network."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from maskseg_cli import SavedDetections, process_images, process_video, segment_images, segment_video
from maskseg_cli.cli.main import main
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.images import read_image, write_image
from maskseg_cli.transform import Transform
from tests.cli.fake_model import DELAY, scene, use_blob_engine
from tests.cli.running import ENVIRONMENT, PROGRAM, tree_of
from tests.cli.video_running import facts, film, json_lines

FILE = "found.maskseg"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    use_blob_engine(monkeypatch.setattr)
    return tmp_path


def run(*arguments: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [*map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def crowd(people: int = 3, dogs: int = 2) -> np.ndarray:
    """A picture with people (scores from 0.9 down to 0.6 with the dogs)."""
    image = np.full((64, 160, 3), (40, 60, 30), np.uint8)
    for number in range(people):
        image[6:28, 6 + 20 * number : 14 + 20 * number] = 255
    for number in range(dogs):
        image[40:50, 6 + 30 * number : 26 + 30 * number] = 255
    return image


def album(folder: Path) -> Path:
    for name, picture in {"a.png": crowd(), "sub/b.png": crowd(1, 3), "empty.png": crowd(0, 0)}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_image(folder / name, picture)
    return folder


def contents(folder: str | Path) -> dict[str, bytes]:
    return {name: (Path(folder) / name).read_bytes() for name in tree_of(Path(folder))}


def same_video(one: str, other: str) -> bool:
    """Whether all pixels and times are equal; x264 may code the same pictures in other bytes from run to run."""
    a, b = facts(one), facts(other)
    same = all(np.array_equal(left, right) for left, right in zip(a.frames, b.frames, strict=True))
    return same and (a.times, a.duration) == (b.times, b.duration)


def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise AssertionError("the network was loaded")

    monkeypatch.setattr("maskseg_cli.inference.loading.open_engine", fail)


CHOICES = [
    [],
    ["--classes", "dog"],
    ["--min-score", "0.65", "--no-boxes", "--alpha", "0.2"],
    ["--max-detections", "2", "--color-by", "class"],
    ["--classes", "person", "--max-detections", "1", "--format", "jpg"],
]


@pytest.mark.parametrize("first", [[], ["--classes", "person", "--max-detections", "1", "--min-score", "0.7"]])
def test_photos_are_those_of_direct_runs(first: list[str], here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    album(here / "photos")
    usual = ["--classes", "all", "--max-detections", "100", "--min-score", "0.5"] if first else []
    for number, options in enumerate(CHOICES):
        run("image", "photos", "-r", "-o", f"direct{number}", "--json", f"d{number}.json", *options)
    run("image", "photos", "-r", "-o", "first", *first)
    run("image", "photos", "-r", "-o", "saving", *first, "--save-detections", FILE)
    assert contents("first") == contents("saving")
    no_network(monkeypatch)
    run("render", FILE, "photos", "-r", "-o", "again", "-q")
    assert contents("again") == contents("first")
    (here / "photos").rename(here / "moved")
    for number, options in enumerate(CHOICES):
        run("render", FILE, "moved", "-r", "-o", f"out{number}", "--json", f"r{number}.json", *usual, *options)
        assert contents(f"direct{number}") == contents(f"out{number}"), options
        assert Path(f"d{number}.json").read_bytes() == Path(f"r{number}.json").read_bytes()


@pytest.mark.parametrize(
    ("first", "options"),
    [
        ([], []),
        ([], ["--classes", "person", "--no-captions"]),
        ([], ["--every", "3"]),
        ([], ["--start", "0.2", "--end", "0.4"]),
        ([], ["--max-frames", "4", "--fps", "10"]),
        (["--every", "3"], ["--every", "3"]),
        (["--every", "2", "--drop"], ["--every", "2", "--drop"]),
        (["--start", "0.2"], ["--start", "0.2"]),
    ],
)
def test_videos_are_those_of_direct_runs(first: list[str], options: list[str], here: Path) -> None:
    film(here / "in.mp4", frames=12)
    run("video", "in.mp4", "-o", "saving.mp4", *first, "--save-detections", FILE)
    run("video", "in.mp4", "-o", "direct.mp4", "--json", "direct.jsonl", *options)
    (here / "moved").mkdir()
    (here / "in.mp4").rename(here / "moved/in.mp4")
    run("render", FILE, "moved/in.mp4", "-o", "again.mp4", "--json", "again.jsonl", *options)
    assert same_video("direct.mp4", "again.mp4")
    assert Path("direct.jsonl").read_bytes() == Path("again.jsonl").read_bytes()


def test_a_result_for_several_frames_stays_that_of_its_frame(here: Path) -> None:
    film(here / "in.mp4", frames=9)
    run("video", "in.mp4", "-o", "a.mp4", "--every", "3", "--json", "a.jsonl", "--save-detections", FILE)
    run("render", FILE, "in.mp4", "-o", "b.mp4", "--json", "b.jsonl")  # every frame is looked up
    assert [line["detected_in"] for line in json_lines("b.jsonl")] == [0, 0, 0, 3, 3, 3, 6, 6, 6]
    assert Path("a.jsonl").read_bytes() == Path("b.jsonl").read_bytes()


def test_several_videos_and_numbered_frames(here: Path) -> None:
    for name, frames in (("clips/a.mp4", 4), ("clips/b.mp4", 6)):
        film(here / name, frames=frames)
    run("video", "clips", "-o", "out", "--save-detections", FILE)
    run("render", FILE, "clips", "-o", "again")
    assert all(same_video(f"out/{name}", f"again/{name}") for name in ("a.mp4", "b.mp4"))
    run("video", "clips/b.mp4", "-o", "frames/%03d.png")
    run("video", "frames/%03d.png", "-o", "a.mp4", "--fps", "10", "--save-detections", "n.maskseg")
    run("video", "frames/%03d.png", "-o", "b.mp4", "--fps", "25")
    run("render", "n.maskseg", "frames/%03d.png", "-o", "c.mp4", "--fps", "25")
    assert same_video("b.mp4", "c.mp4")


def test_a_video_in_another_container(here: Path) -> None:
    import av

    film(here / "in.mp4", frames=8, rate=30)
    run("video", "in.mp4", "-o", "a.mp4", "--save-detections", FILE)
    with av.open("in.mp4") as source, av.open("in.mkv", "w") as target:  # whose times are milliseconds
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    (here / "other").mkdir()
    (here / "in.mkv").rename(here / "other/in.mp4")
    run("render", FILE, "other/in.mp4", "-o", "b.mp4")
    assert len(facts("b.mp4").frames) == 8


class Moving:
    """A transform with state, which looks at the number of the frame that the objects were found in."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def reset(self) -> None:
        self.seen = []

    def __call__(self, frame: Any, detections: Any) -> Any:
        self.seen.append((frame.index, frame.detected_in, detections.confidence.tolist(), detections.names))
        return detections


def test_from_python(here: Path) -> None:
    film(here / "in.mp4", frames=6)
    direct, again = Moving(), Moving()
    transforms: tuple[list[Transform], list[Transform]] = ([direct], [again])
    process_video("in.mp4", "a.mp4", every=2, save_detections=FILE, transforms=transforms[0])
    saved = SavedDetections(FILE)
    assert (saved.kind, saved.names, saved.complete) == ("video", ["in.mp4"], True)
    process_video("in.mp4", "b.mp4", model=saved, transforms=transforms[1])
    assert direct.seen == again.seen
    assert [(f.index, len(d)) for f, d in segment_video("in.mp4", saved, classes="dog")] == [(i, 0) for i in range(6)]
    album(here / "photos")
    process_images("photos", "out", recursive=True, save_detections="p.maskseg")
    found = {f.source: len(d) for f, d in segment_images("photos", SavedDetections("p.maskseg"), recursive=True)}
    assert found == {"a.png": 5, "empty.png": 0, "sub/b.png": 4}
    saved = SavedDetections("p.maskseg")
    for wrong in (
        lambda: process_images("photos", "other", model=saved, size=300),
        lambda: SavedDetections("p.maskseg", min_score=0.05),
        lambda: SavedDetections("p.maskseg", classes="unicorn"),
        lambda: SavedDetections("p.maskseg", max_detections=101),
        lambda: saved(crowd()),
        lambda: process_images("photos", "other", save_detections=5),
        lambda: process_images("photos", "other", save_detections="/dev/stdout"),
    ):
        with pytest.raises(UsageError):
            wrong()


def test_what_a_file_does_not_have_is_said(here: Path) -> None:
    film(here / "in.mp4", frames=10)
    album(here / "photos")
    run("video", "in.mp4", "-o", "a.mp4", "--max-frames", "4", "--save-detections", FILE)
    result = run("render", FILE, "in.mp4", "-o", "b.mp4", code=1)
    assert "no objects of the frame at 0.16 s of in.mp4: it has those from 0.00 to 0.12 s; see --start" in result.stderr
    assert not Path("b.mp4").exists()
    assert len(facts("b.partial.mp4").frames) == 4
    run("render", FILE, "in.mp4", "-o", "b.mp4", "--end", "0.15")
    film(here / "other.mp4", frames=10)
    assert "no objects of other.mp4" in run("render", FILE, "other.mp4", "-o", "c.mp4", code=1).stderr
    film(here / "large/in.mp4", frames=4, size=(128, 96))
    assert "it is another picture" in run("render", FILE, "large/in.mp4", "-o", "c.mp4", code=1).stderr
    run("video", "in.mp4", "-o", "d.mp4", "--every", "3", "--drop", "--save-detections", "d.maskseg")
    assert "--every 3 --drop" in run("render", "d.maskseg", "in.mp4", "-o", "e.mp4", code=1).stderr
    run("image", "photos/a.png", "-o", "a.png", "--save-detections", "p.maskseg")
    result = run("render", "p.maskseg", "photos", "-r", "-o", "out", code=1)
    assert "p.maskseg has no objects of empty.png" in result.stderr
    assert tree_of(Path("out")) == ["a.png"]
    for name in ("one/same.png", "two/same.png"):
        write_image(here / "twins" / name, crowd())
    run("image", "twins", "-r", "-o", "t", "--save-detections", "t.maskseg")
    result = run("render", "t.maskseg", "twins/two", "-o", "again", code=1)
    assert "2 of the name same.png (one/same.png, two/same.png): name the sources as in the first" in result.stderr


def test_wrong_use(here: Path) -> None:
    film(here / "in.mp4", frames=2)
    run("video", "in.mp4", "-o", "a.mp4", "--save-detections", FILE)
    for arguments, message in (
        (["--quality", "80"], "--quality is not for video"),
        (["--size", "300"], "There is no option --size"),
        (["--tta"], "There is no option --tta"),
        (["--batch", "2"], "There is no option --batch"),
        (["--min-score", "0.05"], "from a score of 0.1 on"),
        (["--classes", "unicorn"], "unicorn"),
    ):
        assert message in run("render", FILE, "in.mp4", "-o", "b.mp4", *arguments, code=2).stderr
    before = Path(FILE).read_bytes()
    assert "never overwritten" in run("render", FILE, "in.mp4", "-o", FILE, "--overwrite", code=2).stderr
    assert "holds no detections" in run("render", "in.mp4", "in.mp4", "-o", "b.mp4", code=1).stderr
    assert "exists already" in run("video", "in.mp4", "-o", "c.mp4", "--save-detections", FILE, code=1).stderr
    assert "needs the name of a file" in run("image", "x.jpg", "--save-detections", "-", code=2).stderr
    assert Path(FILE).read_bytes() == before
    write_image(here / "x.png", scene())
    run("image", "x.png", "-o", "y.png", "--save-detections", "p.maskseg")
    assert "--start is not for photos" in run("render", "p.maskseg", "x.png", "--start", "1", code=2).stderr


def test_a_stopped_run_is_continued(here: Path) -> None:
    album(here / "photos")
    run("image", "photos/a.png", "-o", "out/a.png", "--save-detections", FILE)
    run("image", "photos", "-r", "-o", "out", "--skip-existing", "--save-detections", FILE)
    run("image", "photos", "-r", "-o", "direct")
    run("render", FILE, "photos", "-r", "-o", "again")
    assert contents("direct") == contents("again")
    (here / "photos/c.png").write_bytes(b"broken")
    run("image", "photos", "-r", "-o", "out", "--skip-existing", "--save-detections", FILE, code=1)
    assert SavedDetections(FILE).names == ["a.png", "empty.png", "sub/b.png"]


def test_a_killed_run_leaves_its_frames(here: Path) -> None:
    film(here / "in.mp4", frames=60)
    environment = {**ENVIRONMENT, DELAY: "0.05"}
    command = [*PROGRAM[:-1], "video", "in.mp4", "-o", "a.mp4", "--save-detections", FILE]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    partial = here / "found.partial.maskseg"
    until = time.monotonic() + 60
    while not (partial.exists() and partial.stat().st_size > 3000) and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    process.wait()
    assert not Path(FILE).exists()
    saved = SavedDetections(partial)
    assert not saved.complete
    result = run("render", partial, "in.mp4", "-o", "b.mp4", code=1)
    assert "because the run that made it was stopped" in result.stderr
    assert 5 < len(facts("b.partial.mp4").frames) < 60


def test_no_library_of_networks_is_loaded(here: Path) -> None:
    film(here / "in.mp4", frames=3)
    write_image(here / "a.png", scene())
    run("video", "in.mp4", "-o", "a.mp4", "--save-detections", "v.maskseg")
    run("image", "a.png", "-o", "b.png", "--save-detections", "p.maskseg")
    code = """
import sys
from maskseg_cli.cli.main import main
try:
    main(sys.argv[1:])
finally:
    print([name for name in ("openvino", "tensorflow", "keras", "h5py") if name in sys.modules])
"""
    for arguments in (["v.maskseg", "in.mp4", "-o", "c.mp4"], ["p.maskseg", "a.png", "-o", "d.png"]):
        done = subprocess.run(
            [sys.executable, "-c", code, "render", "-q", *arguments], capture_output=True, env=ENVIRONMENT, text=True
        )
        assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
    assert np.array_equal(read_image("b.png"), read_image("d.png"))


def test_what_is_saved_is_all_that_the_network_finds(here: Path) -> None:
    write_image(here / "a.png", crowd(4, 4))
    run("image", "a.png", "-o", "b.png", "--classes", "dog", "--max-detections", "1", "--save-detections", FILE)
    run("render", FILE, "a.png", "-o", "c.png", "--json", "c.json", "--classes", "all", "--max-detections", "50")
    found = json.loads(Path("c.json").read_text())["annotations"]
    assert sorted(one["category_id"] for one in found) == [1] * 4 + [18] * 4


def test_saved_detections_with_a_real_network(shared: Path, tmp_path: Path) -> None:
    photos = sorted((shared / "data/coco/val").glob("*.jpg"))[:6]
    process_images(photos, tmp_path / "direct", json=tmp_path / "direct.json")
    process_images(photos, tmp_path / "first", save_detections=tmp_path / FILE)
    process_images(photos, tmp_path / "again", json=tmp_path / "again.json", model=SavedDetections(tmp_path / FILE))
    assert contents(tmp_path / "direct") == contents(tmp_path / "first") == contents(tmp_path / "again")
    assert (tmp_path / "direct.json").read_bytes() == (tmp_path / "again.json").read_bytes()


def test_a_file_of_nothing(here: Path) -> None:
    (here / "photos").mkdir()
    (here / "photos/a.png").write_bytes(b"broken")
    run("image", "photos/a.png", "-o", "b.png", "--save-detections", FILE, code=1)
    assert tree_of(here) == ["photos/a.png"]
    with pytest.raises(MasksegError):
        SavedDetections(FILE)
