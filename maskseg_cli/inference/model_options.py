"""`ModelOptions`: the options that choose and configure a network, the same for all commands and functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from maskseg_cli.config import SCORE_FLOOR
from maskseg_cli.config.overrides import parse_settings, read_config_file, read_others
from maskseg_cli.config.value_types import check_count, check_share, conform
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.inference.engine_options import DEVICES, ENGINES, PRECISIONS
from maskseg_cli.inference.tile_layout import parse_tiles
from maskseg_cli.option import option

#: The network finds at least so many objects before those are chosen that the user wants.
_LIMIT = 100

#: The default of `size` in words.
SIZES = "400 for lite, 1024 for coco, 800 for torchvision's and detectron2's, or as the weights file says"


@dataclass(frozen=True)
class ModelOptions:
    """Which network is loaded, and how; None: the default.

    Attributes:
        model: a name of `maskseg weights list`, such as "lite", or the path of a weights file.
        weights: path of a weights file for the network `model`.
        labels: text file of class names, one a line.
        size: pictures are scaled to this size, in pixels; see `load_model`.
        min_score: objects of a lower score are left out, 0..1.
        classes: only these classes: "person,dog", or a list of names.
        max_detections: at most so many objects a picture.
        settings: options of `MaskRCNNConfig` as "OPTION=VALUE".
        config: TOML file of such options, which `settings` override; the everyday options in it are not read here,
            see `everyday_options`.
        tta: average six views of each picture.
        tiles: "auto" or columns x rows such as "4x3": run the network on overlapping tiles of large pictures too.
        engine, precision, device, threads: how the network is computed; see `EngineOptions`.
    """

    model: str | Path | None = option(
        None,
        "lite (fast, the default); coco or torchvision-v2 (accurate; `maskseg weights list` shows all, and "
        "`maskseg weights fetch NAME` fetches one); or a weights file.",
        metavar="NAME|FILE",
    )
    weights: str | Path | None = option(None, "Load this weights file into the model.", metavar="FILE")
    labels: str | Path | None = option(
        None, "Text file of class names, one a line, for a network trained on other classes.", kind="file"
    )
    size: int | None = option(
        None,
        "Scale photos to this size first: smaller is faster, larger finds smaller objects. The short side for lite "
        "(the long side at most twice that), the side of the square for Matterport models.",
        kind="whole",
        least=64,
        metavar="PIXELS",
        default=SIZES,
    )
    min_score: float | None = option(
        None, "Leave out objects with a lower score, 0 to 1.", kind="share", metavar="SCORE"
    )
    classes: str | Sequence[str] | None = option(
        None, "Only these classes, separated by commas: person,dog.", metavar="NAMES"
    )
    max_detections: int | None = option(
        None,
        "At most so many objects a photo, best score first.",
        kind="whole",
        least=1,
        metavar="N",
        default="100",
    )
    settings: tuple[str, ...] = option(
        (),
        "Set any option that `maskseg config` shows; may be repeated.",
        metavar="OPTION=VALUE",
        flags=("--set",),
    )
    config: Path | None = option(
        None,
        "TOML file of such options and of everyday ones (alpha = 0.3), for what is not given here; or the config.yaml "
        "of a detectron2 training.",
        kind="file",
    )
    tta: bool = option(
        False,
        "Average six views of each photo, at three sizes and mirrored: more accurate, about six times slower.",
    )
    tiles: str | None = option(
        None,
        "Also look at overlapping tiles of large photos, for small objects: N columns and M rows, or as many as a "
        "photo's size asks for. Takes longer by the number of tiles.",
        metavar="auto|NxM",
    )
    engine: str = option(
        "auto",
        "What computes the network; auto takes OpenVINO, and TensorFlow where that does not work.",
        choices=ENGINES,
        heading="Engine",
    )
    precision: str = option(
        "auto",
        "Numbers to compute with: fewer bits are faster. auto takes the fastest that this processor has instructions "
        "for; int8 needs a quantised network, which lite has.",
        choices=PRECISIONS,
        heading="Engine",
    )
    device: str = option(
        "auto",
        "Processor, graphics (Intel's through OpenVINO, NVIDIA's through TensorFlow) or neural processor.",
        choices=DEVICES,
        heading="Engine",
    )
    threads: int | None = option(
        None,
        "Threads of the network.",
        kind="whole",
        least=1,
        metavar="N",
        default="one for each core",
        heading="Engine",
    )

    def __post_init__(self) -> None:
        conform("tta", self.tta, bool)
        parse_tiles(self.tiles)
        if isinstance(self.settings, str):
            object.__setattr__(self, "settings", (self.settings,))
        check_numbers(
            size=self.size, min_score=self.min_score, max_detections=self.max_detections, threads=self.threads
        )


def may_use_gpu(options: ModelOptions) -> bool:
    """Whether a GPU of NVIDIA's could be of use where the network is loaded; OpenVINO has no use for it."""
    return options.device in ("auto", "gpu") and options.engine in ("auto", "tensorflow")


def files_read(options: ModelOptions) -> list[Path]:
    """The files that the options name, of those that exist."""
    named = (options.model, options.weights, options.labels, options.config)
    return [Path(path) for path in named if path is not None and Path(path).is_file()]


def check_numbers(min_score: Any = None, **whole: Any) -> None:
    """Checks the numbers that a Python program gave, under their own names.

    Args:
        min_score: a number from 0 to 1, or None.
        whole: name -> whole number from 1 on, or None.

    Raises:
        UsageError: another type, or out of its range.

    Example:
        >>> check_numbers(min_score=0.5, size=400, threads=None)
    """
    for name, value in whole.items():
        if conform(name, value, int | None) is not None:
            check_count(name, value)
    if conform("min_score", min_score, float | None) is not None:
        check_share("min_score", min_score)


#: Names of the options of the command line that a file for `config` may hold beside those of the network.
EVERYDAY = frozenset(field.name for kind in (ModelOptions, DrawingOptions) for field in fields(kind)) - {
    "config",
    "settings",
    "colors",
    "caption_texts",
    "line_width",
    "text_size",
    "scores",
    "tracker_ids",
    "caption",
    "font",
}


def everyday_options(path: str | Path) -> dict[str, Any]:
    """The options of the command line in a file for `config`: fields of `ModelOptions` and of `DrawingOptions`.

    Raises:
        MasksegError: the file cannot be read, or its syntax is wrong.
        UsageError: an option that neither the command line nor the network has.
    """
    found = read_others(path, EVERYDAY)
    if isinstance(found.get("classes"), list):
        found["classes"] = ",".join(map(str, found["classes"]))
    return found


def overrides_of(options: ModelOptions) -> dict[str, Any]:
    """The options of `MaskRCNNConfig`, plus `size`, `tta` and `tiles`, as keywords for `load_model`.

    Options of their own replace `settings`, and those replace the file `config`.
    """
    overrides: dict[str, Any] = {}
    if options.config is not None or options.settings:
        if options.config is not None:
            overrides.update(read_config_file(options.config, EVERYDAY))
        overrides.update(parse_settings(options.settings))
    if options.size is not None:
        overrides["size"] = options.size
    if options.min_score is not None:
        overrides["detection_min_confidence"] = options.min_score
    if options.max_detections is not None:
        wanted = options.max_detections
        overrides["detection_max_instances"] = instance_limit(wanted) if options.classes else wanted
    if options.tta:
        overrides["tta"] = True
    if options.tiles is not None:
        overrides["tiles"] = options.tiles
    return overrides


def for_measuring(model: ModelOptions) -> ModelOptions:
    """The options with a score floor for measuring AP, every class's own boxes and all votes, unless `settings` differ.

    A `config` file does not count: as `maskseg config` writes it, it holds the options for showing.
    """
    settings = ("detection_duplicate_threshold=none", "detection_voting_floor=0", *model.settings)
    if model.min_score is not None or "detection_min_confidence" in parse_settings(model.settings):
        return replace(model, settings=settings)
    return replace(model, settings=settings, min_score=SCORE_FLOOR)


def instance_limit(max_detections: int) -> int:
    """The network's own limit of objects a picture, above the number that is wanted.

    Objects of classes that are not wanted must not use it up, nor those whose masks then turn out to be bad.
    """
    return max(max_detections, _LIMIT)
