"""`maskseg inspect`: a photo's way through the network, a data set, or a weights file, as pictures."""

from __future__ import annotations

import click

from maskseg_cli.cli.inspect_data import data as inspect_data
from maskseg_cli.cli.inspect_image import inspect_image
from maskseg_cli.cli.inspect_weights import inspect_weights
from maskseg_cli.cli.sections import HelpfulGroup


@click.group(cls=HelpfulGroup)
def inspect() -> None:
    """Look into a photo's way, a data set or weights, as pictures.

    Each command writes a folder with an index.html, which explains every picture and opens without a network.
    """


inspect.add_command(inspect_image)
inspect.add_command(inspect_data)
inspect.add_command(inspect_weights)
