"""Decoders' lines are collected, and all else that is written to standard error meanwhile arrives."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import os, threading
from maskseg_cli.media.decoder_messages import collect_messages

done = threading.Event()
number = 0

def write():
    global number
    while not done.is_set():
        os.write(2, f"line {number}\\n".encode())
        number += 1

writer = threading.Thread(target=write)
writer.start()
rounds = 0
while rounds < 300 or number < 300:  # on a busy machine one thread may wait for long
    with collect_messages() as messages:
        os.write(2, b"Corrupt JPEG data: premature end of data segment\\n")
    assert messages.text.startswith("Corrupt JPEG data")
    rounds += 1
done.set()
writer.join()
"""


def test_no_line_of_another_thread_is_lost() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) >= 300
    assert sorted(lines) == sorted(f"line {number}" for number in range(len(lines)))


def test_a_line_that_is_written_late_arrives() -> None:
    """A write that begins within a block may end after it: the kernel resolves the descriptor first."""
    program = """
import os
from maskseg_cli.media.decoder_messages import collect_messages

with collect_messages():
    late = os.dup(2)  # as a write that is under way holds it
os.write(late, b"first\\n")
with collect_messages() as messages:
    pass
os.write(2, b"second\\n")
os.write(late, b"third\\n")
assert messages.text == ""
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "first\nsecond\nthird\n")
