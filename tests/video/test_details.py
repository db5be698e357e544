"""Title, date and chapters of a video, and what else a result leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from maskseg_cli.export.video_file import VideoFile
from maskseg_cli.video.details import Chapter, Details
from maskseg_cli.video.reader import open_video
from tests.video.samples import make_sound, make_video

DATE = "2024-05-06T07:08:09.000000Z"
TAGS = {"title": "My trip", "creation_time": DATE}
NOTES = "left out: 2 sound tracks (fra, deu), the place of the recording (GPS)"


def make_rich(path: Path, chapters: Sequence[tuple[str, int, int]] = (), tags: dict[str, str] | None = None) -> Path:
    """2 seconds of pictures with three sound tracks, and chapters with start and end in milliseconds."""
    source = make_video(path.with_name("pictures.mov"), frames=20, rate=10)
    with av.open(str(source)) as pictures, av.open(str(path), "w") as output:
        output.metadata.update(TAGS if tags is None else tags)
        output.set_chapters(
            [
                {"id": n, "start": start, "end": end, "time_base": Fraction(1, 1000), "metadata": {"title": title}}
                for n, (title, start, end) in enumerate(chapters)
            ]
        )
        video: Any = output.add_stream_from_template(pictures.streams.video[0])
        voices = [output.add_stream("aac", 48000, layout="mono") for _ in range(3)]
        for voice, language in zip(voices, ("und", "fra", "deu"), strict=True):
            voice.metadata["language"] = language
            voice.disposition = int(av.stream.Disposition.default) if voice is voices[0] else 0
        for packet in pictures.demux(pictures.streams.video[0]):
            if packet.size:
                packet.stream = video
                output.mux(packet)
        for voice in voices:
            frame = av.AudioFrame.from_ndarray(make_sound(2, 48000)[None], "fltp", "mono")
            frame.sample_rate, frame.time_base, frame.pts = 48000, Fraction(1, 48000), 0
            output.mux(voice.encode(frame))
            output.mux(voice.encode(None))
    return path


def write(source: Path, target: Path, start: float = 0, frames: int = 1000) -> tuple[dict[str, str], list[Any], Any]:
    """Writes a result as `maskseg video` does; returns its tags, and its chapters in seconds, and what was written."""
    with open_video(source, start, max_frames=frames) as video:
        sink = VideoFile(target, video.info, sound_source=str(source), from_first=bool(start))
        for frame in video:
            sink.add(frame, None, frame.image)  # type: ignore[arg-type]
        sink.finish()
    with av.open(str(target)) as result:
        tags = {name.lower(): text for name, text in result.metadata.items()}
        chapters = [
            (one["metadata"]["title"], float(one["start"] * one["time_base"]), float(one["end"] * one["time_base"]))
            for one in result.chapters()
        ]
    return tags, chapters, sink.written


@pytest.mark.parametrize(("kind", "target"), [(".mkv", ".mp4"), (".mp4", ".mov"), (".mp4", ".mkv"), (".mkv", ".webm")])
def test_title_date_and_chapters_are_kept_and_the_rest_is_named(tmp_path: Path, kind: str, target: str) -> None:
    place = {"location": "+48.8500+002.3500/"}
    source = make_rich(tmp_path / f"in{kind}", [("One", 0, 1500), ("Two", 1500, 2000)], TAGS | place)
    tags, chapters, written = write(source, tmp_path / f"out{target}")
    assert {name: tags[name] for name in TAGS} == TAGS
    assert "location" not in tags
    assert chapters == [("One", 0, 1.5), ("Two", 1.5, 2)]
    assert (written.frames, float(written.duration), written.has_sound) == (20, 2, True)
    assert written.notes[-1] == NOTES


@pytest.mark.parametrize("target", [".mp4", ".mkv"])
def test_the_chapters_of_a_part(tmp_path: Path, target: str) -> None:
    source = make_rich(tmp_path / "in.mp4", [("One", 0, 600), ("Two", 600, 1500), ("Three", 1500, 2000)])
    _, chapters, written = write(source, tmp_path / f"out{target}", start=0.8, frames=6)
    assert chapters == [("Two", 0, pytest.approx(0.6))]
    assert float(written.duration) == pytest.approx(0.6)


def test_what_avi_and_gif_cannot_keep_is_named(tmp_path: Path) -> None:
    source = make_rich(tmp_path / "in.mp4", [("One", 0, 1500), ("Two", 1500, 2000)])
    tags, chapters, written = write(source, tmp_path / "out.avi")
    assert (tags["title"], tags["date"], chapters) == ("My trip", DATE, [])
    assert written.notes[-1] == "left out: 2 sound tracks (fra, deu), 2 chapters"
    _, _, written = write(source, tmp_path / "out.gif")
    assert written.notes[-1] == "left out: 2 sound tracks (fra, deu), 2 chapters, title and date"


def test_a_plain_video_has_no_note(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", frames=5, sound="aac")
    for target in (".mp4", ".gif"):
        _, chapters, written = write(source, tmp_path / f"out{target}")
        assert chapters == []
        assert not any("left out" in note for note in written.notes)
    with open_video(source) as video:
        assert video.info.details == Details()


def test_chapters_move_with_the_start() -> None:
    details = Details((), (Chapter("a", Fraction(0), Fraction(2)), Chapter("b", Fraction(2), Fraction(5))))
    assert details.from_time(Fraction(3)).chapters == (Chapter("b", Fraction(0), Fraction(2)),)
    assert [one["end"] for one in details.chapters_for("mp4", Fraction(4))] == [2000, 4000]
    assert details.chapters_for("avi", Fraction(4)) == []


@pytest.mark.parametrize(
    ("kind", "given", "target", "kept", "lost"),
    [
        (".webm", {"title": "T", "DATE_RECORDED": "2020"}, ".mp4", {"title": "T", "date": "2020"}, None),
        (".webm", {"DATE_RECORDED": "2020"}, ".webm", {"date": "2020"}, None),
        (".webm", {"DATE_RECORDED": "2020"}, ".gif", {}, "date"),
        (".mkv", {"date": "2021", "DATE_RELEASED": "2020"}, ".mkv", {"date": "2021"}, None),
        (".mkv", {"genre": "Film", "DIRECTOR": "D"}, ".mkv", {"genre": "Film", "director": "D"}, None),
        (".mkv", {"genre": "Film", "DIRECTOR": "D"}, ".mp4", {"genre": "Film"}, "director"),
        (".mkv", {"author": "A", "description": "D"}, ".mov", {"artist": "A", "comment": "D"}, None),
        (".mkv", {"author": "A", "artist": "B"}, ".mp4", {"artist": "B"}, "author"),
        (".mkv", {"ENCODER": "x", "VENDOR_ID": "y", "com.android.version": "9"}, ".mp4", {}, None),
        (".mp4", {"keywords": "k"}, ".mp4", {"keywords": "k"}, None),
        (".mp4", {"keywords": "k"}, ".avi", {}, "keywords"),
    ],
)
def test_other_tags_are_kept_where_the_container_has_them_and_named_where_not(
    tmp_path: Path, kind: str, given: dict[str, str], target: str, kept: dict[str, str], lost: str | None
) -> None:
    source = make_video(tmp_path / "pictures.mkv", frames=3, codec="libvpx" if kind == ".webm" else "mpeg4")
    tagged = tmp_path / f"in{kind}"
    with av.open(str(source)) as pictures, av.open(str(tagged), "w") as output:
        output.metadata.update(given)
        stream: Any = output.add_stream_from_template(pictures.streams.video[0])
        for packet in pictures.demux(pictures.streams.video[0]):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    tags, _, written = write(tagged, tmp_path / f"out{target}")
    assert {name: tags.get(name) for name in kept} == kept
    assert not [name for name in ("vendor_id", "com.android.version") if name in tags]
    assert [note for note in written.notes if "left out" in note] == ([f"left out: {lost}"] if lost else [])
