"""`Feature`: options of a run, and what they add to it; `RunParts`: what the features of a run have added."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from maskseg_cli.drawing.drawing_options import DrawingOptions

if TYPE_CHECKING:
    from maskseg_cli.config import MaskRCNNConfig
    from maskseg_cli.effect import Effect
    from maskseg_cli.reporter import Reporter
    from maskseg_cli.sink import Sink
    from maskseg_cli.transform import Transform

#: What a run reads.
RunKind = Literal["photos", "video", "camera"]


@dataclass
class RunParts:
    """What happens to each frame of a run behind the network, in this order. Features add to the lists.

    Attributes:
        kind: what the run reads.
        class_names: of the network, background first; () where no network was needed.
        config: the network's configuration; None where no network was needed.
        min_score: objects of a lower score are not shown.
        score_now: where viewers of a camera change that score: returns the present one.
        given: the caller's own transforms, which come after those of the features.
        output: what the user gave as output: a file, a folder, or None.
        overwrite, skip_existing: what becomes of outputs that exist.
        reporter: for notes.
        drawing: what is drawn, and how; features may replace it.
        draws: whether objects are drawn at all.
        transforms: change the detections.
        effects: change the picture before the objects are drawn.
        overlays: change the picture after the objects were drawn.
        sinks: further outputs.
    """

    kind: RunKind
    class_names: tuple[str, ...] = ()
    config: MaskRCNNConfig | None = None
    min_score: float = 0.0
    score_now: Callable[[], float] | None = None
    given: tuple[Transform, ...] = ()
    output: Path | None = None
    overwrite: bool = False
    skip_existing: bool = False
    reporter: Reporter | None = None
    drawing: DrawingOptions = field(default_factory=DrawingOptions)
    draws: bool = True
    transforms: list[Transform] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    overlays: list[Effect] = field(default_factory=list)
    sinks: list[Sink] = field(default_factory=list)


class Feature:
    """Base class of frozen dataclasses whose fields, made by `option`, are options of the commands.

    Values are checked in `__post_init__`, which raises `UsageError`. Modules of features import neither NumPy nor
    OpenCV when they are imported, so that `maskseg --help` is quick.

    Attributes:
        heading: over the options in --help.
        kinds: runs that have these options.
    """

    heading: ClassVar[str] = ""
    kinds: ClassVar[tuple[RunKind, ...]] = ("photos", "video", "camera")

    @property
    def writes(self) -> bool:
        """Whether something is written for photos too whose result exists and is kept."""
        return False

    def files(self) -> list[Path]:
        """Single files that the run writes: they are locked, and not replaced unless the user says so."""
        return []

    def lowest_score(self, kind: RunKind) -> float | None:
        """The score from which on the network must find objects; None: that of the user.

        Where it is lower than `RunParts.min_score`, objects below that are left out after the transforms.
        """
        return None

    def add_to(self, parts: RunParts) -> None:
        """Adds what the options ask for; called once a run, after the network was loaded."""
