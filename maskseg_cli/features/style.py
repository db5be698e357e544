"""`Style`: a style file: names, colours, scores and drawing, class by class."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.drawing.style_file import ClassStyle, StyleFile, read_style
from maskseg_cli.errors import UsageError
from maskseg_cli.features.feature import Feature, RunKind, RunParts
from maskseg_cli.option import option
from maskseg_cli.printable import printable


@dataclass(frozen=True)
class Style(Feature):
    """Draws, names and chooses objects as a style file says.

    Attributes:
        style: path of the file.

    Raises:
        MasksegError, UsageError: as `read_style`.
    """

    heading: ClassVar[str] = "Drawing"

    style: str | Path | None = option(
        None,
        "Names, colours, scores and drawing by class, from this TOML file; `maskseg style init` writes one.",
        kind="file",
        metavar="FILE",
    )

    def __post_init__(self) -> None:
        self.file  # noqa: B018  reads and checks the file

    @functools.cached_property
    def file(self) -> StyleFile | None:
        """What the file says."""
        return None if self.style is None else read_style(self.style)

    def drawing_defaults(self) -> dict[str, Any]:
        return {} if self.file is None else dict(self.file.drawing)

    def network_names(self, words: Iterable[str]) -> list[str]:
        if self.file is None:
            return list(words)
        return [name for word in words for name in self.file.network_name(word)]

    def lowest_score(self, kind: RunKind) -> float | None:
        return None if self.file is None else self.file.lowest_score

    def add_to(self, parts: RunParts) -> None:
        if self.file is None:
            return
        parts.network_names = self.network_names
        # Without a network, which no photo needs, the names of COCO serve for what an earlier run has written.
        names = parts.class_names or COCO_CLASSES
        try:
            styles = self.file.by_class(names)
        except UsageError:
            if parts.class_names:
                raise
            return
        named = {number: one.name for number, one in styles.items() if one.name}
        shown = tuple(named.get(number, name) for number, name in enumerate(names))
        parts.shown_names = dict(zip(names, shown, strict=True)) if named else {}
        parts.class_scores.update({n: one.min_score for n, one in styles.items() if one.min_score is not None})
        if parts.drawing.colors is None:
            parts.drawing = parts.drawing.replace(colors=_colors(styles))
        _check_fonts(parts, named.values())
        if named or not all(one.show for one in styles.values()):
            parts.transforms.append(_transform(shown, tuple(n for n, one in styles.items() if not one.show)))


def _colors(styles: dict[int, ClassStyle]) -> Any:
    return {number: one.color for number, one in styles.items() if one.color is not None} or None


def _transform(shown: tuple[str, ...], hidden: tuple[int, ...]) -> Any:
    import numpy as np

    from maskseg_cli.detections import Detections
    from maskseg_cli.frame import Frame

    def apply(_: Frame, detections: Detections) -> Detections:
        kept = detections[~np.isin(detections.class_id, hidden)] if hidden else detections
        return dataclasses.replace(kept, shown_names=shown)

    return apply


def _check_fonts(parts: RunParts, names: Iterable[str]) -> None:
    """Refuses a font that cannot be used, and notes characters that no font has."""
    from maskseg_cli.drawing.file_fonts import load_font
    from maskseg_cli.drawing.mixed_font import uncovered

    font = parts.drawing.font
    if font is not None:
        load_font(font, 20)
    missing = uncovered("".join([*names, parts.drawing.caption or ""]), font)
    if missing and parts.reporter is not None:
        parts.reporter.warn(
            f"Note: no font of this computer has {printable(missing[:20])}; similar letters or ? are written in place "
            'of that. A font file that has it may be named in the style file: font = "FILE".'
        )
