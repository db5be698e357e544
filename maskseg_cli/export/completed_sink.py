"""`CompletedSink`: base class of sinks that finish what they have where nothing more can be written."""

from __future__ import annotations

import contextlib

from maskseg_cli.sink import Sink


class CompletedSink(Sink):
    """A sink whose output is valid after any frame; a sink of this kind needs `add` and `finish`."""

    def suspend(self) -> str | None:
        """Completes what is there, if the disk takes that."""
        with contextlib.suppress(OSError):
            self.finish()
        return None
