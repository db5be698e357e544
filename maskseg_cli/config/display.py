"""A network's options as text: as Matterport's ``Config.display()`` prints them, and as TOML."""

from __future__ import annotations

import json
from typing import Any, Protocol


class Options(Protocol):
    """What is shown of a `MaskRCNNConfig`."""

    @property
    def batch_size(self) -> int: ...

    @property
    def image_meta_size(self) -> int: ...

    @property
    def image_shape(self) -> tuple[int | None, int | None, int]: ...

    def to_dict(self) -> dict[str, Any]: ...


#: Options that Matterport's `Config` does not have.
OWN_OPTIONS = (
    "neck",
    "rpn_head",
    "box_head",
    "mask_head",
    "rpn_anchor_sizes",
    "rpn_anchor_offset",
    "box_frame",
    "bbox_delta_limit",
    "roi_align",
    "detection_classes",
    "train_masks_per_image",
    "detection_duplicate_threshold",
    "detection_suppression",
    "detection_soft_sigma",
    "detection_voting_threshold",
    "detection_voting_floor",
    "detection_mask_scoring",
    "pad_proposals",
    "channel_order",
    "mask_border",
    "rpn_ignore_outside",
    "detail",
    "use_box_rois",
    "std_pixel",
    "image_interpolation",
    "image_size_rounding",
    "norm_epsilon",
    "conv_bias",
    "stride_in_1x1",
    "symmetric_padding",
    "fpn_norm",
    "rpn_convs",
    "rpn_channels",
    "rpn_logits",
    "rpn_anchor_rounding",
    "rpn_strides_from_maps",
    "rpn_per_level",
    "rpn_min_size",
    "proposal_window",
    "roi_aligned",
    "roi_samples",
    "roi_level",
    "roi_level_epsilon",
    "box_head_convs",
    "box_head_fcs",
    "mask_head_convs",
    "head_norm",
    "detection_min_size",
    "mask_paste",
)

#: Types of Matterport's sequences, which show when they are printed; the others are Python lists.
_ARRAYS = ("bbox_std_dev", "image_shape", "mean_pixel", "rpn_bbox_std_dev", "std_pixel")
_TUPLES = ("mini_mask_shape", "rpn_anchor_scales")


def display(config: Options) -> str:
    """Every option, one a line, in the order and format of Matterport's ``Config.display()``.

    The options that Matterport does not have follow in a block of their own. Names are in upper case, as
    there; `parse_settings` reads them in that form.
    """
    options = config.to_dict()
    own = {name: options.pop(name) for name in OWN_OPTIONS}
    for name in ("batch_size", "image_meta_size", "image_shape"):
        options[name] = getattr(config, name)
    return "\n".join(["Configurations:", *_block(options), "", "Options of maskseg's own:", *_block(own)])


def _block(options: dict[str, Any]) -> list[str]:
    return [f"{name.upper():30} {_show(name, options[name])}" for name in sorted(options, key=str.upper)]


def _show(name: str, value: Any) -> str:
    if name in _ARRAYS:
        import numpy as np

        return str(np.array(value))
    if isinstance(value, tuple) and name not in _TUPLES:
        value = [list(item) if isinstance(item, tuple) else item for item in value]
    return str(value)


def to_json(config: Options) -> str:
    """Every option as a JSON object, which `read_config_file` reads back."""
    return json.dumps(config.to_dict(), indent=2)


def to_toml(config: Options) -> str:
    """Every option as a line of TOML, which `read_config_file` reads back; None is written as "none"."""
    return "\n".join(f"{name} = {_toml_value(value)}" for name, value in config.to_dict().items())


def _toml_value(value: Any) -> str:
    if value is None:
        return '"none"'
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_toml_value(item) for item in value)}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, float):
        return repr(value)  # 1e-05 and 0.1 are valid TOML; a config holds no infinite values
    if isinstance(value, str):
        # TOML's basic strings are JSON's, except that DEL must be escaped
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
