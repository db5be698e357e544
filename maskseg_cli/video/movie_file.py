"""Encodes a video file frame by frame with FFmpeg's encoders and muxers, through PyAV."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.atomic_file import UnfinishedFile
from maskseg_cli.media.disk_errors import is_disk_full
from maskseg_cli.media.partial_files import partial_path
from maskseg_cli.video import gif_palette
from maskseg_cli.video.colour import PictureConverter
from maskseg_cli.video.details import NO_DETAILS, Details
from maskseg_cli.video.disk_reserve import FileWithReserve
from maskseg_cli.video.faststart import move_index_first
from maskseg_cli.video.muxing import muxer_options
from maskseg_cli.video.rate import time_base_for
from maskseg_cli.video.readback import Contents, read_contents
from maskseg_cli.video.sound import Sound
from maskseg_cli.video.sound_track import NoSound, SoundTrack, open_sound_track
from maskseg_cli.video.video_formats import EncodeOptions, OutputFormat

#: Pictures up to this many pixels are encoded in one thread, larger ones in two.
_ONE_THREAD = 1280 * 720

#: FFmpeg's quality factors are 118 times the quantizer.
_LAMBDA = 118

#: Seconds by which a file may be longer or shorter than what was written: containers round several times.
_SLACK = Fraction(1, 1000)

#: Bytes of a GIF from which a note says that it is large.
_LARGE_GIF = 25 * 10**6

#: Bytes in reserve for the end of a file, and for each frame in its index; frames after which the reserve grows.
_RESERVE, _INDEX_PER_FRAME, _FRAMES_A_RESERVE = 4 * 2**20, 64, 1000


class MovieFile:
    """Encodes frames into one file under a temporary name.

    Args:
        path: the final name.
        output: the format.
        size: width and height of the pictures.
        rate: frames per second, on average or exactly.
        options: the user's options.
        sound: the source of the sound, or None.
        details: title, chapters and so on, with times in the file.

    Attributes:
        notes: sentences about what differs from what was given.
        partial: whether `finish` has given it the name of a file that is not complete.
    """

    def __init__(
        self,
        path: Path,
        output: OutputFormat,
        size: tuple[int, int],
        rate: Fraction,
        options: EncodeOptions,
        sound: Sound | None = None,
        details: Details = NO_DETAILS,
    ) -> None:
        self.path, self.format, self.notes = path, output, []
        self._details = details
        width, height = size
        if output.even and (width % 2 or height % 2):
            self.notes.append(
                f"{width} x {height} padded to {width + width % 2} x {height + height % 2}, "
                f"because {output.codec.title} needs even sizes"
            )
            width, height = width + width % 2, height + height % 2
        gif = output.container == "gif"
        self._time_base = time_base_for(rate, output.codec.ticks)
        if gif or output.constant_rate:
            self._time_base = gif_palette.CLOCK if gif else 1 / rate
        self._step = gif_palette.SHORTEST if gif else 1
        self._convert = (
            gif_palette.PaletteConverter(width, height)
            if gif
            else PictureConverter(width, height, output.codec.pix_fmt)
        )
        self._durations: dict[int, int] = {}
        self._last_tick: int | None = None
        self.ready = self._convert.ahead  # what may be done before `write`, in any thread
        self._end, self._muxed = Fraction(0), 0
        self._sounds = 0  # packets given to the container, which may still hold the last ones
        self._flushed = self.partial = False  # all pictures and sounds are in the container
        self._ended_early = False  # the disk was full before the last picture
        try:
            self._reserve = _RESERVE + 3 * width * height  # two pictures that may wait for their sound
            self._file = FileWithReserve(path, self._reserve)
        except OSError as error:
            raise MasksegError(f"{path} cannot be written: {error.strerror or error}.") from error
        try:
            self._container = av.open(
                self._file, "w", format=output.container, container_options=muxer_options(output, self._time_base)
            )
            self._container.metadata.update(self._details.tags_for(output.container))
            self._stream = self._open_encoder(width, height, rate, options)
            self._sound: SoundTrack = open_sound_track(
                sound if options.sound else None, output, self._container, self.notes
            )
        except (av.FFmpegError, ValueError) as error:
            self._file.discard()
            raise MasksegError(
                f"{output.codec.title} cannot encode {width} x {height} pixels "
                f"at {float(rate):g} frames a second: {getattr(error, 'strerror', None) or error}."
            ) from error

    @property
    def full(self) -> bool:
        """The disk was full."""
        return self._file.full

    def write(self, image: Any, time: Fraction, duration: Fraction) -> None:
        """Adds a picture, uint8 (H, W, 3) BGR or from `ready`, shown from `time` seconds on for `duration` seconds."""
        tick, end = round(time / self._time_base), round((time + duration) / self._time_base)
        if self._last_tick is not None and tick < self._last_tick + self._step:
            tick = self._last_tick + self._step  # a little later, if it then still lasts long enough
            if end < tick + self._step:
                self._note_dropped_picture()
                return
        ticks = max(self._step, end - tick)
        self._last_tick, self._durations[tick] = tick, ticks
        self._end = (tick + ticks) * self._time_base
        try:
            for frame in self._convert(image, tick):
                frame.time_base = self._time_base
                self._mux_pictures(self._stream.encode(frame))
            self._mux_sound(self._end)
        except (av.FFmpegError, OSError) as error:
            self._raise_unless_full(error)
            raise self._file.error or error from error
        if self._muxed % _FRAMES_A_RESERVE == 0:
            self._file.reserve(self._reserve + self._muxed * _INDEX_PER_FRAME)

    def finish(self, partial: bool | None = False) -> tuple[int, Fraction, bool]:
        """Completes the file, reads it back and gives it its name; see `VideoWriter.finish`."""
        if not self._durations and not self._muxed:
            self.discard()
            raise MasksegError(f"{self.path} was not written: there was no frame.")
        try:
            whole = self._complete()
            if whole:
                self._put_index_first()
            contents = self._read_back(whole)
            self._rename(self._ended_early if partial is None else partial)
        except MasksegError as error:
            raise MasksegError(f"{error} {self._keep_playable_part()}") from error
        except BaseException:
            self.discard()
            raise
        return contents.frames, contents.duration, contents.has_sound

    def _rename(self, partial: bool) -> None:
        self.partial = partial
        self._file.rename(partial_path(self.path) if partial else self.path)
        if not partial:
            with contextlib.suppress(OSError):
                partial_path(self.path).unlink()  # of an earlier run that was stopped

    def _keep_playable_part(self) -> str:
        """Renames a file that failed the check to `NAME.partial.EXT`; returns a sentence that says so."""
        try:
            read_contents(self._file.temporary, str(self.path), cut_off=True)
        except MasksegError:
            self.discard()
            return "Nothing of it can be played, so nothing is kept."
        kept = partial_path(self.path)
        self._file.rename(kept)
        return f"The part that plays is kept as {kept}."

    def discard(self) -> None:
        """Removes what was written; another thread may be in `write`, which then fails."""
        # Encoder and container are not closed: that would crash the other thread.
        self._file.discard()

    def _raise_unless_full(self, error: Exception) -> None:
        cause = self._file.error or error
        if not is_disk_full(cause):
            reason = getattr(cause, "strerror", None) or cause
            raise MasksegError(f"{self.path} cannot be written: {reason}.") from error

    def _note_dropped_picture(self) -> None:
        note = f"pictures closer than 1/{1 / (self._step * self._time_base)} s were left out"
        if note not in self.notes:
            self.notes.append(note)

    def _complete(self) -> bool:
        """Writes the end of the file; returns False if the disk was full."""
        try:
            if not self._file.full:  # else the freed space is needed for the index
                self._mux_pictures(self._stream.encode(None))
                self._mux_sound(self._end, last=True)
                self._flushed = True
            # Where the pictures end is known now only, and no chapter may be longer.
            self._container.set_chapters(self._details.chapters_for(self.format.container, self._end))
            self._container.close()
            self._file.close()
        except (av.FFmpegError, OSError) as error:
            self._raise_unless_full(error)
        finally:
            self._sound.close()
        notes = (self._sound.broken, self._details.note_for(self.format.container))
        self.notes.extend(note for note in notes if note is not None)
        return not self._file.full

    def _put_index_first(self) -> None:
        if self.format.container not in ("mp4", "mov"):
            return
        moved = UnfinishedFile(self.path, ".moved.tmp")
        try:
            if move_index_first(self._file.temporary, moved.temporary):
                moved.rename(self._file.temporary)
        except OSError:
            self.notes.append("the index is at the end of the file, because there was no room to move it to the front")
        finally:
            moved.discard()

    def _read_back(self, whole: bool) -> Contents:
        contents = read_contents(self._file.temporary, str(self.path), cut_off=not whole)
        if not whole:
            self._ended_early = not self._flushed or contents.frames < self._muxed
            self.notes.extend(["the disk was full, so the video ends early"] if self._ended_early else [])
            return contents
        size = os.path.getsize(self._file.temporary)
        if self.format.container == "gif" and size > _LARGE_GIF:
            self.notes.append(f"the GIF has {size // 10**6} MB; an .mp4 would be many times smaller")
        if contents.frames != self._muxed:
            raise MasksegError(f"{self.path} holds {contents.frames} frames instead of {self._muxed}.")
        if abs(contents.duration - self._end) > max(_SLACK, 2 * (self.format.clock or self._time_base)):
            raise MasksegError(
                f"{self.path} is {float(contents.duration):.3f} s long instead of {float(self._end):.3f} s."
            )
        return contents

    def _open_encoder(self, width: int, height: int, rate: Fraction, options: EncodeOptions) -> Any:
        codec = self.format.codec
        settings = dict(codec.options)
        os.environ.setdefault("SVT_LOG", "1")  # else the AV1 encoder prints its version on stderr
        crf = options.crf if options.crf is not None else codec.crf
        by_quantizer = codec.encoder in ("mpeg4", "mjpeg")
        if crf is not None and not by_quantizer:
            settings["crf"] = str(crf)
        stream = self._container.add_stream(codec.encoder, rate, options=settings, time_base=self._time_base)
        context: Any = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, codec.pix_fmt
        context.framerate = rate
        context.sample_aspect_ratio = Fraction(1)
        # A key frame every 5 seconds: enough for seeking, and small.
        context.gop_size = min(max(round(rate * 5), 12), 300)
        context.thread_count = 1 if width * height <= _ONE_THREAD else min(2, os.cpu_count() or 1)
        if by_quantizer and crf is not None:
            context.qscale = True
            context.global_quality = crf * _LAMBDA
        if self.format.tag:
            context.codec_tag = self.format.tag
        self._convert.label(context)
        context.open()
        return stream

    def _mux_sound(self, until: Fraction, last: bool = False) -> None:
        for packet in self._sound_until(until, last):
            self._sounds += 1
            self._mux(packet)
            if isinstance(self._sound, NoSound):
                return

    def _sound_until(self, until: Fraction, last: bool) -> Iterator[Any]:
        try:
            yield from self._sound.packets(until, last)
        except (av.FFmpegError, ValueError) as error:
            self._drop_sound(error)

    def _mux_pictures(self, packets: Iterable[Any]) -> None:
        for packet in packets:
            packet.duration = self._durations.pop(packet.pts, packet.duration)
            self._mux(packet)
            self._muxed += 1

    def _mux(self, packet: Any) -> None:
        try:
            self._container.mux(packet)
        except av.FFmpegError as error:
            # The container holds packets back until it can interleave them, so the one that it refuses may be an
            # earlier sound packet. If it was a picture, the number of frames is wrong when the file is read back.
            if self._file.error is not None or not self._sounds:
                raise
            self._sounds -= 1
            self._drop_sound(error)

    def _drop_sound(self, error: Exception) -> None:
        """Continues without sound, with a note."""
        if isinstance(self._sound, NoSound):
            return
        self._sound.close()
        self._sound = NoSound()
        self.notes.append(f"the sound could not be written to its end: {getattr(error, 'strerror', None) or error}")
