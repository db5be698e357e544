"""Videos that are damaged or cut off: what can be shown is shown, and the rest is said."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.video.lazy_frames import LazyFrame
from maskseg_cli.video.reader import VideoReader, open_video
from maskseg_cli.video.truncation import is_truncated
from maskseg_cli.video.video_info import VideoInfo
from tests.video.samples import damaged, make_video, number_of, truncated

FASTSTART = {"movflags": "faststart"}

# Files whose beginning can be read when the end is missing, and which say how long they are.
CUTTABLE: dict[str, dict[str, Any]] = {
    "a.mp4": {"container": FASTSTART},
    "pieces.mp4": {"container": {"movflags": "frag_keyframe+empty_moov"}, "gop": 5},
    "a.mkv": {},
    "a.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "a.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "a.gif": {"codec": "gif", "pix_fmt": "rgb8"},
}


@pytest.mark.parametrize("name", CUTTABLE)
def test_a_video_that_is_cut_off_is_read_to_the_cut(name: str, tmp_path: Path) -> None:
    whole = make_video(tmp_path / name, frames=60, **CUTTABLE[name])
    path = truncated(whole, tmp_path / f"cut-{name}")
    with open_video(whole) as video:
        assert len(list(video)) == 60
        assert video.broken is None
    with open_video(path) as video:
        numbers = [number_of(frame.image) for frame in video]
        assert numbers == list(range(len(numbers)))
        assert 20 < len(numbers) < 60
        assert video.broken == f"{path} is cut off: its end is missing."
    with open_video(path, end=0.5) as video:  # what was asked for is all there
        assert len(list(video)) == (5 if name == "a.gif" else 13) or name == "a.gif"
        assert video.broken is None


def test_a_video_without_its_index_is_said_to_lack_it(tmp_path: Path) -> None:
    path = truncated(make_video(tmp_path / "a.mp4"), tmp_path / "cut.mp4")  # by default MP4 ends with it
    with pytest.raises(MasksegError, match="its index, which comes last, is missing"):
        open_video(path)


def test_a_video_cut_off_before_its_first_picture(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "a.mkv", frames=3, size=(320, 240))
    with av.open(str(whole)) as container:
        picture = next(container.demux(container.streams.video[0])).pos
    for end, says in [(picture // 2, "so early that no picture"), (picture + 99, "and no whole picture is left")]:
        path = tmp_path / "cut.mkv"
        path.write_bytes(whole.read_bytes()[:end])
        with pytest.raises(MasksegError, match=rf"cut\.mkv is cut off.*{says}"):
            open_video(path)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("name", CUTTABLE)
def test_a_missing_end_is_detected(name: str, part: float, tmp_path: Path) -> None:
    whole = make_video(tmp_path / name, frames=30, **CUTTABLE[name])
    assert not is_truncated(whole)
    assert is_truncated(truncated(whole, tmp_path / "cut", part))
    (tmp_path / "more").write_bytes(whole.read_bytes() + b"rubbish after the end" * 9)
    if name != "a.gif":
        assert not is_truncated(tmp_path / "more")


def test_containers_that_say_nothing_are_believed(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "a.ts", frames=60)
    assert not is_truncated(truncated(whole, tmp_path / "cut.ts"))
    assert not is_truncated(tmp_path / "nowhere")
    live = make_video(tmp_path / "live.mkv", container={"live": "1"})  # its length was not known when it was begun
    assert not is_truncated(truncated(live, tmp_path / "cut.mkv"))


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.mov", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}), ("b.mov", {"codec": "png", "pix_fmt": "rgb24"})],
)
@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("lost", [[10, 11, 12], [0, 1], [3, 20, 21, 35]])
def test_frames_that_cannot_be_decoded_are_skipped_and_counted(
    name: str, options: dict[str, Any], lost: list[int], zero: bool, tmp_path: Path
) -> None:
    path = damaged(make_video(tmp_path / name, frames=40, **options), tmp_path / f"bad-{name}", lost, zero)
    left = [index for index in range(40) if index not in lost]
    with open_video(path) as video:
        frames = list(video)
        assert video.skipped == len(lost)
        assert video.broken is None
        assert [number_of(frame.image) for frame in frames] == left
        assert [frame.index for frame in frames] == left
        assert [frame.time for frame in frames] == [Fraction(index, 25) for index in left]
        # A frame is shown until the next that is there.
        assert sum(frame.duration for frame in frames) == Fraction(40 - left[0], 25)
        assert len(list(video)) == len(left)  # again: the count begins anew
        assert video.skipped == len(lost)


@pytest.mark.parametrize("lost", [[15, 16], [36, 37, 38], list(range(0, 60, 7))])
def test_damage_to_frames_that_others_are_predicted_from(lost: list[int], tmp_path: Path) -> None:
    path = damaged(make_video(tmp_path / "a.mp4", frames=60, b_frames=2, gop=12), tmp_path / "bad.mp4", lost)
    with open_video(path) as video:
        times = [frame.time for frame in video]
        assert len(lost) - 1 <= video.skipped <= len(lost)
        assert 60 - len(lost) - 12 <= len(times) <= 60 - len(lost)  # up to the next key frame more may be lost
    assert times == sorted(set(times))


def test_frames_skipped_before_the_start_do_not_count(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "a.mov", frames=100, codec="mjpeg", pix_fmt="yuvj420p")
    path = damaged(whole, tmp_path / "bad.mov", [2, 60, 70, 76])
    with open_video(path, start=3, end=3.2) as video:
        assert [frame.index for frame in video] == [75, 77, 78, 79]
        assert video.skipped == 1


def test_a_video_of_damaged_frames_only(tmp_path: Path) -> None:
    path = damaged(make_video(tmp_path / "a.mp4", frames=20), tmp_path / "bad.mp4", range(20))
    with pytest.raises(MasksegError, match=r"Not one picture of .*bad\.mp4 can be decoded"):
        open_video(path)


class _SlowSource:
    """A source that decodes one frame at a time, when it is let."""

    def __init__(self) -> None:
        self.info = VideoInfo("slow", 4, 4, Fraction(1))
        self.skipped, self.broken = 0, None
        self.decoding, self.may_go_on = threading.Event(), threading.Event()
        self.at_work = self.closed_at_work = False
        self.closed = 0

    def lazy_frames(self, start: Fraction) -> Iterator[LazyFrame]:
        for number in range(100):
            self.at_work = True
            self.decoding.set()
            assert self.may_go_on.wait(10)
            self.at_work = False
            yield LazyFrame(Fraction(number), Fraction(1), number, lambda: np.zeros((4, 4, 3), np.uint8))

    def close(self) -> None:
        self.closed_at_work |= self.at_work
        self.closed += 1


def test_closing_from_another_thread_waits_for_the_step_and_does_not_block() -> None:
    source = _SlowSource()
    video = VideoReader(source)
    got: list[int] = []
    reading = threading.Thread(target=lambda: got.extend(frame.index for frame in video))
    reading.start()
    assert source.decoding.wait(10)
    video.close()  # returns although the other thread is decoding
    assert source.closed == 0
    source.may_go_on.set()
    reading.join(10)
    assert not reading.is_alive()
    assert source.closed > 0
    assert not source.closed_at_work
    assert got == []


def test_closing_a_real_video_while_it_is_read(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", frames=250, size=(128, 96))
    for _ in range(15):
        video = open_video(path)
        begun = threading.Event()

        def read(video: VideoReader = video, begun: threading.Event = begun) -> None:
            for _ in video:
                begun.set()

        reading = threading.Thread(target=read)
        reading.start()
        assert begun.wait(10)
        video.close()
        video.close()
        reading.join(10)
        assert not reading.is_alive()
