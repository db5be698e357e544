"""`maskseg train`: trains a network on the user's own classes, or further on its old ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from maskseg_cli.cli.options import message_options, via_attribute_option
from maskseg_cli.cli.parameters import Number, Whole
from maskseg_cli.cli.sections import SectionedCommand, section, use_defaults
from maskseg_cli.cli.stop_signals import StopSignals, loading
from maskseg_cli.inference.model_options import SIZES
from maskseg_cli.messages import counted
from maskseg_cli.printable import printable

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def _use_recipe(ctx: click.Context, _: click.Parameter, path: Path | None) -> dict[str, Any]:
    """Makes a recipe's table [train] the defaults of the options, and returns its options of the network."""
    if path is None:
        return {}
    from maskseg_cli.training.recipes import read_recipe

    recipe = read_recipe(path)
    overrides: dict[str, Any] = recipe.pop("overrides")
    use_defaults(ctx, recipe, path)
    return overrides


class _Annotations(click.Path):
    """The word shapes, or a file or folder that exists."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if value == "shapes" else super().convert(value, param, ctx)


_ANNOTATIONS = _Annotations(exists=True)


@click.command(cls=SectionedCommand)
@click.argument("annotations", type=_ANNOTATIONS)
@click.argument("images", type=_FOLDER, required=False)
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
    type=_FILE,
    is_eager=True,
    callback=_use_recipe,
    help="TOML file: a table [train] of these options, a table [maskseg] of the network's.",
)
@click.option(
    "--also",
    nargs=3,
    type=(_ANNOTATIONS, _FOLDER, str),
    multiple=True,
    metavar="ANNOTATIONS IMAGES SHARE",
    help="Another training set of the same classes, and how often it is drawn (1: as often as the first).",
)
@click.option(
    "--teacher",
    type=_FILE,
    metavar="RESULTS",
    help="Results of `maskseg evaluate --results` for the first --also set: they replace classes not annotated there.",
)
@click.option(
    "--val",
    nargs=2,
    type=(_FILE, _FOLDER),
    metavar="ANNOTATIONS IMAGES",
    default=None,
    help="COCO or VIA file and folder to measure AP on; the best weights are kept.",
)
@via_attribute_option
@section("Network")
@click.option(
    "--init",
    default="lite",
    show_default=True,
    metavar="NAME|random|FILE",
    help="Weights to start from, such as lite or coco; layers that do not fit start fresh.",
)
@click.option(
    "--model",
    type=click.Choice(["lite", "coco"]),
    default="lite",
    show_default=True,
    help="The network's family for --init random.",
)
@section("Stages")
@click.option(
    "--layers",
    multiple=True,
    default=("all",),
    show_default="all",
    metavar="heads|3+|4+|5+|all|REGEX",
    help="Which layers learn; repeat it for several stages.",
)
@click.option(
    "--epochs", multiple=True, type=Whole(min=1), default=(1,), show_default="1", help="Epochs of each stage."
)
@click.option(
    "--learning-rate",
    multiple=True,
    type=Number(min=0, min_open=True),
    default=(0.001,),
    show_default="0.001",
    help="Peak rate of each stage.",
)
@click.option(
    "--steps-per-epoch",
    type=Whole(min=1),
    show_default="one pass over the pictures",
    help="Steps of an epoch.",
)
@click.option("--batch", type=Whole(min=1), default=1, show_default=True, help="Pictures a gradient.")
@click.option(
    "--accumulate",
    type=Whole(min=1),
    default=1,
    show_default=True,
    help="Gradients that are averaged for one step.",
)
@section("Optimizer")
@click.option(
    "--optimizer",
    type=click.Choice(["auto", "sgd", "adamw", "relative-adamw"]),
    default="auto",
    show_default=True,
    help="relative-adamw scales each tensor's step by the tensor's size; auto takes it for lite, and sgd for a ResNet.",
)
@click.option("--momentum", type=Number(0, 1), default=0.9, show_default=True, help="For sgd.")
@click.option(
    "--weight-decay",
    type=Number(min=0),
    default=1e-4,
    show_default=True,
    help="Not on biases and batch normalisation.",
)
@click.option("--clip-norm", type=Number(min=0), default=5.0, show_default=True, help="Longest gradient; 0: any.")
@click.option(
    "--schedule",
    type=click.Choice(["constant", "step", "cosine"]),
    default="constant",
    show_default=True,
    help="How the rate falls within a stage.",
)
@click.option(
    "--warmup",
    type=Whole(min=0),
    default=0,
    show_default=True,
    help="Steps in which the rate rises at the start of a stage.",
)
@click.option(
    "--ema",
    type=Number(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Keep a running average of the weights with this momentum, such as 0.998.",
)
@click.option(
    "--keep-start",
    type=Number(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Keep a mean: so much of the starting weights, the rest of the trained ones.",
)
@click.option(
    "--fresh-rate",
    type=Number(0, min_open=True),
    default=1.0,
    show_default=True,
    metavar="FACTOR",
    help="Factor of the learning rate for layers that start fresh.",
)
@section("Pictures")
@click.option("--size", type=Whole(min=64), metavar="PIXELS", show_default=SIZES, help="As in `maskseg image`.")
@click.option(
    "--sizes",
    multiple=True,
    type=Whole(min=64),
    metavar="PIXELS",
    help="For lite: short sides to choose from for each batch; repeat it.",
)
@click.option(
    "--augment/--no-augment", default=True, show_default=True, help="Flip, scale, crop and recolour the pictures."
)
@click.option(
    "--shapes",
    nargs=2,
    type=Whole(min=1),
    default=(500, 128),
    show_default=True,
    metavar="COUNT PIXELS",
    help="Size of the built-in data set.",
)
@section("Run")
@click.option(
    "--evaluate-every",
    type=Whole(min=1),
    default=1,
    show_default=True,
    metavar="EPOCHS",
    help="How often AP is measured on --val.",
)
@click.option(
    "--checkpoint-minutes",
    type=Number(min=0),
    default=5.0,
    show_default=True,
    help="Minutes between two saved states within an epoch.",
)
@click.option("--resume", is_flag=True, help="Continue the run in the output folder from its last saved state.")
@click.option("--strict", is_flag=True, help="Refuse data with problems instead of leaving bad records out.")
@click.option(
    "--seed",
    type=Whole(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="The same seed gives the same weights.",
)
@click.option("--workers", type=Whole(min=1), default=2, show_default=True, help="Threads that prepare pictures.")
@click.option("--gpus", type=Whole(min=1), default=1, show_default=True, help="Devices that share the work.")
@section("Network")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="OPTION=VALUE",
    help="Set any option that `maskseg config` shows, such as mask_head=unet; may be repeated.",
)
@message_options
@click.pass_context
def train(ctx: click.Context, output: Path, resume: bool, quiet: bool, **chosen: Any) -> None:
    """Train a network on your own classes.

    ANNOTATIONS is a file of COCO, VIA or labelme and IMAGES the folder of its pictures; or ANNOTATIONS is the
    word shapes, for circles, squares and triangles made on the fly. Class names come from the data. The run's folder
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
