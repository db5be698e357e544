"""Sound as broadcasts have it: AAC in ADTS, tracks that change in the middle, and packets that no file takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from maskseg_cli.video import copied_sound, sound_track
from maskseg_cli.video.copied_sound import CopiedSound
from maskseg_cli.video.sound import Sound
from maskseg_cli.video.video_formats import EncodeOptions
from tests.video.changed_sound import change_packets
from tests.video.samples import make_sound, make_video
from tests.video.servers import file_of, serving, whole_file_of
from tests.video.test_sound import copy
from tests.video.written import clicks, inspect_video

TARGETS = {".mp4": "aac", ".mov": "aac", ".mkv": "aac", ".avi": "mp3float", ".webm": "opus"}

#: AAC's first packet, which is only there to decode the next one with, is the earliest thing in a broadcast.
PRIMING = 1024 / 44100


@pytest.fixture(scope="module")
def broadcast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4 seconds of MPEG-TS with a click at each full second; AAC says in each packet how it is coded."""
    return make_video(tmp_path_factory.mktemp("broadcast") / "in.ts", frames=40, rate=10, sound="aac")


@pytest.mark.parametrize(("target", "name"), TARGETS.items())
def test_aac_of_broadcasts_is_copied_or_encoded_and_stays_in_step(
    tmp_path: Path, broadcast: Path, target: str, name: str
) -> None:
    path = tmp_path / f"out{target}"
    for start, expected in ((Fraction(0), [1, 2, 3]), (Fraction(13, 10), [0.7, 1.7])):
        written = copy(path, Sound(str(broadcast), start))
        assert (written.frames, written.duration, written.has_sound) == (40, 4, True)
        assert bool(written.notes) == (name != "aac")  # a note only for re-encoded sound
        assert inspect_video(path).sound.codec_context.name == name
        assert clicks(path)[-len(expected) :] == pytest.approx([time + PRIMING for time in expected], abs=0.003)


@pytest.mark.parametrize("target", [".mp4", ".avi"])
def test_the_pieces_of_a_playlist(tmp_path: Path, target: str) -> None:
    playlist = make_video(tmp_path / "in.m3u8", frames=40, rate=10, sound="aac", container={"hls_time": "1"})
    assert len(list(tmp_path.glob("*.ts"))) > 1
    written = copy(tmp_path / f"out{target}", Sound(str(playlist)))
    assert (written.frames, written.has_sound) == (40, True)
    assert clicks(tmp_path / f"out{target}")[-3:] == pytest.approx([1, 2, 3], abs=0.03)


def test_a_file_of_unknown_duration_on_a_web_server_keeps_its_sound(tmp_path: Path, broadcast: Path) -> None:
    data = broadcast.read_bytes()
    for server in (whole_file_of(data), file_of(data)):
        with serving(server) as address:
            written = copy(tmp_path / "out.mp4", Sound(f"{address}/in.ts"))
        assert (written.has_sound, written.notes) == (True, ())
        assert clicks(tmp_path / "out.mp4")[-3:] == pytest.approx([1 + PRIMING, 2 + PRIMING, 3 + PRIMING], abs=0.003)


def test_sound_that_the_file_does_not_take_as_it_is_is_encoded_anew(
    tmp_path: Path, broadcast: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copied_sound.ADTSFilter, "__call__", lambda self, packet: [packet])
    path = tmp_path / "out.mp4"
    written = copy(path, Sound(str(broadcast)))
    assert (written.frames, written.duration, written.has_sound) == (40, 4, True)
    assert written.notes == (
        "the sound was encoded anew as AAC, because .mp4 does not take aac as it is in the source",
    )
    assert clicks(path)[-3:] == pytest.approx([1 + PRIMING, 2 + PRIMING, 3 + PRIMING], abs=0.003)


@pytest.mark.parametrize(("target", "name"), TARGETS.items())
@pytest.mark.parametrize("start", [Fraction(0), Fraction(5, 2)])
def test_sound_that_begins_in_a_later_piece_is_copied_all_the_same(
    tmp_path: Path, broadcast: Path, target: str, name: str, start: Fraction
) -> None:
    """FFmpeg does not find its sample rate at the beginning of the file."""
    silent = make_video(tmp_path / "silent.ts", frames=50, rate=25)
    (tmp_path / "in.ts").write_bytes(silent.read_bytes() + broadcast.read_bytes())
    path = tmp_path / f"out{target}"
    written = copy(path, Sound(str(tmp_path / "in.ts"), start))
    assert written.has_sound
    assert [note for note in written.notes if name == "aac"] == []
    assert inspect_video(path).sound.codec_context.name == name
    heard = [time for time in (3 - start, 4 - start, 5 - start) if 0 < time < 3.9]
    found = [time for time in clicks(path) if time < 3.9]  # of a copied packet a little more may be there
    assert found[-len(heard) :] == pytest.approx([float(time) for time in heard], abs=0.1)


@pytest.mark.parametrize("target", [".mp4", ".mov"])
def test_sound_that_cannot_be_written_never_stops_the_pictures(
    tmp_path: Path, broadcast: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """The container takes such packets, and refuses them only when their turn comes between the pictures."""
    monkeypatch.setattr(copied_sound.ADTSFilter, "__call__", lambda self, packet: [packet])
    monkeypatch.setattr(sound_track, "time_base_for_copy", lambda reader, output: Fraction(1, 90_000))
    path = tmp_path / f"out{target}"
    written = copy(path, Sound(str(broadcast)), suffix_options=EncodeOptions(codec="mpeg4"))
    assert (written.frames, written.duration, written.has_sound) == (40, 4, False)
    assert written.notes == ("the sound could not be written to its end: Operation not permitted",)
    assert inspect_video(path).numbers == list(range(40))


def _spoil(packet: Any) -> None:
    packet.dts = packet.pts + 1  # decoded after it is heard


@pytest.mark.parametrize("target", [".mp4", ".mov"])
def test_a_sound_packet_that_is_refused_costs_only_the_sound_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    source = make_video(tmp_path / "in.mp4", frames=40, rate=10, sound="aac")
    packets = CopiedSound.packets

    def spoiled(track: CopiedSound, until: Fraction, last: bool = False) -> Iterator[Any]:
        for packet in packets(track, until, last):
            if packet.pts * packet.time_base > 1.4:
                _spoil(packet)
            yield packet

    monkeypatch.setattr(CopiedSound, "packets", spoiled)
    path = tmp_path / f"out{target}"
    written = copy(path, Sound(str(source)))
    assert (written.frames, written.duration, written.has_sound) == (40, 4, True)
    assert written.notes == ("the sound could not be written to its end: Invalid argument",)
    assert inspect_video(path).numbers == list(range(40))
    assert clicks(path)[-1] == pytest.approx(1, abs=0.003)


@pytest.mark.parametrize("target", [".mp4", ".avi"])
def test_a_wrong_time_of_decoding_in_the_source_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    source = make_video(tmp_path / "in.mp4", frames=40, rate=10, sound="ac3")

    def spoiled(packets: Iterable[Any]) -> Iterator[Any]:
        for packet in packets:
            if packet.size and 1.4 < packet.pts * packet.time_base < 1.6:
                _spoil(packet)
            yield packet

    change_packets(monkeypatch, spoiled)
    written = copy(tmp_path / f"out{target}", Sound(str(source)))
    assert (written.frames, written.has_sound, written.notes) == (40, True, ())
    assert clicks(tmp_path / f"out{target}")[-3:] == pytest.approx([1, 2, 3], abs=0.0165)


@pytest.mark.parametrize("target", [".webm", ".avi"])
def test_sound_that_changes_from_stereo_to_mono_goes_on(tmp_path: Path, target: str) -> None:
    source = tmp_path / "in.ts"
    source.write_bytes(
        b"".join(_piece(tmp_path / f"{layout}.ts", layout, start) for layout, start in (("stereo", 0), ("mono", 2)))
    )
    path = tmp_path / f"out{target}"
    written = copy(path, Sound(str(source)))
    assert (written.frames, written.duration, written.has_sound) == (40, 4, True)
    assert len(written.notes) == 1
    assert [round(time) for time in clicks(path)[-3:]] == [1, 2, 3]


def test_a_jittering_clock_of_the_source_costs_an_avi_no_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_video(tmp_path / "in.mkv", frames=40, rate=10, sound="libmp3lame")

    def jittering(packets: Iterable[Any]) -> Iterator[Any]:
        for number, packet in enumerate(packets):
            if packet.size:
                packet.pts = packet.dts = packet.pts + (0, 18, -10)[number % 3]
            yield packet

    change_packets(monkeypatch, jittering)
    path = tmp_path / "out.avi"
    written = copy(path, Sound(str(source)))
    assert (written.has_sound, written.notes) == (True, ())
    assert clicks(path)[-3:] == pytest.approx([1, 2, 3], abs=0.04)


def test_the_first_packet_is_kept_where_the_start_is_no_whole_microsecond(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.ts", frames=40, rate=10, codec="mpeg2video", sound="mp2")
    path = tmp_path / "out.mkv"
    copy(path, Sound(str(source)))
    assert clicks(path)[0] < 0.03


def _piece(path: Path, layout: str, start: int) -> bytes:
    """2 seconds of a broadcast, from `start` on."""
    with av.open(str(path), "w") as output:
        video = output.add_stream("mpeg2video", 25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        voice = output.add_stream("aac", 48000, layout=layout)
        for index in range(50):
            picture = av.VideoFrame(64, 48, "yuv420p")
            picture.pts, picture.time_base = 25 * start + index, Fraction(1, 25)
            output.mux(video.encode(picture))
            samples = make_sound(0.04, 48000, start + index / 25)
            frame = av.AudioFrame.from_ndarray(np.tile(samples, (voice.channels, 1)), "fltp", layout)
            frame.sample_rate, frame.time_base = 48000, Fraction(1, 48000)
            frame.pts = 48000 * start + 1920 * index
            output.mux(voice.encode(frame))
        output.mux(video.encode(None))
        output.mux(voice.encode(None))
    return path.read_bytes()
