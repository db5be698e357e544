"""Options from --set, TOML and JSON, and their way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.config import COCO, LITE, PRESETS, MaskRCNNConfig, option_types
from maskseg_cli.config.display import OWN_OPTIONS, display, to_json, to_toml
from maskseg_cli.config.overrides import DERIVED, parse_settings, read_config_file
from maskseg_cli.errors import MasksegError, UsageError

# What Matterport's CocoConfig prints with GPU_COUNT = IMAGES_PER_GPU = 1, in its own form.
MATTERPORT_DISPLAY = """\
Configurations:
BACKBONE                       resnet101
BACKBONE_STRIDES               [4, 8, 16, 32, 64]
BATCH_SIZE                     1
BBOX_STD_DEV                   [0.1 0.1 0.2 0.2]
COMPUTE_BACKBONE_SHAPE         None
DETECTION_MAX_INSTANCES        100
DETECTION_MIN_CONFIDENCE       0.7
DETECTION_NMS_THRESHOLD        0.3
FPN_CLASSIF_FC_LAYERS_SIZE     1024
GPU_COUNT                      1
GRADIENT_CLIP_NORM             5.0
IMAGES_PER_GPU                 1
IMAGE_CHANNEL_COUNT            3
IMAGE_MAX_DIM                  1024
IMAGE_META_SIZE                93
IMAGE_MIN_DIM                  800
IMAGE_MIN_SCALE                0
IMAGE_RESIZE_MODE              square
IMAGE_SHAPE                    [1024 1024    3]
LEARNING_MOMENTUM              0.9
LEARNING_RATE                  0.001
LOSS_WEIGHTS                   {'rpn_class_loss': 1.0, 'rpn_bbox_loss': 1.0, 'mrcnn_class_loss': 1.0, \
'mrcnn_bbox_loss': 1.0, 'mrcnn_mask_loss': 1.0}
MASK_POOL_SIZE                 14
MASK_SHAPE                     [28, 28]
MAX_GT_INSTANCES               100
MEAN_PIXEL                     [123.7 116.8 103.9]
MINI_MASK_SHAPE                (56, 56)
NAME                           coco
NUM_CLASSES                    81
POOL_SIZE                      7
POST_NMS_ROIS_INFERENCE        1000
POST_NMS_ROIS_TRAINING         2000
PRE_NMS_LIMIT                  6000
ROI_POSITIVE_RATIO             0.33
RPN_ANCHOR_RATIOS              [0.5, 1, 2]
RPN_ANCHOR_SCALES              (32, 64, 128, 256, 512)
RPN_ANCHOR_STRIDE              1
RPN_BBOX_STD_DEV               [0.1 0.1 0.2 0.2]
RPN_NMS_THRESHOLD              0.7
RPN_TRAIN_ANCHORS_PER_IMAGE    256
STEPS_PER_EPOCH                1000
TOP_DOWN_PYRAMID_SIZE          256
TRAIN_BN                       False
TRAIN_ROIS_PER_IMAGE           200
USE_MINI_MASK                  True
USE_RPN_ROIS                   True
VALIDATION_STEPS               50
WEIGHT_DECAY                   0.0001
"""


def test_display_is_matterports() -> None:
    first, own = display(COCO).split("\n\n")
    assert first + "\n" == MATTERPORT_DISPLAY
    assert own.splitlines()[0] == "Options of maskseg's own:"
    assert [line.split()[0].lower() for line in own.splitlines()[1:]] == sorted(OWN_OPTIONS)


def test_display_shows_every_option() -> None:
    shown = {line.split()[0].lower() for line in display(LITE).splitlines() if line[:1].isupper()}
    assert shown >= set(option_types()) | set(DERIVED)
    assert "IMAGE_SHAPE                    [None None 3]" in display(LITE).splitlines()


@pytest.mark.parametrize(
    ("setting", "option", "value"),
    [
        ("detection_min_confidence=0.5", "detection_min_confidence", 0.5),
        ("DETECTION_MIN_CONFIDENCE = 0.5 ", "detection_min_confidence", 0.5),
        ("image_min_dim=1024", "image_min_dim", 1024),
        ("image_min_dim=1e3", "image_min_dim", 1000),
        ("weight_decay=1e-4", "weight_decay", 1e-4),
        ("rpn_anchor_scales=[16,32]", "rpn_anchor_scales", (16, 32)),
        ("rpn_anchor_scales=16,32", "rpn_anchor_scales", (16, 32)),
        ("RPN_ANCHOR_SCALES=(16, 32)", "rpn_anchor_scales", (16, 32)),
        ("rpn_anchor_scales=16", "rpn_anchor_scales", (16,)),
        ("rpn_anchor_scales=", "rpn_anchor_scales", ()),
        ("MEAN_PIXEL=[123.7 116.8 103.9]", "mean_pixel", (123.7, 116.8, 103.9)),
        ("mean_pixel=-1 -2. 3", "mean_pixel", (-1, -2.0, 3)),
        ("rpn_anchor_sizes=[[1, 2.5], [3, 4]]", "rpn_anchor_sizes", ((1, 2.5), (3, 4))),
        ("image_resize_mode=pad64", "image_resize_mode", "pad64"),
        ("image_resize_mode=none", "image_resize_mode", "none"),
        ("name='my model'", "name", "my model"),
        ("name=a=b", "name", "a=b"),
        ("train_bn=yes", "train_bn", True),
        ("train_bn=False", "train_bn", False),
        ("bbox_delta_limit=None", "bbox_delta_limit", None),
        ("bbox_delta_limit=4", "bbox_delta_limit", 4),
        ("compute_backbone_shape=None", "compute_backbone_shape", None),
        ("loss_weights={'mrcnn_mask_loss': 2.0}", "loss_weights", {"mrcnn_mask_loss": 2.0}),
    ],
)
def test_settings(setting: str, option: str, value: Any) -> None:
    parsed = parse_settings([setting])
    assert parsed == {option: value}
    assert type(parsed[option]) is type(value)


def test_the_last_setting_counts() -> None:
    assert parse_settings(["pool_size=3", "POOL_SIZE=5", "train_bn=no"]) == {
        "pool_size": 5,
        "train_bn": False,
    }
    assert parse_settings([]) == {}


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_what_display_prints_can_be_set(preset: MaskRCNNConfig) -> None:
    lines = [line.split(None, 1) for line in display(preset).splitlines() if line[30:31] == " "]
    options = parse_settings(f"{name}={text}" for name, text in lines if name.lower() not in DERIVED)
    assert MaskRCNNConfig(**options) == preset


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (
            "detection_min_confidence",
            "'detection_min_confidence' is not a setting: write it as option=value.",
        ),
        ("=3", "'=3' is not a setting"),
        ("imagemindim=3", r"no option 'imagemindim' \(did you mean image_min_dim"),
        ("IMAGE_MIN_DIN=3", r"no option 'IMAGE_MIN_DIN' \(did you mean image_min_dim"),
        ("xyzzy=3", "no option 'xyzzy'; maskseg config shows all"),
        ("BATCH_SIZE=4", "BATCH_SIZE is computed: set gpu_count and images_per_gpu instead"),
        ("image_min_dim=big", "image_min_dim is a whole number, not 'big'"),
        ("image_min_dim=1.5", "image_min_dim is a whole number, not 1.5"),
        ("image_min_dim=", "image_min_dim is a whole number, not ''"),
        ("image_min_dim=[3]", r"image_min_dim is a whole number, not \[3\]"),
        ("image_min_dim=open('x')", "image_min_dim is a whole number"),
        ("image_min_dim=" + "(" * 5000, "image_min_dim is a whole number"),
        ("mean_pixel=[1, 2]", "mean_pixel is a list of 3 numbers"),
        ("mean_pixel=[1, 2", "mean_pixel is a list of 3 numbers"),
        ("train_bn=2", "train_bn is yes or no, not '2'"),
        ("detection_min_confidence=inf", "detection_min_confidence is a number, not 'inf'"),
        ("detection_min_confidence=1e999", "detection_min_confidence is a number, not inf"),
    ],
)
def test_wrong_settings_get_a_sentence(setting: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        parse_settings([setting])
    assert len(str(caught.value)) < 200


def write(tmp_path: Path, text: str, name: str = "mine.toml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_toml_files(tmp_path: Path) -> None:
    text = """
        # a comment
        detection_min_confidence = 0.5
        RPN_ANCHOR_SCALES = [
            16, 32,
        ]
        bbox_delta_limit = "none"
        image_resize_mode = "none"
        [loss_weights]
        mrcnn_mask_loss = 2
    """
    expected = {
        "detection_min_confidence": 0.5,
        "rpn_anchor_scales": (16, 32),
        "bbox_delta_limit": None,
        "image_resize_mode": "none",
        "loss_weights": {"mrcnn_mask_loss": 2},
    }
    assert read_config_file(write(tmp_path, text)) == expected
    assert read_config_file(write(tmp_path, "\ufeff" + text.replace("\n", "\r\n"))) == expected


def test_toml_files_with_a_table_of_ours(tmp_path: Path) -> None:
    path = write(tmp_path, 'title = "other things"\n[maskseg]\npool_size = 5\n[other]\nx = 1\n')
    assert read_config_file(path) == {"pool_size": 5}
    assert read_config_file(write(tmp_path, "")) == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("pool_size = 5\ndetection_min_confidence 0.5\n", r"mine\.toml is not valid TOML: .*line 2"),
        ('{"pool_size": 5,\n "train_bn": maybe}', r"mine\.toml is not valid JSON: line 2"),
        ("pool_sise = 5", r"In .*mine\.toml: There is no option 'pool_sise' \(did you mean pool_size"),
        ('pool_size = "big"', r"In .*mine\.toml: pool_size is a whole number, not 'big'"),
        ('detection_min_confidence = "0.5"', "detection_min_confidence is a number, not '0.5'"),
        ("train_bn = 1", "train_bn is yes or no, not 1"),
        ("weight_decay = inf", "weight_decay is a number, not inf"),
        ("weight_decay = 2024-01-01", "weight_decay is a number"),
        ("maskseg = 3", "maskseg is not a table"),
        ("pool_size = 5\nPOOL_SIZE = 6", "pool_size is given twice"),
        ("[other]\nx = 1", "no option 'other'"),
    ],
)
def test_wrong_files_get_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(MasksegError, match=sentence):
        read_config_file(write(tmp_path, text))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match=r"There is no file .*none\.toml"):
        read_config_file(tmp_path / "none.toml")
    with pytest.raises(MasksegError, match="is a folder"):
        read_config_file(tmp_path)
    (tmp_path / "weights.h5").write_bytes(b"\x89HDF\r\n\x1a\n\xff\xff")
    with pytest.raises(MasksegError, match=r"weights\.h5 is not a file of options"):
        read_config_file(tmp_path / "weights.h5")


numbers = st.floats(0, 1e6, allow_subnormal=False) | st.integers(0, 10**6)
configs = st.builds(
    LITE.replace,
    name=st.text(st.characters(exclude_categories=["Cs"])),
    detection_min_confidence=st.floats(0, 1),
    weight_decay=numbers,
    train_bn=st.booleans(),
    bbox_delta_limit=st.none() | numbers,
    mean_pixel=st.tuples(numbers, numbers, numbers),
    rpn_anchor_sizes=st.lists(st.tuples(st.floats(1e-3, 1e3), st.integers(1, 999))).map(tuple),
    rpn_anchor_scales=st.lists(st.integers(1, 999)).map(tuple),
    loss_weights=st.dictionaries(st.sampled_from(list(COCO.loss_weights)), numbers),
)


@settings(max_examples=60, deadline=None)
@given(config=configs)
def test_any_config_reads_back_from_toml_and_json(
    tmp_path_factory: pytest.TempPathFactory, config: MaskRCNNConfig
) -> None:
    folder = tmp_path_factory.getbasetemp()
    for writer in (to_toml, to_json):
        path = write(folder, writer(config))
        # over another preset: nothing may be left of it
        assert COCO.replace(**read_config_file(path)) == config


MANY_DIGITS = "9" * 5000


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (f"num_classes={MANY_DIGITS}", "num_classes is a whole number, not '9999"),
        (f"num_classes=0x{'f' * 5000}", "num_classes is at most 2147483647: a number of thousands of digits"),
        ("num_classes=10000000000", "num_classes is at most 2147483647: 10000000000"),
        ("learning_rate=1e39", "learning_rate is too large"),
        ("learning_rate=1e400", "learning_rate is a number, not inf"),
        (f"mean_pixel={'[' * 5000}", r"mean_pixel is a list of 3 numbers, not '\[\[\["),
        (f"mean_pixel={'-' * 5000}1", "mean_pixel is a list of 3 numbers, not '---"),
        (f"mean_pixel=[{MANY_DIGITS}, 1, 1]", "mean_pixel is a list of 3 numbers, not"),
        (f"learning_momentum={MANY_DIGITS[:3000]}+1j", "learning_momentum is a number, not '9999"),
        (f"name={'x' * 30_000}", "The value of name is too long: it has 30,000 characters"),
        (f"{'x' * 30_000}=1", r"There is no option 'x{77}\.\.\.'"),
        ("image_max_dim=131072", "image_max_dim is at most 8,192, not 131,072"),
        ("fpn_classif_fc_layers_size=100000", "These options describe a network of .* at most 9 GB can be built"),
    ],
    ids=range(13),
)
def test_settings_that_are_far_too_large(setting: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        COCO.replace(**parse_settings([setting]))
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"num_classes = {MANY_DIGITS}", "no file of options: a number in it has thousands of digits"),
        (f"num_classes = 0x{'f' * 5000}", "num_classes is at most 2147483647: a number of thousands of digits"),
        (f'{{"num_classes": {MANY_DIGITS}}}', "no file of options: a number in it has thousands of digits"),
        ('{"num_classes": 1' + 400 * "0" + "}", "num_classes is at most 2147483647"),
        (f"mean_pixel = {'[' * 50_000}", "brackets in brackets without an end"),
        ('{"a": ' * 50_000, "brackets in brackets without an end"),
        ("a = 1\n" * 200_000, "is too large for a file of options"),
        ("learning_rate = inf", "learning_rate is a number, not inf"),
        ("num_classes = 1979-05-27", "num_classes is a whole number, not datetime"),
    ],
    ids=range(9),
)
def test_files_that_are_far_too_large(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "o.toml").write_text(text)
    with pytest.raises(MasksegError, match=sentence) as caught:
        read_config_file(tmp_path / "o.toml")
    assert len(str(caught.value)) < 500
