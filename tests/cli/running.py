"""Ways to run `maskseg image` in tests."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result
from PIL import Image

from maskseg_cli.cli.main import main

from . import fake_model
from .fake_model import scene

#: The real program in a process of its own, with the stand-in.
PROGRAM = [sys.executable, "-m", fake_model.__name__, "image"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def run(*arguments: str, code: int = 0, stdin: bytes | None = None) -> Result:
    result = CliRunner().invoke(main, ["image", *arguments], input=stdin)
    assert result.exit_code == code, result.output
    return result


def encoded(kind: str = "JPEG", **options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(scene()[..., ::-1]).save(stream, kind, **options)
    return stream.getvalue()


def in_process(*arguments: str, unbuffered: str = "", **options) -> subprocess.CompletedProcess[bytes]:
    env = {**ENVIRONMENT, "PYTHONUNBUFFERED": unbuffered}
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, env=env, **options)


def tree_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def read_json(path: str | Path) -> dict:
    return json.loads(Path(path).read_bytes())
