"""`maskseg convert-data`: a data set in another annotation format."""

from __future__ import annotations

from pathlib import Path

import click

from maskseg_cli.cli.feature_options import options_of
from maskseg_cli.cli.main import DEBUG
from maskseg_cli.cli.options import message_options
from maskseg_cli.cli.progress import TerminalReporter
from maskseg_cli.cli.sections import SectionedCommand
from maskseg_cli.cli.stop_signals import loading
from maskseg_cli.conversion.options import ConversionOptions
from maskseg_cli.messages import counted


@click.command("convert-data", cls=SectionedCommand)
@click.argument("annotations", metavar="IN", type=click.Path(exists=True, path_type=Path))
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@options_of("options", ConversionOptions, "Output", dict)
@message_options
@click.pass_context
def convert_data(ctx: click.Context, annotations: Path, output: Path, options: dict[str, object], quiet: bool) -> None:
    """Write annotated photos in another program's format.

    IN is a file or folder of annotations, as train takes it: its content shows its format. OUT is a file or a folder.
    The photos stay where they are, and need not be there if their sizes are in IN.

    \b
    maskseg convert-data in.json labels --to labelme --images photos
    maskseg convert-data labels out.json --classes cat,dog
    maskseg convert-data in.json data --to yolo --images photos --split 0.9
    """
    with TerminalReporter(quiet, debug=bool(ctx.meta.get(DEBUG))) as reporter:
        ConversionOptions(**options).format_for(output)  # type: ignore[arg-type]  # before any library is loaded
        with loading():
            from maskseg_cli.conversion.convert import convert_data as convert

        done = convert(annotations, output, reporter=reporter, **options)
        written = f"{counted(done.photos, 'photo')} with {counted(done.objects, 'object')}"
        reporter.say(f"{written} in {', '.join(map(str, done.paths))} ({done.format})")
    if done.left_out:
        ctx.exit(1)
