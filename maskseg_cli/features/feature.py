"""`Feature`: options of a run, and what they add to it; `RunParts`: what the features of a run have added."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from maskseg_cli.drawing.drawing_options import DrawingOptions

if TYPE_CHECKING:
    from maskseg_cli.config import MaskRCNNConfig
    from maskseg_cli.detections import Detections
    from maskseg_cli.effect import Effect
    from maskseg_cli.reporter import Reporter
    from maskseg_cli.sink import Sink
    from maskseg_cli.transform import Transform

#: What a run reads.
RunKind = Literal["photos", "video", "camera"]


@dataclass(frozen=True)
class NetworkOutput:
    """What reaches `RunParts.recorders`, and what of it the run uses.

    Attributes:
        config: of the network, with the thresholds that the user asked for.
        lowest_score: objects from this score on reach the recorders.
        limit: the network finds at most so many objects a picture.
        class_ids, max_detections: which of them the user asked for; None: all.
        network: name of the network, or of its weights file.
    """

    config: MaskRCNNConfig
    lowest_score: float
    limit: int
    class_ids: Collection[int] | None = None
    max_detections: int | None = None
    network: str = ""


@dataclass
class RunParts:
    """What happens to each frame of a run behind the network, in this order. Features add to the lists.

    Attributes:
        kind: what the run reads.
        class_names: of the network, background first; () where no network was needed.
        config: the network's configuration; None where no network was needed.
        min_score: objects of a lower score are not shown.
        score_now: where viewers of a camera change that score: returns the present one.
        given: the caller's own transforms, which come after those of the features; up to a `Tracker` among them they
            take the place of the run's tracker.
        untracked: whether the user wants no tracks.
        output: what the user gave as output: a file, a folder, or None.
        overwrite, skip_existing: what becomes of outputs that exist.
        part: it is a part of a run on a cluster, whose other parts may have written into the same folders already.
        reporter: for notes.
        part_folder: this process does one video of a run only: single files go into this folder, from which the run's
            own sinks take them (`Sink.join`), and existing files have been checked; None: it does the whole run.
        drawing: what is drawn, and how; features may replace it.
        draws: whether objects are drawn at all.
        drawn_objects: chooses the objects that are drawn; None: all.
        output_of_network: for `recorders`; None where no feature has any, or no network was needed.
        recorders: transforms that see all that the network finds, before any choice of scores, classes and numbers, and
            give it back as it is. For features that have `saves_from`.
        shown_names: the network's name of a class -> its name for people to read; {}: the same.
        network_names: the network's names of classes for those that the user calls them by.
        class_scores: class id -> score in place of `min_score` for its objects.
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
    untracked: bool = False
    output: Path | None = None
    overwrite: bool = False
    skip_existing: bool = False
    part: bool = False
    reporter: Reporter | None = None
    part_folder: Path | None = None
    drawing: DrawingOptions = field(default_factory=DrawingOptions)
    draws: bool = True
    drawn_objects: Callable[[Detections], Detections] | None = None
    output_of_network: NetworkOutput | None = None
    recorders: list[Transform] = field(default_factory=list)
    shown_names: dict[str, str] = field(default_factory=dict)
    network_names: Callable[[Iterable[str]], list[str]] = list
    class_scores: dict[int, float] = field(default_factory=dict)
    transforms: list[Transform] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    overlays: list[Effect] = field(default_factory=list)
    sinks: list[Sink] = field(default_factory=list)

    def file(self, path: str | Path, name: str) -> Path:
        """Where a file of the run is written: as the user says, or under a name of this part's own.

        Args:
            path: of the user.
            name: in the folder of the part.
        """
        return Path(path) if self.part_folder is None else self.part_folder / name


class Feature:
    """Base class of frozen dataclasses whose fields, made by `option`, are options of the commands.

    Values are checked in `__post_init__`, which raises `UsageError`. Modules of features import neither NumPy nor
    OpenCV when they are imported, so that `maskseg --help` is quick.

    Attributes:
        heading: over the options in --help.
        kinds: runs that have these options.
        needs_network: whether they mean nothing where saved detections are in the place of the network.
    """

    heading: ClassVar[str] = ""
    kinds: ClassVar[tuple[RunKind, ...]] = ("photos", "video", "camera")
    needs_network: ClassVar[bool] = False

    @property
    def writes(self) -> bool:
        """Whether something is written for photos too whose result exists and is kept."""
        return False

    @property
    def transparent(self) -> bool:
        """Whether pictures get an alpha channel, which the format of the results must be able to hold."""
        return False

    def files(self) -> list[Path]:
        """Single files that the run writes: they are locked, and not replaced unless the user says so."""
        return []

    def inputs(self) -> list[Path]:
        """Files that the run reads because of this option, which it must not replace."""
        return []

    def drawing_defaults(self) -> dict[str, Any]:
        """Fields of `DrawingOptions` by name, for those that the user does not give."""
        return {}

    def network_names(self, words: Iterable[str]) -> list[str]:
        """The network's names of the classes that the user calls so; words that are none stay as they are."""
        return list(words)

    def lowest_score(self, kind: RunKind) -> float | None:
        """The score from which on the network must find objects; None: that of the user.

        Where it is lower than `RunParts.min_score`, objects below that are left out after the transforms.
        """
        return None

    def saves_from(self) -> float | None:
        """The score from which on its recorders want objects; None: it has no recorders."""
        return None

    def add_to(self, parts: RunParts) -> None:
        """Adds what the options ask for; called once a run, after the network was loaded."""
