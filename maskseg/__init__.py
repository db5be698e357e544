"""`import maskseg` is `import maskseg_cli`: another name of the same package and of all modules in it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

import maskseg_cli

if TYPE_CHECKING:
    from maskseg_cli import *  # noqa: F403

_ALIAS, _PACKAGE = "maskseg.", "maskseg_cli."


class _Aliases(MetaPathFinder, Loader):
    """Finds `maskseg.drawing` as the module `maskseg_cli.drawing`, so that no module is loaded twice."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        # `python -m maskseg` reads the file __main__.py itself.
        if not fullname.startswith(_ALIAS) or fullname == f"{_ALIAS}__main__":
            return None
        return ModuleSpec(fullname, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(_PACKAGE + spec.name.removeprefix(_ALIAS))
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """The module is complete already; Python has only replaced its specification by that of the alias."""
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state


sys.meta_path.insert(0, _Aliases())
sys.modules[__name__] = maskseg_cli
