"""Reads title, date and chapters of a video, and what else it has."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av

from maskseg_cli.messages import counted
from maskseg_cli.video.details import Chapter, Details
from maskseg_cli.video.tracks import default_sound

#: Other names of the date, in order.
_DATES = ("date_recorded", "date_released", "creationdate", "year")

#: Names of tags, and parts of such names, that say how a file was made, or what is known anyway.
_TECHNICAL = {"encoder", "encoded_by", "software", "duration", "minor_version", "variant_bitrate", "filesize", "hw"}
_TECHNICAL_PARTS = (
    "brand",
    "com.android",
    "vendor",
    "handler",
    "_statistics",
    "itunsmpb",
    "metadatacreator",
    "playback",
)

#: Formats with tags that users wrote; those of broadcasts and cameras are technical.
_TAGGED = ("mov", "matroska", "avi", "ogg", "asf")

#: In front of the names of tags that Apple's cameras write.
_PREFIX = "com.apple.quicktime."

#: Parts of the names of tags that say where a video was recorded.
_PLACE = ("location", "gps")


def read_details(container: av.container.InputContainer, origin: Fraction) -> Details:
    """Reads the details of an opened video.

    Args:
        container: as opened.
        origin: the time of the container's clock, in seconds, that is 0 in the result.
    """
    texts = {name.lower().removeprefix(_PREFIX): text for name, text in container.metadata.items() if text}
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
    tags = tuple(_tags(texts).items()) if container.format.name.startswith(_TAGGED) else ()
    return Details(tags, tuple(sorted(chapters, key=lambda chapter: chapter.start)), tuple(left_out))


def _tags(texts: dict[str, str]) -> dict[str, str]:
    """The tags that a result keeps if it can: not the technical ones, and not the place of the recording."""
    parts = (*_PLACE, *_TECHNICAL_PARTS)
    tags = {
        name: text
        for name, text in texts.items()
        if name not in (*_TECHNICAL, *_DATES) and not any(part in name for part in parts)
    }
    date = next((texts[name] for name in _DATES if name in texts), None)
    tags = tags if date is None else {"date": date, **tags}
    return {name: tags[name] for name in sorted(tags, key=lambda name: name != "title")}


def _other_tracks(noun: str, tracks: Sequence[Any]) -> list[str]:
    if not tracks:
        return []
    known = [track.metadata.get("language", "und") for track in tracks]
    languages = ", ".join(language for language in known if language != "und")
    return [counted(len(tracks), noun) + (f" ({languages})" if languages else "")]


def _is_chapter_text(stream: Any, chapters: Sequence[Chapter]) -> bool:
    """Whether a track is the text of chapters, which MP4 and MOV store as a track too."""
    return bool(chapters) and stream.frames == len(chapters)
