"""Chooses the track of a container whose pictures are the film."""

from __future__ import annotations

import re
from collections.abc import Sequence

import av

from maskseg_cli.errors import MasksegError

#: Text formats that FFmpeg renders as pictures of a terminal.
_TEXT_CODECS = {"ansi", "bintext", "xbin", "idf"}

#: Codecs of photos: beside a track with another codec, such a track is a preview, unless it has as many pictures.
_PHOTO_CODECS = {"mjpeg", "png", "bmp", "webp", "gif", "tiff"}

#: Brands of photos (HEIC, AVIF) in the container that MP4 also uses.
_PHOTO_BRANDS = {"heic", "heix", "heim", "heis", "avif", "mif1"}

#: A track with this many times fewer pictures, or a shorter time, than another one is not the film.
_FEW = 10


def choose_track(container: av.container.InputContainer, name: str, wanted: int | None = None) -> av.VideoStream:
    """The track whose pictures are read.

    Of several (drones put a photo before the film, cameras a preview behind it, films have angles): one with as many
    pictures and as long as the others, of these the default one, else the largest.

    Args:
        container: as opened.
        name: of the source in messages.
        wanted: the number of the stream in the container, as FFmpeg counts them, 0 first; None chooses.

    Raises:
        MasksegError: it has no pictures, or none that can be read as a video, or not in the wanted stream.
    """
    streams = list(container.streams.video) if wanted is not None else film_tracks(container)
    if not streams:
        what = "sound, but no pictures" if container.streams.audio else "no pictures"
        raise MasksegError(f"{name} holds {what}.")
    if wanted is not None:
        known = [stream for stream in streams if stream.index == wanted]
        if not known:
            there = ", ".join(f"{stream.index} ({describe_track(stream)})" for stream in streams)
            raise MasksegError(f"{name} has no pictures in stream {wanted}; it has them in {there}.")
        streams = known
    known = [stream for stream in streams if stream.codec_context is not None]
    if not known:
        raise MasksegError(f"{name} cannot be read: its pictures are coded in a way that is not known here.")
    if known[0].codec_context.name in _TEXT_CODECS:
        raise MasksegError(f"{name} is a text, not a video.")
    kind = container.format.name
    if kind.endswith("_pipe") or kind == "image2" or container.metadata.get("major_brand") in _PHOTO_BRANDS:
        raise MasksegError(f"{name} is a photo, not a video: maskseg image {name}")
    return max(
        known,
        key=lambda stream: (_is_film(stream, known), _is_default(stream), stream.width * stream.height, -stream.index),
    )


def film_tracks(container: av.container.InputContainer) -> list[av.VideoStream]:
    """The tracks with pictures, without covers of songs and thumbnails of chapters."""
    covers = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    return [stream for stream in container.streams.video if not stream.disposition & covers]


def default_sound(container: av.container.InputContainer) -> av.AudioStream | None:
    """The default one of the sound tracks that can be decoded, else the first of them; None if there is none."""
    tracks = [stream for stream in container.streams.audio if stream.codec_context is not None]
    default = next((track for track in tracks if track.disposition & av.stream.Disposition.default), None)
    return default or next(iter(tracks), None)


def track_note(container: av.container.InputContainer, chosen: av.VideoStream) -> str | None:
    """A sentence about which of several tracks is read; None if there is only one."""
    others = [stream for stream in film_tracks(container) if stream.index != chosen.index]
    if not others:
        return None
    choices = ", ".join(f"--stream {stream.index} ({describe_track(stream)})" for stream in others)
    return f"the pictures are those of stream {chosen.index} ({describe_track(chosen)}); there is also {choices}"


def describe_track(stream: av.VideoStream) -> str:
    """Codec, size and number of pictures: "h264, 320 x 240, 75 pictures"."""
    if stream.codec_context is None:
        return "unknown codec"
    parts = [stream.codec_context.name, f"{stream.width} x {stream.height}"]
    if stream.frames:
        parts.append(f"{stream.frames} picture{'' if stream.frames == 1 else 's'}")
    return ", ".join(parts)


def duration_tag(stream: av.stream.Stream) -> float | None:
    """Matroska's duration of a track, in seconds; None if it has no such tag."""
    tag = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)\W*", stream.metadata.get("DURATION", ""))
    return int(tag[1]) * 3600 + int(tag[2]) * 60 + float(tag[3]) if tag else None


def _is_film(stream: av.VideoStream, tracks: Sequence[av.VideoStream]) -> bool:
    if stream.disposition & av.stream.Disposition.still_image:
        return False
    counts, lengths = _count(stream), _seconds(stream)
    if counts is None and stream.codec_context.name in _PHOTO_CODECS:
        return all(other.codec_context.name in _PHOTO_CODECS for other in tracks)
    most = max((count for other in tracks if (count := _count(other)) is not None), default=0)
    longest = max((length for other in tracks if (length := _seconds(other)) is not None), default=0.0)
    return not ((counts is not None and counts * _FEW <= most) or (lengths is not None and lengths * _FEW <= longest))


def _count(stream: av.VideoStream) -> int | None:
    tags = {key.split("-")[0]: value for key, value in stream.metadata.items()}  # "NUMBER_OF_FRAMES-eng"
    tag = tags.get("NUMBER_OF_FRAMES", "")
    count = stream.frames or (int(tag) if tag.isdecimal() else None)
    length, rate = _seconds(stream), stream.average_rate
    return round(length * rate) if count is None and length and rate else count


def _seconds(stream: av.VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return duration_tag(stream)


def _is_default(stream: av.VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.default)
