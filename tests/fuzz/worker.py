"""Runs inputs of one fuzzer in a process of its own: crashes, hangs and memory are outcomes like all others."""

from __future__ import annotations

import contextlib
import faulthandler
import hashlib
import multiprocessing
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from maskseg_cli.errors import MasksegError
from tests.fuzz.fuzzer import load_fuzzer

Kind = Literal["accepted", "refused", "traceback", "crash", "hang", "slow", "memory"]

#: Outcomes that a reader may have.
GOOD: tuple[Kind, ...] = ("accepted", "refused")

#: Most seconds of computing that one input may take, in the worker and its children. Computing and not waiting,
#: because the machine may be busy.
MOST_CPU_SECONDS = 5.0

#: Seconds on the clock after which an input counts as hanging, though it may compute nothing.
MOST_SECONDS = 30.0

#: Most bytes that a worker or its child may hold at once.
MOST_MEMORY = 2 << 30

#: Limit of the worker's own, for a machine with little memory: beyond it allocations fail.
_ADDRESS_SPACE = 16 << 30


@dataclass(frozen=True)
class Outcome:
    """What one input did.

    Attributes:
        kind: see `Kind`.
        detail: the sentence, or the end of the traceback, or the signal.
        cpu: seconds of computing.
        memory: largest resident size so far of the worker or a child of it, bytes.
    """

    kind: Kind
    detail: str = ""
    cpu: float = 0.0
    memory: int = 0

    @property
    def good(self) -> bool:
        """Whether a reader may do this."""
        return self.kind in GOOD

    @property
    def signature(self) -> str:
        """Equal for inputs that did the same: the detail without numbers, names and quoted values."""
        return self.kind + ": " + re.sub(r"\d+|'[^']*'|\"[^\"]*\"|/\S+", "#", self.detail)[:160]


class Worker:
    """A process that runs inputs of one fuzzer; a new one is started after a crash or a hang.

    Used as a context manager.
    """

    def __init__(self, name: str, most_seconds: float = MOST_SECONDS, most_memory: int = MOST_MEMORY) -> None:
        self._name = name
        self._most_seconds = most_seconds
        self._most_memory = most_memory
        self._folder = Path(tempfile.mkdtemp(prefix=f"maskseg-fuzz-{name}-"))
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, data: bytes) -> Outcome:
        """Gives one input to the fuzzer's reader."""
        pipe = self._started()
        try:
            pipe.send_bytes(data)
            if not pipe.poll(self._most_seconds):
                self._stop()
                return Outcome("hang", f"no end after {self._most_seconds:g} s; {self._log()}", self._most_seconds)
            outcome: Outcome = pipe.recv()
        except (EOFError, OSError):
            assert self._process is not None
            self._process.join(5)
            code = self._process.exitcode
            self._stop()
            return Outcome("crash", f"exit status {code}; {self._log()}")
        if outcome.kind == "memory":
            self._stop()  # the largest size of a process never falls
        return outcome

    def _started(self) -> Connection:
        if self._process is None or self._pipe is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, other = context.Pipe()
            self._process = context.Process(
                target=_serve, args=(self._name, other, self._folder, self._most_memory), daemon=True
            )
            self._process.start()
            other.close()
            if not self._pipe.poll(120) or self._pipe.recv() != "ready":
                raise RuntimeError(f"The fuzzer {self._name} does not start: {self._log()}")
        return self._pipe

    def _stop(self) -> None:
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if pipe is not None:
            pipe.close()
        if process is not None and process.pid is not None:
            # The worker leads a group of its own, to which its children belong.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.join()
            process.close()

    def _log(self) -> str:
        log = self._folder / "log"
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        return " | ".join(line.strip() for line in text[:20000].splitlines() if line.strip())[:1500]


def _serve(name: str, pipe: Connection, folder: Path, most_memory: int) -> None:
    """The worker's side: answers each input with an `Outcome`."""
    os.setsid()
    log = (folder / "log").open("wb", buffering=0)
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    faulthandler.enable(log)
    faulthandler.register(signal.SIGUSR1, log)
    os.environ["TMPDIR"] = str(folder)
    os.environ.setdefault("MASKSEG_HOME", str(folder / "home"))
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    fuzzer = load_fuzzer(name)
    pipe.send("ready")
    place = folder / "input"
    while True:
        try:
            data = pipe.recv_bytes()
        except EOFError:
            return
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        log.truncate(0)
        before = _cpu_seconds()
        kind, detail = _attack(fuzzer.attack, data, place)
        cpu, memory = _cpu_seconds() - before, _largest()
        if kind in GOOD and memory > most_memory:
            kind, detail = "memory", f"{memory >> 20} MiB; {kind}: {detail}"
        elif kind in GOOD and cpu > MOST_CPU_SECONDS:
            kind, detail = "slow", f"{cpu:.1f} s of computing; {kind}: {detail}"
        pipe.send(Outcome(kind, detail, cpu, memory))


def _attack(attack: object, data: bytes, place: Path) -> tuple[Kind, str]:
    try:
        attack(data, place)  # type: ignore[operator]
    except MasksegError as error:
        return "refused", str(error).replace(str(place), "")
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-3:]
        frames = " > ".join(f"{Path(frame.filename).name}:{frame.lineno}:{frame.name}" for frame in where)
        return "traceback", f"{type(error).__name__}: {str(error)[:300]} at {frames}"
    return "accepted", ""


def _cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _largest() -> int:
    """Largest resident size so far, bytes, of this process and of its children."""
    unit = 1 if sys.platform == "darwin" else 1024
    children = unit * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    try:
        # Not `ru_maxrss`: a new process begins with that of the one that started it.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        own = 1024 * int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])
    except (OSError, IndexError):
        own = unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return max(own, children)


def short_digest(data: bytes) -> str:
    """A name for an input."""
    return hashlib.sha256(data).hexdigest()[:16]
