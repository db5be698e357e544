"""`SaveDetections`: keeps everything that the network finds in a file, for `maskseg render`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from maskseg_cli.errors import UsageError
from maskseg_cli.features.feature import Feature, RunKind, RunParts
from maskseg_cli.media.same_file import is_stream
from maskseg_cli.option import option

#: Objects from this score on are saved, or from that of the run where it is lower.
SAVED_FROM = 0.1


@dataclass(frozen=True)
class SaveDetections(Feature):
    """Saves the objects as the network finds them, of all classes and of low scores too.

    Attributes:
        save_detections: the file.
    """

    heading: ClassVar[str] = "Results"
    kinds: ClassVar[tuple[RunKind, ...]] = ("photos", "video")
    needs_network: ClassVar[bool] = True

    save_detections: str | None = option(
        None,
        "Also keep all that the network finds, so that `maskseg render` can draw it again in other ways.",
        kind="path",
        metavar="FILE",
    )

    def __post_init__(self) -> None:
        if self.save_detections is None:
            return
        if not isinstance(self.save_detections, (str, os.PathLike)):
            raise UsageError(f"save_detections is the name of a file, not {self.save_detections!r}.")
        if str(self.save_detections) in ("", "-") or is_stream(Path(self.save_detections)):
            raise UsageError("--save-detections needs the name of a file.")

    @property
    def writes(self) -> bool:
        return self.save_detections is not None

    def files(self) -> list[Path]:
        return [] if self.save_detections is None else [Path(self.save_detections)]

    def saves_from(self) -> float | None:
        return None if self.save_detections is None else SAVED_FROM

    def add_to(self, parts: RunParts) -> None:
        if self.save_detections is None or parts.output_of_network is None:
            return
        from maskseg_cli import __version__
        from maskseg_cli.export.detections_records import Header
        from maskseg_cli.export.detections_sink import DetectionsFile

        found = parts.output_of_network
        header = Header(
            "photos" if parts.kind == "photos" else "video",
            parts.class_names,
            found.config,
            found.lowest_score,
            found.limit,
            None if found.class_ids is None else tuple(sorted(found.class_ids)),
            found.max_detections,
            found.network,
            __version__,
        )
        file = DetectionsFile(
            parts.file(self.save_detections, "detections"), header, parts.skip_existing, parts.reporter
        )
        parts.recorders.append(file)
        parts.sinks.append(file)
