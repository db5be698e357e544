"""`Totals`: says at the end of a run what was counted; `JoinedCounts`: where several processes have counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.counting.counters import Counters, SourceCounts
from maskseg_cli.counting.words import total_words
from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.printable import printable
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink


class JoinedCounts(Sink):
    """A sink that brings the counts of videos that other processes have done into the run's own counters.

    Args:
        counters: count the frames of this process.
    """

    needs_picture = False

    def __init__(self, counters: Counters) -> None:
        self.counters = counters

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Nothing: the counters have seen the frame."""

    def part(self, failed: bool = False) -> list[SourceCounts]:
        """The counts of this process's videos."""
        return self.counters.sources

    def join(self, part: list[SourceCounts]) -> None:
        """Takes those of another process."""
        self.counters.sources.extend(part)


class Totals(Sink):
    """A sink that says the totals of each video, camera, or of all photos when it is finished.

    Args:
        counters: counts the frames.
        reporter: takes the sentences.
        count: say how many objects there were, besides lines and zones.
    """

    needs_picture = False
    on_cluster = "leader"

    def __init__(self, counters: Counters, reporter: Reporter, count: bool = True) -> None:
        self.counters, self.reporter, self.count = counters, reporter, count

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Nothing: the counters have seen the frame."""

    def condense(self, frame: Frame, detections: Detections) -> None:
        """Nothing: the counters have seen the frame."""

    def add_condensed(self, frame: Frame, condensed: None) -> None:
        """Nothing, as `add`."""

    def finish(self) -> None:
        """Says the totals."""
        # A source whose first frame was refused, as where a line lies outside the picture, has no totals.
        sources = [counts for counts in self.counters.sources if counts.frames]
        for counts in sources:
            sentences = total_words(counts, self.count, self.counters.photos)
            name = f"{printable(counts.source)}: " if len(sources) > 1 else ""
            for sentence in sentences:
                self.reporter.say(name + sentence)

    def discard(self) -> None:
        """Says the totals up to the error."""
        self.finish()

    def part(self, failed: bool = False) -> None:
        """Nothing: the run says the totals of all videos at its end."""
