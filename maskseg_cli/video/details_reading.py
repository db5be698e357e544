"""Reads title, date and chapters of a video, and what else it has."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av

from maskseg_cli.messages import counted
from maskseg_cli.video.details import Chapter, Details
from maskseg_cli.video.tracks import default_sound

#: Tags that a result keeps.
_KEPT = ("title", "artist", "author", "album", "comment", "description", "copyright", "date", "creation_time")

#: Parts of the names of tags that say where a video was recorded.
_PLACE = ("location", "gps")


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
