"""Fixtures for the tests of commands."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from .fake_model import patch_commands


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and the stand-in in place of the network."""
    monkeypatch.chdir(tmp_path)
    patch_commands(lambda module, name, value: monkeypatch.setattr(importlib.import_module(module), name, value))
    return tmp_path
