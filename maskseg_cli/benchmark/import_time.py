"""`ImportTimer`: how long imports take, wherever in the program they happen."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class ImportTimer:
    """Adds up the time in which packages and modules of maskseg are imported; use it in a `with` block.

    It is a finder (`sys.meta_path`) that lets the usual ones find a module, and measures its execution. Imports inside
    an import that is being measured count once. Submodules of other packages that are imported later are not measured.

    Attributes:
        seconds: so far.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._depth = 0

    def __enter__(self) -> ImportTimer:
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Finds a module as the other finders do, and lets its execution be measured."""
        if "." in name and not name.startswith("maskseg_cli."):
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = None if find is None else find(name, path, target)
            if spec is not None:
                self._measure(spec.loader)
                return spec
        return None

    def _measure(self, loader: Any) -> None:
        execute = getattr(loader, "exec_module", None)
        if execute is None or isinstance(loader, type):  # built in: there is nothing to measure
            return

        def timed(module: ModuleType) -> None:
            start = time.perf_counter()
            self._depth += 1
            try:
                execute(module)
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self.seconds += time.perf_counter() - start

        try:
            loader.exec_module = timed
        except AttributeError:  # a loader without attributes of its own
            return
