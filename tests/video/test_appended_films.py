"""Films that were appended to others as files: what FFmpeg does not read is said, and what it mixes up is not used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.video.readback import read_contents
from maskseg_cli.video.reader import open_video
from maskseg_cli.video.sound import Sound, SoundReader
from tests.video.samples import make_video, number_of

FRAGMENTS = "frag_keyframe+empty_moov"

KINDS: dict[str, tuple[int, int, dict[str, Any]]] = {  # pieces, pieces that are read, and how they are made
    "a.flv": (2, 1, {"codec": "flv1", "sound": "libmp3lame"}),
    "a.mp4": (2, 1, {"sound": "aac"}),
    "absolute.mp4": (2, 1, {"sound": "aac", "container": {"movflags": FRAGMENTS}}),
    "relative.mp4": (2, 1, {"sound": "aac", "container": {"movflags": f"{FRAGMENTS}+default_base_moof"}}),
    "a.mov": (3, 1, {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    "a.mkv": (3, 2, {"sound": "aac"}),
    "a.webm": (3, 2, {"codec": "libvpx", "sound": "libopus"}),
}


@pytest.mark.parametrize("name", KINDS)
def test_what_is_appended_and_not_read_is_said(tmp_path: Path, name: str) -> None:
    count, known, options = KINDS[name]
    piece = make_video(tmp_path / f"piece-{name}", frames=40, gop=10, **options)
    data = piece.read_bytes()
    path = tmp_path / name
    path.write_bytes(data * count)
    with open_video(path) as video:
        numbers = [number_of(frame.image) for frame in video]
        assert numbers == [*range(40)] * known
        begin, length = len(data) * known, len(data) * (count - known)
        assert video.notes == [
            f"another film is appended at byte {begin}, which is not read ({length} bytes): cut the file there"
        ]
        assert (video.broken, video.skipped) == (None, 0)
    if "sound" in options:
        read = sum(1 for _ in SoundReader(Sound(str(path))))
        assert read == known * sum(1 for _ in SoundReader(Sound(str(piece))))
    with open_video(path, end=0.5) as video:  # nothing is said of what was not asked for
        assert len(list(video)) in (12, 13, 14)
        assert video.notes == []


@pytest.mark.parametrize("name", ["a.flv", "a.mp4", "a.mkv"])
def test_a_single_film_has_no_note(tmp_path: Path, name: str) -> None:
    path = make_video(tmp_path / name, frames=40, **KINDS[name][2])
    path.write_bytes(path.read_bytes() + b"other data" * 9)
    with open_video(path) as video:
        assert len(list(video)) == 40
        assert video.notes == []


@pytest.mark.parametrize("suffix", ["mpg", "vob"])
def test_no_picture_is_lost_where_the_size_changes(tmp_path: Path, suffix: str) -> None:
    sizes = ((64, 48), (96, 72), (64, 48))
    pieces = [
        make_video(tmp_path / f"{n}.{suffix}", frames=30, codec="mpeg2video", sound="mp2", b_frames=2, size=size)
        for n, size in enumerate(sizes)
    ]
    path = tmp_path / f"in.{suffix}"
    path.write_bytes(b"".join(piece.read_bytes() for piece in pieces))
    with open_video(path) as video:
        assert [number_of(frame.image) for frame in video] == [*range(30)] * 3
        assert video.skipped == 0


@pytest.mark.parametrize("options", ["intra-refresh=1:keyint=15", "open-gop=1:keyint=15:min-keyint=1:scenecut=0"])
def test_pictures_that_look_like_key_frames_do_not_make_a_result_incomplete(tmp_path: Path, options: str) -> None:
    """A result was refused where pictures behind its last "key frame" need earlier ones."""
    b_frames = 3 if "open-gop" in options else 0
    path = make_video(tmp_path / "a.mp4", frames=42, b_frames=b_frames, gop=15, options={"x264-params": options})
    assert read_contents(path).frames == 42
