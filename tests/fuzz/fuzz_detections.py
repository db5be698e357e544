"""Files of saved detections, which `maskseg render` reads and a later run continues."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.config import LITE
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.detections_file import DetectionsWriter
from maskseg_cli.export.detections_records import FRAME, START, Header, read_records, record
from maskseg_cli.export.saved_detections import SavedDetections
from maskseg_cli.frame import Frame
from tests.fuzz.found import FOUND
from tests.fuzz.fuzzer import Fuzzer


def _seeds() -> list[bytes]:
    made = []
    with TemporaryDirectory() as folder:
        for kind, name in (("photos", "a.jpg"), ("video", "in.mp4")):
            path = Path(folder) / f"{kind}.maskseg"
            writer = DetectionsWriter(path, Header(kind, COCO_CLASSES, LITE, 0.1, 100, None, None, "lite", "1"))
            writer.source(name)
            writer.frame(0, Fraction(0), FOUND)
            if kind == "video":
                writer.kept(1, Fraction(1, 25))
                writer.frame(2, Fraction(2, 25), FOUND)
            writer.finish()
            made.append(path.read_bytes())
    return made


def _craft(random: Random, start: bytes) -> bytes:
    """Changes the bodies of some records, whose checksums are then right again."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "seed"
        path.write_bytes(start)
        with path.open("rb") as file:
            file.seek(START)
            records = [(kind, bytearray(body)) for _, kind, body in read_records(file)]
    for kind, body in records:
        if body and (kind == FRAME or random.random() < 0.3):
            for _ in range(random.randrange(3)):
                body[random.randrange(len(body))] = random.choice((0, 1, 127, 128, 255, random.randrange(256)))
        if random.random() < 0.05:
            del body[random.randrange(len(body) + 1) :]
    if len(records) > 2 and random.random() < 0.2:
        random.shuffle(records)
    return start[:START] + b"".join(record(kind, bytes(body)) for kind, body in records)


def _attack(data: bytes, folder: Path) -> None:
    path = folder / "found.maskseg"
    path.write_bytes(data)
    saved = SavedDetections(path)
    refusals: list[MasksegError] = []
    for name in ("a.jpg", "in.mp4"):
        for index in range(3):
            frame = Frame(np.zeros((8, 10, 3), np.uint8), index, Fraction(index, 25), Fraction(1, 25), name)
            try:
                saved.detect_frames([frame])
            except MasksegError as error:
                refusals.append(error)
    writer = DetectionsWriter(
        path, Header(saved.kind, COCO_CLASSES, LITE, 0.1, 100, None, None, "lite", "1"), resume=True
    )
    writer.source("b.mp4")
    writer.frame(0, Fraction(0), FOUND)
    writer.finish()
    if len(refusals) == 6:
        raise refusals[0]


FUZZER = Fuzzer("detections", _seeds, _attack, tokens=(b"maskdets", b"F", b"S", b"K", b"E"), craft=_craft)
