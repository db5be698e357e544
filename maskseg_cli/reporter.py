"""`Reporter`: what a run says while it is at work. The base class says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Reporter:
    """Receives messages and progress of a run. Library code never prints: it calls these methods.

    The base class drops everything; `maskseg_cli.progress` has reporters for terminals and notebooks.
    """

    def say(self, sentence: str) -> None:
        """Reports information, which --quiet hides."""

    def warn(self, sentence: str) -> None:
        """Reports what is shown with --quiet too, such as a photo that failed."""

    def fail(self, name: str, error: Exception, reason: str) -> None:
        """Reports the failure of one photo or video, after which the run continues.

        Args:
            name: of the photo or video.
            error: the exception, for a traceback.
            reason: the same as a sentence, see `errors.explain`.
        """
        self.warn(f"Error: {reason if name in reason else f'{name}: {reason}'}")

    def status(self, line: str) -> None:
        """Reports the state of a live run, a few times a second; each line replaces the one before."""

    @contextmanager
    def progress(self, total: int | None, unit: str, label: str = "", done: int = 0) -> Iterator[Callable[[int], None]]:
        """Shows the progress of one run.

        Args:
            total: how many there are, or None where it is not known.
            unit: "photo" or "frame".
            label: name of the video.
            done: how many are done at the beginning.

        Yields:
            a function that is called with the number done so far.
        """
        yield lambda done: None
