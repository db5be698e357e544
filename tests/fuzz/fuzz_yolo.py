"""Data sets of YOLO: data.yaml, label files and lists of pictures, as training and evaluation read them."""

from __future__ import annotations

import itertools
from pathlib import Path
from random import Random

from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import change_text
from tests.fuzz.pictures import write_pictures

#: Between the files of one input, in the order of `_FILES`.
_NEXT = b"\n%%%\n"
_FILES = ("data.yaml", "labels/a.txt", "labels/b.txt", "classes.txt", "val.txt")

_ROWS = (
    b"0 0.1 0.1 0.5 0.1 0.5 0.7\n1 0.5 0.5 0.2 0.25\n",
    b"1 0.5 0.5 0.2 0.25 0.75\n0 .1 .1 5e-1 .1 .5 .7 .3 .8 0.5\n",
)


def _seeds() -> list[bytes]:
    described = b"path: .\ntrain: images # all\nval: val.txt\nnames:\n  0: cat\n  1: dog\n"
    listed = b"train: ../images\nval: [images, images/inner]\nnc: 2\nnames: ['cat', 'dog']\nkpt_shape: [1, 2]\n"
    return [
        _NEXT.join((described, *_ROWS, b"", b"./images/a.png\nimages/b.png\n")),
        _NEXT.join((listed, *_ROWS, b"", b"")),
        _NEXT.join((b"", *_ROWS, b"cat\ndog\n", b"")),
    ]


def _craft(random: Random, start: bytes) -> bytes:
    return change_text(random, start, FUZZER.tokens)


def _attack(data: bytes, folder: Path) -> None:
    for name, content in zip(_FILES, data.split(_NEXT), strict=False):
        if content:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
    (folder / "images").mkdir()
    write_pictures(folder / "images")
    refusals = []
    try:
        source = open_source(folder)
        for example in itertools.islice((source[index] for index in range(len(source))), 3):
            assert example.image.shape[:2] == (30, 40)
    except MasksegError as error:
        refusals.append(error)
    try:
        CocoDataset.read(folder / "labels" if (folder / "labels").is_dir() else folder, folder / "images")
    except MasksegError as error:
        refusals.append(error)
    if len(refusals) == 2:
        raise refusals[0]


FUZZER = Fuzzer(
    "yolo",
    _seeds,
    _attack,
    tokens=(
        b"names:",
        b"train: ",
        b"path: /",
        b"..",
        b"nan",
        b"1e300",
        b"&a [*a, *a]",
        b"!!python/object:os.system",
        _NEXT,
    ),
    craft=_craft,
    cost=4,
)
