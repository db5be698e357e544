"""What the figures were measured on: processor, memory, versions, and whether other work was running."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from typing import Any

from maskseg_cli import __version__
from maskseg_cli.inference.processor import processor_name

#: Name in reports -> distribution; OpenCV's and TensorFlow's may be variants, of which the first that is there counts.
_LIBRARIES = {
    "numpy": ("numpy",),
    "OpenCV": ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless"),
    "TensorFlow": ("tensorflow", "tensorflow-cpu", "tensorflow-macos"),
    "OpenVINO": ("openvino",),
}

#: From this load average on, for each core, other work may have slowed the measurement down.
BUSY = 0.5


def describe_machine() -> dict[str, Any]:
    """Processor, its cores that this process may use, memory, system, and the load average of the last minute.

    Returns:
        "processor", "cores", "memory_gb" (None where it is not known), "system", "load_average" (None likewise).
    """
    return {
        "processor": processor_name(),
        "cores": usable_cores(),
        "memory_gb": _memory_gb(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_average": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def describe_versions() -> dict[str, str]:
    """Versions of maskseg, Python and the libraries that are installed, by name."""
    found = {"maskseg": __version__, "Python": platform.python_version()}
    for name, distributions in _LIBRARIES.items():
        version = next(filter(None, map(_version, distributions)), None)
        if version is not None:
            found[name] = version
    return found


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def is_busy(machine: dict[str, Any]) -> bool:
    """Whether other work was running, as far as `describe_machine` knows."""
    load = machine["load_average"]
    return load is not None and load > BUSY * machine["cores"]


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _memory_gb() -> float | None:
    """Memory of the machine in 10^9 bytes."""
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1)
    except (AttributeError, ValueError, OSError):  # Windows
        return None
