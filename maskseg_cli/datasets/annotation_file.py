"""Reading an annotation file of any known format, for training and for evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from maskseg_cli.datasets.coco_records import check_document
from maskseg_cli.datasets.json_file import read_json
from maskseg_cli.datasets.labelme import is_labelme, labelme_to_coco, read_labelme_folder
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.datasets.via import via_entries, via_to_coco
from maskseg_cli.reporter import Reporter

#: Bytes of a file from which on reading takes seconds.
_LARGE = 30_000_000


def read_annotations(
    path: Path,
    log: ProblemLog,
    class_name: str = "object",
    attribute: str | None = None,
    reporter: Reporter | None = None,
) -> dict[str, Any]:
    """The content of a COCO, VIA or labelme file, which its content tells apart, in COCO's format.

    Args:
        path: the file, or a folder of labelme's files.
        log: gets the problems of a VIA or labelme file.
        class_name, attribute: as `via.read_via` takes them.
        reporter: is told that a large file is read, which takes seconds.

    Returns:
        images, annotations and categories: lists of records, not checked further.

    Raises:
        MasksegError: the file cannot be read, or is of none of these formats.
    """
    if path.is_dir():
        return read_labelme_folder(path, log)
    size = path.stat().st_size if path.is_file() else 0
    if reporter is not None and size > _LARGE:
        reporter.say(f"Reading {path.name} ({size / 1e6:.0f} MB)")
    document = read_json(path)
    if via_entries(document) is not None:
        return via_to_coco(document, path, log, class_name, attribute)
    if is_labelme(document):
        return labelme_to_coco([("", document)], path, log)
    return check_document(document, path)
