"""A feature of a run, as the functions of the package build it: options, transforms, effects, sinks."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from maskseg_cli import Detections, Frame, Sink, process_camera, process_images, process_video, segment_video
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.features import registry
from maskseg_cli.features.feature import Feature, RunKind, RunParts
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.media.images import read_image, write_image
from maskseg_cli.option import option
from maskseg_cli.pipeline.reading_options import ReadingOptions
from maskseg_cli.transform import TransformChain
from maskseg_cli.video.video_formats import EncodeOptions
from tests.cli.fake_model import scene, use_blob_engine
from tests.cli.video_running import film

SEEN: list[Any] = []


class Listing(Sink):
    """Writes what it was given into a file."""

    needs_picture = False

    def __init__(self, path: Path) -> None:
        self.path, self.lines = path, []  # type: tuple[Path, list[str]]

    def add(self, frame: Frame, detections: Detections, picture: Any) -> None:
        self.lines.append(f"{frame.source} {detections.tracker_id}")

    def finish(self) -> None:
        self.path.write_text("\n".join(self.lines))


@dataclass(frozen=True)
class Marks(Feature):
    """Numbers objects, paints the picture black before the drawing and its corner white after it, and lists frames."""

    heading: ClassVar[str] = "Marks"

    marks: bool = option(False, "Paint.")
    list_to: str | None = option(None, "Write a list.", kind="path", metavar="FILE")
    step: int = option(1, "Between two numbers.", kind="whole", least=1)

    def __post_init__(self) -> None:
        if self.step > 5:
            raise UsageError("--step is at most 5.")

    @property
    def writes(self) -> bool:
        return self.list_to is not None

    def files(self) -> list[Path]:
        return [] if self.list_to is None else [Path(self.list_to)]

    def lowest_score(self, kind: RunKind) -> float | None:
        return 0.05 if self.marks else None

    def add_to(self, parts: RunParts) -> None:
        SEEN.append(parts)

        def number(frame: Frame, detections: Detections) -> Detections:
            SEEN.append(len(detections))
            return dataclasses.replace(
                detections, tracker_id=np.arange(len(detections), dtype=np.int32) * np.int32(self.step)
            )

        def corner(frame: Frame, picture: np.ndarray, detections: Detections) -> np.ndarray:
            picture = picture.copy()
            picture[:4, :4] = 255
            return picture

        parts.transforms.append(number)
        if self.marks:
            parts.effects.append(lambda frame, picture, detections: np.zeros_like(picture))
            parts.overlays.append(corner)
            parts.draws = False
        if self.list_to is not None:
            parts.sinks.append(Listing(Path(self.list_to)))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    use_blob_engine(monkeypatch.setattr)
    monkeypatch.setattr(registry, "FEATURES", (Marks,))
    SEEN.clear()
    write_image(tmp_path / "a.png", scene())
    film(tmp_path / "in.mp4", frames=6)
    return tmp_path


def test_photos_videos_and_cameras_get_the_parts_of_a_feature(here: Path) -> None:
    process_images("a.png", "out.png", marks=True, list_to="photos.txt", step=2)
    picture = read_image(here / "out.png")
    assert (picture[:4, :4] == 255).all()
    assert (picture[4:] == 0).all()
    parts = next(one for one in SEEN if isinstance(one, RunParts))
    assert (parts.kind, parts.output, parts.min_score) == ("photos", Path("out.png"), pytest.approx(0.5))
    assert (here / "photos.txt").read_text().startswith("a.png [0")
    process_video("in.mp4", "out.mp4", marks=True, list_to="video.txt")
    assert len((here / "video.txt").read_text().splitlines()) == 6
    process_camera("in.mp4", window=False, record="seen.mp4", list_to="camera.txt")
    assert (here / "camera.txt").read_text()


def test_objects_below_the_shown_score_reach_the_transforms_only(here: Path) -> None:
    process_images("a.png", "plain.png", list_to="plain.txt")
    [usual] = [one for one in SEEN if isinstance(one, int)]
    SEEN.clear()
    process_images("a.png", "marked.png", list_to="marked.txt", marks=True)
    [lowered] = [one for one in SEEN if isinstance(one, int)]
    assert lowered >= usual
    assert (here / "plain.txt").read_text() == (here / "marked.txt").read_text()


def test_files_of_features_are_not_replaced(here: Path) -> None:
    (here / "kept.txt").write_text("mine")
    for run in (
        lambda: process_images("a.png", "out.png", list_to="kept.txt"),
        lambda: process_video("in.mp4", "out.mp4", list_to="kept.txt"),
        lambda: process_camera("in.mp4", window=False, list_to="kept.txt"),
    ):
        with pytest.raises(MasksegError, match=r"kept\.txt exists already"):
            run()
    with pytest.raises(UsageError, match="written twice"):
        process_images("a.png", "out.png", json="same.json", list_to="same.json")
    with pytest.raises(UsageError, match=r"in\.mp4"):
        process_video("in.mp4", "out.mp4", list_to="in.mp4", overwrite=True)
    assert (here / "kept.txt").read_text() == "mine"


def test_wrong_options_of_features(here: Path) -> None:
    with pytest.raises(UsageError, match="--step is at most 5"):
        process_images("a.png", step=9)
    with pytest.raises(UsageError, match=r"'mark'.*marks"):
        process_images("a.png", mark=True)


class Holding:
    """Holds two frames back."""

    def __init__(self) -> None:
        self.held: list[tuple[Frame, Detections]] = []

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        raise AssertionError("a run over videos looks ahead")

    def reset(self) -> None:
        self.held = []

    def push(self, frame: Frame, detections: Detections) -> list[tuple[Frame, Detections]]:
        self.held.append((frame, detections))
        return [self.held.pop(0)] if len(self.held) > 2 else []

    def flush(self) -> list[tuple[Frame, Detections]]:
        held, self.held = self.held, []
        return held


def test_frames_that_are_held_back_come_out_in_order(here: Path) -> None:
    frames = [Frame(np.zeros((4, 6, 3), np.uint8), index) for index in range(5)]
    none = Detections.empty((4, 6))
    chain = TransformChain([Holding(), lambda frame, detections: detections, Holding()])
    out = [frame.index for one in frames for frame, _ in chain.push(one, none)]
    assert out == [0]
    assert [frame.index for frame, _ in chain.flush()] == [1, 2, 3, 4]
    assert chain.flush() == []
    summary = process_video("in.mp4", "out.mp4", transforms=[Holding()], list_to="list.txt")
    assert summary is not None
    assert summary.written is not None
    assert summary.written.frames == 6
    assert [frame.index for frame, _ in segment_video("in.mp4", transforms=[Holding()])] == [0, 1, 2, 3, 4, 5]


def test_each_keyword_belongs_to_one_class_of_options() -> None:
    """A keyword is taken by the first class that has it: another one with the same name would never get its value."""
    for kind, others in (("photos", ()), ("video", (ReadingOptions, EncodeOptions)), ("camera", ())):
        classes = (DrawingOptions, ModelOptions, *others, *registry.features_of(kind))  # type: ignore[arg-type]
        names = [field.name for one in classes for field in dataclasses.fields(one)]
        assert len(names) == len(set(names)), (kind, sorted(name for name in names if names.count(name) > 1))
