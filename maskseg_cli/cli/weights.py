"""`maskseg weights`: list, inspect, fetch, verify and convert weight files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import click

from maskseg_cli.classes import read_labels
from maskseg_cli.cli.options import message_options
from maskseg_cli.cli.parameters import Whole
from maskseg_cli.cli.sections import HelpfulGroup
from maskseg_cli.cli.stop_signals import loading
from maskseg_cli.config.display import display
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.printable import printable, printable_json, printable_lines
from maskseg_cli.progress import DownloadBar


class WeightsGroup(HelpfulGroup):
    """The commands of `maskseg weights`."""

    other_names: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("download", "get", "pull"), "fetch"),
        **dict.fromkeys(("show", "inspect", "describe"), "info"),
        **dict.fromkeys(("check", "validate", "test"), "verify"),
        **dict.fromkeys(("export", "transform"), "convert"),
        "int8": "quantize",
        "ls": "list",
    }


@click.group(cls=WeightsGroup)
def weights() -> None:
    """List, inspect, fetch, verify and convert weights.

    Weights have a name, such as lite, coco or torchvision-v2 (`maskseg weights list`), or lie in a file: maskseg's own
    .npz, Matterport's .h5, or the .pth, .pt, .pkl or .safetensors of a Mask R-CNN that was trained with PyTorch
    (torchvision, detectron2, mmdetection).
    """


@weights.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@message_options
def list_weights(as_json: bool, quiet: bool) -> None:
    """List the weights that have names.

    Shows what each is, its published AP, and its path or how to get it.
    """
    from maskseg_cli.checkpoints.listing import as_lines, named_weights

    rows = named_weights()
    if as_json:
        click.echo(printable_json(json.dumps(rows, indent=2, ensure_ascii=False)))
        return
    for line in as_lines(rows):
        click.echo(line)


@weights.command()
@click.argument("file", metavar="NAME|FILE")
@click.option("--all", "everything", is_flag=True, help="Show the whole configuration too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the whole configuration.")
@message_options
def info(file: str, everything: bool, as_json: bool, quiet: bool) -> None:
    """Show what a weights file holds.

    Network, classes, sizes, origin, licence, and what was assumed; with --all every option.
    """
    from maskseg_cli.checkpoints import find_weights, read_checkpoint
    from maskseg_cli.checkpoints.description import describe, describe_as_text

    path = find_weights(file)
    checkpoint = read_checkpoint(path, backbone_only=True)
    found = describe(path, checkpoint)
    if as_json:
        click.echo(printable_json(json.dumps(found, indent=2, ensure_ascii=False)))
        return
    click.echo(describe_as_text(found))
    if everything and not checkpoint.backbone_only:
        click.echo()
        click.echo(printable_lines(display(checkpoint.config).strip("\n")))


@weights.command()
@click.argument("name")
@message_options
def fetch(name: str, quiet: bool) -> None:
    """Fetch weights by their name.

    They are put into the cache folder. A broken download is continued; the checksum, and the size where it is
    published, are checked. MASKSEG_HOME moves the cache folder; MASKSEG_WEIGHTS_URL names a mirror, a web folder that
    holds the files under the names that they have in the cache folder.
    """
    with loading():
        from maskseg_cli.checkpoints.download import fetch as fetch_release
        from maskseg_cli.checkpoints.registry import LITE, RELEASES, suggestion

    if name == LITE:
        raise UsageError("The lite weights are part of maskseg and need no fetching.")
    if name not in RELEASES:
        near = suggestion(name, RELEASES) or f": the known names are {', '.join(RELEASES)}"
        raise UsageError(f"There are no weights {name!r} to fetch{near}.")
    try:
        path = fetch_release(RELEASES[name], None if quiet else DownloadBar())
    except KeyboardInterrupt:
        click.echo("What has arrived is kept: fetch again to continue from there.", err=True)
        raise
    click.echo(str(path))


@weights.command()
@click.argument("file", metavar="NAME|FILE")
@message_options
def verify(file: str, quiet: bool) -> None:
    """Check that a weights file is sound.

    Compares every name and shape with the network, looks for values that are not finite, and prints the file's
    checksums and the published weights that have them. The exit code is 1 when the file is not sound.
    """
    from maskseg_cli.checkpoints import find_weights
    from maskseg_cli.checkpoints.verification import verify as verify_file

    found = verify_file(find_weights(file))
    if not quiet:
        click.echo("\n".join(found.lines))
    if found.fault is not None:
        raise MasksegError(found.fault)
    if not quiet:
        click.echo("sound")


@weights.command()
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--dtype",
    type=click.Choice(["float16", "float32"]),
    help="How to store the kernels in maskseg's own file; float16 (the default) halves it.",
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="Text file of class names, one a line, to put into the file.",
)
@click.option("--set", "settings", multiple=True, metavar="OPTION=VALUE", help="Set an option in maskseg's own file.")
@click.option("--overwrite", is_flag=True, help="Replace OUT if it exists; IN never.")
@message_options
def convert(
    source: str,
    target: Path,
    dtype: str | None,
    labels: Path | None,
    settings: tuple[str, ...],
    overwrite: bool,
    quiet: bool,
) -> None:
    """Convert to maskseg's, Matterport's or OpenVINO's file.

    IN is any weights file or name. The ending of OUT decides: .npz is maskseg's own, .xml is OpenVINO's (with a .bin
    beside it), which starts faster and needs no TensorFlow, .h5 is Matterport's (for its own network only).

    \b
    maskseg weights convert model_final.pth mine.npz --labels mine.txt
    maskseg weights convert torchvision-v2 coco.xml
    maskseg weights convert shapes.npz for_matterport.h5
    """
    from maskseg_cli.checkpoints import find_weights
    from maskseg_cli.checkpoints.conversion import HDF5_SUFFIXES, check_settings, check_target
    from maskseg_cli.checkpoints.conversion import convert as convert_file
    from maskseg_cli.checkpoints.registry import IR_SUFFIX
    from maskseg_cli.config.overrides import parse_settings

    path = find_weights(source)
    check_target(path, target, overwrite)
    changes = parse_settings(settings)
    check_settings(target, changes)
    names = None if labels is None else read_labels(labels)
    with FileLocks([target]):
        if target.suffix.lower() == IR_SUFFIX:
            with loading():
                from maskseg_cli.inference.openvino_export import export_network

            export_network(path, target, dtype or "float16", names)
            _report_network(target, quiet)
            return
        written = convert_file(path, target, dtype, names, changes)
    if not quiet:
        click.echo(
            f"{printable(str(target))}: {written.parameters:,} parameters, {target.stat().st_size:,} bytes", err=True
        )
        if target.suffix.lower() in HDF5_SUFFIXES and written.config.num_classes != 81:
            click.echo("An .h5 file holds no class names: give --labels when you use it.", err=True)


@weights.command()
@click.argument("source", metavar="NAME|FILE")
@click.argument("photos", metavar="PHOTOS...", nargs=-1, required=True)
@click.option(
    "-o", "--output", "target", type=click.Path(path_type=Path), required=True, help="The int8 network, ending in .xml."
)
@click.option(
    "--limit",
    type=Whole(min=1),
    default=200,
    show_default=True,
    help="At most so many of the photos, spread over all of them.",
)
@click.option("--labels", type=click.Path(path_type=Path), help="Text file of class names, one a line.")
@click.option("--overwrite", is_flag=True, help="Replace the output if it exists.")
@message_options
def quantize(
    source: str, photos: tuple[str, ...], target: Path, limit: int, labels: Path | None, overwrite: bool, quiet: bool
) -> None:
    """Make an int8 network, which is the fastest.

    PHOTOS are files or folders of photos as the network will see them; some hundred are enough, and need no
    annotations. The result is loaded as any weights file. Compare the two with `maskseg evaluate`: int8 costs some
    accuracy. Needs the extra "quantize": pip install 'maskseg[quantize]'.

    \b
    maskseg weights quantize shapes.npz photos/ -o shapes-int8.xml
    maskseg image photo.jpg --weights shapes-int8.xml
    """
    from maskseg_cli.checkpoints import find_weights
    from maskseg_cli.checkpoints.conversion import check_target
    from maskseg_cli.checkpoints.registry import IR_SUFFIX
    from maskseg_cli.cli.progress import TerminalReporter

    with loading():
        from maskseg_cli.inference.openvino_export import export_quantized

    path = find_weights(source)
    if target.suffix.lower() != IR_SUFFIX:
        raise UsageError(f"The output {target} does not end in .xml.")
    check_target(path, target, overwrite)
    names = None if labels is None else read_labels(labels)
    with FileLocks([target]), TerminalReporter(quiet) as reporter:
        export_quantized(path, target, photos, limit, names, reporter)
    _report_network(target, quiet)


def _report_network(target: Path, quiet: bool) -> None:
    """Says what was written: an .xml and its .bin."""
    if not quiet:
        size = sum(path.stat().st_size for path in (target, target.with_suffix(".bin")))
        click.echo(f"{printable(str(target))} and {target.with_suffix('.bin').name}: {size:,} bytes", err=True)
