"""What a video has besides pictures and sound: title, date, chapters, and what a result leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av

from maskseg_cli.messages import counted
from maskseg_cli.video.tracks import default_sound

#: Tags that a result keeps.
_KEPT = ("title", "artist", "author", "album", "comment", "description", "copyright", "date", "creation_time")

#: Parts of the names of tags that say where a video was recorded.
_PLACE = ("location", "gps")

#: FFmpeg's names of containers that have chapters, and of those that have tags.
_WITH_CHAPTERS = {"mp4", "mov", "matroska", "webm"}
_WITH_TAGS = {*_WITH_CHAPTERS, "avi"}


@dataclass(frozen=True)
class Chapter:
    """A chapter: its title, and where it starts and ends, in seconds."""

    title: str
    start: Fraction
    end: Fraction


@dataclass(frozen=True)
class Details:
    """What a video has besides the pictures and the sound that are read.

    Attributes:
        tags: name -> text, of those that a result keeps, such as title and date.
        chapters: in order.
        left_out: what no result keeps, as parts of a sentence.
    """

    tags: tuple[tuple[str, str], ...] = ()
    chapters: tuple[Chapter, ...] = ()
    left_out: tuple[str, ...] = ()

    def from_time(self, start: Fraction) -> Details:
        """The same for a result that begins at `start` seconds."""
        moved = [
            Chapter(chapter.title, max(Fraction(0), chapter.start - start), chapter.end - start)
            for chapter in self.chapters
            if chapter.end > start
        ]
        return Details(self.tags, tuple(moved), self.left_out)

    def tags_for(self, container: str) -> dict[str, str]:
        """The tags that a container, by FFmpeg's name, takes."""
        if container not in _WITH_TAGS:
            return {}
        tags = dict(self.tags)
        if container == "avi" and "creation_time" in tags:
            tags.setdefault("date", tags["creation_time"])
        return tags

    def chapters_for(self, container: str, end: Fraction) -> list[Any]:
        """The chapters up to `end` seconds, as PyAV takes them, for a container that has them."""
        if container not in _WITH_CHAPTERS:
            return []
        return [
            {
                "id": number,
                "start": round(chapter.start * 1000),
                "end": round(min(chapter.end, end) * 1000),
                "time_base": Fraction(1, 1000),
                "metadata": {"title": chapter.title},
            }
            for number, chapter in enumerate(self.chapters)
            if chapter.start < end
        ]

    def note_for(self, container: str) -> str | None:
        """A sentence about what a container does not take, or no result keeps; None if there is nothing."""
        missing = list(self.left_out)
        if self.chapters and container not in _WITH_CHAPTERS:
            missing.append(counted(len(self.chapters), "chapter"))
        if self.tags and container not in _WITH_TAGS:
            missing.append(" and ".join(name.replace("creation_time", "date") for name in dict(self.tags)))
        return f"left out: {', '.join(missing)}" if missing else None


#: Of a video that has nothing else.
NO_DETAILS = Details()


def read_details(container: av.container.InputContainer, origin: Fraction) -> Details:
    """Reads the details of an opened video.

    Args:
        container: as opened.
        origin: the time of the container's clock, in seconds, that is 0 in the result.
    """
    texts = {name.lower(): text for name, text in container.metadata.items()}
    tags = tuple((name, texts[name]) for name in _KEPT if texts.get(name))
    chapters = [
        Chapter(one["metadata"].get("title", ""), begin - origin, end - origin)
        for one in container.chapters()
        if one["time_base"] is not None
        if (begin := one["start"] * one["time_base"]) < (end := one["end"] * one["time_base"])
    ]
    left_out = [
        *_other_tracks("sound track", [s for s in container.streams.audio if s is not default_sound(container)]),
        *_other_tracks("subtitle track", container.streams.subtitles),
        *_other_tracks("data track", [s for s in container.streams.data if not _is_chapter_text(s, chapters)]),
    ]
    if any(part in name for name in texts for part in _PLACE):
        left_out.append("the place of the recording (GPS)")
    return Details(tags, tuple(sorted(chapters, key=lambda chapter: chapter.start)), tuple(left_out))


def _other_tracks(noun: str, tracks: Sequence[Any]) -> list[str]:
    if not tracks:
        return []
    known = [track.metadata.get("language", "und") for track in tracks]
    languages = ", ".join(language for language in known if language != "und")
    return [counted(len(tracks), noun) + (f" ({languages})" if languages else "")]


def _is_chapter_text(stream: Any, chapters: Sequence[Chapter]) -> bool:
    """Whether a track is the text of chapters, which MP4 and MOV store as a track too."""
    return bool(chapters) and stream.frames == len(chapters)
