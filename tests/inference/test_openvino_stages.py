"""OpenVINO's stages against those of Keras, for all kinds of networks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from maskseg_cli.config import LITE, MaskRCNNConfig
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.inference.tensorflow_engine import TensorFlowStages
from tests.inference.openvino_networks import CONFIGS, boxes_of, converted, images_of, network

openvino = pytest.importorskip("openvino")

from maskseg_cli.inference.openvino_stages import (  # noqa: E402  needs openvino
    OpenVinoStages,
    available_devices,
    cpu_precisions,
)
from maskseg_cli.model.openvino_conversion import convert  # noqa: E402


class Case(NamedTuple):
    config: MaskRCNNConfig
    keras: TensorFlowStages
    converted: Any
    images: NDArray[np.float32]
    boxes: NDArray[np.float32]
    image_index: NDArray[np.int32]
    class_ids: NDArray[np.int32]

    def stages(self, **options: Any) -> OpenVinoStages:
        return OpenVinoStages(self.converted, self.config, **options)


def case_of(model: Any, converted: Any) -> Case:
    config, images = model.config, images_of(model.config)
    boxes = boxes_of(config, *images.shape[1:3])
    rng = np.random.default_rng(4)
    image_index = rng.integers(0, 2, len(boxes)).astype(np.int32)
    class_ids = rng.integers(1, config.num_classes, len(boxes)).astype(np.int32)
    return Case(config, TensorFlowStages(model), converted, images, boxes, image_index, class_ids)


@pytest.fixture(scope="module", params=CONFIGS)
def case(request: pytest.FixtureRequest) -> Case:
    model = network(request.param)
    return case_of(model, converted(request.param, model))


@pytest.fixture(scope="module")
def lite() -> Case:
    """The weights that are part of maskseg."""
    from maskseg_cli.checkpoints import apply_checkpoint, find_weights, read_checkpoint
    from maskseg_cli.model.mask_rcnn import MaskRCNN

    checkpoint = read_checkpoint(find_weights("lite"))
    model = MaskRCNN(checkpoint.config)
    apply_checkpoint(checkpoint, model.named_variables())
    return case_of(model, convert(model))


def assert_close(found: NDArray[Any], wanted: NDArray[Any]) -> None:
    assert found.dtype == np.float32
    assert np.isfinite(wanted).all()
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4 * max(1.0, float(np.abs(wanted).max())))


def check_stages(case: Case) -> None:
    stages = case.stages()
    maps, objectness, rpn_deltas = stages.features(case.images)
    keras_maps, *wanted = case.keras.features(case.images)
    for found, one in zip((objectness, rpn_deltas), wanted, strict=True):
        assert_close(found, one)
    regions = case.boxes, case.image_index
    for found, one in zip(stages.classify(maps, *regions), case.keras.classify(keras_maps, *regions), strict=True):
        assert_close(found, one)
    masks = stages.masks(maps, *regions, case.class_ids)
    assert masks.shape[1:] == case.config.mask_shape
    assert masks.std() > 1e-3
    assert_close(masks, case.keras.masks(keras_maps, *regions, case.class_ids))


def test_all_stages_equal_those_of_keras(case: Case) -> None:
    check_stages(case)


def test_all_stages_of_the_shipped_weights(lite: Case) -> None:
    check_stages(lite)


def test_its_name_says_the_precision(lite: Case) -> None:
    assert lite.stages().name == "openvino float32"
    assert lite.stages(precision="bfloat16").name == "openvino bfloat16"


def test_no_box_gives_empty_arrays(case: Case) -> None:
    stages = case.stages()
    maps, *_ = stages.features(case.images[:1])
    nothing, index = np.zeros((0, 4), np.float32), np.zeros(0, np.int32)
    probabilities, deltas = stages.classify(maps, nothing, index)
    assert probabilities.shape == (0, case.config.num_classes)
    assert deltas.shape == (0, case.config.num_classes, 4)
    assert stages.masks(maps, nothing, index, index).shape == (0, *case.config.mask_shape)


def everything(stages: OpenVinoStages, case: Case, count: int) -> list[NDArray[np.float32]]:
    """All outputs for the first image and some boxes."""
    maps, *outputs = stages.features(case.images[:1])
    regions = case.boxes[:count], np.zeros(count, np.int32)
    return [*outputs, *stages.classify(maps, *regions), stages.masks(maps, *regions, case.class_ids[:count])]


def test_the_same_input_gives_the_same_output(lite: Case) -> None:
    for precision in cpu_precisions():
        first, second = (everything(lite.stages(precision=precision), lite, 20) for _ in range(2))
        for one, other in zip(first, second, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("streams", [1, 2])
def test_threads_at_once_give_what_they_give_one_after_the_other(lite: Case, streams: int) -> None:
    stages = lite.stages(streams=streams, threads=2)
    counts = [3, 17, 40, 9] * 4
    wanted = {count: everything(stages, lite, count) for count in set(counts)}
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda count: everything(stages, lite, count), counts))
    for count, outputs in zip(counts, found, strict=True):
        for one, other in zip(outputs, wanted[count], strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_mask_head_meets_few_numbers_of_objects(lite: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenVINO prepares its code anew for each number, which takes as long as the head itself."""
    stages = lite.stages()
    seen: list[int] = []
    run = stages._run_head
    monkeypatch.setattr(
        stages, "_run_head", lambda part, inputs, order: (seen.append(len(inputs[0])), run(part, inputs, order))[1]
    )
    maps, *_ = stages.features(lite.images[:1])
    index = np.zeros(9, np.int32)
    found = [stages.masks(maps, lite.boxes[:n], index[:n], lite.class_ids[:n]) for n in range(1, 10)]
    assert seen == [4] * 4 + [8] * 4 + [12]
    for masks in found:
        assert_close(masks, found[-1][: len(masks)])


def test_maps_outlast_the_next_images(lite: Case) -> None:
    stages = lite.stages()
    maps, *_ = stages.features(lite.images[:1])
    kept = [np.array(one) for one in maps.arrays]
    others, *_ = stages.features(lite.images[1:])
    for one, same, other in zip(maps.arrays, kept, others.arrays, strict=True):
        np.testing.assert_array_equal(one, same)
        assert (one != other).any()


def test_bfloat16_is_near_float32(lite: Case) -> None:
    if "bfloat16" not in cpu_precisions():
        pytest.skip("this processor has no instructions for bfloat16")
    exact, rough = (everything(lite.stages(precision=name), lite, 40) for name in ("float32", "bfloat16"))
    masks, rough_masks = exact[-1], rough[-1]
    assert (masks != rough_masks).any()
    assert np.abs(masks - rough_masks).mean() < 0.02
    assert np.abs(exact[2] - rough[2]).mean() < 0.02


def test_what_is_not_there_is_refused(lite: Case) -> None:
    with pytest.raises(UsageError, match="float32, bfloat16, int8"):
        lite.stages(precision="float64")
    with pytest.raises(UsageError, match=r"no device TPU here; there is .*CPU"):
        lite.stages(device="TPU")
    assert "CPU" in available_devices()
    assert cpu_precisions()[0] == "float32"


def test_another_model_is_refused() -> None:
    from openvino import opset13 as ops

    number = ops.parameter([1], np.float32, "x")
    with pytest.raises(MasksegError, match="not a network that maskseg has converted"):
        OpenVinoStages(openvino.Model([ops.relu(number)], [number], "other"), LITE)


def test_the_stride_of_the_detail_is_that_of_the_network() -> None:
    from maskseg_cli.inference.openvino_pooling import DETAIL_STRIDE
    from maskseg_cli.model import mobile

    assert LITE.detail
    assert DETAIL_STRIDE == mobile.DETAIL_STRIDE
