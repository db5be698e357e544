"""Sound with many channels, and with channels in an order that ends the process in PyAV."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from maskseg_cli.video import sound_encoder, sound_process
from maskseg_cli.video.sound import Sound
from maskseg_cli.video.sound_channels import layout_of, positions_of, stereo_weights
from tests.video.samples import make_sound, make_video
from tests.video.test_sound import copy
from tests.video.written import clicks, inspect_video

#: Numbers of positions in QuickTime files.
LEFT, RIGHT, MIDDLE, LOW, BACK_LEFT, BACK_RIGHT = range(1, 7)

PAIRS = [LEFT, RIGHT, LEFT, RIGHT]
FILM = [LEFT, MIDDLE, RIGHT, BACK_LEFT, BACK_RIGHT, LOW]


def make_channels(path: Path, layout: str, loud: Sequence[int], labels: Sequence[int] = ()) -> Path:
    """A video of 4 s with clicks at each full second in the `loud` channels; `labels`: their positions (MOV only)."""
    source = make_video(path.with_name("pictures.mov"), frames=40, rate=10)
    with av.open(str(source)) as pictures, av.open(str(path), "w") as output:
        video: Any = output.add_stream_from_template(pictures.streams.video[0])
        voice = output.add_stream("pcm_s16le", 48000, layout=layout)
        for packet in pictures.demux(pictures.streams.video[0]):
            if packet.size:
                packet.stream = video
                output.mux(packet)
        samples = np.zeros((4 * 48000, voice.channels), np.int16)
        samples[:, list(loud)] = (make_sound(4, 48000) * 2**15)[:, None]
        for at in range(0, len(samples), 4800):
            frame = av.AudioFrame.from_ndarray(samples[at : at + 4800].reshape(1, -1), "s16", layout)
            frame.sample_rate, frame.time_base, frame.pts = 48000, Fraction(1, 48000), at
            output.mux(voice.encode(frame))
        output.mux(voice.encode(None))
    if labels:
        path.write_bytes(_described(path.read_bytes(), labels))
    return path


def _described(data: bytes, labels: Sequence[int]) -> bytes:
    """A MOV with its index at the end, whose box `chan` describes each channel (QuickTime File Format, "chan")."""
    place = data.rindex(b"chan") - 4
    old = struct.unpack_from(">I", data, place)[0]
    descriptions = b"".join(struct.pack(">II12x", label, 0) for label in labels)
    box = struct.pack(">I4sIIII", 24 + len(descriptions), b"chan", 0, 0, 0, len(labels)) + descriptions
    changed = bytearray(data[:place] + box + data[place + old :])
    for outer in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"sowt"):
        at = data.rindex(outer, 0, place) - 4
        struct.pack_into(">I", changed, at, struct.unpack_from(">I", data, at)[0] + len(box) - old)
    return bytes(changed)


def loudest(path: Path) -> list[float]:
    """The largest sample of the left and of the right channel."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("fltp", "stereo", 48000)
        parts = [part.to_ndarray() for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return [round(float(value), 1) for value in np.abs(np.concatenate(parts, axis=1)).max(axis=1)]


@pytest.mark.parametrize(
    ("layout", "labels", "loud", "expected", "target"),
    [
        ("4.0", PAIRS, [0], [0.4, 0], ".mp4"),
        ("4.0", PAIRS, [0, 1, 2, 3], [0.8, 0.8], ".webm"),
        ("5.1", FILM, [1], [0.2, 0.2], ".mp4"),
        ("5.1", FILM, [2], [0, 0.3], ".webm"),
    ],
)
def test_channels_in_an_unusual_order_are_heard_on_their_side(
    tmp_path: Path, layout: str, labels: list[int], loud: list[int], expected: list[float], target: str
) -> None:
    source = make_channels(tmp_path / "in.mov", layout, loud, labels)
    path = tmp_path / f"out{target}"
    written = copy(path, Sound(str(source), Fraction(13, 10)), 2.7)
    assert (written.frames, written.has_sound) == (27, True)
    assert written.notes[0].endswith(f"; its {len(labels)} channels become stereo")
    if sum(expected) > 1:  # else too faint for `clicks`
        assert clicks(path) == pytest.approx([0.7, 1.7], abs=0.003)
    assert loudest(path) == pytest.approx(expected, abs=0.35)  # the encoders overshoot
    assert [side > 0.1 for side in loudest(path)] == [side > 0 for side in expected]


def test_channels_in_an_unusual_order_are_copied_where_the_file_can_say_it(tmp_path: Path) -> None:
    source = make_channels(tmp_path / "in.mov", "5.1", [0], FILM)
    written = copy(tmp_path / "out.mov", Sound(str(source)))
    assert (written.frames, written.has_sound, written.notes) == (40, True, ())
    with av.open(str(tmp_path / "out.mov")) as container:
        layout = layout_of(container.streams.audio[0].codec_context)
        assert positions_of(layout) == ("FL", "FC", "FR", "BL", "BR", "LFE")


@pytest.mark.parametrize("target", [".mkv", ".avi"])
def test_channels_in_an_unusual_order_are_mixed_where_the_file_cannot_say_it(tmp_path: Path, target: str) -> None:
    source = make_channels(tmp_path / "in.mov", "5.1", [0], FILM)
    written = copy(tmp_path / f"out{target}", Sound(str(source)))
    assert written.has_sound
    assert written.notes[0].endswith(" pcm_s16le with channels in this order; its 6 channels become stereo")


def test_a_crash_of_the_decoder_costs_only_the_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_channels(tmp_path / "in.mov", "4.0", [0], PAIRS)
    monkeypatch.setattr(sound_process, "__name__", "ctypes; ctypes.string_at(0); from tests.video")
    written = copy(tmp_path / "out.mp4", Sound(str(source)))
    assert (written.frames, written.duration, written.has_sound) == (40, 4, False)
    assert written.notes == ("the sound is missing: its channels are in an order that cannot be decoded here",)
    assert inspect_video(tmp_path / "out.mp4").numbers == list(range(40))


def test_surround_becomes_stereo_with_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sound_encoder, "SoundProcess")  # it is not needed for these
    source = make_channels(tmp_path / "in.mov", "5.1", [0, 1])
    written = copy(tmp_path / "out.mp4", Sound(str(source)))
    assert written.notes[0].endswith("; its 5.1 channels become stereo")
    assert clicks(tmp_path / "out.mp4")[-3:] == pytest.approx([1, 2, 3], abs=0.003)


def test_many_channels_without_positions(tmp_path: Path) -> None:
    source = make_channels(tmp_path / "in.mkv", "16 channels", range(16))
    written = copy(tmp_path / "out.mp4", Sound(str(source)))
    assert written.has_sound
    assert written.notes[0].endswith("; its 16 channels become stereo")
    assert loudest(tmp_path / "out.mp4") == pytest.approx([0.8, 0.8], abs=0.35)
    assert copy(tmp_path / "out.mkv", Sound(str(source))).notes == ()  # nothing is lost in a copy


def test_the_weights_of_ambisonic_and_of_film_sound() -> None:
    left, right = stereo_weights([f"AMBI{number}" for number in range(16)])
    assert left[0] == right[0] > left[1] == -right[1] > 0
    assert not left[2:].any()
    assert not right[2:].any()
    left, right = stereo_weights(["FL", "FR", "FC", "LFE", "BL", "SR", "TC"])
    assert left.sum() == pytest.approx(1)
    assert left[0] > left[2] == right[2] == left[4] == right[5] == left[6] > left[1] == left[3] == right[4] == 0
