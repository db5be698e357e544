"""The name of the processor."""

from __future__ import annotations

import platform
from pathlib import Path

_LINUX = Path("/proc/cpuinfo")


def processor_name() -> str:
    """The processor's model as the system gives it; its architecture where it gives none."""
    if _LINUX.is_file():
        for line in _LINUX.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return " ".join(value.split())
    return platform.processor() or platform.machine()
