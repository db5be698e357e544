"""Counts as sentences: "12 cars in, 9 out over 'gate'"."""

from __future__ import annotations

from collections.abc import Mapping

from maskseg_cli.counting.counters import SourceCounts
from maskseg_cli.counting.line_counter import LineCounter
from maskseg_cli.counting.zone_counter import ZoneCounter
from maskseg_cli.messages import capitalized, count_words

#: Classes that a sentence names.
_NAMED = 6


def line_words(line: LineCounter) -> str:
    """The crossings of a line.

    Example:
        >>> counter = LineCounter("gate=0,0.5,1,0.5")
        >>> counter.entered["car"], counter.left["car"] = 12, 9
        >>> line_words(counter)
        "12 cars in, 9 out over 'gate'"
    """
    entered, left = line.entered, line.left
    if not entered and not left:
        return f"nothing crossed '{line.line.name}'"
    name = next(iter({**entered, **left}))
    if len({**entered, **left}) == 1:
        if entered:
            return f"{count_words(entered)} in, {left[name]} out over '{line.line.name}'"
        return f"0 in, {count_words(left)} out over '{line.line.name}'"
    return f"{_words(entered)} in; {_words(left)} out over '{line.line.name}'"


def zone_words(zone: ZoneCounter, photos: bool = False) -> str:
    """What was in a zone.

    Args:
        photos: whether the objects of all photos are added, which have no tracks.

    Example:
        >>> zone = ZoneCounter("till=0,0,1,0,1,1")
        >>> for second in (0.0, 4.0):
        ...     zone.move(1, "person", (60, 20), second, (100, 100))
        >>> zone_words(zone)
        "1 person in 'till', for 4.0 s"
    """
    where = f"in '{zone.zone.name}'"
    if photos:
        return f"{_words(zone.total)} {where}"
    if zone.visitors:
        mean = zone.mean_dwell or 0.0
        how_long = f"for {mean:.1f} s" + (" on average" if len(zone.visitors) > 1 else "")
        return f"{_words(zone.unique)} {where}, {how_long}"
    return f"most at once {where}: {_words(zone.most)}" if zone.most else f"nothing {where}"


def total_words(counts: SourceCounts, count: bool, photos: bool) -> list[str]:
    """The totals of a source as sentences.

    Args:
        count: say how many objects there were, too.
        photos: whether it is a run over photos, whose last lines say that already.
    """
    parts = []
    if count and not photos:
        if counts.objects.has_tracks:
            parts.append(f"{_words(counts.objects.unique)} in all")
        elif counts.objects.total:
            most = f"most at once: {_words(counts.objects.most)}"
            parts.append(f"{most} (different ones over time are counted by tracks, which these objects do not have)")
        else:
            parts.append("nothing found")
    parts += [zone_words(zone, photos) for zone in counts.zones]
    parts += [line_words(line) for line in counts.lines]
    return [f"{capitalized(part)}." for part in parts]


def _words(counts: Mapping[str, int]) -> str:
    shown = {name: number for name, number in counts.items() if number}
    return count_words(shown, _NAMED) if shown else "nothing"
