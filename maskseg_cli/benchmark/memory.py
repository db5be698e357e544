"""The largest amount of memory that this process has had."""

from __future__ import annotations

import sys
from pathlib import Path

#: On Linux `getrusage` still counts the process that started this one; the kernel's own note does not.
_STATUS = Path("/proc/self/status")


def peak_memory_mb() -> float | None:
    """Most memory of this process so far that lay in RAM, in 10^6 bytes; None where the system does not say."""
    if _STATUS.is_file():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    try:
        import resource
    except ImportError:  # Windows
        return None
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest * (1 if sys.platform == "darwin" else 1024) / 1e6
