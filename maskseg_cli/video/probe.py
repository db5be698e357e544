"""Reads the properties of a video from its container, before the frames are decoded."""

from __future__ import annotations

from fractions import Fraction

import av
from av.container import InputContainer

from maskseg_cli.video.pixel_conversion import Converter
from maskseg_cli.video.tracks import duration_tag, track_note
from maskseg_cli.video.video_info import VideoInfo

#: Frames per second if the source says none or an impossible number.
_DEFAULT_RATE = Fraction(25)

_LOWEST_RATE, _HIGHEST_RATE = Fraction(1, 3600), Fraction(1000)

#: Highest rate that is believed where the number of frames and the length confirm it: cameras for slow motion.
_HIGHEST_COUNTED = Fraction(65535)

#: Largest plausible time from the start of a source to its first picture, in seconds.
_LONGEST_WAIT = 600


def probe_video(
    container: InputContainer, stream: av.VideoStream, name: str, converter: Converter, interlaced: bool, joined: bool
) -> VideoInfo:
    """The properties of an opened video.

    Args:
        name: its name in messages.
        converter: made from its first frame.
        interlaced: whether its first frame is interlaced.
        joined: whether its clock jumps, so that its length is not known.
    """
    sound = next((track for track in container.streams.audio if track.codec_context is not None), None)
    track = track_note(container, stream)
    notes = [] if track is None else [track]
    if joined:
        notes.append("its clock starts anew or jumps, as where pieces were joined: the pieces follow one another")
    notes += [*converter.notes, *(["deinterlaced"] if interlaced else [])]
    seconds = None if joined else _duration(container, stream)
    return VideoInfo(
        name=name,
        width=converter.width,
        height=converter.height,
        frame_rate=frame_rate(stream),
        frames=stream.frames or None,
        duration=seconds,
        has_sound=bool(container.streams.audio),
        sound_codec=sound.codec_context.name if sound is not None else None,
        notes=tuple(notes),
    )


def frame_rate(stream: av.VideoStream) -> Fraction:
    """Frames per second on average by the container, else 25; never 0."""
    counted = _counted_rate(stream)
    if counted is not None and _HIGHEST_RATE < counted <= _HIGHEST_COUNTED:
        return counted
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and _LOWEST_RATE <= rate <= _HIGHEST_RATE:
            return Fraction(rate)
    return _DEFAULT_RATE


def _counted_rate(stream: av.VideoStream) -> Fraction | None:
    """The number of frames divided by the length; None if the container does not state them, or states few frames."""
    if stream.frames < 10 or not stream.duration or not stream.time_base:
        return None
    rate = stream.frames / (stream.duration * stream.time_base)
    average = stream.average_rate
    return Fraction(average) if average and abs(rate / average - 1) < 0.01 else rate


def start_time_of(container: InputContainer, first: Fraction) -> Fraction:
    """The exact start time of a container in seconds of its own clock, never after its first picture.

    The container rounds its start to microseconds; the stream that starts first has the exact value.

    Args:
        first: time of the first picture, which is the start if the container has none or an implausible one.
    """
    rounded = first if container.start_time is None else Fraction(container.start_time, av.time_base)
    if not rounded <= first <= rounded + _LONGEST_WAIT:
        return first
    starts = [s.start_time * s.time_base for s in container.streams if s.start_time is not None and s.time_base]
    exact = [start for start in [*starts, first] if abs(start - rounded) <= Fraction(2, av.time_base)]
    return min(exact, key=lambda start: abs(start - rounded), default=rounded)


def _duration(container: InputContainer, stream: av.VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    tag = duration_tag(stream)
    if tag is not None:  # of this stream; that of the container includes the sound
        return tag
    return container.duration / av.time_base if container.duration and container.duration > 0 else None
