"""`maskseg style`: writes and checks style files."""

from __future__ import annotations

from pathlib import Path

import click

from maskseg_cli.cli.options import message_options
from maskseg_cli.cli.sections import HelpfulGroup
from maskseg_cli.errors import MasksegError
from maskseg_cli.printable import printable


@click.group(cls=HelpfulGroup)
def style() -> None:
    """Write and check style files, for names and colours by class."""


@style.command()
@click.argument("file", default="style.toml", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
@message_options
def init(file: Path, overwrite: bool, quiet: bool) -> None:
    """Write a style file with every key and what it does.

    Nothing in it counts before you remove the # in front of a line. FILE is style.toml where it is not given.

    \b
    maskseg style init
    maskseg image photo.jpg --style style.toml
    """
    from maskseg_cli.drawing.style_template import TEMPLATE
    from maskseg_cli.media.atomic_file import write_atomic

    if file.exists() and not overwrite:
        raise MasksegError(f"{file} exists already: --overwrite replaces it.")
    write_atomic(file, TEMPLATE.encode())
    if not quiet:
        click.echo(f"{printable(str(file))} is written; --style uses it.")


@style.command()
@click.argument("file", type=click.Path(path_type=Path))
@message_options
def check(file: Path, quiet: bool) -> None:
    """Check a style file without a photo.

    Classes are compared with COCO's, which both networks of maskseg know.

    \b
    maskseg style check style.toml
    """
    from maskseg_cli.classes import COCO_CLASSES
    from maskseg_cli.drawing.style_file import read_style

    found = read_style(file)
    classes = len(found.by_class(COCO_CLASSES))
    found.check_font()
    if not quiet:
        click.echo(f"{printable(str(file))}: {len(found.drawing)} of drawing, {classes} classes.")
