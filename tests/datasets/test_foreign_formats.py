"""Files of other annotation formats: the format is named, and what to do."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset


def archive() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("result.json", "{}")
    return data.getvalue()


CVAT = '<?xml version="1.0"?>\n<annotations><image id="0" name="p1.jpg"/></annotations>'
VOC = "<annotation><filename>1.jpg</filename></annotation>"
VIA_CSV = "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n"
LABELME: dict[str, Any] = {"version": "5.0.1", "shapes": [], "imagePath": "p1.jpg", "imageData": None}
VIA_3: dict[str, Any] = {"project": {}, "config": {}, "attribute": {}, "file": {}, "metadata": {}, "view": {}}
DARWIN: dict[str, Any] = {"version": "2.0", "item": {"name": "p1.jpg"}, "annotations": [{"name": "disc"}]}
RESULT = {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}
PANOPTIC = {"images": [], "annotations": [{"segments_info": []}], "categories": {}}


FILES = [
    (archive(), "is a ZIP archive: unpack it"),
    (gzip.compress(b"{}", mtime=0), "is packed with gzip: unpack it"),
    (CVAT, "no shape in it is an object with a label"),
    ("\ufeff" + CVAT, "no shape in it is an object with a label"),
    (VOC, "Pascal VOC and LabelImg"),
    ("<html><body>404", "is an XML or HTML file"),
    (VIA_CSV, r"CSV file of the VGG Image Annotator: choose .*\(as JSON\)"),
    ("0 0.5 0.5 0.2 0.2\n1 0.1 0.1 0.1 0.1\n", "YOLO"),
    ("image,x1,y1,x2,y2,label\n1.jpg,1,2,3,4,cat\n", r"is a table \(CSV\)"),
    ('{"a": 1}\n{"a": 2}\n', "has one JSON record a line"),
    ('{"a": "' + "b" * 5000 + '"}\n{"a": 2}\n', "has one JSON record a line"),
    ("", "is empty"),
    ('{"images": [1, 2],}', "line 1, column 1[89]: a comma stands before the closing bracket"),
    ('{"images": [1,\n]}', "line [12], column [0-9]+: a comma stands before the closing bracket"),
    ('{"images": [{"id": 1', "the file ends in the middle of it; copy or download it again"),
    ('{"images": "a', "the file ends in the middle of it"),
    ("{'images': []}", "single quotes stand for double ones"),
    ("// made by hand\n{}", "JSON has no comments"),
    ("{} {}", "more follows after the end of the document"),
    (b'{"a": "caf\xe9"}', "its text is not UTF-8"),
    ("[" * 100_000, "its lists are nested too deep"),
    ('{"a": 1' + "0" * 5000 + "}", "a number has too many digits"),
    ("names:\n- cat\n- dog\n", "is a YAML file, as YOLO's .* must end with .yaml"),
    ("var data = {a: 1, b: 2, c: 3, d: 4};", "is a program in JavaScript"),
    (json.dumps(LABELME), "is of labelme, and no shape in it is an object with a label"),
    (json.dumps(VIA_3), "Image Annotator without any object: it holds no picture"),
    (json.dumps(DARWIN), "is of V7 Darwin, and there is no outline or box in it"),
    (json.dumps([RESULT]), "list of results; .* --from-results"),
    (json.dumps([{"data": {}, "annotations": []}]), "Label Studio; export"),
    (json.dumps([{"image": "1.jpg", "annotations": []}]), "CreateML; export"),
    (json.dumps(PANOPTIC), "panoptic format"),
    (json.dumps(PANOPTIC | {"categories": []}), "panoptic format"),
    (json.dumps(PANOPTIC | {"annotations": [{"caption": "a dog"}], "categories": []}), "it holds captions"),
    (json.dumps({"images": []}), "no list of annotations; export the annotations in COCO's format"),
    (json.dumps({"items": [], "categories": {"label": {}}}), "Datumaro; export"),
    (json.dumps({"samples": []}), "FiftyOne; export"),
    (json.dumps([{"ID": "x", "Labeled Data": "y"}]), "Labelbox; export"),
    (json.dumps([{"images": [], "annotations": []}]), "a list with such a file in it: save"),
    (json.dumps({"coco": {"images": [], "annotations": []}}), "its part 'coco' is such a file: save"),
    (json.dumps({"images": [], "annotations": [], "categories": ["cat"]}), "no list of categories, with a record"),
    (json.dumps([1]), "holds no images and annotations"),
    (json.dumps("text"), "holds no images and annotations"),
]


@pytest.mark.parametrize(("content", "words"), FILES, ids=[words[:40] for _, words in FILES])
def test_the_format_is_named(tmp_path: Path, content: str | bytes, words: str) -> None:
    path = tmp_path / "annotations.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for read in (open_source, CocoDataset.read):
        with pytest.raises(MasksegError, match=words) as caught:
            read(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
