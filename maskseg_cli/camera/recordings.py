"""`Recordings`: starts, stops and names the recordings of one session."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.file_names import dated_path, unused_path
from maskseg_cli.camera.recorder import Recorder
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.video.writer import Written


class Recordings:
    """The recordings of one session, one after the other.

    Methods return sentences for the user. An error ends the recording and is one of them; nothing is raised.

    Args:
        path: of the first recording, which replaces an existing file; later ones are called `name-2.ext`, `name-3.ext`.
            None: each is named after the date and time.
        folder: for recordings named after the time; None: the current folder.

    Attributes:
        frame_rate: frames a second of the camera, or None.
        done: the finished recordings.
        failed: a sentence for each recording that failed.
    """

    def __init__(self, path: Path | None = None, folder: Path | None = None) -> None:
        self._first = path
        self._path = path
        self._folder = folder or Path()
        self.frame_rate: float | None = None
        self.done: list[Written] = []
        self.failed: list[str] = []
        self._running: Recorder | None = None
        self._locks = FileLocks()

    @property
    def path(self) -> Path | None:
        """The file that is being recorded, or None."""
        return self._running.path if self._running else None

    @property
    def seconds(self) -> float:
        """Length of the running recording; 0 if there is none."""
        return self._running.seconds if self._running else 0.0

    def start(self) -> str:
        """Starts a recording with the next picture."""
        if self._first is not None:
            path, self._first = self._first, None  # the session has locked it
        else:
            path = self._new_path()
        self._running = Recorder(path, self.frame_rate)
        return f"Recording to {path}."

    def add(self, image: NDArray[np.uint8], time: float) -> str | None:
        """Adds a picture to the running recording; see `Recorder.add`. Returns a sentence if it failed."""
        return self._call(lambda recorder: recorder.add(image, time), time)

    def pause(self, time: float) -> str | None:
        """Leaves the time until the next picture out of the recording; returns a sentence if it failed."""
        return self._call(lambda recorder: recorder.pause(time), time)

    def tick(self, time: float) -> None:
        """Extends `seconds`: the last picture is still shown at `time`."""
        if self._running:
            self._running.tick(time)

    def stop(self, time: float) -> str | None:
        """Finishes the running recording; returns None if there was none."""
        recorder, self._running = self._running, None
        if recorder is None:
            return None
        try:
            written = recorder.finish(time)
        except (MasksegError, OSError) as error:
            return self._add_failure(error)
        except BaseException:  # Ctrl-C
            recorder.discard()
            raise
        finally:
            self._locks.release_all()
        if written is None:
            return "There was no picture to record."
        self.done.append(written)
        return f"Recorded {written.path} ({float(written.duration):.1f} s)."

    def _new_path(self) -> Path:
        """A name that no file has; it is locked until the recording ends."""
        while True:
            path = unused_path(self._path) if self._path is not None else dated_path(self._folder, ".mp4")
            with contextlib.suppress(MasksegError):  # another session has taken the name meanwhile
                self._locks.take(path)
                return path

    def _call(self, work: Callable[[Recorder], None], time: float) -> str | None:
        if self._running is None:
            return None
        try:
            work(self._running)
        except (MasksegError, OSError) as error:
            sentence, before = self._add_failure(error), len(self.done)
            ending = self.stop(time)
            return f"{sentence} {ending}" if len(self.done) > before else sentence
        return None

    def _add_failure(self, error: MasksegError | OSError) -> str:
        sentence = str(error)
        if isinstance(error, OSError):
            sentence = f"The recording cannot be written: {error.strerror or error}."
        self.failed.append(sentence)
        return sentence
