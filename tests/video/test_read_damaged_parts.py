"""Files of which a part is damaged, so that FFmpeg passes over packets: the length stays, and it is said."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from maskseg_cli.frame import Frame
from maskseg_cli.video.reader import VideoReader, open_video
from maskseg_cli.video.sound import Sound
from maskseg_cli.video.transport_packets import holds_packets, is_whole, packet_length
from maskseg_cli.video.truncation import is_truncated
from maskseg_cli.video.writer import VideoWriter
from tests.video.samples import make_video, number_of, picture, truncated
from tests.video.written import clicks

FRAMES = 75

KINDS: dict[str, dict[str, Any]] = {
    "a.avi": {"codec": "mpeg4", "sound": "libmp3lame"},
    "pcm.avi": {"codec": "mpeg4", "sound": "pcm_s16le", "size": (256, 192)},
    "a.mkv": {"sound": "aac"},
    "b.mkv": {"sound": "aac", "b_frames": 2},
    "a.webm": {"codec": "libvpx", "sound": "libopus"},
    "a.ts": {"sound": "aac", "b_frames": 2},
    "a.flv": {"sound": "aac"},
    "a.mxf": {"codec": "mpeg2video"},
}


def make(folder: Path, name: str) -> Path:
    return make_video(folder / name, frames=FRAMES, gop=5, **KINDS[name])


def overwritten(source: Path, begin: float, end: float, fill: bytes = b"\0") -> Path:
    """A copy in which a part of the bytes is overwritten."""
    data = bytearray(source.read_bytes())
    places = slice(round(len(data) * begin), round(len(data) * end))
    data[places] = fill * len(data[places])
    path = source.with_name(f"damaged-{source.name}")
    path.write_bytes(data)
    return path


def read(path: Path, **part: float) -> tuple[list[Frame], VideoReader]:
    with open_video(path, **part) as video:
        return list(video), video


def detailed(index: float, size: tuple[int, int]) -> np.ndarray:
    """A picture with its number, and with noise that needs many bytes."""
    image = picture(index, size)
    image[-80:] = np.random.default_rng(int(index)).integers(0, 255, image[-80:].shape, np.uint8)
    return image


def end_of(frames: list[Frame]) -> float:
    return float(frames[-1].time + frames[-1].duration - frames[0].time)


@pytest.mark.parametrize("fill", [b"\0", b"\xff"])
@pytest.mark.parametrize("name", KINDS)
def test_a_damaged_middle_keeps_the_length_and_is_counted(tmp_path: Path, name: str, fill: bytes) -> None:
    source = make(tmp_path, name)
    frames, video = read(source)
    assert (len(frames), video.skipped, video.notes) == (FRAMES, 0, [])
    frames, video = read(overwritten(source, 0.4, 0.6, fill))
    assert FRAMES / 2 < len(frames) < FRAMES - 5
    assert len(frames) + video.skipped == pytest.approx(FRAMES, abs=2)
    assert end_of(frames) == pytest.approx(FRAMES / 25, abs=0.09)
    numbers = [number_of(frame.image) for frame in frames]
    # The pictures behind the damage come at their time.
    shown = {number: round(25 * (frame.time - frames[0].time)) for frame, number in zip(frames, numbers, strict=True)}
    # FFmpeg puts an empty frame behind the first one of an AVI.
    assert all(shown[number] - number in (0, 1) for number in range(FRAMES - 15, FRAMES))
    assert video.broken is None


def test_sound_behind_a_damaged_part_of_an_avi_stays_in_step(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.avi", frames=125, gop=5, codec="mpeg4", sound="libmp3lame")
    path = overwritten(source, 0.45, 0.55)
    frames, video = read(path)
    for target in ("out.mp4", "out.avi"):
        with VideoWriter(tmp_path / target, video.info, sound=Sound(str(path))) as writer:
            for frame in frames:
                writer.write(frame.image, frame.time, frame.duration)
            written = writer.finish()
        assert float(written.duration) == pytest.approx(5, abs=0.1)
        assert clicks(tmp_path / target)[-2:] == pytest.approx([3, 4], abs=0.1)


def test_only_frames_of_the_wanted_part_are_counted(tmp_path: Path) -> None:
    path = overwritten(make(tmp_path, "a.mkv"), 0.4, 0.6)
    frames, video = read(path)
    gap = max(range(len(frames)), key=lambda number: frames[number].duration)
    begin, length = float(frames[gap].time), float(frames[gap].duration)
    half = read(path, end=begin + length / 2)[1].skipped
    assert half == pytest.approx(video.skipped / 2, abs=1)
    assert read(path, start=begin + length / 2)[1].skipped == pytest.approx(video.skipped - half, abs=1)
    assert read(path, end=begin)[1].skipped == 0
    assert read(path, start=begin + length)[1].skipped == 0


@pytest.mark.parametrize("name", ["a.avi", "a.mkv", "a.webm", "a.flv", "a.mxf"])
def test_a_damaged_end_keeps_the_length_and_is_counted(tmp_path: Path, name: str) -> None:
    frames, video = read(overwritten(make(tmp_path, name), 0.6, 1))
    assert len(frames) < FRAMES * 0.7
    assert len(frames) + video.skipped == pytest.approx(FRAMES, abs=2)
    assert end_of(frames) == pytest.approx(FRAMES / 25, abs=0.09)
    assert [note.split(" for ")[0] for note in video.notes] == ["the last picture stays"]


@pytest.mark.parametrize("name", ["a.ts", "fragments.mp4"])
def test_a_damaged_end_whose_length_is_not_known_is_said(tmp_path: Path, name: str) -> None:
    options: dict[str, Any] = {"container": {"movflags": "frag_keyframe+empty_moov"}} if name == "fragments.mp4" else {}
    source = make_video(tmp_path / name, frames=FRAMES, gop=5, size=(320, 240), **options)
    frames, video = read(overwritten(source, 0.6, 1))
    assert 20 < len(frames) < FRAMES - 20
    assert video.broken is None
    assert [note.split(" % ")[1] for note in video.notes] == ["of the file hold nothing that can be read: damage?"]


def test_damage_of_more_bytes_than_ffmpeg_searches_at_once(tmp_path: Path) -> None:
    source = make_video(
        tmp_path / "a.ts",
        frames=100,
        codec="mpeg2video",
        gop=5,
        size=(320, 240),
        draw=detailed,
        options={"qmin": "2", "qmax": "2"},
    )
    assert source.stat().st_size > 2**19
    frames, video = read(overwritten(source, 0.3, 0.7))
    assert number_of(frames[-1].image) == 99
    assert len(frames) + video.skipped == pytest.approx(100, abs=2)
    assert video.broken is None


@pytest.mark.parametrize("begin", [0.3, 0.33, 0.36, 0.39, 0.42])
def test_damage_of_a_broadcast_is_counted_wherever_it_begins(tmp_path: Path, begin: float) -> None:
    """Where FFmpeg has to search for the next packet, it does not always mark it as damaged."""
    source = make_video(tmp_path / "a.ts", frames=FRAMES, gop=5, sound="mp2")
    frames, video = read(overwritten(source, begin, begin + 0.2))
    assert len(frames) + video.skipped == pytest.approx(FRAMES, abs=2)


def test_whole_packets_of_a_broadcast_are_told_from_damage() -> None:
    packets = b"".join(b"\x47" + bytes([number]) * 187 for number in range(20))
    assert packet_length(packets) == 188
    assert packet_length(b"0000" + packets) is None
    assert all(is_whole(packets[at:]) for at in (0, 1, 100, 3000))
    damaged = packets[:1000] + bytes(500) + packets[1500:]
    assert not is_whole(damaged)
    assert holds_packets(damaged)
    assert not holds_packets(bytes(5000))
    times = b"".join(b"time" + packets[at : at + 188] for at in range(0, len(packets), 188))
    assert (packet_length(times), is_whole(times[7:])) == (192, True)


def test_packets_that_are_missing_in_a_broadcast_are_counted(tmp_path: Path) -> None:
    source = make(tmp_path, "a.ts")
    data = source.read_bytes()
    first, last = (round(len(data) * part) // 188 * 188 for part in (0.4, 0.6))
    path = tmp_path / "gone.ts"
    path.write_bytes(data[:first] + data[last:])
    frames, video = read(path)
    assert len(frames) + video.skipped == pytest.approx(FRAMES, abs=2)
    assert video.skipped > 8


def test_pauses_between_pictures_are_no_damage(tmp_path: Path) -> None:
    """Not even if other tracks and padding lie between the packets that are read."""
    times = [Fraction(number, 25) + (number > 20) * 2 + (number > 25) for number in range(50)]
    for name, sound in (("a.mkv", "pcm_s16le"), ("a.ts", "mp2"), ("a.flv", "aac"), ("a.mp4", "aac")):
        path = make_video(tmp_path / name, frames=50, times=times, sound=sound)
        _, video = read(path)
        assert (video.skipped, video.notes) == (0, [])
    two = tmp_path / "two.mkv"
    with av.open(str(tmp_path / "a.mkv")) as source, av.open(str(two), "w") as target:
        pictures, sound = source.streams
        streams = [target.add_stream_from_template(stream) for stream in (pictures, sound, sound)]
        for packet in source.demux():
            for number in (0,) if packet.stream is pictures else (1, 2):
                if packet.dts is not None:
                    copy = av.Packet(bytes(packet))
                    copy.pts, copy.dts, copy.duration = packet.pts, packet.dts, packet.duration
                    copy.time_base, copy.stream, copy.is_keyframe = packet.time_base, streams[number], True
                    target.mux(copy)
    assert read(two)[1].skipped == 0


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("name", ["a.mkv", "a.webm", "a.mp4", "a.ts", "a.flv"])
def test_films_of_few_bytes_and_long_pauses_are_not_damaged(tmp_path: Path, name: str, b_frames: int) -> None:
    times = [Fraction(number**2, 50) for number in range(40)]
    codec = {"codec": "libvpx"} if name == "a.webm" else {"b_frames": b_frames}
    path = make_video(tmp_path / name, frames=40, times=times, gop=7, **codec)  # type: ignore[arg-type]
    assert read(path)[1].skipped == 0


@pytest.mark.parametrize("name", ["a.flv", "a.mxf"])
def test_a_missing_end_is_told(tmp_path: Path, name: str) -> None:
    source = make(tmp_path, name)
    assert not is_truncated(source)
    for part in (0.3, 0.6, 0.95):
        path = truncated(source, tmp_path / f"cut-{name}", part)
        assert is_truncated(path)
        assert read(path)[1].broken == f"{path} is cut off: its end is missing."


@pytest.mark.parametrize("length", [188, 192])
def test_a_broadcast_that_ends_in_a_packet_is_told(tmp_path: Path, length: int) -> None:
    container = {"mpegts_m2ts_mode": "1"} if length == 192 else {}
    source = make_video(tmp_path / "a.ts", frames=50, container=container)
    data = source.read_bytes()
    packets = len(data) * 6 // 10 // length
    for bytes_more, told in ((0, False), (100, True)):
        (tmp_path / "cut.ts").write_bytes(data[: packets * length + bytes_more])
        _, video = read(tmp_path / "cut.ts")
        assert video.broken is None
        assert [note[:38] for note in video.notes] == (["the file ends in the middle of a packe"] if told else [])
