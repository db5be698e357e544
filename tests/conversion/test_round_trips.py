"""A data set written in each format and read back: the same photos, classes and masks."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from maskseg_cli import convert_data
from maskseg_cli.datasets.annotated_images import draw_object
from maskseg_cli.datasets.annotation_file import detect_format
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.formats import DATA_FORMATS
from tests.conversion.samples import document, opened, rle, write
from tests.export.samples import masks
from tests.export.test_mask_polygons import iou

#: Tables and lines of results: no format of annotations.
NO_ANNOTATIONS = {"csv", "jsonl"}

READ = [name for name in DATA_FORMATS if name not in NO_ANNOTATIONS]

#: Formats whose masks are exact.
EXACT = {"coco", "cvat", "masks"}

Objects = dict[str, list[tuple[str, NDArray[np.bool_]]]]


def objects_of(path: Path, images: Path | None, format: str | None = None) -> Objects:
    """Name of a photo below the folder of the photos -> class and mask of its objects, by class."""
    source = opened(path, images, format=format, split=None)
    assert source.problems == [] or [one.kind for one in source.problems] == ["no-objects"]
    found: Objects = {}
    for record in source.images:
        drawn = [draw_object(one, record.height, record.width) for one in record.objects]
        rows = [(source.class_names[row[0]], row[1].full(record.height, record.width)) for row in drawn if row]
        name = record.file_name
        if images is not None and Path(name).is_absolute():
            name = Path(name).relative_to(images.resolve()).as_posix()
        found[name] = sorted(rows, key=lambda row: (row[0], row[1].tobytes()))
    return found


def check_same(before: Objects, after: Objects, name: str) -> None:
    assert before.keys() == after.keys()
    for photo, objects in before.items():
        assert [one for one, _ in after[photo]] == [one for one, _ in objects], photo
        for label in {one for one, _ in objects}:
            read = [mask for one, mask in after[photo] if one == label]
            for mask in (mask for one, mask in objects if one == label):
                best = max(iou(mask, other) for other in read)
                assert best == 1 if name in EXACT else best >= (0.99 if mask.sum() > 500 else 0.9), (photo, label)


def test_all_formats_that_are_written_are_read_but_these(tmp_path: Path) -> None:
    path = write(tmp_path, document())
    unread = set()
    for name in DATA_FORMATS:
        convert_data(path, tmp_path / name, to=name, images=tmp_path / "photos", copy_photos=True)
        try:
            detect_format(tmp_path / name)
        except MasksegError:
            unread.add(name)
    assert unread == NO_ANNOTATIONS


@pytest.mark.parametrize("name", READ)
def test_a_format_gives_back_what_was_written(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, document())
    images = tmp_path / "photos"
    convert_data(path, tmp_path / "out", to=name, images=images)
    check_same(objects_of(path, images), objects_of(tmp_path / "out", images), name)
    # ... and again, from that format to COCO's
    convert_data(tmp_path / "out", tmp_path / "back.json", images=images)
    check_same(objects_of(path, images), objects_of(tmp_path / "back.json", images), name)


@pytest.mark.parametrize("name", READ)
def test_a_data_set_with_its_photos_can_be_moved(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, document())
    convert_data(path, tmp_path / "out", to=name, images=tmp_path / "photos", copy_photos=True)
    before = objects_of(path, tmp_path / "photos")
    (tmp_path / "out").rename(tmp_path / "moved")
    (tmp_path / "photos").rename(tmp_path / "gone")
    for images in (tmp_path / "moved" / "images", None) if DATA_FORMATS[name] else (None,):
        source = opened(tmp_path / "moved", images)
        assert all(record.path.is_file() for record in source.images)
        assert {PurePosixPath(name).name for name in before} == {record.path.name for record in source.images}


@st.composite
def documents(draw: st.DrawFn):
    """One or two photos of any size, with up to three objects of two classes."""
    images, annotations = [], []
    for number in range(1, draw(st.integers(1, 2)) + 1):
        drawn = [draw(masks(40)) for _ in range(draw(st.integers(0 if number > 1 else 1, 3)))]
        # Coordinates within the first pixel alone are taken for shares of the picture: the objects begin behind it.
        height = max([mask.shape[0] for mask in drawn], default=1) + 1
        width = max([mask.shape[1] for mask in drawn], default=1) + 1
        images.append({"id": number, "file_name": f"f {number}/ä{number}.png", "height": height, "width": width})
        taken = np.zeros((height, width), bool)
        for mask in drawn:
            whole = np.zeros((height, width), bool)
            whole[1 : mask.shape[0] + 1, 1 : mask.shape[1] + 1] = mask
            whole &= ~taken  # in pictures of masks a pixel has one object
            taken |= whole
            if whole.any():
                category = draw(st.sampled_from([3, 7]))
                annotations.append({"image_id": number, "category_id": category, "segmentation": rle(whole)})
    categories = [{"id": one, "name": name} for one, name in ((3, "cat"), (7, 'a, "b" & <c>'))]
    used = {annotation["category_id"] for annotation in annotations}
    return {"images": images, "annotations": annotations, "categories": [c for c in categories if c["id"] in used]}


#: Pictures of masks as ragged as noise are not known for what they are.
FORMAT = {"masks": "masks"}


@pytest.mark.parametrize("name", READ)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=documents())
def test_any_masks_come_back(name: str, content) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, images = write(Path(folder), content), Path(folder) / "photos"
        convert_data(path, Path(folder) / "out", to=name, images=images)
        check_same(objects_of(path, images), objects_of(Path(folder) / "out", images, FORMAT.get(name)), name)
