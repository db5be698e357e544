"""Fixtures for the tests of commands."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from .fake_model import load_blob_predictor


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and the stand-in in place of the network."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(importlib.import_module("maskseg_cli.cli.image"), "load_predictor", load_blob_predictor)
    return tmp_path
