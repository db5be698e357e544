"""`maskseg train`: trains a network on the user's own classes, or further on its old ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from maskseg_cli.cli.feature_options import keyword_options
from maskseg_cli.cli.options import message_options
from maskseg_cli.cli.parameters import Annotations
from maskseg_cli.cli.sections import SectionedCommand, section, use_defaults
from maskseg_cli.cli.stop_signals import StopSignals, loading
from maskseg_cli.messages import counted
from maskseg_cli.printable import printable
from maskseg_cli.training.train_keywords import TrainKeywords


def _use_recipe(ctx: click.Context, _: click.Parameter, path: Path | None) -> dict[str, Any]:
    """Makes a recipe's table [train] the defaults of the options, and returns its options of the network."""
    if path is None:
        return {}
    from maskseg_cli.training.recipes import read_recipe

    recipe = read_recipe(path)
    overrides: dict[str, Any] = recipe.pop("overrides")
    use_defaults(ctx, recipe, path)
    return overrides


@click.command(cls=SectionedCommand)
@click.argument("annotations", type=Annotations(exists=True))
@click.argument("images", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
@section("Data and results")
@click.option(
    "--output",
    "-o",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Folder of the run: best.npz, last.npz, log.csv, TensorBoard events.",
)
@click.option(
    "--recipe",
    "overrides",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    is_eager=True,
    callback=_use_recipe,
    help="TOML file: a table [train] of these options, a table [maskseg] of the network's.",
)
@keyword_options(TrainKeywords)
@message_options
@click.pass_context
def train(ctx: click.Context, output: Path, resume: bool, quiet: bool, **chosen: Any) -> None:
    """Train a network on your own classes.

    ANNOTATIONS is a file or folder of COCO, VIA, labelme, CVAT, YOLO or another format (docs/annotations.md), IMAGES
    the folder of its pictures, if they are not in it; or ANNOTATIONS is the word shapes, for circles, squares and
    triangles made on the fly. Class names come from the data. The run's folder
    holds the weights for `maskseg image --weights`: best.npz when AP was measured (--val), and last.npz.

    \b
    maskseg train balloon/train.json balloon/train -o run --layers heads
    """
    with loading():
        from maskseg_cli.training.choices import make_choices
        from maskseg_cli.training.reporting import ProgressBars
        from maskseg_cli.training.run import check_folder, open_trainer

    check_folder(output, resume)
    choices, options = make_choices(output=output, **chosen)
    reporter = None if quiet else ProgressBars()
    with StopSignals() as stop, open_trainer(choices, options, resume, reporter, stop) as trainer:
        outcome = trainer.run(resume, stop)
    if outcome.stopped and stop.signal is not None:
        click.echo(printable(f"Stopped; the state is saved: go on with --resume -o {output}"), err=True)
        ctx.exit(128 + stop.signal)
    if not quiet:
        best = "" if outcome.best is None else f", AP {100 * outcome.best:.1f}"
        click.echo(printable(f"{outcome.weights}{best}"), err=True)
    if outcome.left_out:
        click.echo(f"{counted(outcome.left_out, 'picture')} of the data could not be used for training.", err=True)
        ctx.exit(1)
