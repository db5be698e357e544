"""Data sets of Pascal VOC as VOC itself, labelme, CVAT and LabelImg write them, very small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskseg_cli.datasets.voc_masks import PALETTE, VOID
from tests.datasets.samples import picture

HEIGHT, WIDTH = 40, 60

#: VOC's numbers of "cat" and "dog".
CAT, DOG = 8, 12


def instances() -> NDArray[np.uint8]:
    """Two objects of 10 x 12 and 8 x 9 pixels with a void border; the second has a hole and touches the edge."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[4:16, 5:17] = VOID
    labels[5:15, 6:16] = 1
    labels[30:40, 50:60] = VOID
    labels[31:40, 51:59] = 2
    labels[34, 54] = 0
    return labels


def classes() -> NDArray[np.uint8]:
    return np.array([0, CAT, DOG, *[VOID] * 253], np.uint8)[instances()]


def save(path: Path, labels: NDArray[np.integer], colours: bool = False) -> None:
    """With VOC's palette, as VOC and labelme write it, or as its colours, as CVAT does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(labels.astype(np.uint8), mode="P")
    image.putpalette([colour >> shift & 255 for colour in PALETTE for shift in (16, 8, 0)])
    (image.convert("RGB") if colours else image).save(path)


def xml(*objects: str, name: str = "2007_000001.jpg", size: tuple[int, int] | None = (HEIGHT, WIDTH)) -> str:
    sides = "" if size is None else f"<size><width>{size[1]}</width><height>{size[0]}</height><depth>3</depth></size>"
    return (
        f"<annotation>\n\t<folder>VOC2012</folder>\n\t<filename>{name}</filename>\n\t"
        f"<source><database>The VOC2007 Database</database></source>\n\t{sides}<segmented>1</segmented>\n\t"
        + "\n\t".join(objects)
        + "\n</annotation>\n"
    )


def thing(name: str, box: tuple[object, object, object, object], difficult: int = 0, more: str = "") -> str:
    sides = "".join(
        f"<{side}>{value}</{side}>" for side, value in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
    )
    return (
        f"<object>\n\t\t<name>{name}</name><pose>Left</pose><truncated>1</truncated><difficult>{difficult}</difficult>"
        f"<bndbox>{sides}</bndbox>{more}</object>"
    )


def voc(folder: Path, colours: bool = False) -> Path:
    """VOC's folders with one picture of `instances`, and one that has boxes only."""
    save(folder / "SegmentationObject" / "2007_000001.png", instances(), colours)
    save(folder / "SegmentationClass" / "2007_000001.png", classes(), colours)
    for number in (1, 2):
        picture(folder / "JPEGImages" / f"2007_00000{number}.jpg")
    annotations = folder / "Annotations"
    annotations.mkdir()
    cat, dog = thing("cat", (7, 6, 16, 15)), thing("dog", (52, 32, 59, 40))
    (annotations / "2007_000001.xml").write_text(xml(cat, dog))
    part = "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>"
    person, far = thing("person", (1, 1, 60, 40), more=part), thing("person", (20, 10, 25.5, 20), difficult=1)
    (annotations / "2007_000002.xml").write_text(xml(person, far, name="2007_000002.jpg"))
    lists = folder / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("2007_000001\n")
    (folder / "ImageSets" / "Main").mkdir()
    (folder / "ImageSets" / "Main" / "person_train.txt").write_text("2007_000001 -1\n2007_000002  1\n")
    return folder
