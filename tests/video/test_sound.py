"""Sound of written videos: copied or re-encoded, and in sync with the pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest

from maskseg_cli.video.sound import Sound
from maskseg_cli.video.video_formats import EncodeOptions
from maskseg_cli.video.writer import Written
from tests.video.changed_sound import change_packets
from tests.video.samples import make_video, truncated
from tests.video.written import clicks, constant_times, inspect_video, write

#: Sound codec and container of the sources, and what it becomes in each output.
SOURCES = [
    ("aac", ".mp4", {".mp4": "aac", ".mov": "aac", ".mkv": "aac", ".webm": "opus", ".avi": "mp3float"}),
    ("aac", ".mkv", {".mp4": "aac", ".avi": "mp3float"}),
    ("libmp3lame", ".mkv", {".mp4": "mp3float", ".mkv": "mp3float", ".avi": "mp3float"}),
    ("libopus", ".webm", {".webm": "opus", ".mkv": "opus", ".mp4": "aac"}),
    ("pcm_s16le", ".avi", {".avi": "pcm_s16le", ".mov": "pcm_s16le", ".mp4": "aac"}),
    ("pcm_mulaw", ".mov", {".mkv": "aac"}),
]
CASES = [(codec, kind, target, name) for codec, kind, targets in SOURCES for target, name in targets.items()]
PACKET = 0.03  # copied sound begins and ends to within one packet


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Videos of 4 seconds with a click at each full second."""
    folder = tmp_path_factory.mktemp("sources")
    video = {".webm": "libvpx", ".avi": "mpeg4"}
    return {
        (codec, kind): make_video(
            folder / f"{codec}{kind}", frames=40, rate=10, codec=video.get(kind, "libx264"), sound=codec
        )
        for codec, kind, _ in SOURCES
    }


def copy(path: Path, sound: Sound, seconds: float = 4, suffix_options: EncodeOptions | None = None) -> Written:
    """Writes so many seconds of pictures with the sound."""
    return write(
        path, constant_times(round(seconds * 10), 10), Fraction(1, 10), 10, options=suffix_options, sound=sound
    )


@pytest.mark.parametrize(("codec", "kind", "target", "name"), CASES)
def test_sound_is_copied_or_encoded_and_stays_in_step(
    tmp_path: Path, sources: dict[tuple[str, str], Path], codec: str, kind: str, target: str, name: str
) -> None:
    path = tmp_path / f"out{target}"
    written = copy(path, Sound(str(sources[codec, kind])))
    seen = inspect_video(path)
    assert seen.sound.codec_context.name == name
    assert written.has_sound
    assert bool(written.notes) == (name.removesuffix("float") not in codec)  # a note only for re-encoded sound
    assert seen.times[0] == 0  # nothing that an encoder puts first moves the pictures
    assert clicks(path)[-3:] == pytest.approx([1, 2, 3], abs=0.003)
    assert written.duration == 4


@pytest.mark.parametrize(("codec", "kind", "target", "name"), CASES)
def test_sound_stays_in_step_from_the_middle_to_before_the_end(
    tmp_path: Path, sources: dict[tuple[str, str], Path], codec: str, kind: str, target: str, name: str
) -> None:
    path = tmp_path / f"out{target}"
    copy(path, Sound(str(sources[codec, kind]), Fraction(13, 10), Fraction(31, 10)), seconds=1.8)
    assert inspect_video(path).times == constant_times(18, 10)
    # An AVI has no times, so copied sound begins with the nearest packet.
    assert clicks(path) == pytest.approx([0.7, 1.7], abs=PACKET / 2 if target == ".avi" else 0.003)
    assert inspect_video(path).container.duration / 1e6 == pytest.approx(1.8, abs=2 * PACKET)


@pytest.mark.parametrize("start", [Fraction(hundredths, 100) for hundredths in (130, 131, 132)])
def test_sound_copied_from_the_middle_moves_no_picture_of_an_avi(
    tmp_path: Path, sources: dict[tuple[str, str], Path], start: Fraction
) -> None:
    path = tmp_path / "out.avi"
    copy(path, Sound(str(sources["pcm_s16le", ".avi"]), start), seconds=1)
    assert inspect_video(path).times == constant_times(10, 10)
    assert clicks(path) == pytest.approx([float(2 - start)], abs=PACKET / 2)


@pytest.mark.parametrize("start", [Fraction(hundredths, 100) for hundredths in (130, 131, 132)])
def test_sound_copied_from_avi_to_avi_begins_with_the_nearest_packet(tmp_path: Path, start: Fraction) -> None:
    source = make_video(tmp_path / "in.avi", frames=40, rate=10, codec="mpeg4", sound="libmp3lame")
    path = tmp_path / "out.avi"
    copy(path, Sound(str(source), start), seconds=1)
    assert inspect_video(path).times == constant_times(10, 10)
    assert clicks(path) == pytest.approx([clicks(source)[-2] - float(start)], abs=PACKET / 2)


def test_copied_sound_is_the_same_to_the_bit(tmp_path: Path, sources: dict[tuple[str, str], Path]) -> None:
    source, path = sources["aac", ".mp4"], tmp_path / "out.mp4"
    copy(path, Sound(str(source)))
    packets = []
    for name in (source, path):
        container = inspect_video(name).container
        container.seek(0)
        packets.append([bytes(packet) for packet in container.demux(container.streams.audio[0]) if packet.size])
    assert len(packets[1]) > 100
    assert packets[1] == packets[0][: len(packets[1])]


@pytest.mark.parametrize("target", [".mp4", ".webm", ".avi"])
def test_sound_that_begins_late_is_heard_late(tmp_path: Path, target: str) -> None:
    source = make_video(
        tmp_path / "in.mp4", frames=30, rate=10, sound="aac", sound_start=Fraction(3, 2), sound_seconds=Fraction(3, 2)
    )
    path = tmp_path / f"out{target}"
    copy(path, Sound(str(source)), seconds=3)
    assert clicks(path) == pytest.approx([2], abs=0.03)


@pytest.mark.parametrize("target", [".mp4", ".mkv", ".avi"])
def test_sound_longer_than_the_pictures_ends_with_them(
    tmp_path: Path, target: str, sources: dict[tuple[str, str], Path]
) -> None:
    path = tmp_path / f"out{target}"
    written = copy(path, Sound(str(sources["aac", ".mp4"])), seconds=1.5)
    assert written.duration == Fraction(3, 2)
    assert inspect_video(path).container.duration / 1e6 == pytest.approx(1.5, abs=0.001 if target == ".mp4" else PACKET)
    assert max(clicks(path)) < 1.1


def test_sound_that_ends_early_leaves_silence(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", frames=30, rate=10, sound="aac", sound_seconds=Fraction(1))
    written = copy(tmp_path / "out.mp4", Sound(str(source)), seconds=3)
    assert (written.duration, written.has_sound) == (3, True)


def test_a_source_that_breaks_off_costs_only_the_sound_behind(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "in.mkv", frames=40, rate=10, sound="aac")
    broken = truncated(whole, tmp_path / "broken.mkv", 0.5)
    for target in (".mp4", ".avi"):
        written = copy(tmp_path / f"out{target}", Sound(str(broken)))
        assert written.frames == 40
        assert written.duration == 4


def test_holes_in_the_sound_become_silence_and_what_follows_stays_in_step(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mkv", frames=40, rate=10, sound="aac")
    holed = tmp_path / "holed.mkv"
    with av.open(str(source)) as reading, av.open(str(holed), "w") as writing:
        streams = [writing.add_stream_from_template(stream) for stream in reading.streams]
        for packet in reading.demux():
            if packet.size and not (packet.stream.type == "audio" and 1.3 < packet.pts * packet.time_base < 2.6):
                packet.stream = streams[packet.stream.index]
                writing.mux(packet)
    for target in (".webm", ".avi", ".mp4"):
        path = tmp_path / f"out{target}"
        copy(path, Sound(str(holed)))
        assert inspect_video(path).numbers == list(range(40))
        assert [time for time in clicks(path) if time > 0.5] == pytest.approx([1, 3], abs=0.03)


def test_a_source_without_usable_sound_is_a_note_and_no_failure(tmp_path: Path) -> None:
    silent = make_video(tmp_path / "in.mp4")
    for name in (str(silent), str(tmp_path / "absent.mp4")):
        written = copy(tmp_path / "out.mp4", Sound(name), seconds=1)
        assert (written.frames, written.has_sound) == (10, False)
        assert written.notes[0].startswith("the sound is missing: ")


def test_no_sound_if_not_wanted_and_none_in_a_gif(tmp_path: Path, sources: dict[tuple[str, str], Path]) -> None:
    sound = Sound(str(sources["aac", ".mp4"]))
    written = copy(tmp_path / "out.mp4", sound, 1, EncodeOptions(sound=False))
    assert (written.has_sound, written.notes) == (False, ())
    written = copy(tmp_path / "out.gif", sound, 1)
    assert (written.has_sound, written.notes) == (False, ("a .gif file has no sound",))


def test_sound_of_real_videos_is_kept(tmp_path: Path, shared: Path) -> None:
    for name, frames, rate in (("01_dog", 289, Fraction(30000, 1001)), ("car-detection", 377, Fraction(25, 2))):
        source = shared / "videos" / f"{name}.mp4"
        for target in (".mp4", ".avi"):
            path = tmp_path / f"{name}{target}"
            written = write(path, constant_times(frames, rate), 1 / rate, rate, sound=Sound(str(source)))
            assert (written.frames, written.duration, written.has_sound) == (frames, frames / rate, True)
            with av.open(str(source)) as container:
                length = container.duration
            assert inspect_video(path).container.duration == pytest.approx(length, abs=50_000)


def test_a_connection_that_breaks_is_a_note_and_costs_only_the_sound_behind(
    tmp_path: Path, sources: dict[tuple[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(packets: Iterable[object]) -> Iterator[object]:
        for number, packet in enumerate(packets):
            if number == 60:
                raise av.error.TimeoutError(110, "Connection timed out")
            yield packet

    change_packets(monkeypatch, broken)
    for target in (".mp4", ".avi"):
        written = copy(tmp_path / f"out{target}", Sound(str(sources["aac", ".mp4"])))
        assert (written.frames, written.duration, written.has_sound) == (40, 4, True)
        assert written.notes[-1] == "the sound breaks off: connection timed out"
        assert clicks(tmp_path / f"out{target}")[-1] == pytest.approx(1, abs=0.003)


def test_ac3_of_an_avi_keeps_its_length_in_an_avi(tmp_path: Path) -> None:
    """Copied, it would be counted in bytes: 0.2 s of 2."""
    source = make_video(tmp_path / "in.avi", frames=50, codec="mpeg4", sound="ac3")
    times, sound = [Fraction(index, 25) for index in range(50)], Sound(str(source))
    written = write(tmp_path / "out.avi", times, Fraction(1, 25), options=EncodeOptions(codec="mpeg4"), sound=sound)
    assert written.notes == ("the sound was encoded anew as MP3, because .avi cannot well hold ac3",)
    with av.open(str(tmp_path / "out.avi")) as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size]
        assert float((packets[-1].pts + packets[-1].duration) * packets[-1].time_base) == pytest.approx(2, abs=0.1)
