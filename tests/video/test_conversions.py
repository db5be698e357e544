"""Whole ways from one container to another: every picture, its time, and the sound in step with it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from maskseg_cli.frame import Frame
from maskseg_cli.video.reader import open_video
from maskseg_cli.video.sound import Sound
from maskseg_cli.video.writer import VideoWriter, Written
from tests.video.samples import corners_of, make_video, number_of
from tests.video.written import clicks, inspect_video

NTSC = Fraction(30000, 1001)

#: What cameras, discs, broadcasts and the web give, each with its own idea of where time begins.
SOURCES: dict[str, dict[str, Any]] = {
    "broadcast.ts": {"sound": "aac", "b_frames": 2},
    "camcorder.m2ts": {"sound": "ac3", "rate": NTSC, "b_frames": 2},
    "camcorder.mts": {"codec": "mpeg2video", "sound": "ac3", "rate": NTSC, "interlaced": True},
    "disc.vob": {"codec": "mpeg2video", "sound": "ac3", "b_frames": 2},
    "old.mpg": {"codec": "mpeg1video", "sound": "mp2"},
    "web.flv": {"sound": "aac", "b_frames": 2},
    "phone.3gp": {"sound": "aac"},
    "office.wmv": {"codec": "wmv2", "sound": "libmp3lame"},
    "free.ogv": {"codec": "libvpx", "sound": "libopus"},
    "pieces.mp4": {"sound": "aac", "container": {"movflags": "frag_keyframe+empty_moov+default_base_moof"}},
    "late.mkv": {"sound": "aac", "times": [Fraction(k, 25) + Fraction(1, 3) for k in range(40)]},
    "phone.mov": {
        "sound": "aac",
        "rate": 30,
        "times": [Fraction(k, 30) + Fraction(7, 600) for k in range(40)],
        "container": {"movie_timescale": "600"},
    },
}


def convert(
    source: Path, target: Path, start: float | None = None, end: float | None = None
) -> tuple[Written, list[Frame]]:
    """Writes what is read from `start` to `end`, with its sound."""
    with open_video(source, start, end) as video:
        frames = list(video)
        origin = frames[0].time if start else Fraction(0)
        sound = Sound(str(source), origin, None if end is None else Fraction(end))
        with VideoWriter(target, video.info, None, sound) as writer:
            for frame in frames:
                writer.write(frame.image, frame.time - origin, frame.duration)
            return writer.finish(), frames


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_all_pictures_come_over_in_step_with_the_sound(tmp_path: Path, name: str, suffix: str) -> None:
    source = make_video(tmp_path / name, **{"frames": 40, **SOURCES[name]})
    with av.open(str(source)) as container:
        begins = (container.start_time or 0) / 1e6
    heard = [time - begins for time in clicks(source)]
    for start, end in ((None, None), (0.5, 1.25)):
        path = tmp_path / f"out{suffix}"
        written, frames = convert(source, path, start, end)
        offset = float(frames[0].time) if start else 0
        lasts = float(frames[-1].time + frames[-1].duration) - offset
        seen = inspect_video(path)
        if suffix == ".avi":  # one constant rate: the first picture fills the time before it, and ends on the grid
            assert float(written.duration) == pytest.approx(lasts, abs=0.021)
        else:
            assert seen.numbers == [number_of(frame.image) for frame in frames]
            times = [float(frame.time) - offset for frame in frames]
            assert [float(time) for time in seen.times] == pytest.approx(times, abs=0.0011)
            assert float(written.duration) == pytest.approx(lasts, abs=0.0011)
        assert seen.numbers[0] == number_of(frames[0].image)
        assert number_of(frames[-1].image) - seen.numbers[-1] <= (
            suffix == ".avi"
        )  # of which less than half was wanted
        wanted = next(time for time in heard if time > 0.5)
        # An AVI has no times, so copied sound begins with the nearest packet.
        assert clicks(path)[-1] == pytest.approx(wanted - offset, abs=0.0165 if suffix == ".avi" else 0.003)


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".avi"])
def test_a_film_of_a_phone_held_upright_stays_upright(tmp_path: Path, suffix: str) -> None:
    source = make_video(
        tmp_path / "phone.mov", frames=20, size=(96, 64), turn=90, **SOURCES["phone.mov"] | {"times": None}
    )
    written, frames = convert(source, tmp_path / f"out{suffix}", 0.2, 0.5)
    seen = inspect_video(tmp_path / f"out{suffix}")
    assert (written.frames, written.duration) == (9, Fraction(3, 10))
    assert seen.images[0].shape == (96, 64, 3)
    assert corners_of(seen.images[0]) == corners_of(frames[0].image) == ["blue", "red", "white", "green"]
