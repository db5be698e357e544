"""Files with several tracks of pictures: a photo or preview beside the film."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.pipeline.reading_options import ReadingOptions
from maskseg_cli.video.reader import open_video
from tests.video.samples import make_pictures, make_video, number_of, picture

#: Codec, width and height, frames, and disposition of a track.
Track = tuple[str, tuple[int, int], int, int]

PHOTO: Track = ("mjpeg", (128, 96), 1, 1)
FILM: Track = ("mpeg4", (64, 48), 30, 1)
DEFAULT = int(av.stream.Disposition.default)


def make_tracks(path: Path, tracks: Sequence[Track]) -> Path:
    """A file with such tracks, 10 frames a second; their pictures show their number plus 100 times the track's."""
    with av.open(str(path), "w") as output:
        streams: list[Any] = []
        for codec, size, _, disposition in tracks:
            stream = output.add_stream(codec, 10, time_base=Fraction(1, 10))
            stream.width, stream.height = size
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            stream.disposition = disposition
            stream.codec_context.thread_count = 1
            streams.append(stream)
        for track, (stream, (_, size, frames, _)) in enumerate(zip(streams, tracks, strict=True)):
            for index in range(frames):
                frame = av.VideoFrame.from_ndarray(picture(100 * track + index, size), format="bgr24")
                frame.pts, frame.time_base = index, Fraction(1, 10)
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize(
    ("tracks", "film"),
    [
        ([PHOTO, FILM], 1),
        ([FILM, PHOTO], 0),
        ([PHOTO, (*FILM[:3], 0)], 1),
        ([("mpeg4", (128, 96), 1, DEFAULT), (*FILM[:3], 0)], 1),
        ([(*FILM[:3], 0), ("mpeg4", (32, 32), 30, DEFAULT)], 1),
    ],
)
def test_the_film_is_read_and_the_other_track_is_named(
    tmp_path: Path, tracks: list[Track], film: int, suffix: str
) -> None:
    path = make_tracks(tmp_path / f"in{suffix}", tracks)
    with open_video(path) as video:
        numbers = [number_of(frame.image) for frame in video]
        (note,) = video.info.notes
    assert numbers == [100 * film + index for index in range(30)]
    assert note.startswith(f"the pictures are those of stream {film} (mpeg4, ")
    assert f"--stream {1 - film} ({tracks[1 - film][0]}, " in note


def test_of_equal_tracks_the_largest_is_read(tmp_path: Path) -> None:
    path = make_tracks(tmp_path / "in.mkv", [(*FILM[:3], 0), ("mpeg4", (128, 96), 30, 0)])
    with open_video(path) as video:
        assert (video.info.width, video.info.height) == (128, 96)


def test_another_track_can_be_chosen(tmp_path: Path) -> None:
    path = make_tracks(tmp_path / "in.mp4", [PHOTO, FILM])
    with open_video(path, stream=0) as video:
        assert [number_of(frame.image) for frame in video] == [0]
        assert number_of(next(iter(video)).image) == 0  # opened again
    assert ReadingOptions(stream=0).stream == 0
    with pytest.raises(MasksegError, match=r"no pictures in stream 2; it has them in 0 \(mjpeg, 128 x 96, 1 picture\)"):
        open_video(path, stream=2)
    with pytest.raises(UsageError, match="no streams"):
        open_video(make_pictures(tmp_path / "frames", 2), stream=0)


def test_a_photo_alone_is_what_there_is(tmp_path: Path) -> None:
    with open_video(make_tracks(tmp_path / "in.mp4", [PHOTO])) as video:
        assert [frame.image.shape for frame in video] == [(96, 128, 3)]
        assert video.info.notes == ()


def test_a_long_film_of_photos_is_a_film(tmp_path: Path) -> None:
    path = make_tracks(tmp_path / "in.mkv", [("mjpeg", (64, 48), 30, 0), ("mpeg4", (32, 32), 30, 0)])
    with open_video(path) as video:
        assert np.array([number_of(frame.image) for frame in video]).max() == 29


@pytest.mark.parametrize("first", [True, False])
def test_a_cover_that_is_an_ordinary_track_of_a_matroska_file_is_not_the_film(tmp_path: Path, first: bool) -> None:
    """It may be the default track, as large as the film, and last as long."""
    source = make_video(tmp_path / "film.mkv", frames=50)
    cover = make_video(tmp_path / "cover.mkv", frames=1, rate=Fraction(1, 2), codec="mjpeg", pix_fmt="yuvj420p")
    path = tmp_path / "in.mkv"
    with av.open(str(source)) as film, av.open(str(cover)) as still, av.open(str(path), "w") as output:
        tracks = [still, film] if first else [film, still]
        streams: list[Any] = [output.add_stream_from_template(track.streams.video[0]) for track in tracks]
        for track, stream in zip(tracks, streams, strict=True):
            for packet in track.demux():
                if packet.size:
                    packet.stream = stream
                    output.mux(packet)
    with open_video(path) as video:
        assert [number_of(frame.image) for frame in video] == list(range(50))
