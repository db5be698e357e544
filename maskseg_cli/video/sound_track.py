"""The sound track of an output: copied as it is where the container can hold it, else encoded anew."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Protocol

import av

from maskseg_cli.errors import MasksegError
from maskseg_cli.video.copied_sound import CopiedSound, clock_of_copy
from maskseg_cli.video.sound import Sound, SoundReader
from maskseg_cli.video.sound_encoder import EncodedSound
from maskseg_cli.video.video_formats import OutputFormat

#: An AVI has no times: sound that begins later than this would be heard too early if it were copied.
_UNHEARD = Fraction(1, 30)

_SOUND_NAMES = {"aac": "AAC", "libopus": "Opus", "libmp3lame": "MP3"}


class SoundTrack(Protocol):
    """A track that grows with the pictures."""

    @property
    def broken(self) -> str | None:
        """Why the sound ended before its end, one sentence, else None."""

    def packets(self, until: Fraction, last: bool = False) -> Iterator[Any]:
        """What is to be written up to a time.

        Args:
            until: seconds of the output.
            last: nothing comes after, so cut it there.
        """

    def close(self) -> None:
        """Closes the source."""


class NoSound:
    """The track of an output without sound."""

    broken = None

    def packets(self, until: Fraction, last: bool = False) -> Iterator[Any]:
        """Nothing."""
        return iter(())

    def close(self) -> None:
        """Nothing to close."""


def open_sound_track(sound: Sound | None, output: OutputFormat, container: Any, notes: list[str]) -> SoundTrack:
    """Opens the source's sound and adds a track for it to an output.

    Sound that fails never stops the pictures: a note says what became of it.

    Args:
        sound: where it comes from; None adds no track.
        output: what is being written.
        container: PyAV's output, before its first packet.
        notes: gets a sentence about what is not as in the source.
    """
    if sound is None:
        return NoSound()
    if output.sound_encoder is None:
        notes.append(f"a {output.suffix} file has no sound")
        return NoSound()
    reader = None
    try:
        reader = SoundReader(sound)
        codec = _plain(reader.stream.codec_context.name)
        late = output.constant_rate and reader.begins > _UNHEARD
        clock = clock_of_copy(reader, output) if codec in output.sound_copied and not late else None
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
        f"the sound was encoded anew as {_SOUND_NAMES[output.sound_encoder]}, "
        f"because {output.suffix} cannot well hold {codec}"
    )
    return track


def _earliest(output: OutputFormat, sound: Sound, codec: str) -> Fraction:
    """By how many packets copied sound may begin before 0."""
    if output.edit_list:
        return Fraction(2)  # players leave out what is before 0: the first packet, and one to decode it with
    if output.constant_rate:
        return Fraction(1, 2)  # there are no times: the first packet is heard at 0, so the nearest is taken
    # Matroska would move the pictures, except for Opus, whose header tells what to leave out at the start.
    return Fraction(1 if codec == "opus" and sound.start == 0 else 0)


def is_copied(codec: str, output: OutputFormat) -> bool:
    """Whether sound of a codec, by FFmpeg's name such as "aac", is copied into an output as it is.

    Example:
        >>> from maskseg_cli.video.video_formats import format_for
        >>> is_copied("aac", format_for("a.mp4")), is_copied("aac", format_for("a.webm"))
        (True, False)
    """
    return _plain(codec) in output.sound_copied


def _plain(codec: str) -> str:
    """The name of a codec without that of the decoder for it: mp3float decodes mp3."""
    return codec.removesuffix("float").removeprefix("lib")
