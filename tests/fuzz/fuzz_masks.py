"""Pascal VOC, pictures of masks, Supervisely and V7 Darwin, as training and evaluation read them."""

from __future__ import annotations

import base64
import io
import itertools
import zlib
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import change_text
from tests.fuzz.pictures import encoded, write_pictures

#: Between the name of a file and its content, and between the files of one input.
_NAME, _NEXT = b"\n!!!\n", b"\n%%%\n"

#: Where the files of an input may lie; other names are not written.
_FILES = (
    "Annotations/a.xml", "SegmentationObject/a.png", "SegmentationClass/a.png", "labelmap.txt", "masks/a.png",
    "masks/a_1_cat.png", "classes.txt", "objects.csv", "ann/a.png.json", "meta.json", "darwin/a.json",
)  # fmt: skip

_XML = b"""<annotation><filename>a.png</filename><size><width>40</width><height>30</height></size>
<object><name>cat</name><difficult>0</difficult><bndbox><xmin>3</xmin><ymin>3</ymin><xmax>20</xmax><ymax>20</ymax></bndbox>
<polygon><x1>3</x1><y1>3</y1><x2>20</x2><y2>3</y2><x3>20</x3><y3>20</y3></polygon></object></annotation>"""


def _png(mode: str = "L") -> bytes:
    labels = np.zeros((30, 40), np.uint8)
    labels[3:20, 3:20] = 1
    labels[22:29, 5:35] = 2
    data = io.BytesIO()
    Image.fromarray(labels * 127 if mode == "1" else labels).convert(mode).save(data, "png")
    return data.getvalue()


def _input(**files: bytes) -> bytes:
    names = {name.replace("/", "_").replace(".", "_"): name for name in _FILES}
    return _NEXT.join(names[key].encode() + _NAME + content for key, content in files.items())


def _seeds() -> list[bytes]:
    bitmap = {"data": base64.b64encode(zlib.compress(_png("1"))).decode(), "origin": [0, 0]}
    points = {"exterior": [[2, 2], [20, 2], [20.5, 20]], "interior": [[[5, 3], [8, 3], [8, 6]]]}
    figures: list[dict[str, Any]] = [
        {"classTitle": "cat", "geometryType": "bitmap", "bitmap": bitmap},
        {"classTitle": "cat", "geometryType": "polygon", "points": points},
        {"classTitle": "dog", "geometryType": "rectangle", "points": {"exterior": [[2, 2], [9, 9]], "interior": []}},
    ]
    supervisely = {"size": {"height": 30, "width": 40}, "tags": [], "objects": figures}
    paths = [[{"x": x, "y": y} for x, y in one] for one in ([(2, 2), (20, 2), (20, 20)], [(9, 4), (15, 4), (15, 9)])]
    layer = {"dense_rle": [1, 1000, 0, 200], "mask_annotation_ids_mapping": {"m": 1}, "total_pixels": 1200}
    darwin = {
        "item": {"name": "a.png", "path": "/", "slots": [{"slot_name": "0", "width": 40, "height": 30}]},
        "annotations": [
            {"name": "cat", "polygon": {"paths": paths}, "bounding_box": {"x": 2, "y": 2, "w": 18, "h": 18}},
            {"name": "dog", "id": "m", "mask": {}},
            {"name": "layer", "raster_layer": layer},
        ],
    }
    rows = b"file,frame,object,id,class\na.png,0,1,,cat\na.png,0,2,,dog\n"
    return [
        _input(Annotations_a_xml=_XML),
        _input(Annotations_a_xml=_XML, SegmentationObject_a_png=_png("P"), SegmentationClass_a_png=_png("P")),
        _input(SegmentationObject_a_png=_png("RGB"), labelmap_txt=b"bg:0,0,0::\ncat:1,1,1::\n"),
        _input(masks_a_png=_png(), objects_csv=rows),
        _input(masks_a_1_cat_png=_png("1"), classes_txt=b"1 cat\n2 dog\n"),
        _input(ann_a_png_json=encoded(supervisely), meta_json=encoded({"classes": [{"title": "dog"}]})),
        _input(darwin_a_json=encoded(darwin)),
    ]


def _craft(random: Random, start: bytes) -> bytes:
    return change_text(random, start, FUZZER.tokens)


def _attack(data: bytes, folder: Path) -> None:
    for part in data.split(_NEXT):
        name, _, content = part.partition(_NAME)
        if name in map(str.encode, _FILES):
            path = folder / name.decode()
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
    for name in ("images", "img"):
        (folder / name).mkdir()
        write_pictures(folder / name)
    refusals = []
    for images in (None, folder / "images"):
        try:
            source = open_source(folder, images)
            for example in itertools.islice((source[index] for index in range(len(source))), 3):
                assert example.image.shape[:2] == (30, 40)
        except MasksegError as error:
            refusals.append(error)
    try:
        CocoDataset.read(folder, folder / "images")
    except MasksegError as error:
        refusals.append(error)
    if len(refusals) == 3:
        raise refusals[0]


FUZZER = Fuzzer(
    "masks",
    _seeds,
    _attack,
    tokens=(
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
        b"&#0;",
        b"<polygon><x1>1e300</x1></polygon>",
        b"<xmin>nan</xmin>",
        b'"exterior"',
        b"[[1e300, 5], [7, -1e300], [3, 3]]",
        b"..",
        b"IHDR",
        b"1000000000",
        _NEXT,
        _NAME,
    ),
    craft=_craft,
    cost=5,
)
