"""`import maskseg`: another name of the package."""

from __future__ import annotations

import subprocess
import sys


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], capture_output=True, text=True)


def test_both_names_give_the_same_modules() -> None:
    script = """
import maskseg, maskseg_cli
from maskseg import Detections, DrawingOptions
import maskseg.drawing.text
from maskseg.drawing.drawing_options import DrawingOptions as other
import maskseg_cli.drawing.text as text
assert maskseg is maskseg_cli and DrawingOptions is other
assert maskseg.drawing.text is text and text.__name__ == text.__spec__.name == "maskseg_cli.drawing.text"
try:
    import maskseg.nonsense
except ModuleNotFoundError:
    print("fine")
"""
    done = run("-c", script)
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr


def test_the_other_name_starts_the_program() -> None:
    done = run("-m", "maskseg", "--version")
    assert done.returncode == 0
    assert done.stdout.startswith("maskseg, version ")
