"""`maskseg config`: every option of a network, as text, TOML or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maskseg_cli.cli.options import ENGINE_OPTIONS, message_options, network_options
from maskseg_cli.cli.sections import SectionedCommand, section
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.model_options import ModelOptions, overrides_of

if TYPE_CHECKING:
    from maskseg_cli.config import MaskRCNNConfig


@click.command(cls=SectionedCommand)
@network_options
@section("Form")
@click.option("--toml", "form", flag_value="toml", help="Print TOML, which --config reads back.")
@click.option("--json", "form", flag_value="json", help="Print JSON, which --config reads back.")
@message_options
def config(model: ModelOptions, form: str | None, quiet: bool) -> None:
    """Show every option of a model.

    Prints what a network would run with, in the form of Matterport's Config.display(), given the same
    --model, --size, --set ... as the other commands.

    \b
    maskseg config --model coco
    maskseg config --set detection_min_confidence=0.6 --toml > mine.toml
    maskseg image photo.jpg --config mine.toml
    """
    from maskseg_cli.config.display import display, to_json, to_toml

    writers = {"toml": to_toml, "json": to_json}
    click.echo(writers.get(form or "", display)(resolve_config(model)))


def resolve_config(options: ModelOptions) -> MaskRCNNConfig:
    """The config that these options ask for, without building its network.

    A preset needs no weights; of a file the config is read alone.

    Raises:
        MasksegError: the weights file cannot be read.
        UsageError: an option that makes no sense, or that is none of the network's.
    """
    from maskseg_cli.config import PRESETS
    from maskseg_cli.config.picture_size import with_size

    usual = ModelOptions()
    for name in ("classes", "labels", "tta", "tiles", *ENGINE_OPTIONS):
        if getattr(options, name) != getattr(usual, name):
            raise UsageError(f"--{name} does not belong to the options of a network, which `config` shows.")
    overrides = overrides_of(options)
    size = overrides.pop("size", None)
    if options.weights is None and str(options.model or "lite") in PRESETS:
        found = PRESETS[str(options.model or "lite")]
    else:
        from maskseg_cli.checkpoints import find_weights, read_checkpoint

        found = read_checkpoint(find_weights(options.weights or options.model or "")).config
    return with_size(found.replace(**overrides), size)
