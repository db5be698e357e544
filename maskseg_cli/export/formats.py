"""The formats of exported files, and what each is called in the folder of the exports."""

from __future__ import annotations

#: Format -> what is written into the folder of the exports: a file, or a folder (with a slash).
FORMATS = {
    "coco": "coco.json",
    "coco-polygons": "coco_polygons.json",
    "labelme": "labelme/",
    "cvat": "cvat/",
    "yolo": "yolo/",
    "voc": "voc/",
    "csv": "objects.csv",
    "jsonl": "objects.jsonl",
    "masks": "masks/",
    "mots": "mots/",
}

#: Formats of data sets, photo by photo, each with the name of its file, or "" where it is a folder of files.
DATA_FORMATS = {
    "coco": "annotations.json",
    "coco-polygons": "annotations.json",
    "labelme": "",
    "cvat": "annotations.xml",
    "yolo": "",
    "voc": "",
    "csv": "objects.csv",
    "jsonl": "objects.jsonl",
    "masks": "",
}
