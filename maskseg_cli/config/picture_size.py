"""`with_size`: the config for pictures of another size."""

from __future__ import annotations

from maskseg_cli.config.mask_rcnn_config import MaskRCNNConfig
from maskseg_cli.errors import UsageError


def with_size(config: MaskRCNNConfig, size: int | None) -> MaskRCNNConfig:
    """The config for pictures of this size: the short side in the modes "fit" and "shortest", else the square's.

    Raises:
        UsageError: less than 64, or not a multiple of 64 where the network needs one.
    """
    if size is None:
        return config
    if size < 64:
        raise UsageError(f"The size must be at least 64 pixels, not {size}.")
    if config.image_resize_mode == "fit":
        return config.replace(image_min_dim=size, image_max_dim=2 * size)
    if config.image_resize_mode == "shortest":
        return config.replace(
            image_min_dim=size, image_max_dim=round(config.image_max_dim / config.image_min_dim * size)
        )
    if size % 64:
        near = max(64, round(size / 64) * 64)
        raise UsageError(f"The size of this model's pictures is a multiple of 64: {near} rather than {size}.")
    if config.image_resize_mode == "pad64":
        return config.replace(image_min_dim=size)
    return config.replace(image_max_dim=size, image_min_dim=min(config.image_min_dim, size))
