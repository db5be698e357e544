"""Annotation files, COCO's, VIA's and CVAT's, as training and evaluation read them, with masks and AP computed."""

from __future__ import annotations

import itertools
from pathlib import Path
from random import Random

from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation.evaluator import score_results
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import change_text
from tests.fuzz.pictures import annotations, encoded, write_pictures


def _via(shape: dict[str, object], attributes: dict[str, object]) -> dict[str, object]:
    region = {"shape_attributes": shape, "region_attributes": attributes}
    return {"filename": "a.png", "size": 100, "regions": [region], "file_attributes": {}}


def _via3() -> dict[str, object]:
    records = [[7, 2, 2, 20, 2, 20, 20], [2, 5, 6, 20, 10], [3, 20, 20, 5], [4, 20, 20, 5, 8], [6, 1, 1, 9, 1, 9, 9]]
    return {
        "project": {"pname": "x"},
        "config": {},
        "attribute": {"1": {"aname": "kind", "type": 4, "options": {"0": "cat", "1": "dog"}}},
        "file": {"1": {"fid": "1", "fname": "a.png", "type": 2, "loc": 1, "src": ""}},
        "metadata": {f"1_{n}": {"vid": "1", "z": [], "xy": xy, "av": {"1": "0"}} for n, xy in enumerate(records)},
        "view": {"1": {"fid_list": ["1"]}},
    }


#: Of images and of a video; the pictures' sizes are given, since COCO's results are scored without them.
_CVAT = b"""<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><labels><label><name>cat</name></label></labels>
<original_size><width>40</width><height>30</height></original_size></task></meta>
<image id="0" name="a.png" width="40" height="30">
<polygon label="cat" points="2.00,2.00;20.00,2.00;20.00,20.00" group_id="1" occluded="0"></polygon>
<mask label="cat" rle="0, 3, 1, 2" left="4" top="5" width="3" height="2" group_id="1"/>
<ellipse label="dog" cx="20" cy="12" rx="6.5" ry="4" rotation="30"/>
<box label="dog" xtl="5" ytl="6.5" xbr="25" ybr="16" rotation="10"><attribute name="a">b</attribute></box>
<polyline label="cat" points="1,1;5,5"/></image>
<track id="0" label="cat"><polygon frame="0" outside="0" points="2,2;20,2;20,20"/><mask frame="1" outside="0"
rle="0, 6" left="4" top="5" width="3" height="2"/><box frame="2" outside="1" xtl="1" ytl="1" xbr="5" ybr="5"/></track>
<track id="1" label="dog"><box frame="0" outside="0" xtl="1" ytl="1" xbr="5" ybr="5"/><box frame="2" outside="0"
xtl="3" ytl="1" xbr="9" ybr="5" rotation="9"/></track>
<track id="2" label="dog"><polygon frame="1" points="1,1;5,1;5,9"/></track></annotations>"""


def _seeds() -> list[bytes]:
    polygon = {"name": "polygon", "all_points_x": [2, 20, 20], "all_points_y": [2, 2, 20]}
    ellipse = {"name": "ellipse", "cx": 10, "cy": 12.5, "rx": 6, "ry": 4, "theta": 0.5}
    return [
        encoded(annotations()),
        encoded({"a.png100": _via(polygon, {"kind": "cat"}), "b.png100": {**_via(ellipse, {}), "filename": "b.png"}}),
        encoded(_via3()),
        _CVAT,
        encoded({"_via_settings": {}, "_via_img_metadata": {"a.png100": _via(polygon, {"kind": {"cat": True}})}}),
    ]


def _craft(random: Random, start: bytes) -> bytes:
    return change_text(random, start, FUZZER.tokens)


def _attack(data: bytes, folder: Path) -> None:
    write_pictures(folder)
    path, results = folder / "annotations.json", folder / "results.json"
    path.write_bytes(data)
    results.write_bytes(encoded([{"image_id": 1, "category_id": 1, "bbox": [2, 2, 18, 18], "score": 0.9}]))
    refusals = []
    try:
        source = open_source(path, folder)
        for example in itertools.islice((source[index] for index in range(len(source))), 3):
            assert example.image.shape[:2] == (30, 40)
    except MasksegError as error:
        refusals.append(error)
    try:
        score_results(path, results, folder)
    except MasksegError as error:
        refusals.append(error)
    if len(refusals) == 2:
        raise refusals[0]


FUZZER = Fuzzer(
    "annotations",
    _seeds,
    _attack,
    tokens=(
        b'"1"',
        b'"\\ud800"',
        b'"a\\u0000b"',
        b'"../../../etc/passwd"',
        b'"inner/a.png"',
        b'{"size": [30, 40], "counts": "PPPP"}',
        b'{"size": [30, 40], "counts": [1200]}',
        b'{"size": [100000, 100000], "counts": [1]}',
        b"[[0.1, 0.1, 0.5, 0.1, 0.5, 0.9]]",
        b"[[[1, 2], [30, 4], [5, 26]]]",
        b"[[1e300, 5, 7, -1e300, 3, 3]]",
        b'"counts"',
        b'"regions"',
        b'rle="0, 1200"',
        b' width="99999" height="99999" ',
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
        b"&lt;&#0;",
    ),
    craft=_craft,
    cost=2,
)
