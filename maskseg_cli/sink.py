"""`Sink`: takes what a run found, frame by frame; every kind of output is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame


class Sink:
    """Base class of all sinks. A sink of your own needs the method `add` only.

    A run calls `start` once, then for each frame `prepare`, which by default only notes the arguments, and what
    `prepare` returned, one frame after the other in the order of the frames. It ends with `finish`, also where it was
    stopped early, or with `discard` where nothing is to be kept. A sink is a context manager too: its block ends with
    `finish`, after an error in it with `discard`.

    Attributes:
        needs_picture: whether `add` wants the picture with the objects drawn into it. If no sink of a run does,
            nothing is drawn.
        closed: whether the sink takes no more frames, such as a window that the user has closed; the run then ends
            early without an error.
        on_cluster: who calls it in a run over photos on a cluster. "workers": each photo has files of its own, which
            the worker that does it writes. "leader": it needs no pixels, and gets in the order of the photos what
            `condense` has made of them. None: it cannot be used there.

    Example:
        >>> class Print(Sink):
        ...     needs_picture = False
        ...     def add(self, frame, detections, picture):
        ...         print(frame.source, frame.index, detections.names)
        >>> with Print() as sink:
        ...     sink.add(Frame(np.zeros((4, 6, 3), np.uint8), source="a.jpg"), Detections.empty((4, 6)), None)
        a.jpg 0 []
    """

    needs_picture: bool = True
    closed: bool = False
    on_cluster: Literal["workers", "leader"] | None = None

    def start(self, class_names: tuple[str, ...]) -> None:
        """Called once before the first frame; `class_names` are those of the network, background first."""

    def has(self, source: str) -> bool:
        """Whether the output, continued from an earlier run, holds a photo already, so that it may be left out.

        Asked only for photos whose result exists and is to be kept.
        """
        return True

    def objects_of(self, source: str) -> Mapping[str, int] | None:
        """Class name -> number of objects of a photo, where the output, continued from an earlier run, holds them.

        Asked only for photos that are left out because their result exists; `source` as for `has`.
        """
        return None

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Takes one frame.

        Args:
            frame: the frame itself; `frame.image` is what the source gave.
            detections: the objects in it, after all transforms.
            picture: uint8 (H, W, 3), BGR, or (H, W, 4), BGRA, where the background is transparent: the frame with the
                objects drawn into it; None if no sink of the run needs it. Do not write to it: other sinks get the same
                array.

        Raises:
            MasksegError, OSError: it cannot be written. The run names the photo as failed, or ends the video or camera.
        """
        raise NotImplementedError

    def prepare(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> Callable[[], None]:
        """Does what costs time and touches nothing shared, such as encoding; several threads may call it at once.

        Returns:
            a function that completes the work. It is called in the order of the frames, one call at a time.
        """
        return lambda: self.add(frame, detections, picture)

    def condense(self, frame: Frame, detections: Detections) -> Any:
        """What `add_condensed` needs of a frame in place of its pixels: an object that can be pickled.

        Called by workers on a cluster, by several threads at once, on a sink that was not started.
        """
        return detections

    def add_condensed(self, frame: Frame, condensed: Any) -> None:
        """Takes a frame as `add` does, from what `condense` returned; `frame.image` has the size only."""
        self.add(frame, condensed, None)

    def reserve(self, source: str) -> str | None:
        """Reserves the name of a photo's files, in the order of the photos; None where it follows from `source` alone.

        A run on a cluster calls it, and `take_reserved` on the sink of the worker that does the photo. A worker that
        does a whole video calls it for the videos before that.
        """
        return None

    def take_reserved(self, source: str, name: str) -> None:
        """Sets the name of a photo's files; see `reserve`."""

    def skip(self, name: str, target: str | None) -> None:
        """Called for a photo that is left out because its result `target` exists already; `name` as in messages."""

    def fail(self, name: str, reason: str) -> None:
        """Called, in the order of the frames, for a photo that could not be done; `reason` is a sentence."""

    def finish(self) -> None:
        """Completes the output, which then has its final name."""

    def discard(self) -> None:
        """Removes the output: nothing is left behind."""

    def suspend(self) -> str | None:
        """Ends where nothing more can be written, such as on a full disk; keeps what a later run can continue.

        Returns:
            a sentence for the user about what was kept.
        """
        self.discard()
        return None

    def part(self, failed: bool = False) -> Any:
        """Ends the sink in a process that does one video of a run, in place of `finish` and `discard`.

        Args:
            failed: the run was for this video only, and it failed.

        Returns:
            what the run's own sink needs for `join`: plain values and paths of files in the folder of this part
            (`RunParts.part_folder`); None where the sink has written files of its own for the video.

        Raises:
            OSError: the output cannot be written.
        """
        if failed:
            self.discard()
        else:
            self.finish()

    def join(self, part: Any) -> None:
        """Adds what `part` has returned in another process, in the order of the videos, as if it were added here.

        Raises:
            OSError: the output cannot be written.
        """

    def __enter__(self) -> Sink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self.discard()
