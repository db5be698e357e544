"""`TerminalReporter`: messages of a run on standard error, with progress bars on a terminal."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType
from typing import Any

from maskseg_cli.addresses import hide_logins, hide_passwords
from maskseg_cli.messages import visible
from maskseg_cli.progress import ProgressReporter


class TerminalReporter(ProgressReporter):
    """Writes messages to standard error without breaking a bar; use it in a `with` block.

    Args:
        quiet: only warnings, no bars.
        debug: failures show their traceback.
    """

    def __init__(self, quiet: bool = False, debug: bool = False) -> None:
        super().__init__(shown=not quiet and sys.stderr.isatty())
        self.quiet = quiet
        self._debug = debug
        self._status: Any = None

    def say(self, sentence: str) -> None:
        """Writes information, unless `quiet`."""
        if not self.quiet:
            self.warn(sentence)

    def warn(self, sentence: str) -> None:
        """Writes a line in any case."""
        from tqdm import tqdm

        # One write a line: picture decoders' messages are collected from standard error meanwhile.
        tqdm.write(visible(hide_logins(sentence)) + "\n", file=sys.stderr, end="")

    def fail(self, name: str, error: Exception, reason: str) -> None:
        """Writes the failure of one photo or video."""
        if self._debug:
            self.warn(hide_passwords("".join(traceback.format_exception(error)).rstrip()))
        super().fail(hide_passwords(name), error, hide_passwords(reason))

    def status(self, line: str) -> None:
        """Shows a line that replaces the one before, on a terminal only."""
        if not self.shown:
            return
        if self._status is None:
            from tqdm import tqdm

            self._status = tqdm(bar_format="{desc}", file=sys.stderr, leave=False)
        self._status.set_description_str(visible(hide_logins(line)))

    def shows(self, total: int | None, unit: str) -> bool:
        """A single photo needs no bar."""
        return self.shown and not (unit == "photo" and total == 1)

    def __enter__(self) -> TerminalReporter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.close()
