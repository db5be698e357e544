"""Converts each network to OpenVINO's form once for many tests, each of which begins with an empty cache folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def kept_conversions() -> Iterator[None]:
    """Inside, a second conversion of the same weights and structure is a copy of the first (a second of each)."""
    from maskseg_cli.inference import openvino_cache, openvino_export

    converted: dict[str, Any] = {}
    convert = openvino_cache.convert_checkpoint

    def convert_once(source: Any, config: Any) -> Any:
        key = source.digest + repr(config.graph)
        if key not in converted:
            converted[key] = convert(source, config)
        return converted[key].clone()

    with pytest.MonkeyPatch.context() as patch:
        for module in (openvino_cache, openvino_export):
            patch.setattr(module, "convert_checkpoint", convert_once)
        yield
