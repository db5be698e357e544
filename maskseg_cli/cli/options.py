"""Option groups that commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

import click

from maskseg_cli.cli.feature_options import keyword_options, options_of
from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.sections import GENERAL, section, use_defaults
from maskseg_cli.cluster.ray_options import RayOptions
from maskseg_cli.datasets.annotation_options import VIA_ATTRIBUTE
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.inference.model_options import ModelOptions, everyday_options

Command = TypeVar("Command", bound=Callable[..., Any])

#: Options that say how the network is computed.
ENGINE_OPTIONS = ("engine", "precision", "device", "threads")

#: Passes `via_attribute: str | None` to the command.
via_attribute_option = click.option("--via-attribute", metavar="NAME", help=VIA_ATTRIBUTE)


def model_options_with(min_score: str, unused: Collection[str] = ()) -> Callable[[Command], Command]:
    """A decorator that passes `model: ModelOptions` to the command.

    Args:
        min_score: the command's default of --min-score in words.
        unused: options that count on the command line, but not in a file for --config.
    """
    settings: dict[str, dict[str, Any]] = {
        "min_score": {"show_default": min_score},
        "config": {"is_eager": True, "callback": functools.partial(_use_file, unused)},
    }
    return options_of("model", ModelOptions, "Network", settings=settings)


def _use_file(unused: Collection[str], ctx: click.Context, _: click.Parameter, path: Path | None) -> Path | None:
    """Makes the everyday options in a file for --config the defaults of the command's options."""
    if path is not None:
        found = {name: value for name, value in everyday_options(path).items() if name not in unused}
        named = {f"{target}_{name}": value for name, value in found.items() for target in ("model", "drawing")}
        use_defaults(ctx, named, path)
    return path


_MIN_SCORES = "0.5 for lite, 0.7 for coco, or as the weights file says"

#: Passes `model: ModelOptions` to commands that show what they find.
model_options = model_options_with(_MIN_SCORES)

#: The same for the options that belong to the network itself; the others in a file for --config are for other commands.
network_options = model_options_with(_MIN_SCORES, ("classes", "labels", "tta", "tiles", *ENGINE_OPTIONS))

#: Passes `drawing`, the fields of `DrawingOptions` that were given, to the command.
drawing_options = options_of("drawing", DrawingOptions, "Drawing", dict)

#: Passes `ray` and `ray_workers`, the fields of `RayOptions`, to the command.
ray_options = keyword_options(RayOptions, "Cluster")


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
