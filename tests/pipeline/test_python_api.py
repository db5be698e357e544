"""The functions of the package: photos, videos and cameras without the command line."""

from __future__ import annotations

import ast
import csv
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import maskseg_cli
from maskseg_cli import (
    CocoJson,
    Detections,
    Frame,
    JsonLines,
    PictureFiles,
    ProgressReporter,
    Reporter,
    Sink,
    StopToken,
    VideoFile,
    draw,
    process_camera,
    process_images,
    process_video,
    process_videos,
    segment_images,
    segment_video,
)
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.media.images import write_image
from tests.cli import running, video_running
from tests.cli.fake_model import BlobEngine, blob_predictor, scene, use_blob_engine
from tests.cli.running import ENVIRONMENT, tree_of
from tests.cli.video_running import facts, film, json_lines
from tests.documents import PROJECT, blocks


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with photos and videos as the current one, and the stand-in in place of the network."""
    monkeypatch.chdir(tmp_path)
    use_blob_engine(monkeypatch.setattr)
    for name in ("a", "b", "c"):
        write_image(tmp_path / "photos" / f"{name}.png", scene())
    film(tmp_path / "in.mp4", frames=12)
    return tmp_path


def pictures(video: Path) -> np.ndarray:
    """All pictures of a video: uint8 (N, H, W, 3), RGB."""
    with av.open(str(video)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


class Recorder(Sink):
    """Notes all calls."""

    def __init__(self, needs_picture: bool = False) -> None:
        self.needs_picture = needs_picture
        self.calls: list[Any] = []

    def start(self, class_names: tuple[str, ...]) -> None:
        self.calls.append(("start", class_names[:2]))

    def add(self, frame: Frame, detections: Detections, picture: np.ndarray | None) -> None:
        self.calls.append((frame.source, frame.index, len(detections), picture is not None))

    def skip(self, name: str, target: str | None) -> None:
        self.calls.append(("skip", name))

    def fail(self, name: str, reason: str) -> None:
        self.calls.append(("fail", name))

    def finish(self) -> None:
        self.calls.append("finish")

    def discard(self) -> None:
        self.calls.append("discard")


class Notes(Reporter):
    """Keeps what a run reports."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warned: list[str] = []
        self.bars: list[tuple[int | None, str, str, list[int]]] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def warn(self, sentence: str) -> None:
        self.warned.append(sentence)

    @contextmanager
    def progress(self, total: int | None, unit: str, label: str = "", done: int = 0) -> Iterator[Callable[[int], None]]:
        moves: list[int] = []
        self.bars.append((total, unit, label, moves))
        yield moves.append


class Newest:
    """A transform with state: keeps the first object of every frame, and counts the frames."""

    def __init__(self) -> None:
        self.seen = self.resets = 0

    def reset(self) -> None:
        self.resets += 1
        self.seen = 0

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        self.seen += 1
        return detections[:1]


def test_photos_give_what_the_command_gives(here: Path) -> None:
    running.run("photos", "-o", "command", "--json", "command.json", "--summary", "command.csv", "--alpha", "0.3")
    summary = process_images("photos", "python", json="python.json", summary="python.csv", alpha=0.3)
    assert (summary.done, summary.kept, summary.failed) == (3, 0, 0)
    assert dict(summary.objects) == {"person": 3, "dog": 3}
    assert (here / "command.json").read_bytes() == (here / "python.json").read_bytes()
    for name in tree_of(here / "command"):
        assert (here / "command" / name).read_bytes() == (here / "python" / name).read_bytes()
    assert (here / "python.csv").is_file()


def test_a_video_gives_what_the_command_gives(here: Path) -> None:
    drawn = ("--classes", "person", "--alpha", "0.9", "--no-captions")
    video_running.run("in.mp4", "-o", "command.mp4", "--json", "command.jsonl", "--every", "3", *drawn)
    look = {"classes": "person", "alpha": 0.9, "captions": False}
    result = process_video("in.mp4", "python.mp4", json="python.jsonl", every=3, **look)
    assert result is not None
    assert result.written is not None
    assert (result.written.frames, result.frames, dict(result.most)) == (12, 12, {"person": 1})
    # Pictures, not bytes: libx264 itself encodes the same small pictures in two ways now and then (mbtree, one thread).
    command, python = (pictures(here / name) for name in ("command.mp4", "python.mp4"))
    assert len(command) == 12
    assert np.array_equal(command, python)
    process_video("in.mp4", "pale.mp4", every=3, **{**look, "alpha": 0.1})
    assert not np.array_equal(python, pictures(here / "pale.mp4"))
    assert (here / "command.jsonl").read_bytes() == (here / "python.jsonl").read_bytes()


def test_the_same_errors_as_the_command(here: Path) -> None:
    running.run("photos/a.png", "-o", "a.png")
    with pytest.raises(MasksegError, match=r"a\.png exists already: --overwrite"):
        process_images("photos/a.png", "a.png")
    with pytest.raises(UsageError, match="did you mean alpha"):
        process_images("photos", "out", alhpa=0.3)
    with pytest.raises(UsageError, match="zebra"):
        process_images("photos", "out", classes="zebre")
    with pytest.raises(UsageError, match="--drop leaves out"):
        process_video("in.mp4", "out.mp4", drop=True)
    with pytest.raises(UsageError, match="loaded already"):
        process_video("in.mp4", "out.mp4", model=blob_predictor(), size=320)
    with pytest.raises(UsageError, match="did you mean start"):
        next(segment_video("in.mp4", strat=1))
    with pytest.raises(MasksegError, match=r"no file or folder nowhere\.jpg"):
        process_images("nowhere.jpg")
    assert not (here / "out").exists()


def test_a_photo_that_fails_is_in_the_summary_and_alone_is_an_error(here: Path) -> None:
    (here / "photos" / "b.png").write_bytes(b"")
    recorder, notes = Recorder(), Notes()
    summary = process_images("photos", "out", sinks=[recorder], reporter=notes)
    assert summary.failures == {str(Path("photos", "b.png")): f"{Path('photos', 'b.png')} is empty (0 bytes)."}
    assert recorder.calls == [
        ("start", ("background", "person")),
        ("a.png", 0, 2, True),
        ("fail", str(Path("photos", "b.png"))),
        ("c.png", 2, 2, True),
        "finish",
    ]
    assert len(notes.warned) == 2
    assert [(total, unit) for total, unit, *_ in notes.bars] == [(3, "photo")]
    assert notes.bars[0][3] == [1, 2, 3]
    recorder = Recorder()
    with pytest.raises(MasksegError, match="is empty"):
        process_images("photos/b.png", "out", sinks=[recorder])
    assert recorder.calls[1:] == [("fail", str(Path("photos", "b.png"))), "discard"]


def test_results_that_are_kept_are_skipped(here: Path) -> None:
    process_images("photos/b.png", "out/")
    recorder = Recorder()
    process_images("photos", "out", sinks=[recorder], skip_existing=True)
    assert [call[0] for call in recorder.calls] == ["start", "skip", "a.png", "c.png", "f"]


def test_nothing_is_drawn_where_no_sink_needs_the_picture(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr("maskseg_cli.drawing.rendering.draw", lambda *_: drawn.append(1))
    process_images("photos", "out")
    assert len(drawn) == 3
    drawn.clear()
    with CocoJson("r.json") as coco, JsonLines("r.jsonl") as lines:
        for frame, detections in segment_images("photos"):
            coco.add(frame, detections, None)
        for frame, detections in segment_video("in.mp4"):
            lines.add(frame, detections, None)
    assert drawn == []
    assert len(json.loads((here / "r.json").read_bytes())["images"]) == 3
    assert len(json_lines("r.jsonl")) == 12


def test_a_transform_and_a_sink_for_photos_and_videos(here: Path) -> None:
    newest, recorder = Newest(), Recorder(needs_picture=True)
    process_images("photos", "out", transforms=[newest], sinks=[recorder], json="r.json")
    assert (newest.seen, newest.resets) == (3, 1)
    assert recorder.calls[1:] == [("a.png", 0, 1, True), ("b.png", 1, 1, True), ("c.png", 2, 1, True), "finish"]
    assert len(json.loads((here / "r.json").read_bytes())["annotations"]) == 3
    recorder = Recorder()
    film(here / "films" / "a.mp4", frames=4)
    film(here / "films" / "b.mp4", frames=5)
    done = process_videos("films", "films-out", transforms=[newest], sinks=[recorder], every=2).done
    assert [one.frames for one in done] == [4, 5]
    assert (newest.seen, newest.resets) == (5, 3)  # state does not go from video to video
    assert [call[:2] for call in recorder.calls[1:-1]] == [
        *(("a.mp4", i) for i in range(4)),
        *(("b.mp4", i) for i in range(5)),
    ]
    assert recorder.calls[-1] == "finish"


def test_the_same_transform_and_sink_for_a_camera(here: Path) -> None:
    newest, recorder = Newest(), Recorder()
    summary = process_camera("in.mp4", window=False, sinks=[recorder], transforms=[newest], track=False)
    assert summary.frames >= 1
    assert (newest.seen, newest.resets) == (summary.frames, 1)
    assert [call[2:] for call in recorder.calls[1:-1]] == [(1, False)] * summary.frames
    assert recorder.calls[-1] == "finish"
    recorder = Recorder(needs_picture=True)
    again = process_camera("in.mp4", window=False, record="seen.mp4", sinks=[recorder, JsonLines("camera.jsonl")])
    assert len(facts("seen.mp4").frames) >= 1
    assert all(call[3] for call in recorder.calls[1:-1])
    assert len(json_lines("camera.jsonl")) == again.frames


@pytest.mark.parametrize("kind", ["photo", "video", "camera"])
def test_the_documented_transform_and_sink(here: Path, kind: str) -> None:
    """The classes that docs/python-api.md shows, as they stand there."""
    shown: dict[str, Any] = {}
    for block in blocks(PROJECT / "docs" / "python-api.md", "python"):
        tree = ast.parse(block.code)
        body = [node for node in tree.body if isinstance(node, (ast.ClassDef, ast.Import, ast.ImportFrom))]
        if any(isinstance(node, ast.ClassDef) for node in body):
            exec(compile(ast.Module(body, []), str(block), "exec"), shown)
    transform, sink = shown["LargeOnly"](0.04), shown["CountsTable"]("counts.csv")  # the person covers 3 %, the dog 5 %
    options: dict[str, Any] = {"transforms": [transform], "sinks": [sink]}
    if kind == "photo":
        process_images("photos/a.png", "out.png", **options)
    elif kind == "video":
        process_video("in.mp4", "out.mp4", **options)
    else:
        process_camera("in.mp4", window=False, **options)
    rows = list(csv.DictReader((here / "counts.csv").open(encoding="utf-8", newline="")))
    source, counts, number = {"photo": ("a.png", "1", 1), "video": ("in.mp4", "0", 12)}.get(kind, ("in.mp4", "0", 0))
    assert len(rows) == number or kind == "camera"
    assert {(row["source"], row["objects"]) for row in rows} == {(source, counts)}


def test_frames_say_where_they_come_from(here: Path) -> None:
    frames = [frame for frame, _ in segment_video("in.mp4", every=5)]
    assert [frame.index for frame in frames] == list(range(12))
    assert [frame.detected_in for frame in frames] == [0] * 5 + [5] * 5 + [10] * 2
    assert frames[3].time == 3 * frames[3].duration
    assert all(frame.image.shape == (64, 96, 3) for frame in frames)


def test_leaving_a_loop_early_closes_everything(here: Path) -> None:
    film(here / "long.mp4", frames=400)
    before = set(threading.enumerate())
    for frame, _ in segment_video("long.mp4"):
        if frame.index == 3:
            break
    for _ in segment_images("photos"):
        break
    del frame, _
    left = [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("maskseg")]
    assert left == []


def test_a_photo_that_fails_in_a_loop(here: Path) -> None:
    (here / "photos" / "b.png").write_bytes(b"")
    with pytest.raises(MasksegError, match="is empty"):
        list(segment_images("photos"))
    failed: list[str] = []
    found = list(segment_images("photos", on_error=lambda name, error: failed.append(name)))
    assert [frame.source for frame, _ in found] == ["a.png", "c.png"]
    assert failed == [str(Path("photos", "b.png"))]


def test_sinks_of_the_package_work_alone(here: Path) -> None:
    with VideoFile("out.avi") as video, VideoFile("frames/%04d.png") as numbered, PictureFiles("marked") as pictures:
        for frame, detections in segment_video("in.mp4", end=0.2):
            picture = draw(frame.image, detections)
            for sink in (video, numbered, pictures):
                sink.add(frame, detections, picture)
    assert len(facts("out.avi").frames) == video.written.frames == 5
    assert tree_of(here / "frames") == [f"{i:04}.png" for i in range(5)]
    assert len(tree_of(here / "marked")) == 5
    with VideoFile("slides.mp4") as slides, PictureFiles("marked2") as pictures:
        for frame, detections in segment_images("photos"):
            slides.add(frame, detections, frame.image)
            pictures.add(frame, detections, frame.image)
    assert len(facts("slides.mp4").frames) == 3
    assert tree_of(here / "marked2") == []  # a photo's result has its own place
    with pytest.raises(RuntimeError):
        stop_in_the_middle(here / "broken.mp4")
    assert not (here / "broken.mp4").exists()


def stop_in_the_middle(path: Path) -> None:
    with VideoFile(path) as sink:
        sink.add(Frame(scene()), Detections.empty((64, 96)), scene())
        raise RuntimeError


def test_a_stop_requested_from_another_place_ends_a_run_with_what_is_done(here: Path) -> None:
    film(here / "long.mp4", frames=300)
    stop = StopToken()

    class StopAt(Recorder):
        def add(self, frame: Frame, detections: Detections, picture: np.ndarray | None) -> None:
            super().add(frame, detections, picture)
            if frame.index == 5:
                stop.request()

    sink = StopAt()
    result = process_video("long.mp4", "out.mp4", sinks=[sink], stop=stop)
    assert result is not None
    assert result.written is not None
    assert 6 <= result.written.frames < 300
    assert (result.written.path, result.written.partial) == (Path("out.partial.mp4"), True)
    assert len(facts("out.partial.mp4").frames) == result.written.frames
    assert sink.calls[-1] == "finish"


def test_ctrl_c_without_signal_handlers_leaves_what_the_command_would_leave(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film(here / "long.mp4", frames=300)

    class Interrupt(Notes):
        @contextmanager
        def progress(self, *arguments: Any, **options: Any) -> Iterator[Callable[[int], None]]:
            def interrupt(done: int) -> None:
                if done > 5 and not self.said:
                    self.say("Ctrl-C")
                    raise KeyboardInterrupt

            yield interrupt

    monkeypatch.setenv("MASKSEG_TEST_DELAY", "0.02")
    sink = Recorder()
    with pytest.raises(KeyboardInterrupt):
        process_video("long.mp4", "out.mp4", json="out.jsonl", reporter=Interrupt(), sinks=[sink])
    frames = len(facts("out.partial.mp4").frames)
    assert 5 < frames < 300
    assert len(json_lines("out.jsonl")) == frames
    assert sink.calls[-1] == "finish"
    assert not [name for name in tree_of(here) if name.endswith(".tmp")]


def test_a_thread_and_twice_in_one_process(here: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        video = pool.submit(process_video, "in.mp4", "out.mp4")
        photos = pool.submit(process_images, "photos", "out")
        assert video.result(60).written.frames == 12  # type: ignore[union-attr]
        assert photos.result(60).done == 3
    again = process_video("in.mp4", "out.mp4", overwrite=True)
    assert again is not None
    assert again.written is not None
    assert again.written.frames == 12


def test_a_loaded_network_serves_several_runs(here: Path) -> None:
    model = Predictor(BlobEngine(), blob_predictor().class_names, class_ids=[1])
    assert dict(process_images("photos", "out", model=model).objects) == {"person": 3}
    assert [found.names for _, found in segment_video("in.mp4", model, max_frames=2)] == [["person"], ["person"]]


def test_nothing_is_printed_and_a_bar_only_where_asked_for(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    process_images("photos", "out")
    process_video("in.mp4", "out.mp4")
    assert capfd.readouterr() == ("", "")
    process_images("photos", "out2", reporter=ProgressReporter())
    bar = capfd.readouterr()
    assert bar.out == ""
    assert "3/3" in bar.err


def test_the_package_names_its_functions_and_loads_nothing_else(here: Path) -> None:
    for name in maskseg_cli.__all__:
        assert getattr(maskseg_cli, name) is not None
    script = "import sys, maskseg_cli; print([m for m in ('numpy', 'cv2', 'av', 'tensorflow') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=ENVIRONMENT)
    assert done.stdout.strip() == "[]", done.stderr
