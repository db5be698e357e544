"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real weights, photos and data that lies beside a developer's checkout."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder ../shared (real weights, photos and COCO data), which is not here")
    return SHARED
