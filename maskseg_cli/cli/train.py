"""`maskseg train`: a network for the user's own classes, or better weights for the old ones."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maskseg_cli.cli.options import message_options
from maskseg_cli.errors import MasksegError, UsageError

if TYPE_CHECKING:
    from maskseg_cli.training.setup import Choices
    from maskseg_cli.training.training_options import TrainingOptions

#: What a command is told, not a recipe.
_NOT_IN_RECIPES = {"recipe", "resume", "debug", "quiet"}

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def _read_recipe(ctx: click.Context, _: click.Parameter, path: Path | None) -> Path | None:
    """A recipe's [train] table becomes the defaults of the options: the command line goes before it."""
    if path is None:
        return None
    from maskseg_cli.config.overrides import read_table

    known = {_written(parameter): parameter for parameter in ctx.command.params}
    known = {name: parameter for name, parameter in known.items() if name not in _NOT_IN_RECIPES}
    defaults: dict[str, Any] = {}
    for written, value in read_table(path, "train").items():
        name = written.replace("-", "_")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise UsageError(f"{path} has an unknown training option: {written}{hint}.")
        parameter = known[name]
        # one value of an option that may be repeated needs no brackets
        several = isinstance(parameter, click.Option) and parameter.multiple and not isinstance(value, list)
        defaults[str(parameter.name)] = [value] if several else value
    ctx.default_map = {**(ctx.default_map or {}), **defaults}
    return path


def _written(parameter: click.Parameter) -> str:
    """What a user calls a parameter: model, where the command says preset."""
    long = next((name for name in parameter.opts if name.startswith("--")), str(parameter.name))
    return long.removeprefix("--").replace("-", "_")


@click.command()
@click.argument("annotations")
@click.argument("images", type=_FOLDER, required=False)
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
    type=_FILE,
    is_eager=True,
    callback=_read_recipe,
    help="TOML file: a table [train] of these options, a table [maskseg] of the network's.",
)
@click.option(
    "--also",
    nargs=3,
    multiple=True,
    metavar="ANNOTATIONS IMAGES SHARE",
    help="Another training set of the same classes, and how often it is drawn (1: as often as the first).",
)
@click.option(
    "--teacher",
    type=_FILE,
    metavar="RESULTS",
    help="What `maskseg evaluate --results` found in the first --also set: stands in for classes not annotated there.",
)
@click.option(
    "--val",
    nargs=2,
    type=(_FILE, _FOLDER),
    metavar="ANNOTATIONS IMAGES",
    default=None,
    help="COCO file and folder to measure AP on; the best weights are kept.",
)
@click.option(
    "--init",
    default="lite",
    show_default=True,
    metavar="lite|coco|random|FILE",
    help="Weights to start from; layers that do not fit start fresh.",
)
@click.option(
    "--model",
    "preset",
    type=click.Choice(["lite", "coco"]),
    default="lite",
    show_default=True,
    help="The network's family for --init random.",
)
@click.option(
    "--layers",
    multiple=True,
    default=("all",),
    metavar="heads|3+|4+|5+|all|REGEX",
    help="Which layers learn; repeat it for several stages.",
)
@click.option("--epochs", multiple=True, type=click.IntRange(min=1), default=(1,), help="Epochs of each stage.")
@click.option("--learning-rate", multiple=True, type=float, default=(0.001,), help="Peak rate of each stage.")
@click.option("--steps-per-epoch", type=click.IntRange(min=1), help="Default: one pass over the pictures.")
@click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True, help="Pictures a gradient.")
@click.option(
    "--accumulate",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Gradients that are averaged for one step.",
)
@click.option(
    "--optimizer",
    type=click.Choice(["auto", "sgd", "adamw", "relative-adamw"]),
    default="auto",
    show_default=True,
    help="relative-adamw scales each tensor's step by the tensor's size; auto takes it for lite, and sgd for a ResNet.",
)
@click.option("--momentum", type=click.FloatRange(0, 1), default=0.9, show_default=True, help="For sgd.")
@click.option(
    "--weight-decay",
    type=click.FloatRange(min=0),
    default=1e-4,
    show_default=True,
    help="Not on biases and batch normalisation.",
)
@click.option(
    "--clip-norm", type=click.FloatRange(min=0), default=5.0, show_default=True, help="Longest gradient; 0: any."
)
@click.option(
    "--schedule",
    type=click.Choice(["constant", "step", "cosine"]),
    default="constant",
    show_default=True,
    help="How the rate falls within a stage.",
)
@click.option(
    "--warmup",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Steps in which the rate rises at the start of a stage.",
)
@click.option(
    "--ema",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Keep a running average of the weights with this momentum, such as 0.998.",
)
@click.option(
    "--keep-start",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Keep a mean: so much of the starting weights, the rest of the trained ones.",
)
@click.option(
    "--fresh-rate",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    show_default=True,
    metavar="FACTOR",
    help="Layers that start fresh learn so many times faster than the others.",
)
@click.option("--size", type=click.IntRange(min=64), metavar="PIXELS", help="As in `maskseg image`.")
@click.option(
    "--sizes",
    multiple=True,
    type=click.IntRange(min=64),
    metavar="PIXELS",
    help="For lite: short sides to choose from for each batch; repeat it.",
)
@click.option(
    "--augment/--no-augment", default=True, show_default=True, help="Flip, scale, crop and recolour the pictures."
)
@click.option(
    "--shapes",
    nargs=2,
    type=click.IntRange(min=1),
    default=(500, 128),
    show_default=True,
    metavar="COUNT PIXELS",
    help="Size of the built-in data set.",
)
@click.option(
    "--evaluate-every",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="EPOCHS",
    help="How often AP is measured on --val.",
)
@click.option(
    "--checkpoint-minutes",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    help="How often the state is saved within an epoch.",
)
@click.option("--resume", is_flag=True, help="Go on with the run in the output folder, exactly where it stood.")
@click.option("--strict", is_flag=True, help="Refuse data with problems instead of leaving bad records out.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="The same seed gives the same weights.",
)
@click.option(
    "--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Threads that prepare pictures."
)
@click.option("--gpus", type=click.IntRange(min=1), default=1, show_default=True, help="Devices that share the work.")
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

    ANNOTATIONS is a file in COCO's or VIA's format and IMAGES the folder of its pictures; or ANNOTATIONS is the
    word shapes, for circles, squares and triangles made on the fly. Class names come from the data. The run's folder
    holds the weights for `maskseg image --weights`: best.npz when AP was measured (--val), and last.npz.

    \b
    maskseg train balloon/train.json balloon/train -o run --layers heads --epochs 5 --layers all --epochs 10
    """
    _check_folder(output, resume)
    choices, options = gather(output, **chosen)

    from maskseg_cli.inference.tensorflow_start import import_tensorflow

    import_tensorflow()
    from maskseg_cli.training.log import TrainingLog
    from maskseg_cli.training.setup import prepare

    output.mkdir(parents=True, exist_ok=True)
    with TrainingLog(output, quiet) as log:
        outcome = prepare(choices, options, log, resume).run(resume)
    figure = "" if outcome.best is None else f", AP {100 * outcome.best:.1f}"
    if outcome.stopped is not None:
        click.echo(f"Stopped; the state is saved: go on with --resume -o {output}", err=True)
        ctx.exit(128 + outcome.stopped)
    if not quiet:
        click.echo(f"{outcome.weights}{figure}", err=True)


def gather(output: Path, **chosen: Any) -> tuple[Choices, TrainingOptions]:
    """The options of the command line as the values that the training rooms take."""
    from maskseg_cli.config.overrides import parse_settings, read_config_file, read_table
    from maskseg_cli.datasets.data_source import SHAPES_WORD
    from maskseg_cli.training.setup import Choices, DataChoice
    from maskseg_cli.training.stages import make_stages
    from maskseg_cli.training.training_options import TrainingOptions

    if chosen["annotations"] != SHAPES_WORD and chosen["images"] is None:
        raise UsageError("IMAGES is missing: name the folder of the pictures.")
    recipe = chosen["recipe"]
    overrides = read_config_file(recipe) if recipe and read_table(recipe, "maskseg") else {}
    overrides.update(parse_settings(chosen["settings"]))
    data = [DataChoice(chosen["annotations"], chosen["images"])]
    data += [DataChoice(name, Path(folder), _share(share)) for name, folder, share in chosen["also"]]
    if chosen["teacher"] is not None:
        if len(data) == 1:
            raise UsageError("--teacher completes the set of --also: there is none.")
        data[1] = replace(data[1], teacher=chosen["teacher"])
    choices = Choices(
        data,
        chosen["val"],
        chosen["init"],
        chosen["preset"],
        overrides,
        **{name: chosen[name] for name in ("size", "augment", "strict", "shapes", "workers", "gpus")},
    )
    same = (
        *("steps_per_epoch", "batch", "accumulate", "optimizer", "momentum", "weight_decay", "clip_norm", "schedule"),
        *("warmup", "ema", "keep_start", "fresh_rate", "seed", "evaluate_every", "checkpoint_minutes"),
    )
    options = TrainingOptions(
        output,
        tuple(make_stages(chosen["layers"], chosen["epochs"], chosen["learning_rate"])),
        sizes=tuple(chosen["sizes"]),
        **{name: chosen[name] for name in same},
    )
    return choices, options


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not share > 0:
        raise UsageError(f"The third value of --also is a number above 0, not {text!r}.")
    return share


def _check_folder(output: Path, resume: bool) -> None:
    from maskseg_cli.training.run_files import STATE_FILE

    exists = (output / STATE_FILE).exists()
    if exists and not resume:
        raise UsageError(f"{output} holds a run already: go on with --resume, or name another folder.")
    if resume and not exists:
        raise MasksegError(f"{output} holds no training to resume.")
