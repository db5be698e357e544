"""The examples in the docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from typing import Any

import pytest

import maskseg_cli


def _modules() -> list[str]:
    found = pkgutil.walk_packages(maskseg_cli.__path__, "maskseg_cli.")
    return ["maskseg_cli", *(module.name for module in found if not module.name.endswith("__main__"))]


@pytest.mark.parametrize("name", _modules())
def test_examples(name: str, capfd: Any) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0, capfd.readouterr().out
