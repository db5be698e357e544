"""What a name and the options ask for, and what is refused before any work."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.video.codecs import CODECS
from maskseg_cli.video.output_checks import check_output
from maskseg_cli.video.video_formats import FORMATS, EncodeOptions, format_for, frame_pattern


@pytest.mark.parametrize(
    ("name", "options", "title", "tag"),
    [
        ("a.mp4", {}, "H.264", None),
        ("a.MP4", {}, "H.264", None),
        ("a.mov", {"codec": "hevc"}, "H.265", "hvc1"),
        ("a.mkv", {"codec": "libx264"}, "H.264", None),
        ("a.webm", {}, "VP9", None),
        ("a.webm", {"codec": "AV1"}, "AV1", None),
        ("a.avi", {}, "MPEG-4", "XVID"),
        ("a.avi", {"fourcc": "divx"}, "MPEG-4", "DIVX"),
        ("a.avi", {"fourcc": "MJPG"}, "Motion JPEG", "MJPG"),
        ("a.mp4", {"fourcc": "avc1"}, "H.264", None),
        ("a.gif", {}, "GIF", None),
        ("frames/", {}, "PNG", None),
        ("frames/", {"codec": "jpeg"}, "JPEG", None),
        ("frames/%05d.jpg", {}, "JPEG", None),
        ("f%d.png", {}, "PNG", None),
    ],
)
def test_name_and_options_decide_the_codec(name: str, options: dict[str, str], title: str, tag: str | None) -> None:
    found = format_for(name, EncodeOptions(**options))  # type: ignore[arg-type]
    assert (found.codec.title, found.tag) == (title, tag)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.wmv", {}, r"a\.wmv ends in no video format.*\.mp4.*a\.wmv/"),
        ("a", {}, "no video format"),
        ("a.mp4", {"codec": "h266"}, "no codec h266 here; known are h264"),
        ("a.webm", {"codec": "h264"}, r"\.webm file cannot hold h264; it can hold vp9, av1"),
        ("a.gif", {"crf": 20}, "no quality to choose"),
        ("a.mp4", {"crf": 52}, r"0 \(best\) to 51 \(smallest\) for H\.264, not 52"),
        ("a.avi", {"crf": 0}, r"1 \(best\) to 31"),
        ("a.mp4", {"fps": Fraction(0)}, "above 0"),
        ("a.avi", {"fourcc": "WMV3"}, "WMV3 is no tag.*XVID"),
        ("a.avi", {"fourcc": "MJPG", "codec": "mpeg4"}, "MJPG is no tag for this codec; known are XVID"),
        ("frames/", {"codec": "h264"}, "PNG or JPEG"),
        ("frames/%d.webp", {}, r"\.png or \.jpg, not as \.webp"),
        ("frames/%d.png", {"codec": "jpeg"}, "cannot be jpeg"),
        ("frames/", {"crf": 3}, "no --crf"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        format_for(name, EncodeOptions(**options))  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_an_existing_folder_means_frames(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").mkdir()
    assert format_for(tmp_path / "clip.mp4").is_folder
    assert frame_pattern(tmp_path / "clip.mp4", ".png") == tmp_path / "clip.mp4" / "%06d.png"


def test_a_missing_encoder_is_said_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    def absent(name: str, mode: str) -> None:
        raise av.error.EncoderNotFoundError(1, "Encoder not found")

    monkeypatch.setattr(av, "Codec", absent)
    with pytest.raises(MasksegError, match=r"cannot write H\.264 .*libx264"):
        format_for("a.mp4")


def test_each_container_names_codecs_that_there_are() -> None:
    for output in FORMATS.values():
        assert set(output.codecs) <= {*CODECS, "gif"}
        assert output.codec is (CODECS[output.codecs[0]] if output.suffix != ".gif" else output.codec)


def test_an_output_that_can_be_written_passes(tmp_path: Path) -> None:
    assert check_output(tmp_path / "new/folder/out.mp4", sources=["in.mp4", "rtsp://host/a"]).suffix == ".mp4"
    assert check_output(f"{tmp_path}/frames/").is_folder


def test_an_output_is_never_an_input(tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(b"video")
    (tmp_path / "link.mp4").hardlink_to(source)
    for name in ("in.mp4", "link.mp4", "./in.mp4"):
        with pytest.raises(UsageError, match="is the input"):
            check_output(tmp_path / name, sources=[str(source)], overwrite=True)
    frames = tmp_path / "000000.png"
    frames.write_bytes(b"picture")
    for given in (str(frames), str(tmp_path / "%06d.png")):
        with pytest.raises(UsageError, match="would overwrite the input"):
            check_output(tmp_path, sources=[given], overwrite=True)


def test_what_is_there_is_replaced_only_if_asked(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"old")
    (tmp_path / "000000.png").write_bytes(b"old")
    with pytest.raises(MasksegError, match=r"out\.mp4 exists already: --overwrite"):
        check_output(tmp_path / "out.mp4")
    with pytest.raises(MasksegError, match=r"000000\.png exists already"):
        check_output(tmp_path)
    check_output(tmp_path / "out.mp4", overwrite=True)
    check_output(tmp_path, overwrite=True)


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MasksegError, match="is no folder"):
        check_output(tmp_path / "file" / "out.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(UsageError, match="no file that can be replaced"):
        check_output(tmp_path / "pipe.mp4", overwrite=True)


def test_a_folder_without_the_right_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(MasksegError, match=r"cannot be written: choose another one"):
        check_output(tmp_path / "out.mp4")
