"""What a video has besides pictures and sound: title, date, chapters, and what a result leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from maskseg_cli.messages import counted

#: FFmpeg's names of containers that have chapters, and of those that have tags.
_WITH_CHAPTERS = {"mp4", "mov", "matroska", "webm"}
_WITH_TAGS = {*_WITH_CHAPTERS, "avi"}

_BASIC = {"title", "artist", "album", "comment", "copyright", "date", "genre"}

#: Container -> tags that its muxer writes; Matroska takes all.
_WRITTEN = {
    "mp4": _BASIC
    | {
        "creation_time",
        "description",
        "composer",
        "show",
        "synopsis",
        "keywords",
        "album_artist",
        "episode_id",
        "lyrics",
    },
    "mov": _BASIC | {"creation_time", "make", "model"},
    "avi": _BASIC | {"track", "language"},
}

#: Tags that say about the same, where a container does not write the first.
_INSTEAD = {"author": "artist", "description": "comment", "creation_time": "date"}


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
        tags, written = dict(self.tags), _WRITTEN.get(container)
        if written is None:
            return tags
        for name, other in _INSTEAD.items():
            if name in tags and name not in written:
                tags.setdefault(other, tags[name])
        return {name: text for name, text in tags.items() if name in written}

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
        written = self.tags_for(container)
        lost = [name for name, text in self.tags if text not in written.values() and not _same_date(name, written)]
        if lost:
            missing.append(" and ".join(dict.fromkeys(name.replace("creation_time", "date") for name in lost)))
        return f"left out: {', '.join(missing)}" if missing else None


def _same_date(name: str, written: dict[str, str]) -> bool:
    """Whether a tag is a date, and a result has one."""
    return name in ("date", "creation_time") and "date" in written


#: Of a video that has nothing else.
NO_DETAILS = Details()
