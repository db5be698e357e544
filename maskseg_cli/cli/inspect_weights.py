"""`maskseg inspect weights`: the arrays of a weights file, and the difference of two."""

from __future__ import annotations

from pathlib import Path

import click

from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import message_options
from maskseg_cli.cli.progress import TerminalReporter
from maskseg_cli.cli.sections import SectionedCommand, section
from maskseg_cli.cli.stop_signals import loading
from maskseg_cli.printable import printable


@click.command("weights", cls=SectionedCommand)
@click.argument("file", metavar="NAME|FILE")
@click.argument("other", metavar="[NAME2|FILE2]", required=False)
@section("Results")
@click.option(
    "--output",
    "-o",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder for the page, index.html, and the table, weights.csv.",
)
@click.option("--overwrite", is_flag=True, help="Replace the results of an earlier run.")
@message_options
@click.pass_context
def inspect_weights(
    ctx: click.Context, file: str, other: str | None, folder: Path, overwrite: bool, quiet: bool
) -> None:
    """Show every array of a weights file, or what differs between two.

    Names dead and exploding filters and values that are not finite, and shows distributions and norms of all kernels;
    with two files, what training moved.

    \b
    maskseg inspect weights lite -o lite-weights/
    maskseg inspect weights coco run/best.npz -o moved/
    """
    with loading():
        from maskseg_cli.inspection.weights.inspect_weights import inspect_weights as run
        from maskseg_cli.inspection.weights.inspection import as_lines

    with TerminalReporter(quiet, debug=bool(ctx.meta.get(DEBUG))) as reporter:
        found = run(file, folder, other, overwrite=overwrite, reporter=reporter)
    if not quiet:
        click.echo("\n".join(printable(line) for line in [*as_lines(found), f"page        {folder / 'index.html'}"]))
