"""Option groups that commands share, each gathered into one value."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

import click

from maskseg_cli.cli.main import DEBUG
from maskseg_cli.drawing.options import COLOR_BY, DrawingOptions
from maskseg_cli.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from maskseg_cli.config import MaskRCNNConfig
    from maskseg_cli.detections import Detections
    from maskseg_cli.predictor import Predictor

Command = TypeVar("Command", bound=Callable[..., Any])

_EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class ModelOptions:
    """What the user asked of the network; None: not said."""

    model: str | None = None
    weights: str | None = None
    labels: Path | None = None
    size: int | None = None
    min_score: float | None = None
    classes: str | None = None
    max_detections: int | None = None
    settings: tuple[str, ...] = ()
    config: Path | None = None
    tta: bool = False


def gather(
    target: str, build: Callable[..., Any], options: Sequence[Callable[[Any], Any]]
) -> Callable[[Command], Command]:
    """A decorator: adds `options`, named `<target>_<field>`, and hands `build(**fields)` to the command."""
    prefix = f"{target}_"

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def gathered(*args: Any, **kwargs: Any) -> Any:
            fields = {name: kwargs.pop(name) for name in list(kwargs) if name.startswith(prefix)}
            kwargs[target] = build(**{name.removeprefix(prefix): value for name, value in fields.items()})
            return command(*args, **kwargs)

        for option in reversed(options):
            gathered = option(gathered)
        return gathered  # type: ignore[return-value]

    return decorate


#: Hands the command `model: ModelOptions`.
model_options = gather(
    "model",
    ModelOptions,
    [
        click.option(
            "--model",
            "model_model",
            metavar="NAME|FILE",
            help="lite (fast, the default), coco (accurate, fetched with `maskseg weights fetch coco`), "
            "or a weights file.",
        ),
        click.option("--weights", "model_weights", metavar="FILE", help="Feed the model with this weights file."),
        click.option(
            "--labels",
            "model_labels",
            type=_EXISTING_FILE,
            help="Text file of class names, one a line, for a network trained on other classes.",
        ),
        click.option(
            "--size",
            "model_size",
            type=click.IntRange(min=64),
            metavar="PIXELS",
            help="Scale photos to this size first: smaller is faster, larger finds smaller objects. The "
            "short side for lite (the long side at most twice that), the side of the square for "
            "Matterport models.",
        ),
        click.option(
            "--min-score",
            "model_min_score",
            type=click.FloatRange(0, 1),
            metavar="SCORE",
            help="Leave out objects that the network is less sure of, 0 to 1.",
        ),
        click.option(
            "--classes",
            "model_classes",
            metavar="NAMES",
            help="Only these classes, separated by commas: person,dog.",
        ),
        click.option(
            "--max-detections",
            "model_max_detections",
            type=click.IntRange(min=1),
            metavar="N",
            help="At most so many objects a photo, the surest first.",
        ),
        click.option(
            "--set",
            "model_settings",
            multiple=True,
            metavar="OPTION=VALUE",
            help="Set any option that `maskseg config` shows; may be repeated.",
        ),
        click.option(
            "--config",
            "model_config",
            type=_EXISTING_FILE,
            help="TOML file of such options; --set goes before it.",
        ),
        click.option(
            "--tta",
            "model_tta",
            is_flag=True,
            help="Look at each photo six times, at three sizes and mirrored, and average: more accurate, about six "
            "times slower.",
        ),
    ],
)

#: Hands the command `drawing: DrawingOptions`.
drawing_options = gather(
    "drawing",
    DrawingOptions,
    [
        click.option("--masks/--no-masks", "drawing_masks", default=True, help="Fill objects with colour."),
        click.option("--contours/--no-contours", "drawing_contours", default=True, help="Draw outlines."),
        click.option("--boxes/--no-boxes", "drawing_boxes", default=True, help="Draw boxes."),
        click.option("--captions/--no-captions", "drawing_captions", default=True, help="Write names and scores."),
        click.option(
            "--alpha",
            "drawing_alpha",
            type=click.FloatRange(0, 1),
            default=0.5,
            show_default=True,
            help="How much colour covers an object: 0 none, 1 all.",
        ),
        click.option(
            "--color-by",
            "drawing_color_by",
            type=click.Choice(COLOR_BY),
            default="instance",
            show_default=True,
            help="A colour for each object, or one for each class.",
        ),
    ],
)


def result_options(noun: str) -> Callable[[Command], Command]:
    """Adds what photos and videos share: --recursive, --overwrite and --skip-existing, handed over as flags.

    Args:
        noun: what the command reads, "photo".
    """
    options = [
        click.option("--recursive", "-r", is_flag=True, help="Look into the folders inside a folder too."),
        click.option("--overwrite", is_flag=True, help=f"Replace results that exist; {noun}s themselves never."),
        click.option(
            "--skip-existing",
            is_flag=True,
            help=f"Leave out {noun}s whose result exists: goes on with a stopped run.",
        ),
    ]

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _remember_debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    ctx.meta[DEBUG] = value


def message_options(command: Command) -> Command:
    """Adds --quiet, handed over as `quiet: bool`, and --debug, which `main` heeds by itself."""
    debug = click.option(
        "--debug",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_remember_debug,
        help="Show the full traceback of an error.",
    )
    quiet = click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors.")
    return quiet(debug(command))


class Segmenter:
    """A predictor with the user's wishes applied to what it finds.

    Attributes:
        predictor: the network itself.
        class_ids: the classes to keep, or None for all.
        limit: most objects a picture, after the choice of classes, or None.
    """

    def __init__(self, predictor: Predictor, class_ids: list[int] | None = None, limit: int | None = None) -> None:
        self.predictor = predictor
        self.class_ids = class_ids
        self.limit = limit

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, background first."""
        return self.predictor.class_names

    @property
    def config(self) -> MaskRCNNConfig:
        """The network's options."""
        return self.predictor.config

    @property
    def workers(self) -> int:
        """How many threads should call it at the same time, each with pictures of its own.

        The small network's stages are too short to keep two cores busy with one picture: with two it does a fifth
        more. The large one keeps them busy, and takes a gigabyte a picture.
        """
        return min(4, os.cpu_count() or 1) if self.config.backbone == "mobile" else 1

    @overload
    def __call__(self, images: NDArray[np.uint8]) -> Detections: ...

    @overload
    def __call__(self, images: list[NDArray[np.uint8]]) -> list[Detections]: ...

    def __call__(self, images: NDArray[np.uint8] | list[NDArray[np.uint8]]) -> Detections | list[Detections]:
        """Objects in a BGR picture uint8 (H, W, 3), or in each of a list of them."""
        if isinstance(images, list):
            return [self._choose(found) for found in self.predictor(images)]
        return self._choose(self.predictor(images))

    def _choose(self, found: Detections) -> Detections:
        if self.class_ids is not None:
            found = found.filter(self.class_ids)
        return found if self.limit is None else found[: self.limit]


def overrides_of(options: ModelOptions) -> dict[str, Any]:
    """Options of `MaskRCNNConfig`, plus `size` and `tta`, as keywords for `load_model`.

    What is said more plainly wins: own options, then --set, then the file of --config.
    """
    overrides: dict[str, Any] = {}
    if options.config is not None or options.settings:
        from maskseg_cli.config_overrides import parse_settings, read_config_file

        if options.config is not None:
            overrides.update(read_config_file(options.config))
        overrides.update(parse_settings(options.settings))
    if options.size is not None:
        overrides["size"] = options.size
    if options.min_score is not None:
        overrides["detection_min_confidence"] = options.min_score
    if options.max_detections is not None:
        # Where classes are chosen, the network's own limit must not be spent on the other classes.
        room = 100 if options.classes else 0
        overrides["detection_max_instances"] = max(options.max_detections, room)
    if options.tta:
        overrides["tta"] = True
    return overrides


def with_batch(options: ModelOptions, batch: int) -> ModelOptions:
    """The options for a network that takes so many pictures at once."""
    if batch == 1:
        return options
    return replace(options, settings=(*options.settings, "gpu_count=1", f"images_per_gpu={batch}"))


def load_predictor(options: ModelOptions) -> Segmenter:
    """Loads the network that the user asked for (imports TensorFlow).

    Raises:
        MasksegError: the weights cannot be had or do not fit.
        UsageError: an option, class or combination that makes no sense.
    """
    from maskseg_cli.config import PRESETS

    overrides = overrides_of(options)
    if options.weights is not None and options.model is not None and options.model not in PRESETS:
        raise UsageError(f"--model {options.model} and --weights {options.weights} name two files: give one.")
    from maskseg_cli.predictor import load_model

    weights = options.weights or options.model or "lite"
    predictor = load_model(weights, labels=options.labels, **overrides)
    # Which network a file holds is read from the file; a wish that it does not meet is a mix-up.
    mobile = predictor.config.backbone == "mobile"
    if options.weights and options.model and mobile != (PRESETS[options.model].backbone == "mobile"):
        raise UsageError(f"{options.weights} does not hold weights of the model {options.model}.")
    class_ids = None
    if options.classes is not None:
        from maskseg_cli.classes import parse_classes

        class_ids = parse_classes(options.classes, predictor.class_names)
    return Segmenter(predictor, class_ids, options.max_detections)
