"""Option groups that commands share, each gathered into one value."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from maskseg_cli.cli.main import DEBUG
from maskseg_cli.drawing.drawing_options import COLOR_BY, DrawingOptions
from maskseg_cli.inference.engine_options import DEVICES, ENGINES, PRECISIONS
from maskseg_cli.inference.model_options import ModelOptions

Command = TypeVar("Command", bound=Callable[..., Any])

_EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def gather(
    target: str, build: Callable[..., Any], options: Sequence[Callable[[Any], Any]]
) -> Callable[[Command], Command]:
    """A decorator: adds `options`, named `<target>_<field>`; the command gets `build(**fields)` as `target`."""
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


#: Passes `via_attribute: str | None` to the command.
via_attribute_option = click.option(
    "--via-attribute",
    metavar="NAME",
    help="For files of the VGG Image Annotator: the region attribute that holds the class.",
)

#: Passes `model: ModelOptions` to the command.
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
        click.option("--weights", "model_weights", metavar="FILE", help="Load this weights file into the model."),
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
            help="Leave out objects with a lower score, 0 to 1.",
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
            help="At most so many objects a photo, best score first.",
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
            help="Average six views of each photo, at three sizes and mirrored: more accurate, about six times slower.",
        ),
        click.option(
            "--engine",
            "model_engine",
            type=click.Choice(ENGINES),
            default="auto",
            show_default=True,
            help="What computes the network; auto takes OpenVINO, and TensorFlow where that does not work.",
        ),
        click.option(
            "--precision",
            "model_precision",
            type=click.Choice(PRECISIONS),
            default="auto",
            show_default=True,
            help="Numbers to compute with: fewer bits are faster. auto takes the fastest that this processor has "
            "instructions for; int8 needs a quantised network, which lite has.",
        ),
        click.option(
            "--device",
            "model_device",
            type=click.Choice(DEVICES),
            default="auto",
            show_default=True,
            help="Processor, graphics (Intel's through OpenVINO, NVIDIA's through TensorFlow) or neural processor.",
        ),
        click.option(
            "--threads",
            "model_threads",
            type=click.IntRange(min=1),
            metavar="N",
            help="Threads of the network; the default is one for each core.",
        ),
    ],
)

#: Passes `drawing: DrawingOptions` to the command.
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
    """Adds what photos and videos share: --recursive, --overwrite and --skip-existing, as flags.

    Args:
        noun: what the command reads, "photo".
    """
    options = [
        click.option("--recursive", "-r", is_flag=True, help="Look into the folders inside a folder too."),
        click.option("--overwrite", is_flag=True, help=f"Replace results that exist; {noun}s themselves never."),
        click.option(
            "--skip-existing",
            is_flag=True,
            help=f"Leave out {noun}s whose result exists: continues a stopped run.",
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
    """Adds --quiet, as `quiet: bool`, and --debug, which `main` handles."""
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
