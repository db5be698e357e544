"""`Tracking`: objects keep identity, class, colour and mask from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from maskseg_cli.config.value_types import check_switches
from maskseg_cli.errors import UsageError
from maskseg_cli.features.feature import Feature, RunKind, RunParts
from maskseg_cli.option import option
from maskseg_cli.times import seconds_of

#: Objects from this score on continue a track; only those of the score that the user chose begin one.
_CONTINUES = 0.1


@dataclass(frozen=True)
class Tracking(Feature):
    """Options of the tracker; see `maskseg_cli.tracking.tracker.Tracker`."""

    heading: ClassVar[str] = "Tracking"
    kinds: ClassVar[tuple[RunKind, ...]] = ("video", "camera")

    track: bool = option(
        True,
        "Follow each object from frame to frame: it keeps its number, colour and class, moments without it are filled "
        "in, and what is found for a moment only is left out. On by default.",
        flags=("--track/--no-track",),
    )
    track_hold: float = option(
        2.0,
        "Remember an object that is not found, such as one that is hidden, for this time.",
        kind="seconds",
        metavar="SECONDS",
    )

    def __post_init__(self) -> None:
        check_switches(track=self.track)
        object.__setattr__(self, "track_hold", seconds_of(self.track_hold))
        if self.track_hold < 0:
            raise UsageError(f"--track-hold is at least 0 seconds, not {self.track_hold:g}.")

    def lowest_score(self, kind: RunKind) -> float | None:
        """See `Feature.lowest_score`."""
        return _CONTINUES if self.track else None

    def add_to(self, parts: RunParts) -> None:
        """Adds the tracker, or in its place the one that the caller has given, with the transforms before it."""
        parts.untracked = not self.track
        if not self.track and not parts.given:
            return
        from maskseg_cli.score_filter import ScoreFilter  # NumPy and SciPy are loaded when there is work only
        from maskseg_cli.tracking.tracker import Tracker

        own = [number for number, transform in enumerate(parts.given) if isinstance(transform, Tracker)]
        if own:  # what counts and exports comes after it, as after the usual one
            before, parts.given = parts.given[: own[0] + 1], parts.given[own[0] + 1 :]
            parts.untracked = False
            if parts.kind == "video":  # at a camera, viewers choose the score
                parts.transforms.append(ScoreFilter(parts.min_score, parts.class_scores))
            parts.transforms.extend(before)
        elif self.track:
            parts.transforms.append(Tracker(self.track_hold, parts.score_now or parts.min_score))
