"""Runs lines of documentation in a real shell, with `maskseg` answered by this process.

Every start of the program would load TensorFlow again (3 s); here `maskseg` in the shell is a small client that
hands its arguments, folder and standard input to a thread of the tests, which runs the same Click program.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner

_CLIENT = """
import base64, json, os, socket, sys
arguments = sys.argv[2:]
stdin = sys.stdin.buffer.read() if "-" in arguments else b""
variables = {name: value for name, value in os.environ.items() if name.startswith("MASKSEG_")}
asked = {"arguments": arguments, "folder": os.getcwd(), "variables": variables}
link = socket.socket(socket.AF_UNIX)
link.connect(sys.argv[1])
link.sendall(json.dumps({**asked, "stdin": base64.b64encode(stdin).decode()}).encode())
link.shutdown(socket.SHUT_WR)
answer = json.loads(link.makefile("rb").read())
sys.stdout.buffer.write(base64.b64decode(answer["stdout"]))
sys.stderr.buffer.write(base64.b64decode(answer["stderr"]))
sys.exit(answer["code"])
"""


class Shell:
    """A shell in a folder, in which `maskseg` and `python` are those of the tests."""

    def __init__(self, folder: Path, programs: str) -> None:
        self.folder = folder
        self.path = os.pathsep.join((programs, str(Path(sys.executable).parent), os.environ["PATH"]))

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Runs lines of bash; stops at the first that fails."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env={**os.environ, "PATH": self.path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )


@contextmanager
def opened_shell(folder: Path) -> Iterator[Shell]:
    """A `Shell` in `folder`."""
    # The socket's path may have 100 letters or so: pytest's own folders can be too deep.
    with tempfile.TemporaryDirectory() as programs, socket.socket(socket.AF_UNIX) as listening:
        client, wrapper = Path(programs, "client.py"), Path(programs, "maskseg")
        address = str(Path(programs, "socket"))
        client.write_text(_CLIENT)
        wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{client}" "{address}" "$@"\n')
        wrapper.chmod(0o755)
        listening.bind(address)
        listening.listen()
        threading.Thread(target=_serve, args=(listening,), daemon=True).start()
        try:
            yield Shell(folder, programs)
        finally:
            listening.shutdown(socket.SHUT_RDWR)  # ends the thread, which waits for the next client


def _serve(listening: socket.socket) -> None:
    while True:
        try:
            link, _ = listening.accept()
        except OSError:
            return
        with link, link.makefile("rb") as file:
            answer = _answer(json.loads(file.read()))
            link.sendall(json.dumps(answer).encode())


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    from maskseg_cli.cli.main import main

    before = Path.cwd()
    os.chdir(asked["folder"])
    try:
        stdin = base64.b64decode(asked["stdin"])
        result = CliRunner(env=asked["variables"]).invoke(main, asked["arguments"], input=stdin, prog_name="maskseg")
    finally:
        os.chdir(before)
    return {
        "code": result.exit_code,
        "stdout": base64.b64encode(result.stdout_bytes).decode(),
        "stderr": base64.b64encode(result.stderr_bytes).decode(),
    }
