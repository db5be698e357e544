"""Sources whose last picture stays: the sound goes on, or the pictures behind it cannot be decoded."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.frame import Frame
from maskseg_cli.video.reader import VideoReader, open_video
from maskseg_cli.video.sound import Sound
from maskseg_cli.video.writer import VideoWriter
from tests.video.samples import damaged, make_video, number_of, truncated
from tests.video.written import clicks, inspect_video

NOTE = "the last picture stays for {} s, to the end"


def read(path: Path, start: float | None = None, end: float | None = None) -> tuple[list[Frame], VideoReader]:
    with open_video(path, start, end) as video:
        return list(video), video


def end_of(frames: list[Frame]) -> float:
    return float(frames[-1].time + frames[-1].duration)


@pytest.mark.parametrize(
    ("name", "codec", "sound"),
    [
        ("in.mp4", "libx264", "aac"),
        ("in.mkv", "libx264", "ac3"),
        ("in.webm", "libvpx", "libopus"),
        ("in.avi", "mpeg4", "libmp3lame"),
        ("in.ts", "mpeg2video", "mp2"),
    ],
)
@pytest.mark.parametrize("frames", [1, 10])
def test_the_last_picture_stays_to_the_end_of_the_sound(
    tmp_path: Path, name: str, codec: str, sound: str, frames: int
) -> None:
    source = make_video(tmp_path / name, frames=frames, rate=10, codec=codec, sound=sound, sound_seconds=Fraction(7, 2))
    seen, video = read(source)
    assert len(seen) == frames
    assert end_of(seen) == pytest.approx(3.5, abs=0.1)
    assert video.notes == [NOTE.format(f"{float(seen[-1].duration):.1f}")]
    assert video.info.notes == ()
    for target in (".mp4", ".avi") if name in ("in.mp4", "in.ts") else ():
        path = tmp_path / f"out{target}"
        with VideoWriter(path, video.info, sound=Sound(str(source))) as writer:
            for frame in seen:
                writer.write(frame.image, frame.time, frame.duration)
            written = writer.finish()
        assert float(written.duration) == pytest.approx(3.5, abs=0.15)
        assert written.has_sound
        assert [round(time) for time in clicks(path)][-3:] == [1, 2, 3]


def test_a_wanted_end_in_the_still_picture(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", frames=10, rate=10, sound="aac", sound_seconds=Fraction(4))
    seen, video = read(source, end=3)
    assert (len(seen), end_of(seen)) == (10, 3)
    assert video.notes == [NOTE.format("2.1")]
    seen, video = read(source, start=0.45, end=0.75)
    assert ([frame.index for frame in seen], video.notes) == ([5, 6, 7], [])


@pytest.mark.parametrize("seconds", [Fraction(1, 2), Fraction(1), Fraction(6, 5)])
def test_sound_that_ends_with_the_pictures_or_before_changes_nothing(tmp_path: Path, seconds: Fraction) -> None:
    seen, video = read(make_video(tmp_path / "in.mp4", frames=10, rate=10, sound="aac", sound_seconds=seconds))
    assert (end_of(seen), video.notes) == (1, [])


@pytest.mark.parametrize("zero", [True, False])
@pytest.mark.parametrize("name", ["in.mp4", "in.mkv", "in.avi"])
def test_pictures_at_the_end_that_cannot_be_decoded_keep_the_length(tmp_path: Path, name: str, zero: bool) -> None:
    codec = "mjpeg" if name == "in.avi" else "libx264"
    pix_fmt = "yuvj420p" if name == "in.avi" else "yuv420p"
    source = make_video(tmp_path / name, rate=10, frames=30, codec=codec, pix_fmt=pix_fmt, gop=1)
    path = damaged(source, tmp_path / f"damaged{source.suffix}", range(12, 30), zero)
    seen, video = read(path)
    if name != "in.mkv":  # where the damage hides the packets
        assert len(seen) + video.skipped == pytest.approx(30, abs=1)
    assert end_of(seen) == pytest.approx(3, abs=0.002)
    assert video.notes == [NOTE.format(f"{float(seen[-1].duration):.1f}")]


def test_what_is_cut_off_does_not_become_longer(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mkv", frames=20, rate=10, sound="pcm_s16le", sound_seconds=Fraction(8), gop=1)
    seen, video = read(truncated(source, tmp_path / "cut.mkv"))
    assert (end_of(seen), video.notes) == (2, [])
    assert video.broken is not None


def test_damage_at_the_start_keeps_the_length(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", rate=10, frames=30, gop=10, sound="aac")
    path = damaged(source, tmp_path / "damaged.mp4", range(15), zero=True)
    seen, video = read(path)
    assert end_of(seen) == 3
    with VideoWriter(tmp_path / "out.mp4", video.info, sound=Sound(str(path))) as writer:
        for frame in seen:
            writer.write(frame.image, frame.time, frame.duration)
        assert writer.finish().duration == 3
    assert inspect_video(tmp_path / "out.mp4").numbers == list(range(30 - len(seen), 30))
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.duration == 3_000_000


@pytest.mark.parametrize(("name", "codec"), [("in.mp4", "libx264"), ("in.mkv", "libx264"), ("in.avi", "mpeg4")])
def test_a_start_in_a_still_picture_shows_it(tmp_path: Path, name: str, codec: str) -> None:
    source = make_video(tmp_path / name, frames=10, rate=10, codec=codec, sound="ac3", sound_seconds=Fraction(5))
    for start, end, length in ((2, None, 3), (3, 4, 1), (1.5, None, 3.5)):
        seen, video = read(source, start, end)
        assert [frame.index for frame in seen] == [9]
        assert seen[0].time == Fraction(start)
        assert float(seen[0].duration) == pytest.approx(length, abs=0.1)
        assert video.skipped == 0
    with pytest.raises(MasksegError, match=r"is 5\.[01] seconds long: there is nothing from 6 on"):
        read(source, 6)


def test_a_start_in_a_pause_shows_the_picture_that_stands(tmp_path: Path) -> None:
    times = [Fraction(time) for time in (0, 1, 9, 10, 11)]
    source = make_video(tmp_path / "slides.mkv", frames=5, times=times, sound="aac")
    seen, _ = read(source, 4)
    assert [(number_of(frame.image), frame.time) for frame in seen] == [(1, 4), (2, 9), (3, 10), (4, 11)]
    seen, _ = read(source, 4, 6)
    assert [(number_of(frame.image), frame.time, round(float(frame.duration), 2)) for frame in seen] == [(1, 4, 2)]
    seen, _ = read(source, 8.9)  # so short a time is left out
    assert [number_of(frame.image) for frame in seen] == [2, 3, 4]
