"""`VideoWriter`: writes frames to a video file or a folder of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.disk_errors import is_disk_full
from maskseg_cli.media.fitting import fit
from maskseg_cli.media.partial_files import partial_path
from maskseg_cli.messages import counted
from maskseg_cli.video.details import NO_DETAILS, Details
from maskseg_cli.video.frame_folder import FrameFolder
from maskseg_cli.video.frame_limit import constant_output_rate
from maskseg_cli.video.movie_file import MovieFile
from maskseg_cli.video.rate import ConstantRate
from maskseg_cli.video.sound import Sound
from maskseg_cli.video.video_formats import EncodeOptions, format_for, frame_pattern
from maskseg_cli.video.video_info import SizeAndRate


class DiskFull(MasksegError):  # noqa: N818  the sentence reads better
    """The disk is full: what was written so far can still be finished."""


@dataclass(frozen=True)
class Written:
    """Properties of a written video, read back from the disk.

    Attributes:
        path: the output.
        frames: number of pictures.
        duration: in seconds.
        has_sound: whether it has sound.
        notes: sentences about what differs from what was given.
        partial: it is not complete, and is called NAME.partial.EXT.
    """

    path: Path
    frames: int
    duration: Fraction
    has_sound: bool
    notes: tuple[str, ...] = ()
    partial: bool = False


class Output(Protocol):
    """One kind of output: a file or a folder."""

    notes: list[str]
    partial: bool

    @property
    def full(self) -> bool:
        """The disk was full; only `finish` makes sense."""

    def write(self, image: Any, time: Fraction, duration: Fraction) -> None:
        """Adds a picture."""

    def finish(self, partial: bool | None) -> tuple[int, Fraction, bool]:
        """Completes it, see `VideoWriter.finish`; returns frames, seconds, and whether it has sound, as read back."""

    def discard(self) -> None:
        """Removes it."""


class VideoWriter:
    """Writes frames to a video file or a folder of pictures.

    A file is written under a temporary name in the folder of the output; `finish` completes it, reads it back and only
    then renames it. An exception in the `with` block also finishes what was written so far as a partial result, unless
    nothing was; call `discard` to remove it.

    Args:
        path: the output; see `format_for`.
        info: width, height and average frame rate of the frames.
        options: see `EncodeOptions`.
        sound: source of the sound; None writes none.
        details: title, chapters and so on, with times in the result; None writes none.

    Attributes:
        notes: sentences about what differs from what was given, such as a padded row.
        full: the disk is full.

    Raises:
        UsageError, MasksegError: the output cannot be written like this; see `format_for`.

    Example:
        >>> import tempfile
        >>> from maskseg_cli.video.video_info import VideoInfo
        >>> folder = tempfile.TemporaryDirectory()
        >>> info = VideoInfo("example", 64, 48, Fraction(25))
        >>> with VideoWriter(folder.name + "/out.mp4", info) as writer:
        ...     for k in range(5):
        ...         writer.write(np.full((48, 64, 3), 40 * k, np.uint8), Fraction(k, 25), Fraction(1, 25))
        ...     written = writer.finish()
        >>> written.frames, written.duration
        (5, Fraction(1, 5))
    """

    def __init__(
        self,
        path: str | Path,
        info: SizeAndRate,
        options: EncodeOptions | None = None,
        sound: Sound | None = None,
        details: Details = NO_DETAILS,
    ) -> None:
        self.options = options or EncodeOptions()
        self.path = Path(path)
        self.format = format_for(path, self.options)
        self.width, self.height = info.width, info.height
        rate = constant_output_rate(path, self.options, info)
        self._constant_rate = None if rate is None else ConstantRate(rate)
        self._last: NDArray[np.uint8] | None = None
        self._last_is_shown, self._left_out = True, 0
        self._pattern: Path | None = None
        self._output = self._open(rate or info.frame_rate, sound, details)
        self._result: Written | None = None
        self._closed = False
        self._full_reported = False

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._closed:
            return
        if error is None or self._last is not None:
            self.finish(partial=error is not None)
        else:
            self.discard()

    @property
    def notes(self) -> list[str]:
        """Sentences about what differs from what was given."""
        return self._output.notes

    @property
    def full(self) -> bool:
        """The disk was full: nothing more can be written, but `finish` completes what was written."""
        return self._output.full

    def ready(self, image: NDArray[np.uint8]) -> Any:
        """Converts a picture for `write`, where that is possible before it is known when the picture is shown.

        Any thread may call it.
        """
        plain = self._constant_rate is None and image.shape[:2] == (self.height, self.width)
        return self._output.ready(image) if plain and isinstance(self._output, MovieFile) else image

    def write(self, image: Any, time: Fraction, duration: Fraction) -> None:
        """Adds a frame.

        Args:
            image: uint8 (H, W, 3), BGR, which must not be changed afterwards; or what `ready` made of one.
            time: seconds at which it is shown; the first is 0, each later than the one before.
            duration: seconds until the next frame, or the end.

        Raises:
            DiskFull: the disk is full; call `finish`.
            MasksegError: the picture could not be encoded or written.
        """
        if self._full_reported:
            return
        image = self._sized(image)
        try:
            if self._constant_rate is None:
                self._output.write(image, time, duration)
            else:
                self._write_at_constant_rate(image, time, duration)
        except OSError as error:
            if not is_disk_full(error):
                raise MasksegError(f"{self.path} cannot be written: {error.strerror or error}.") from error
            self._report_full()
        if self.full:
            self._report_full()

    def finish(self, partial: bool | None = False) -> Written:
        """Completes the file, reads it back, and gives it its name.

        Args:
            partial: the result is not complete: it is called NAME.partial.EXT, and a file that existed under the
                final name stays. None: if a full disk has cut it off. A complete result removes a partial one.

        Returns:
            what was written; the same when called again.

        Raises:
            MasksegError: nothing was written, or it cannot be read back.
        """
        if self._result is None:
            if self._closed:
                raise MasksegError(f"{self.path} was not written.")
            self._closed = True
            if self._last is not None and self._constant_rate is not None and not self._constant_rate.written:
                self._output.write(self._last, Fraction(0), 1 / self._constant_rate.rate)
            frames, duration, has_sound = self._output.finish(partial)
            self._note_left_out()
            kept = self._output.partial
            path = partial_path(self._pattern or self.path) if kept else self.path
            self._result = Written(path, frames, duration, has_sound, tuple(self.notes), kept)
        return self._result

    def discard(self) -> None:
        """Removes what was written; a file that existed under the name before stays."""
        self._closed = True
        self._output.discard()

    def _open(self, rate: Fraction, sound: Sound | None, details: Details) -> Output:
        if self.format.is_folder:
            self._pattern = frame_pattern(self.path, self.format.suffix)
            folder = FrameFolder(self._pattern, self.options.quality)
            if sound is not None:
                folder.notes.append("single frames have no sound")
            return folder
        return MovieFile(self.path, self.format, (self.width, self.height), rate, self.options, sound, details)

    def _report_full(self) -> None:
        self._full_reported = True
        raise DiskFull(f"The disk of {self.path} is full: the video ends here.")

    def _write_at_constant_rate(self, image: NDArray[np.uint8], time: Fraction, duration: Fraction) -> None:
        assert self._constant_rate is not None
        before, times = self._constant_rate.count(time, duration)
        self._left_out += not (self._last_is_shown or before)
        self._last_is_shown = times > 0
        slot = self._constant_rate.written - before - times
        step = 1 / self._constant_rate.rate
        for number in range(before + times):
            picture = self._last if number < before and self._last is not None else image
            self._output.write(picture, (slot + number) * step, step)
        self._last = image

    def _note_left_out(self) -> None:
        """Says how many pictures a constant rate left out that the user did not ask for."""
        left_out = self._left_out + (not self._last_is_shown)
        if self._constant_rate is not None and self.options.fps is None and left_out:
            were = "was" if left_out == 1 else "were"
            self.notes.append(
                f"{counted(left_out, 'picture')} {were} left out, because {self.format.suffix} has one constant rate, "
                f"here {float(self._constant_rate.rate):.5g} a second"
            )

    def _sized(self, image: Any) -> Any:
        if not isinstance(image, np.ndarray):
            return image
        if image.shape[:2] == (self.height, self.width):
            if self._last is None:
                self._last = image
            return image
        note = f"pictures of another size were fitted into {self.width} x {self.height}"
        if note not in self.notes:
            self.notes.append(note)
        return fit(image, self.width, self.height)
