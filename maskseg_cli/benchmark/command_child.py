"""The program `maskseg`, which at its end writes down the most memory that it has had.

    python -m maskseg_cli.benchmark.command_child REPORT WORD ...

REPORT is the JSON file to write; the words are those after `maskseg`.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path


def main() -> None:
    """Runs the program; its exit code is the same."""
    report, *words = sys.argv[1:]
    sys.argv = ["maskseg", *words]
    try:
        runpy.run_module("maskseg_cli", run_name="__main__")
    finally:
        import json

        from maskseg_cli.benchmark.memory import peak_memory_mb

        Path(report).write_text(json.dumps({"peak_mb": peak_memory_mb()}))


if __name__ == "__main__":
    main()
