"""A predictor with tiles: what it finds, in how many calls, and how much memory a large photo takes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from maskseg_cli.benchmark.contestants import contestants
from maskseg_cli.config import COCO, LITE
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.loading import load_model, load_predictor
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.inference.tile_layout import Tile
from maskseg_cli.inference.tiling import network_side, reduced
from tests.cli.fake_model import BlobEngine, blob_predictor, use_blob_engine
from tests.cli.running import run as run_image
from tests.documents import PROJECT


def crossing(width: int = 640, height: int = 480) -> NDArray[np.uint8]:
    """A dark BGR picture: a dog across seams, a person in a corner, and a speck that is lost when it is reduced."""
    image = np.full((height, width, 3), (40, 60, 30), np.uint8)
    image[200:260, 100:560] = 255
    image[400:460, 600:630] = 255
    image[20:22, 20:23] = 255
    return image


def boxes(found: Any) -> list[list[int]]:
    return sorted(np.rint(found.xyxy).astype(int).tolist())


def calls_of(engine: BlobEngine, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Shapes of the batches that the engine gets from now on."""
    shapes: list[tuple[int, ...]] = []
    run: Callable[..., Any] = engine.run
    monkeypatch.setattr(engine, "run", lambda images, *rest: shapes.append(images.shape) or run(images, *rest))
    return shapes


def test_objects_at_seams_come_once_and_whole_in_their_place() -> None:
    found = blob_predictor(tiles="3x2")(crossing())
    # the first and the last one are found best where the picture is reduced
    assert np.abs(np.array(boxes(found)) - [[20, 20, 23, 22], [100, 200, 560, 260], [600, 400, 630, 460]]).max() <= 2
    assert found.image_size == (480, 640)
    [speck] = [one for one in found if one.area[0] < 100]
    assert (speck.xyxy[0].tolist(), speck.masks[0].area) == ([20, 20, 23, 22], 6)
    assert found.seconds is not None


def test_tiles_have_one_size_and_go_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = blob_predictor(tiles="3x2", batch=4)
    shapes = calls_of(predictor.engine, monkeypatch)
    predictor(crossing())
    # the whole picture at the size of a tile, then six tiles
    assert sorted(shape[0] for shape in shapes) == [1, 2, 4]
    assert len({shape[1:] for shape in shapes if shape[0] > 1}) == 1


def test_small_pictures_and_no_tiles_are_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    for options in ({"tiles": "auto"}, {"tiles": "1x1"}, {}):
        predictor = blob_predictor(**options)
        shapes = calls_of(predictor.engine, monkeypatch)
        predictor([crossing(), crossing()])
        assert [shape[0] for shape in shapes] == [1, 1]


def test_large_and_small_pictures_of_a_list_keep_their_order() -> None:
    small = np.ascontiguousarray(crossing()[:60, :60])
    first, second = blob_predictor(tiles="3x2")([small, crossing()])
    assert boxes(first) == [[20, 20, 23, 22]]
    assert len(second) == 3


def test_channels_views_classes_and_limits_work_with_tiles() -> None:
    image = crossing()
    image[400:460, 600:630, 2] = 100  # not bright in the red channel
    assert len(blob_predictor(tiles="3x2")(image)) == 2
    [rgb] = blob_predictor(tiles="3x2").detect([image[:, :, ::-1]], verbose=0)
    assert len(rgb["rois"]) == 2
    assert len(blob_predictor(tiles="3x2", tta=True)(image)) == 2
    assert len(blob_predictor(tiles="3x2", class_ids=[1])(crossing())) == 1
    assert len(blob_predictor(tiles="3x2", max_detections=2)(crossing())) == 2


def test_an_error_in_a_tile_is_the_error_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = blob_predictor(tiles="4x4")
    run, calls = predictor.engine.run, []

    def fail(images: Any, *rest: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise MemoryError("no room")
        if len(calls) > 3:
            time.sleep(0.05)  # a real network's time, in which the other thread learns of the error
        return run(images, *rest)

    monkeypatch.setattr(predictor.engine, "run", fail)
    with pytest.raises(MemoryError):
        predictor(crossing())
    assert len(calls) < 17


def test_the_whole_picture_is_reduced_before_the_network_resizes_it() -> None:
    image = np.zeros((3000, 6000, 3), np.uint8)
    tile = Tile(0, 0, 1000, 1500)
    assert reduced(image, COCO, tile).shape == (1024, 2048, 3)
    assert reduced(image, LITE, tile).shape == (800, 1600, 3)
    assert reduced(image, LITE.replace(image_resize_mode="none"), tile).shape == (1000, 2000, 3)
    small = image[:900, :900]
    assert reduced(small, COCO, tile) is small
    assert [network_side(config) for config in (LITE, COCO)] == [400, 1024]


def test_the_option_reaches_the_predictor(monkeypatch: pytest.MonkeyPatch) -> None:
    use_blob_engine(monkeypatch.setattr)
    assert load_predictor(ModelOptions(tiles="3x2")).grid == (3, 2)
    assert load_model(tiles="auto").grid == "auto"
    for wrong in (lambda: ModelOptions(tiles="3"), lambda: load_model(tiles="3")):  # type: ignore[misc]
        with pytest.raises(UsageError, match="tiles is auto, or columns x rows"):
            wrong()
    with pytest.raises(UsageError, match="bench times one call"):
        contestants(ModelOptions(tiles="auto"), [])


def test_maskseg_image_with_tiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_blob_engine(monkeypatch.setattr)
    monkeypatch.chdir(tmp_path)
    cv2.imwrite("photo.png", crossing())
    run_image("photo.png", "-o", "out.png", "--json", "out.json", "--tiles", "3x2")
    found = json.loads(Path("out.json").read_text(encoding="utf-8"))["annotations"]
    assert len(found) == 3
    assert min((one["area"], one["bbox"]) for one in found) == (6, [20, 20, 3, 2])
    wrong = run_image("photo.png", "-o", "other.png", "--tiles", "many", code=2)
    assert "tiles is auto, or columns x rows from 1x1 to 16x16 such as 4x3, not 'many'." in wrong.output
    assert not Path("other.png").exists()


#: Prints by how many bytes a call on a photo of 36 megapixels raises the process's peak of memory.
_PEAK = """
import resource, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from tests.cli.fake_model import BlobEngine
from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.config import LITE
from maskseg_cli.inference.predictor import Predictor
image = np.full((6000, 6000, 3), 40, np.uint8)
image[3000:3200, 2000:5000] = 255
engine = BlobEngine()
engine.config = LITE.replace(image_resize_mode=sys.argv[2], image_max_dim=256, image_min_dim=256)
predictor = Predictor(engine, COCO_CLASSES, tiles=sys.argv[3])
predictor(np.ascontiguousarray(image[:1000, :1000]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = predictor(image)
assert len(found) == 1 and found.masks[0].area > 400000, found
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss is that of Linux")
@pytest.mark.parametrize("mode", ["fit", "square"])
def test_a_large_photo_takes_no_copy_of_itself(mode: str) -> None:
    command = [sys.executable, "-c", _PEAK, str(PROJECT), mode, "8x8"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 6000 * 6000 * 3 / 2  # half of its bytes; a copy in float32 is eight times as much
