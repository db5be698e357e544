"""`connected`: a connection to a Ray cluster, or a cluster on this machine alone; `Cluster`: what there is room for."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from maskseg_cli.cluster.own_token import use_own_token
from maskseg_cli.cluster.ray_options import DEFAULT, RayOptions
from maskseg_cli.errors import MasksegError, UsageError, last_line
from maskseg_cli.media.cleanups import register_cleanup, unregister_cleanup

#: Cores of a worker, where nothing else is asked for: a small network keeps about so many busy.
_CORES = 4

#: Bytes of the store of a cluster on this machine: blocks of names and results go through it, and no pictures.
_STORE = 2**28

#: Seconds in which the head node must take a connection; Ray itself tries for minutes.
_PATIENCE = 10.0

_NO_CLUSTER = (
    "There is no Ray cluster at {}: start one with `ray start --head`, or leave the address out to use this machine "
    "alone."
)

_OTHER_CLUSTER = (
    "What listens at {} does not take the connection: Ray must have the same version on all machines, and the same "
    "token in ~/.ray/auth_token."
)

#: Loggers that write to the terminal by themselves.
_LOGGERS = ("ray", "ray.data", "ray._private", "ray.serve")


@dataclass(frozen=True)
class Cluster:
    """A cluster that this program is connected to.

    Attributes:
        workers: processes that can run at the same time, each with a network.
        cpus: cores of each; a part of one where there are more workers than cores.
        gpus: GPUs of each.
        local: it was started by this program, on this machine.
    """

    workers: int
    cpus: float
    gpus: int
    local: bool

    @property
    def threads(self) -> int:
        """Threads of a worker's engine."""
        return max(1, int(self.cpus))


def import_ray(data: bool = True) -> Any:
    """The package, with Ray Data where that is needed.

    Raises:
        UsageError: it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would send a report over the network
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # its C++ parts write to the terminal
    os.environ.setdefault("RAY_DISABLE_FAILURE_SIGNAL_HANDLER", "1")  # at SIGTERM it would end the program at once
    os.environ.setdefault("RAY_worker_niceness", "0")  # 15 is Ray's own: workers would yield to any other program
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # a warning about a later version
    try:
        import ray

        if data:
            import ray.data
    except ImportError as error:
        raise UsageError(f"--ray needs Ray ({error.name or 'ray'} is missing): pip install 'maskseg[ray]'.") from error
    return ray


@contextlib.contextmanager
def connected(options: RayOptions, gpus_wanted: bool = False, data: bool = True) -> Iterator[Cluster]:
    """Connects to the cluster that the options name, or starts one on this machine; ends what it started.

    A program that is connected already stays so, whatever the address.

    Args:
        gpus_wanted: a worker can use a GPU.
        data: Ray Data is used.

    Raises:
        UsageError: Ray is not installed, or the cluster has less room than the options ask for.
        MasksegError: there is no cluster at the address.
    """
    ray = import_ray(data)
    with contextlib.ExitStack() as stack:
        local = False
        if not ray.is_initialized():
            address = address_of(options)
            local = address == "local"
            stack.callback(ray.shutdown)
            stack.enter_context(own_terminal(ray))
            _connect(ray, address, stack)
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        yield room(nodes, options.ray_workers, gpus_wanted, local)


def room(nodes: Sequence[dict[str, float]], wanted: int | None, gpus_wanted: bool, local: bool = False) -> Cluster:
    """How many workers there are, and what each of them gets.

    Args:
        nodes: "CPU" and "GPU" -> number, for each machine.
        wanted: number of workers; None: one for each GPU if that is of use, else one for every 4 cores of a machine.

    Raises:
        UsageError: more workers than GPUs or cores.

    Example:
        >>> room([{"CPU": 8.0}, {"CPU": 2.0}], None, gpus_wanted=True)
        Cluster(workers=5, cpus=2, gpus=0, local=False)
        >>> room([{"CPU": 16.0, "GPU": 2.0}], None, gpus_wanted=True)
        Cluster(workers=2, cpus=8, gpus=1, local=False)
    """
    cores = [int(node["CPU"]) for node in nodes if node.get("CPU", 0) >= 1]
    with_gpu = [node for node in nodes if node.get("GPU", 0) >= 1 and node.get("CPU", 0) >= 1]
    if gpus_wanted and with_gpu:
        most = sum(int(node["GPU"]) for node in with_gpu)
        if wanted is None or wanted <= most:
            each = min(int(node["CPU"]) // int(node["GPU"]) for node in with_gpu)
            return Cluster(wanted or most, max(1, each), 1, local)
    if not cores:
        raise UsageError("The cluster has no machine with a core for work: start one with `ray start`.")
    if wanted is None:
        each = min(_CORES, min(cores))
        return Cluster(sum(number // each for number in cores), each, 0, local)
    if wanted > 4 * sum(cores):
        raise UsageError(f"--ray-workers {wanted} is too much: the cluster has {sum(cores)} cores.")
    fitting = [each for each in range(1, max(cores) + 1) if sum(number // each for number in cores) >= wanted]
    parts = next(parts for parts in (1, 2, 3, 4) if parts * sum(cores) >= wanted)
    return Cluster(wanted, fitting[-1] if fitting else 1 / parts, 0, local)


def address_of(options: RayOptions) -> str:
    """The address that the options mean."""
    return os.environ.get("RAY_ADDRESS") or "local" if options.ray == DEFAULT else str(options.ray)


def check_data_address(options: RayOptions) -> None:
    """Checks that Ray Data can be used at the address.

    Raises:
        UsageError: it is one of Ray's client, through which Ray Data does not run.
    """
    if address_of(options).startswith("ray://"):
        raise UsageError(
            f"Photos cannot be done through {address_of(options)}: begin the run on a machine of the cluster, with "
            "--ray auto."
        )


def check_reachable(address: str) -> None:
    """Checks that a program listens at HOST:PORT or ray://HOST:PORT; nothing for other addresses.

    Raises:
        MasksegError: none does.
    """
    host, colon, port = address.removeprefix("ray://").partition("/")[0].rpartition(":")
    if not colon or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise MasksegError(_NO_CLUSTER.format(address)) from error


def _connect(ray: Any, address: str, stack: contextlib.ExitStack) -> None:
    check_reachable(address)
    try:
        if address == "local":
            start_here(ray, stack)
        else:
            with _no_standard_error():
                _use_token()
            _begin(ray, address=address)
    except ConnectionError as error:
        text = _OTHER_CLUSTER if ":" in address else _NO_CLUSTER
        raise MasksegError(text.format(address)) from error
    except Exception as error:
        raise MasksegError(f"No connection to the Ray cluster at {address}: {last_line(error)}") from error


def _use_token() -> None:
    """Uses the token of this user, if there is one, as `ray start` does; `ray.init` does so for new clusters only."""
    with contextlib.suppress(ImportError, AttributeError):  # Ray before 2.60 has no such function
        from ray._private.authentication import authentication_token_setup

        authentication_token_setup.maybe_enable_token_auth_if_token_available(warn_if_disabled=False)


def start_here(ray: Any, stack: contextlib.ExitStack, cpus: int | None = None, **settings: Any) -> None:
    """Starts a cluster on this machine, without a dashboard; its files are removed with `stack`.

    Args:
        cpus: cores that it gives to workers; None: all.
        settings: for `ray.init`.
    """
    use_own_token(stack)
    folder = tempfile.mkdtemp(prefix="maskseg_")  # a short path: it holds sockets
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    at_once = functools.partial(_end_at_once, ray, folder)
    register_cleanup(at_once)
    stack.callback(unregister_cleanup, at_once)
    stack.callback(ray.shutdown)
    settings |= {"include_dashboard": False, "object_store_memory": _STORE, "_temp_dir": folder}
    settings |= {"address": "local", "num_cpus": cpus or os.cpu_count()}
    try:
        _begin(ray, **settings)
    except Exception as error:
        if "timed out during startup" not in str(error):  # Ray waits for 30 s, which a busy machine may need
            raise
        ray.shutdown()
        _begin(ray, **settings)


def _end_at_once(ray: Any, folder: str) -> None:
    """Ends the processes of a cluster on this machine, for a program that ends without further clean-up."""
    with contextlib.suppress(Exception):
        ray._private.worker._global_node.kill_all_processes(check_alive=False, allow_graceful=False)
    shutil.rmtree(folder, ignore_errors=True)


def _begin(ray: Any, **settings: Any) -> None:
    with _own_signal_handlers(ray), _no_standard_error():
        ray.init(logging_level=logging.CRITICAL, log_to_driver=False, **settings)


@contextlib.contextmanager
def own_terminal(ray: Any) -> Iterator[None]:
    """Keeps Ray's reports about workers off standard output, for which it has no setting."""
    name = "print_to_stdstream"
    module = getattr(getattr(ray, "_private", None), "worker", None)
    before = getattr(module, name, None)
    if before is None:
        yield
        return
    setattr(module, name, lambda *_, **__: None)
    try:
        yield
    finally:
        setattr(module, name, before)


@contextlib.contextmanager
def _no_standard_error() -> Iterator[None]:
    """Drops what C++ code writes to standard error, such as that it writes little from now on."""
    try:
        sys.stderr.flush()
        before = os.dup(2)
    except (OSError, ValueError, AttributeError):  # there is none
        yield
        return
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)


@contextlib.contextmanager
def _own_signal_handlers(ray: Any) -> Iterator[None]:
    """Keeps the program's handlers, which Ray replaces."""
    utils: Any = getattr(getattr(ray, "_private", None), "utils", None)
    replace = getattr(utils, "set_sigterm_handler", None)
    if replace is not None:  # a signal may come while Ray starts, which takes seconds
        utils.set_sigterm_handler = lambda handler: None
    numbers = [number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        if replace is not None:
            utils.set_sigterm_handler = replace
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                if handler is not None:
                    signal.signal(number, handler)
