"""The predictor: what goes in, what comes out, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from PIL import Image

from maskseg_cli.config import COCO, LITE
from maskseg_cli.config.picture_size import with_size
from maskseg_cli.detections import Detections
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.inference.loading import load_model
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inference.staged_engine import StagedEngine
from maskseg_cli.inference.tensorflow_engine import TensorFlowEngine
from tests.model.lite_arrays import write_lite_arrays
from tests.small_networks import small_matterport

LABELS = ["cup", "spoon", "table", "saucer"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pseudo-random weights of a lite network of five classes with the background."""
    return write_lite_arrays(tmp_path_factory.mktemp("lite") / "arrays.npz")


def load(weights: Path, **options: Any) -> Predictor:
    small: dict[str, Any] = {
        "engine": "tensorflow",
        "size": 64,
        "post_nms_rois_inference": 8,
        "pre_nms_limit": 50,
        "detection_min_confidence": 0.1,
    }
    return load_model(weights, **(small | options))


@pytest.fixture(scope="module")
def lite(weights: Path) -> Predictor:
    return load(weights, labels=LABELS)


@pytest.fixture(scope="module")
def matterport() -> Predictor:
    return Predictor(TensorFlowEngine(small_matterport()), ("background", "cat", "dog"))


def picture(height: int, width: int, top: int = 100) -> NDArray[np.uint8]:
    """A part of a photo, BGR."""
    return np.ascontiguousarray(skimage.data.coffee()[top : top + height, 200 : 200 + width, ::-1])


def record_batches(predictor: Predictor) -> list[tuple[int, tuple[int, ...]]]:
    """Number and molded height and width of the pictures in each call of the engine from now on."""
    batches: list[tuple[int, tuple[int, ...]]] = []

    class RecordingEngine(StagedEngine):
        def run(self, images: Any, anchors: Any, windows: Any) -> Any:
            batches.append((len(images), images.shape[1:3]))
            return super().run(images, anchors, windows)

    predictor.engine = RecordingEngine(predictor.engine.stages, predictor.engine.config)
    return batches


def assert_same(found: Detections, wanted: Detections, score: float = 0.0, box: float = 0.0) -> None:
    np.testing.assert_array_equal(found.class_id, wanted.class_id)
    np.testing.assert_allclose(found.confidence, wanted.confidence, rtol=0, atol=score)
    np.testing.assert_allclose(found.xyxy, wanted.xyxy, rtol=0, atol=box)
    assert found.image_size == wanted.image_size
    if score == 0:
        np.testing.assert_array_equal(found.mask, wanted.mask)


@pytest.fixture(scope="module")
def openvino(weights: Path) -> Predictor:
    return load(weights, labels=LABELS, engine="openvino", precision="float32")


@pytest.fixture(params=["lite", "matterport", "openvino"])
def predictor(request: pytest.FixtureRequest) -> Predictor:
    return request.getfixturevalue(request.param)


def test_one_picture_gives_detections_inside_it(predictor: Predictor) -> None:
    found = predictor(picture(64, 96))
    assert isinstance(found, Detections)
    assert len(found) > 1
    assert found.image_size == (64, 96)
    assert found.class_names == predictor.class_names
    assert (found.xyxy >= 0).all()
    assert (found.xyxy[:, 2:] <= [96, 64]).all()
    assert (found.xyxy[:, :2] < found.xyxy[:, 2:]).all()
    assert (np.diff(found.confidence) <= 0).all()
    assert any(mask.area for mask in found.masks)


def test_the_same_picture_gives_the_same_bits(predictor: Predictor) -> None:
    image = picture(64, 96)
    assert_same(predictor(image), predictor(image))


def test_pictures_of_different_sizes_give_what_each_gives_alone(predictor: Predictor) -> None:
    images = [picture(64, 96), picture(90, 70), picture(64, 96, top=20), picture(40, 50)]
    found = predictor(images)
    assert [one.image_size for one in found] == [(64, 96), (90, 70), (64, 96), (40, 50)]
    for one, image in zip(found, images, strict=True):
        assert_same(one, predictor(image))


def test_a_stack_is_a_list(lite: Predictor) -> None:
    stack = np.stack([picture(64, 96), picture(64, 96, top=20)])
    found = lite(stack)
    assert isinstance(found, list)
    for one, image in zip(found, stack, strict=True):
        assert_same(one, lite(image))


def test_no_picture_gives_no_detections(lite: Predictor) -> None:
    assert lite([]) == []
    assert lite.detect([]) == []


def test_several_pictures_at_once_give_what_each_gives_alone(weights: Path, lite: Predictor) -> None:
    """Also the odd one at the end, and one of another size in between."""
    together = load(weights, labels=LABELS, batch=2)
    sizes = record_batches(together)
    tops = (100, 20, 60, 40, 80)
    images = [picture(64, 96, top) for top in tops] + [picture(80, 64)] + [picture(64, 96, 5)]
    found = together(images)
    assert [count for count, _ in sizes] == [2, 2, 1, 1, 1]
    for one, image in zip(found, images, strict=True):
        assert_same(one, lite(image), score=1e-4, box=0.01)


def test_batches_are_neighbours_of_one_size(lite: Predictor) -> None:
    lite_of_three = Predictor(lite.engine, lite.class_names, batch=3)
    batches = record_batches(lite_of_three)
    sizes = [(64, 96), (128, 192), (64, 96), (64, 96), (64, 64), (64, 96)]
    lite_of_three([picture(*size) for size in sizes])
    assert batches == [(3, (64, 96)), (1, (64, 96)), (1, (64, 64)), (1, (64, 96))]


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (3, 500), (5, 5)])
def test_pictures_of_extreme_shapes(predictor: Predictor, size: tuple[int, int]) -> None:
    found = predictor(np.full((*size, 3), 120, np.uint8))
    assert found.image_size == size
    assert (found.xyxy >= 0).all()
    assert (found.xyxy[:, 2:] <= size[::-1]).all()


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((20, 30), np.uint8), r"is an array \(height, width, 3\), not \(20, 30\)"),
        (np.zeros((20, 30, 1), np.uint8), r"not \(20, 30, 1\)"),
        (np.zeros((20, 30, 4), np.uint8), r"not \(20, 30, 4\)"),
        (np.zeros((20, 30, 3), np.float32), "are uint8, 0 to 255, not float32"),
        (np.zeros((20, 30, 3), np.int64), "not int64"),
        (np.zeros((0, 30, 3), np.uint8), "at least one pixel, not 30 x 0"),
        (np.zeros((20, 0, 3), np.uint8), "at least one pixel, not 0 x 20"),
        (None, "not None, which cv2.imread returns"),
        ([None], "not None, which"),
        (7, "not int"),
        ([[1, 2, 3]], "not list"),
    ],
)
def test_what_is_no_picture_is_refused(lite: Predictor, image: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        lite(image)


def test_paths_and_pictures_of_pil_give_what_their_arrays_give(lite: Predictor, tmp_path: Path) -> None:
    image = picture(64, 96)
    path = tmp_path / "a.png"
    Image.fromarray(image[..., ::-1]).save(path)
    expected = lite(image)
    for given in (path, str(path), Image.open(path)):
        np.testing.assert_array_equal(lite(given).xyxy, expected.xyxy)
    assert len(lite([path, image])) == 2
    np.testing.assert_array_equal(lite.detect([path])[0]["rois"], expected.to_matterport()["rois"])
    with pytest.raises(MasksegError, match="cannot be read: No such file"):
        lite("gone.jpg")


def test_one_bad_picture_stops_a_list_before_work_begins(lite: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lite, "_run", lambda *_: pytest.fail("the network ran"))
    with pytest.raises(UsageError, match="float64"):
        lite([picture(64, 96), np.zeros((4, 4, 3))])


def test_a_bad_shape_stops_a_list_before_work_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = Predictor(TensorFlowEngine(small_matterport(image_resize_mode="none")), ("background", "cat", "dog"))
    monkeypatch.setattr(predictor, "_run", lambda *_: pytest.fail("the network ran"))
    with pytest.raises(UsageError, match="multiples of 32, not 96 x 70 pixels"):
        predictor([picture(64, 96), picture(70, 96)])


def test_a_picture_may_be_any_view_of_memory(lite: Predictor) -> None:
    image = picture(64, 96)
    flipped = np.asfortranarray(image[:, ::-1])[:, ::-1]
    flipped.setflags(write=False)
    assert_same(lite(flipped), lite(image))


def test_matterports_dicts(predictor: Predictor) -> None:
    image = picture(64, 96)
    results = predictor.detect([image[:, :, ::-1], picture(40, 50)])
    assert [sorted(result) for result in results] == [["class_ids", "masks", "rois", "scores"]] * 2
    first, found = results[0], predictor(image)
    n = len(found)
    assert {key: (value.dtype.name, value.shape) for key, value in first.items()} == {
        "rois": ("int32", (n, 4)),
        "class_ids": ("int32", (n,)),
        "scores": ("float32", (n,)),
        "masks": ("bool", (64, 96, n)),
    }
    np.testing.assert_array_equal(first["rois"], np.around(found.xyxy[:, [1, 0, 3, 2]]))
    np.testing.assert_array_equal(first["scores"], found.confidence)
    np.testing.assert_array_equal(np.moveaxis(first["masks"], -1, 0), found.mask)
    assert results[1]["masks"].shape[:2] == (40, 50)


def test_matterports_dicts_without_a_detection(weights: Path) -> None:
    result = load(weights, labels=LABELS, detection_min_confidence=1).detect([picture(64, 96)])[0]
    assert {key: value.shape for key, value in result.items()} == {
        "rois": (0, 4),
        "class_ids": (0,),
        "scores": (0,),
        "masks": (64, 96, 0),
    }


def test_verbose_prints_matterports_lines(matterport: Predictor, capsys: pytest.CaptureFixture[str]) -> None:
    images = [picture(40, 50)[:, :, ::-1], picture(60, 30)[:, :, ::-1]]
    matterport.detect(images)
    assert capsys.readouterr().out == ""
    matterport.detect(images, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Processing 2 images"
    assert [line.split()[0] for line in lines[1:]] == ["image", "molded_images", "image_metas", "anchors"] * 2
    assert lines[1].startswith(f"{'image':25}shape: {'(40, 50, 3)':20}  min: ")
    assert lines[3].startswith(f"{'image_metas':25}shape: {'(1, 15)':20}  min:    0.00000  max:   64.00000  float64")
    assert lines[4].startswith(f"{'anchors':25}shape: {'(1, 1023, 4)':20}  min: ")


def test_red_and_blue_are_not_exchanged(predictor: Predictor) -> None:
    """A call takes BGR and `detect` RGB, whatever order the network takes."""
    image = picture(64, 96)
    image[:, :, 0] //= 4
    straight, swapped = predictor(image), predictor(np.ascontiguousarray(image[:, :, ::-1]))
    assert len(straight) != len(swapped) or not np.array_equal(straight.confidence, swapped.confidence)
    np.testing.assert_array_equal(predictor.detect([image[:, :, ::-1]])[0]["scores"], straight.confidence)


def test_options_by_name_and_in_a_mapping(weights: Path) -> None:
    model = load_model(weights, config={"detection_min_confidence": 0.3, "pool_size": 6}, detection_min_confidence=0.4)
    assert model.config.detection_min_confidence == 0.4
    assert (model.config.image_min_dim, model.config.image_max_dim) == (400, 800)
    assert load_model(weights, config={"size": 320}).config.image_max_dim == 640
    whole = model.config.replace(name="mine")
    assert load_model(weights, config=whole).config == whole


def test_scores_reach_the_threshold_and_objects_the_limit(weights: Path, lite: Predictor) -> None:
    image = picture(64, 96)
    everything = lite(image)
    threshold = float(everything.confidence[2])
    assert_same(load(weights, labels=LABELS, detection_min_confidence=threshold)(image), everything[:3])
    assert_same(load(weights, labels=LABELS, detection_max_instances=2)(image), everything[:2])


def test_options_that_do_not_exist_or_do_not_fit(weights: Path) -> None:
    with pytest.raises(UsageError, match=r"no option 'detection_min_confidense'.*detection_min_confidence"):
        load_model(weights, detection_min_confidense=0.5)
    with pytest.raises(UsageError, match="lies between 0 and 1, not 7"):
        load_model(weights, detection_min_confidence=7)
    with pytest.raises(MasksegError, match="does not fit the network"):
        load_model(weights, config=LITE)
    with pytest.raises(UsageError, match="at least 64 pixels, not 20"):
        load_model(weights, size=20)


def test_labels_with_and_without_the_background(weights: Path, tmp_path: Path) -> None:
    names = ("background", *LABELS)
    file = tmp_path / "labels.txt"
    file.write_text("\n".join(LABELS) + "\n")
    for labels in (LABELS, names, tuple(LABELS), file, str(file)):
        assert load_model(weights, labels=labels).class_names == names


@pytest.mark.parametrize("labels", [["cup"], [*LABELS, "fork"], []])
def test_a_wrong_number_of_labels_is_refused(weights: Path, labels: list[str]) -> None:
    with pytest.raises(MasksegError, match=rf"5 classes .* {len(labels) + 1} \(both with the background\)"):
        load_model(weights, labels=labels)


def test_classes_without_names_have_numbers(weights: Path) -> None:
    assert load_model(weights).class_names == ("background", "class 1", "class 2", "class 3", "class 4")


@pytest.mark.parametrize(
    ("options", "size", "wanted"),
    [
        ({}, 512, (512, 512)),
        ({}, 1024, (800, 1024)),
        ({}, 1280, (800, 1280)),
        ({"image_resize_mode": "pad64", "image_min_dim": 832}, 512, (512, 1024)),
        ({"image_resize_mode": "fit"}, 333, (333, 666)),
        ({}, None, (800, 1024)),
    ],
)
def test_size_sets_the_sides(options: dict[str, Any], size: int | None, wanted: tuple[int, int]) -> None:
    config = with_size(COCO.replace(**options), size)
    assert (config.image_min_dim, config.image_max_dim) == wanted


@pytest.mark.parametrize(("size", "near"), [(500, 512), (65, 64), (1000, 1024)])
def test_sizes_of_a_square_are_multiples_of_64(size: int, near: int) -> None:
    with pytest.raises(UsageError, match=f"multiple of 64: {near} rather than {size}"):
        with_size(COCO, size)


def test_a_picture_that_needs_no_resizing_is_the_same_in_either_mode(weights: Path, lite: Predictor) -> None:
    assert_same(
        load(weights, labels=LABELS, image_resize_mode="none", size=None)(picture(64, 96)), lite(picture(64, 96))
    )
