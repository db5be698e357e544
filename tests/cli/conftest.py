"""Fixtures for the tests of commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from .fake_model import use_blob_engine


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and the stand-in in place of the network."""
    monkeypatch.chdir(tmp_path)
    use_blob_engine(monkeypatch.setattr)
    return tmp_path
