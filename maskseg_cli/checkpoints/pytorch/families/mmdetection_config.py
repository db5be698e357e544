"""Options from the config in mmdetection's checkpoints: a text in Python, which is parsed and never run."""

from __future__ import annotations

import ast
import math
import re
from typing import Any

from maskseg_cli.config.cell_anchors import anchor_options
from maskseg_cli.config.plain_values import lookup, number, numbers

#: Levels of the pyramid: cells of its maps in pixels.
_STRIDES = (4, 8, 16, 32, 64)

#: Limits of a text that is parsed: Python's own parser can overflow the stack on expressions that are nested deeper.
_MOST_CHARACTERS = 1 << 20
_MOST_DEPTH = 60
_MOST_OPERATORS = 2000

_QUOTED = re.compile(r"""'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\#[^\n]*""")
_OPERATORS = re.compile(
    r"[-+*/%.~@&|^<>!]|[\])}]\s*[\[({]|\b(?:not|if|elif|else|lambda|and|or|await|for|while|with|try|def)\b"
)


def options_of_config(text: str, notes: list[str]) -> tuple[bool, dict[str, Any]]:
    """Whether the backbone has the style "caffe", and the options that the config sets.

    Args:
        text: as mmcv's and mmengine's `Config` write it, with all bases filled in.
        notes: sentences about what is not taken over are added.
    """
    tree = parse_config(text)
    if not tree:
        notes.append("The file's config cannot be read: mmdetection's defaults are taken.")
    options = _pixels(tree) | _sizes(tree, notes) | _anchors(tree) | _boxes(tree, notes) | _pooling(tree, notes)
    return lookup(tree, "model.backbone.style") == "caffe", options


def parse_config(text: str) -> dict[str, Any]:
    """The assignments of a config: name -> dicts, lists, numbers and texts; None stands for all else.

    Example:
        >>> parse_config("scale = (1333, 800)\\nmodel = dict(style='caffe', x=open('y'))")
        {'scale': (1333, 800), 'model': {'style': 'caffe', 'x': None}}
    """
    # The first line of old texts is the config's path.
    for source in (text, f"#{text}"):
        try:
            found: dict[str, Any] = {}
            for statement in ast.parse(source).body if _is_flat(source) else ():
                if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                    found[statement.targets[0].id] = _value(statement.value, found)
            return found
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return {}


def _is_flat(text: str) -> bool:
    """Whether a text is no longer and no deeper than configs are."""
    bare = _QUOTED.sub("''", text) if len(text) <= _MOST_CHARACTERS else ""
    depth = deepest = 0
    for character in bare:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return bool(bare) and deepest <= _MOST_DEPTH and len(_OPERATORS.findall(bare)) <= _MOST_OPERATORS


def _value(node: ast.expr, names: dict[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = number(_value(node.operand, names))
        return None if value is None else -value
    if isinstance(node, ast.Tuple):
        return tuple(_value(item, names) for item in node.elts)
    if isinstance(node, ast.List):
        return [_value(item, names) for item in node.elts]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {key.value: _value(value, names) for key, value in pairs if isinstance(key, ast.Constant)}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        return {keyword.arg: _value(keyword.value, names) for keyword in node.keywords if keyword.arg}
    return None


def _pixels(tree: dict[str, Any]) -> dict[str, Any]:
    table = lookup(tree, "model.data_preprocessor", "data_preprocessor", "img_norm_cfg")
    mean, std = numbers(lookup(table, "mean"), 3), numbers(lookup(table, "std"), 3)
    if mean is None or std is None:
        return {}
    rgb = bool(lookup(table, "bgr_to_rgb", "to_rgb"))
    step = 1 if rgb else -1
    return {"channel_order": "RGB" if rgb else "BGR", "mean_pixel": mean[::step], "std_pixel": std[::step]}


def _sizes(tree: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    steps = lookup(tree, "test_pipeline", "test_dataloader.dataset.pipeline", "data.test.pipeline")
    for step in steps if isinstance(steps, list) else []:
        scale = numbers(lookup(step, "scale", "img_scale"), 2)
        if scale is None or lookup(step, "type") not in ("Resize", "MultiScaleFlipAug"):
            continue
        inner = lookup(step, "transforms")
        resize = [one for one in inner if lookup(one, "type") == "Resize"] if isinstance(inner, list) else [step]
        if any(lookup(one, "keep_ratio") is False for one in resize):
            notes.append("The training resized pictures without keeping their proportions, which maskseg does not do.")
        return {"image_max_dim": int(max(scale)), "image_min_dim": int(min(scale))}
    return {}


def _anchors(tree: dict[str, Any]) -> dict[str, Any]:
    head = lookup(tree, "model.rpn_head")
    strides = numbers(lookup(head, "anchor_generator.strides", "anchor_strides"))
    scales = numbers(lookup(head, "anchor_generator.scales", "anchor_scales"))
    ratios = numbers(lookup(head, "anchor_generator.ratios", "anchor_ratios"))
    base = number(lookup(head, "anchor_generator.octave_base_scale"))
    octaves = number(lookup(head, "anchor_generator.scales_per_octave"))
    if scales is None and base is not None and octaves is not None and 0 < octaves < 100:
        scales = tuple(base * 2 ** (index / octaves) for index in range(int(octaves)))
    if scales is None or ratios is None or min(*scales, *ratios) <= 0:
        return {}
    levels = []
    for stride in strides or _STRIDES:
        # A ratio is height / width there.
        pairs = [(ratio, scale * stride) for ratio in ratios for scale in scales]
        levels.append([(side / math.sqrt(ratio), side * math.sqrt(ratio)) for ratio, side in pairs])
    return {**anchor_options(levels), **({"backbone_strides": strides} if strides else {})}


def _boxes(tree: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    heads = {"rpn_bbox_std_dev": "model.rpn_head", "bbox_std_dev": "model.roi_head.bbox_head"}
    options: dict[str, Any] = {}
    for option, path in heads.items():
        head = lookup(tree, path)
        deviations = numbers(lookup(head, "bbox_coder.target_stds", "target_stds"), 4)
        if deviations is not None:
            x, y, width, height = deviations
            options[option] = (y, x, height, width)
    test = lookup(tree, "model.test_cfg", "test_cfg")
    paths = {
        "pre_nms_limit": ("rpn.nms_pre",),
        "post_nms_rois_inference": ("rpn.max_per_img", "rpn.max_num"),
        "rpn_nms_threshold": ("rpn.nms.iou_threshold", "rpn.nms_thr"),
        "detection_nms_threshold": ("rcnn.nms.iou_threshold", "rcnn.nms.iou_thr"),
        "detection_max_instances": ("rcnn.max_per_img",),
    }
    for option, places in paths.items():
        value = number(lookup(test, *places))
        if value is not None:
            options[option] = value
    least = number(lookup(test, "rpn.min_bbox_size"))
    if least:
        options["rpn_min_size"] = least
    if lookup(test, "rcnn.nms.type") == "soft_nms":
        notes.append("The config has a Soft-NMS: --set detection_suppression=soft turns maskseg's on.")
    return options


def _pooling(tree: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    layer = lookup(tree, "model.roi_head.bbox_roi_extractor.roi_layer", "model.bbox_roi_extractor.roi_layer")
    if lookup(layer, "type") not in (None, "RoIAlign"):
        notes.append(f"The config pools with {str(lookup(layer, 'type'))[:50]}, and maskseg with RoIAlign.")
    samples = number(lookup(layer, "sampling_ratio", "sample_num"))
    if samples is not None:
        options["roi_samples"] = max(0, samples)
    if isinstance(lookup(layer, "aligned"), bool):
        options["roi_aligned"] = layer["aligned"]
    mask = lookup(tree, "model.roi_head.mask_roi_extractor.roi_layer", "model.mask_roi_extractor.roi_layer")
    side = number(lookup(mask, "output_size", "out_size"))
    if side is not None:
        options |= {"mask_pool_size": side, "mask_shape": (2 * side, 2 * side)}
    return options
