"""The sound track of an output: copied if the container can hold it, else re-encoded."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Protocol

import av

from maskseg_cli.errors import MasksegError
from maskseg_cli.video.copied_sound import CopiedSound, time_base_for_copy
from maskseg_cli.video.sound import Sound, SoundReader
from maskseg_cli.video.sound_channels import is_usual, layout_of, positions_of
from maskseg_cli.video.sound_encoder import EncodedSound
from maskseg_cli.video.video_formats import OutputFormat

#: AVI stores no times: copied sound that begins later than this, in seconds, would be heard too early.
_UNHEARD = Fraction(1, 30)

_SOUND_NAMES = {"aac": "AAC", "libopus": "Opus", "libmp3lame": "MP3"}


class SoundTrack(Protocol):
    """A sound track that is written together with the pictures."""

    @property
    def broken(self) -> str | None:
        """Why reading ended before the end of the sound, one sentence; else None."""

    def packets(self, until: Fraction, last: bool = False) -> Iterator[Any]:
        """Yields the packets to write up to a time.

        Args:
            until: time in the output, in seconds.
            last: no more packets will be asked for: the sound is cut at `until`.
        """

    def close(self) -> None:
        """Closes the source."""


class NoSound:
    """The track of an output without sound."""

    broken = None

    def packets(self, until: Fraction, last: bool = False) -> Iterator[Any]:
        """Yields nothing."""
        return iter(())

    def close(self) -> None:
        """Does nothing."""


def open_sound_track(sound: Sound | None, output: OutputFormat, container: Any, notes: list[str]) -> SoundTrack:
    """Opens the source's sound and adds a track for it to an output.

    An error of the sound never stops the pictures: a note reports it.

    Args:
        sound: its source; None adds no track.
        output: the format of the output.
        container: PyAV's output, before its first packet.
        notes: a sentence about what differs from the source is appended.
    """
    if sound is None:
        return NoSound()
    if output.sound_encoder is None:
        notes.append(f"a {output.suffix} file has no sound")
        return NoSound()
    reader = None
    try:
        reader = SoundReader(sound)
        codec = _codec_name(reader.stream.codec_context.name)
        late = output.constant_rate and reader.begins > _UNHEARD
        problem = _problem(reader, output, codec, late)
        clock = time_base_for_copy(reader, output) if problem is None else None
        if clock is not None:
            slot = clock if output.constant_rate else None
            return CopiedSound(reader, container, _earliest(output, sound, codec), slot)
        track = EncodedSound(reader, container, output.sound_encoder, from_zero=output.constant_rate)
    except (MasksegError, av.FFmpegError, ValueError, OSError) as error:
        if reader is not None:
            reader.close()
        notes.append(f"the sound is missing: {str(error).rstrip('.')}")
        return NoSound()
    notes.append(
        f"the sound was encoded anew as {_SOUND_NAMES[output.sound_encoder]}, because {output.suffix} "
        + (problem or f"does not take {codec} as it is in the source")
        + (f"; {track.note}" if track.note else "")
    )
    return track


def _problem(reader: SoundReader, output: OutputFormat, codec: str, late: bool) -> str | None:
    """Why the sound cannot be copied, as the end of a sentence that begins with the suffix of the output; else None."""
    if codec not in output.sound_copied:
        return f"cannot well hold {codec}"
    if _loses_channels(reader, output):
        return f"cannot well hold {codec} with channels in this order"
    if late:
        return "has no times, and the sound begins later than the pictures"
    return f"cannot well hold {codec}" if _loses_times(reader, output, codec) else None


def _earliest(output: OutputFormat, sound: Sound, codec: str) -> Fraction:
    """How many packets before 0 copied sound may begin."""
    if output.edit_list:
        return Fraction(2)  # players skip what is before 0: part of the first packet, and one to decode it with
    if output.constant_rate:
        return Fraction(1, 2)  # no times: the first packet is heard at 0, so the nearest one is the first
    # Matroska would shift the pictures, except for Opus, whose header says how much to skip at the start.
    return Fraction(1 if codec == "opus" and sound.start == 0 else 0)


def _loses_channels(reader: SoundReader, output: OutputFormat) -> bool:
    """Whether a copy in this container would have its channels in another order than the source says."""
    context = reader.stream.codec_context
    if not context.name.startswith("pcm_") or output.container == "mov":
        return False
    layout = layout_of(context)
    return not is_usual(layout) and any(position != "NONE" for position in positions_of(layout))


def _loses_times(reader: SoundReader, output: OutputFormat, codec: str) -> bool:
    """Whether copied packets would be heard at wrong times: AC-3 of an AVI in an AVI, which counts it in bytes then."""
    return output.container == "avi" and codec == "ac3" and reader.in_avi


def is_copied(codec: str, output: OutputFormat) -> bool:
    """Whether sound of a codec, by FFmpeg's name such as "aac", is copied into an output as it is.

    Example:
        >>> from maskseg_cli.video.video_formats import format_for
        >>> is_copied("aac", format_for("a.mp4")), is_copied("aac", format_for("a.webm"))
        (True, False)
    """
    return _codec_name(codec) in output.sound_copied


def _codec_name(codec: str) -> str:
    """The codec's name for that of a decoder or encoder: mp3 for mp3float, opus for libopus."""
    return codec.removesuffix("float").removeprefix("lib")
