"""`inspect_weights`: a page and a table about the arrays of a weights file, or about the difference of two."""

from __future__ import annotations

from pathlib import Path

from maskseg_cli.checkpoints import find_weights, read_checkpoint
from maskseg_cli.inspection.result_folder import check_folder, write_folder
from maskseg_cli.inspection.weights.inspection import WeightsInspection, inspect_checkpoint
from maskseg_cli.inspection.weights.weights_page import weights_page
from maskseg_cli.inspection.weights.weights_table import weights_table
from maskseg_cli.media.atomic_file import utf8
from maskseg_cli.media.file_lock import FileLocks
from maskseg_cli.reporter import Reporter

#: Names of the files.
PAGE, TABLE = "index.html", "weights.csv"


def inspect_weights(
    file: str | Path,
    folder: str | Path,
    other: str | Path | None = None,
    *,
    overwrite: bool = False,
    reporter: Reporter | None = None,
) -> WeightsInspection:
    """Writes a page, `index.html`, and a table, `weights.csv`, about every array of a weights file.

    Args:
        file: a name such as "lite", or any weights file that can be read; a backbone alone too.
        folder: for the two files; it is made if needed.
        other: another file, whose difference from the first is shown: what training moved.
        overwrite: replace the files of an earlier run.
        reporter: takes messages.

    Returns:
        what was found.

    Raises:
        MasksegError: a file cannot be read, there are results already, or the folder cannot be written.
        UsageError: there is no such file, or `folder` is one.

    Example:
        >>> found = inspect_weights("lite", "lite-weights/")        # doctest: +SKIP
        >>> len(found.statistics), found.findings                   # doctest: +SKIP
        (174, [])
    """
    folder, reporter = Path(folder), reporter or Reporter()
    path = find_weights(file)
    against = None if other is None else find_weights(other)
    check_folder(folder, (PAGE, TABLE), overwrite)
    with FileLocks([folder / PAGE]):
        reporter.say(f"Reading {path.name}{'' if against is None else f' and {against.name}'}.")
        checkpoint = read_checkpoint(path, backbone_only=True)
        second = None if against is None else read_checkpoint(against, backbone_only=True)
        inspection = inspect_checkpoint(path, checkpoint, against, second)
        del second  # a quarter of a gigabyte for a ResNet-101
        files = {TABLE: utf8(weights_table(inspection)), PAGE: utf8("".join(weights_page(inspection)))}
        write_folder(folder, files, [path] if against is None else [path, against], overwrite=overwrite)
    return inspection
