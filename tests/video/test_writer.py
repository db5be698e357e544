"""Files that `VideoWriter` makes: pictures, times, length, safety of what stands under the name."""

from __future__ import annotations

import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.video import movie_file
from maskseg_cli.video.readback import Contents, read_contents
from maskseg_cli.video.sound import Sound
from maskseg_cli.video.video_formats import FORMATS, EncodeOptions
from maskseg_cli.video.video_info import VideoInfo
from maskseg_cli.video.writer import VideoWriter
from tests.video.samples import corners_of, make_video, number_of, picture
from tests.video.written import clicks, constant_times, inspect_video, write

NTSC = Fraction(30000, 1001)
VARIABLE = [Fraction(k, 1000) for k in (0, 40, 110, 150, 500, 700, 720)]
INFO = VideoInfo("sample", 64, 48, Fraction(25))


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_kind_of_file_holds_all_frames_in_order_and_opens_in_opencv(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    written = write(path, constant_times(12, 25), Fraction(1, 25), options=EncodeOptions())
    assert (written.path, written.frames, written.has_sound, written.notes) == (path, 12, False, ())
    assert written.duration == Fraction(12, 25)
    seen = inspect_video(path)
    assert seen.numbers == list(range(12))
    assert seen.times == constant_times(12, 25)
    assert corners_of(seen.images[0]) == ["red", "green", "blue", "white"]
    capture = cv2.VideoCapture(str(path))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(25)
    count = 0
    while (read := capture.read())[0]:
        assert number_of(read[1]) == count
        count += 1
    assert count == 12
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]  # nothing temporary is left


@pytest.mark.parametrize(("suffix", "encoder"), [(s, c) for s, f in FORMATS.items() for c in f.codecs if c != "gif"])
def test_every_codec_goes_into_the_files_that_are_said_to_take_it(tmp_path: Path, suffix: str, encoder: str) -> None:
    path = tmp_path / f"out{suffix}"
    assert write(path, constant_times(3, 25), Fraction(1, 25), options=EncodeOptions(codec=encoder)).frames == 3
    assert inspect_video(path).numbers == [0, 1, 2]


def test_mp4_is_h264_that_browsers_and_phones_play(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    write(path, constant_times(5, 25), Fraction(1, 25))
    video = inspect_video(path).video.codec_context
    assert (video.name, video.codec_tag, video.pix_fmt, video.profile) == ("h264", "avc1", "yuv420p", "High")
    assert not video.has_b_frames
    assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat")  # plays while it loads


def test_avi_is_mpeg4_with_the_xvid_tag(tmp_path: Path) -> None:
    path = tmp_path / "out.avi"
    write(path, constant_times(5, 25), Fraction(1, 25))
    video = inspect_video(path).video.codec_context
    assert (video.name, video.codec_tag) == ("mpeg4", "XVID")
    write(path, constant_times(5, 25), Fraction(1, 25), options=EncodeOptions(fourcc="mjpg"))
    video = inspect_video(path).video.codec_context
    assert (video.name, video.codec_tag) == ("mjpeg", "MJPG")


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".avi"])
def test_exact_rates_stay_exact(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    written = write(path, constant_times(31, NTSC), 1 / NTSC, rate=NTSC)
    assert written.duration == 31 / NTSC
    seen = inspect_video(path)
    assert seen.times == constant_times(31, NTSC)
    assert seen.video.average_rate == NTSC


@pytest.mark.parametrize(
    "delay", [Fraction(111, 10000), Fraction(1001, 30000), Fraction(1, 600), Fraction(2003, 10000)]
)
@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv", ".webm"])
def test_pictures_that_begin_late_stay_in_step_with_the_sound(tmp_path: Path, suffix: str, delay: Fraction) -> None:
    """As MPEG and phones write them: the first picture comes a fraction of a millisecond after a whole one."""
    source = make_video(tmp_path / "in.mp4", frames=30, sound="aac")
    path = tmp_path / f"out{suffix}"
    written = write(path, [delay + time for time in constant_times(30, 25)], Fraction(1, 25), sound=Sound(str(source)))
    fine = Fraction(1, 1000 if suffix in (".mkv", ".webm") else 90_000)
    assert abs(written.duration - delay - Fraction(6, 5)) <= fine
    seen = inspect_video(path)
    assert seen.numbers == list(range(30))
    assert abs(seen.times[0] - delay) <= fine
    assert seen.container.duration / 1e6 == pytest.approx(float(delay) + 1.2, abs=0.03)
    assert clicks(path)[-1] == pytest.approx(1, abs=0.003)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".gif"])
def test_a_variable_rate_is_kept_and_so_is_the_length_of_the_last_frame(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    written = write(path, VARIABLE, Fraction(3, 10), rate=7)
    seen = inspect_video(path)
    assert seen.numbers == list(range(len(VARIABLE)))
    assert [float(time) for time in seen.times] == pytest.approx([float(t) for t in VARIABLE], abs=1e-4)
    assert float(written.duration) == pytest.approx(1.02, abs=1e-4)
    assert seen.container.duration / 1e6 == pytest.approx(1.02, abs=1e-3)


def test_avi_repeats_and_drops_frames_so_that_each_is_seen_at_its_time(tmp_path: Path) -> None:
    path = tmp_path / "out.avi"
    written = write(path, VARIABLE, Fraction(3, 10), rate=10)
    assert inspect_video(path).numbers == [1, 2, 3, 3, 3, 4, 4, 6, 6, 6]
    assert written.duration == 1


def test_a_wanted_rate_is_made_by_repeating_and_dropping(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    written = write(path, constant_times(6, 10), Fraction(1, 10), rate=10, options=EncodeOptions(fps=Fraction(20)))
    assert inspect_video(path).numbers == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert (written.duration, inspect_video(path).video.average_rate) == (Fraction(6, 10), 20)
    written = write(path, constant_times(6, 10), Fraction(1, 10), rate=10, options=EncodeOptions(fps=Fraction(5)))
    assert (len(inspect_video(path).numbers), written.duration) == (3, Fraction(6, 10))


def test_pictures_that_come_too_fast_for_a_gif_are_left_out(tmp_path: Path) -> None:
    written = write(tmp_path / "out.gif", constant_times(30, 60), Fraction(1, 60), rate=60)
    assert float(written.duration) == pytest.approx(0.5, abs=0.021)
    assert written.notes == ("pictures closer than 1/50 s were left out",)
    seen = inspect_video(tmp_path / "out.gif")
    gaps = {after - before for before, after in zip(seen.times, seen.times[1:], strict=False)}
    assert min(gaps) >= Fraction(2, 100)  # of 1/100 s browsers make 1/10 s


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".webm"])
def test_odd_sizes_are_padded_by_repeating_the_edge(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    written = write(path, constant_times(2, 25), Fraction(1, 25), size=(97, 61))
    assert len(written.notes) == 1
    assert written.notes[0].startswith("97 x 61 padded to 98 x 62")
    image = inspect_video(path).images[0].astype(int)
    assert image.shape == (62, 98, 3)
    assert np.abs(image[61] - image[60]).mean() < 8
    assert np.abs(image[:, 97] - image[:, 96]).mean() < 8


@pytest.mark.parametrize("size", [(320, 240), (1280, 720)])
def test_colours_come_back_as_they_were(tmp_path: Path, size: tuple[int, int]) -> None:
    colours = [(0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 255), (0, 0, 0), (60, 180, 75), (128, 128, 128)]
    image = np.repeat(np.array(colours, np.uint8), size[0] // len(colours) + 1, axis=0)[: size[0]]
    image = np.broadcast_to(image, (size[1], size[0], 3)).copy()
    for suffix in (".mp4", ".avi", ".webm"):
        path = tmp_path / f"out{suffix}"
        with VideoWriter(path, VideoInfo("sample", *size, Fraction(25))) as writer:
            writer.write(image, Fraction(0), Fraction(1, 25))
            writer.finish()
        seen = inspect_video(path)
        matrix = 1 if size[1] >= 720 else 6  # BT.709 for HD, BT.601 below, and the file says so
        assert suffix == ".avi" or (seen.video.codec_context.colorspace, seen.video.codec_context.color_range) == (
            matrix,
            1,
        )
        if suffix == ".avi" and matrix == 1:
            continue  # an AVI has no place to say so
        width = size[0] / len(colours)
        found = [seen.images[0][size[1] // 2, int((k + 0.5) * width)] for k in range(len(colours))]
        assert np.abs(np.array(found, int) - np.array(colours)).max() <= 6


def test_what_stood_under_the_name_stays_until_the_new_video_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"precious")
    writer = VideoWriter(path, INFO)
    writer.write(picture(0), Fraction(0), Fraction(1, 25))
    assert path.read_bytes() == b"precious"
    writer.discard()
    assert path.read_bytes() == b"precious"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.mp4"]
    with pytest.raises(MasksegError, match="was not written"):
        writer.finish()


def test_an_error_in_the_middle_leaves_a_playable_video(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"

    def fail() -> None:
        with VideoWriter(path, INFO) as writer:
            for index, time in enumerate(constant_times(7, 25)):
                writer.write(picture(index), time, Fraction(1, 25))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.partial.mp4"]
    assert inspect_video(tmp_path / "out.partial.mp4").numbers == list(range(7))


def test_an_error_before_the_first_frame_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), VideoWriter(tmp_path / "out.mp4", INFO):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(MasksegError, match="no frame"):
        VideoWriter(tmp_path / "out.mp4", INFO).finish()
    assert list(tmp_path.iterdir()) == []


def test_finishing_twice_says_the_same(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "out.mp4", INFO)
    writer.write(picture(0), Fraction(0), Fraction(1, 25))
    assert writer.finish() == writer.finish()


def test_what_cannot_be_read_back_is_no_success_and_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "out.mkv"
    writer = VideoWriter(path, INFO)
    for index, time in enumerate(constant_times(50, 25)):
        writer.write(picture(index), time, Fraction(1, 25))
    (temporary,) = (entry for entry in tmp_path.iterdir() if ".reserve" not in entry.name)
    with temporary.open("r+b") as file:
        file.write(b"\0" * 64)  # a disk that loses what was written
    with pytest.raises(MasksegError, match=r"cannot be read back.* Nothing of it can be played, so nothing is kept\."):
        writer.finish()
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_whole_but_plays_is_no_success_and_is_kept_under_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_a_frame(path: Path, name: str, cut_off: bool) -> Contents:
        contents = read_contents(path, name, cut_off)
        return replace(contents, frames=contents.frames - 1)

    monkeypatch.setattr(movie_file, "read_contents", lose_a_frame)
    path = tmp_path / "out.mkv"
    writer = VideoWriter(path, INFO)
    for index, time in enumerate(constant_times(50, 25)):
        writer.write(picture(index), time, Fraction(1, 25))
    with pytest.raises(MasksegError, match=r"holds 49 frames instead of 50\..*kept as .*out\.partial\.mkv\."):
        writer.finish()
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.partial.mkv"]
    assert inspect_video(tmp_path / "out.partial.mkv").numbers == list(range(50))


def test_pictures_of_another_size_are_fitted_in_with_a_note(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "out.mp4", INFO) as writer:
        writer.write(picture(0), Fraction(0), Fraction(1, 25))
        writer.write(picture(1, (128, 96)), Fraction(1, 25), Fraction(1, 25))
        writer.write(np.full((96, 48, 3), 255, np.uint8), Fraction(2, 25), Fraction(1, 25))
        written = writer.finish()
    assert written.notes == ("pictures of another size were fitted into 64 x 48",)
    seen = inspect_video(tmp_path / "out.mp4")
    assert seen.numbers[:2] == [0, 1]
    assert seen.images[2][:, :16].max() < 40  # not squashed: a bar, and the picture in the middle
    assert seen.images[2][:, 24:40].min() > 215


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MasksegError, match=r"out\.mp4 cannot be written"):
        VideoWriter(tmp_path / "file" / "out.mp4", INFO)


def test_a_size_beyond_the_codec_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match=r"H\.264 cannot encode 40000 x 2 pixels"):
        VideoWriter(tmp_path / "out.mp4", VideoInfo("sample", 40000, 2, Fraction(25)))
    assert list(tmp_path.iterdir()) == []


def test_lower_crf_is_better_and_larger(tmp_path: Path) -> None:
    sizes = []
    for crf in (10, 40):
        path = tmp_path / f"{crf}.mp4"
        with VideoWriter(path, INFO, EncodeOptions(crf=crf)) as writer:
            for index, time in enumerate(constant_times(5, 25)):
                writer.write(
                    np.random.default_rng(index).integers(0, 255, (48, 64, 3), np.uint8), time, Fraction(1, 25)
                )
            writer.finish()
        sizes.append(path.stat().st_size)
    assert sizes[0] > 2 * sizes[1]


def test_ffv1_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.mkv"
    write(path, constant_times(2, 25), Fraction(1, 25), options=EncodeOptions(codec="ffv1"))
    assert (inspect_video(path).images[1] == picture(1)).all()


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".avi"])
def test_what_a_killed_program_leaves_behind_plays_up_to_a_few_seconds_before(tmp_path: Path, suffix: str) -> None:
    writer = VideoWriter(tmp_path / f"out{suffix}", INFO)
    for index, time in enumerate(constant_times(400, 25)):
        writer.write(picture(index), time, Fraction(1, 25))
    (temporary,) = (entry for entry in tmp_path.iterdir() if ".reserve" not in entry.name)
    rescued = tmp_path / f"rescued{suffix}"
    rescued.write_bytes(temporary.read_bytes())  # as a killed program leaves it
    writer.discard()
    numbers = inspect_video(rescued).numbers
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 240 or suffix in (".mkv", ".webm", ".avi")


def test_throwing_away_while_another_thread_writes_ends_that_thread_with_an_error(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "out.mp4", VideoInfo("sample", 640, 480, Fraction(25)))
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8)
    errors: list[Exception] = []
    frames_are_written = threading.Event()

    def work() -> None:
        try:
            for index, time in enumerate(constant_times(100_000, 25)):
                writer.write(noise, time, Fraction(1, 25))
                if index == 30:  # more than the encoder keeps back
                    frames_are_written.set()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert frames_are_written.wait(30)
    writer.discard()
    thread.join(30)
    assert not thread.is_alive()
    assert len(errors) == 1
    assert list(tmp_path.iterdir()) == []
