"""Option groups that commands share, each gathered into one value."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from maskseg_cli.cli.feature_options import options_of
from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.parameters import Share, Whole
from maskseg_cli.cli.sections import GENERAL, section, use_defaults
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.inference.engine_options import DEVICES, ENGINES, PRECISIONS
from maskseg_cli.inference.model_options import ModelOptions, everyday_options

Command = TypeVar("Command", bound=Callable[..., Any])

#: Options that say how the network is computed.
ENGINE_OPTIONS = ("engine", "precision", "device", "threads")

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


#: The default of --size in words.
SIZES = "400 for lite, 1024 for coco, or as the weights file says"


def model_options_with(min_score: str, unused: Collection[str] = ()) -> Callable[[Command], Command]:
    """A decorator that passes `model: ModelOptions` to the command.

    Args:
        min_score: the command's default of --min-score in words.
        unused: options that count on the command line, but not in a file for --config.
    """
    return gather("model", ModelOptions, _model_options(min_score, unused))


def _use_file(unused: Collection[str], ctx: click.Context, _: click.Parameter, path: Path | None) -> Path | None:
    """Makes the everyday options in a file for --config the defaults of the command's options."""
    if path is not None:
        found = {name: value for name, value in everyday_options(path).items() if name not in unused}
        named = {f"{target}_{name}": value for name, value in found.items() for target in ("model", "drawing")}
        use_defaults(ctx, named, path)
    return path


def _model_options(min_score: str, unused: Collection[str]) -> list[Callable[[Any], Any]]:
    return [
        section("Network"),
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
            type=Whole(min=64),
            metavar="PIXELS",
            show_default=SIZES,
            help="Scale photos to this size first: smaller is faster, larger finds smaller objects. The "
            "short side for lite (the long side at most twice that), the side of the square for "
            "Matterport models.",
        ),
        click.option(
            "--min-score",
            "model_min_score",
            type=Share(0, 1),
            metavar="SCORE",
            show_default=min_score,
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
            type=Whole(min=1),
            metavar="N",
            show_default="100",
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
            is_eager=True,
            callback=functools.partial(_use_file, unused),
            help="TOML file of such options and of everyday ones (alpha = 0.3), for what is not given here.",
        ),
        click.option(
            "--tta",
            "model_tta",
            is_flag=True,
            help="Average six views of each photo, at three sizes and mirrored: more accurate, about six times slower.",
        ),
        click.option(
            "--tiles",
            "model_tiles",
            metavar="auto|NxM",
            help="Also look at overlapping tiles of large photos, for small objects: N columns and M rows, or as many "
            "as a photo's size asks for. Takes longer by the number of tiles.",
        ),
        section("Engine"),
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
            type=Whole(min=1),
            metavar="N",
            show_default="one for each core",
            help="Threads of the network.",
        ),
    ]


_MIN_SCORES = "0.5 for lite, 0.7 for coco, or as the weights file says"

#: Passes `model: ModelOptions` to commands that show what they find.
model_options = model_options_with(_MIN_SCORES)

#: The same for the options that belong to the network itself; the others in a file for --config are for other commands.
network_options = model_options_with(_MIN_SCORES, ("classes", "labels", "tta", "tiles", *ENGINE_OPTIONS))

#: Passes `drawing: DrawingOptions` to the command.
drawing_options = options_of("drawing", DrawingOptions, "Drawing")


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
    return section(GENERAL)(quiet(debug(command)))
