"""`map_blocks`: blocks of items through worker processes on a cluster, by Ray Data, with results in order."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from maskseg_cli import __version__
from maskseg_cli.cluster.block_worker import BlockResult, BlockWorker, Work
from maskseg_cli.cluster.connection import Cluster
from maskseg_cli.cluster.ledger import Ledger
from maskseg_cli.errors import MasksegError, UsageError, last_line
from maskseg_cli.stop_token import StopToken

#: Blocks that wait at each worker while it does one; so many are in the ledger for each worker.
_WAITING, _HELD = 2, 4

#: Blocks that one execution of Ray Data does, which keeps 10 kB of each until it ends; then the next one begins.
_LEG = 2000

#: Seconds between two checks of the stop token, and seconds for blocks under way to end after a stop.
_STOP_CHECK, _PATIENCE = 0.1, 20.0

#: Settings of Ray Data for a run; a row of the list becomes a block of its own.
_SETTINGS = {
    "target_max_block_size": 1,
    "enable_progress_bars": False,
    "print_on_execution_start": False,
    "enable_auto_log_stats": False,
    "log_internal_stack_trace_to_stdout": False,
}


def map_blocks(
    cluster: Cluster,
    blocks: Iterable[Sequence[Any]],
    make: Callable[..., Work],
    arguments: Mapping[str, Any],
    stop: StopToken,
) -> Iterator[BlockResult]:
    """Does blocks in worker processes; a lost worker is replaced, and what it had begun is done again.

    Memory does not grow with the number of blocks: neither in this process, which reads `blocks` as they are needed,
    nor in Ray's.

    Args:
        cluster: a connection that is open.
        blocks: items of each block; they are pickled.
        make, arguments: see `BlockWorker`; `make` is a class or function of an installed module.
        stop: where a stop is requested, workers end after the items under way, and what they have done is yielded.

    Yields:
        results in the order of the blocks; of a stopped run some have fewer results than items, or none.

    Raises:
        MasksegError: the workers cannot work at all, or the cluster is lost.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    settings: dict[str, Any] = {"num_cpus": 0, "max_concurrency": 1000}
    if not ray.util.client.ray.is_connected():  # through Ray's client this process is on no node
        here = ray.get_runtime_context().get_node_id()
        settings["scheduling_strategy"] = NodeAffinitySchedulingStrategy(here, soft=True)
    ledger: Any = ray.remote(Ledger).options(**settings).remote(_HELD * cluster.workers + 2, cluster.workers)
    try:
        with _fed(ray, ledger, blocks) as feeding, _settings():
            first = 0
            while not stop.requested and ray.get(ledger.wait_for.remote(first)):
                rows = _rows(cluster, ledger, first, make, arguments)
                yield from _until_stopped(rows, ledger, stop, feeding)
                first += _LEG
            if feeding.error is not None:
                raise feeding.error
    finally:
        ray.kill(ledger)


def _rows(
    cluster: Cluster, ledger: Any, first: int, make: Callable[..., Work], arguments: Mapping[str, Any]
) -> Iterator[BlockResult]:
    """The results of `_LEG` blocks from `first` on."""
    import ray

    from maskseg_cli.cluster.block_list import BlockList

    blocks = BlockList(ledger, range(first, first + _LEG))
    dataset = ray.data.read_datasource(blocks, num_cpus=0, concurrency=1, override_num_blocks=1)
    dataset.context.execution_options.preserve_order = True
    done = dataset.map_batches(
        BlockWorker,
        batch_size=None,
        compute=ray.data.ActorPoolStrategy(size=cluster.workers, max_tasks_in_flight_per_actor=1 + _WAITING),
        fn_constructor_kwargs={
            "ledger": ledger,
            "make": make,
            "arguments": arguments,
            "folder": os.getcwd(),
            "version": __version__,
        },
        num_cpus=cluster.cpus if not cluster.gpus else 1,
        num_gpus=cluster.gpus or None,
    )
    for batch in done.iter_batches(batch_size=None, prefetch_batches=0):
        for result in batch["result"]:
            yield pickle.loads(result)


class _Feeding:
    """What the thread that puts blocks into the ledger has met."""

    def __init__(self) -> None:
        self.error: BaseException | None = None


@contextlib.contextmanager
def _fed(ray: Any, ledger: Any, blocks: Iterable[Sequence[Any]]) -> Iterator[_Feeding]:
    """Puts the blocks into the ledger, in a thread."""
    feeding = _Feeding()

    def feed() -> None:
        try:
            for number, items in enumerate(blocks):
                if not ray.get(ledger.put.remote(number, pickle.dumps(items))):
                    return
        except BaseException as error:
            feeding.error = error
        finally:
            with contextlib.suppress(Exception):
                ray.get(ledger.close.remote())

    thread = threading.Thread(target=feed, name="maskseg-blocks", daemon=True)
    thread.start()
    try:
        yield feeding
    finally:
        with contextlib.suppress(Exception):
            ray.get(ledger.stop.remote(), timeout=_PATIENCE)
        thread.join(_PATIENCE)


def _until_stopped(
    rows: Iterator[BlockResult], ledger: Any, stop: StopToken, feeding: _Feeding
) -> Iterator[BlockResult]:
    """Yields results that a thread takes; after a stop those of the blocks under way, which get some seconds."""
    import ray

    results: queue.Queue[BlockResult | BaseException | None] = queue.Queue(4)
    ended = threading.Event()

    def put(value: BlockResult | BaseException | None) -> None:
        while not ended.is_set():
            with contextlib.suppress(queue.Full):
                results.put(value, timeout=_STOP_CHECK)
                return

    def take() -> None:
        try:
            for result in rows:
                put(result)
                if ended.is_set():
                    return
            put(None)
        except BaseException as error:
            put(error)

    thread = threading.Thread(target=take, name="maskseg-results", daemon=True)
    thread.start()
    until: float | None = None
    complete = False
    try:
        while until is None or time.monotonic() < until:
            if stop.requested and until is None:
                until = time.monotonic() + _PATIENCE
                ray.get(ledger.stop.remote())
            try:
                result = results.get(timeout=_STOP_CHECK)
            except queue.Empty:
                continue
            if isinstance(result, BaseException):
                raise _explained(result) from result
            if feeding.error is not None:
                raise feeding.error
            if result is None:
                complete = True
                return
            if result.problem is not None:
                raise MasksegError(f"The workers on the cluster cannot begin: {result.problem} ({result.node})")
            yield result
    finally:
        ended.set()
        if not complete:
            with contextlib.suppress(Exception):
                ray.get(ledger.stop.remote(), timeout=_PATIENCE)
        thread.join(_PATIENCE)


def _explained(error: BaseException) -> BaseException:
    """An error of Ray in a sentence."""
    if isinstance(error, (MasksegError, KeyboardInterrupt)):
        return error
    if "No module named 'maskseg_cli" in str(error):
        return UsageError("maskseg is not installed on every machine of the cluster: pip install 'maskseg[ray]' there.")
    return MasksegError(f"The run on the cluster ended: {last_line(error)}")


@contextlib.contextmanager
def _settings() -> Iterator[None]:
    """Sets Ray Data for this run, and back."""
    import ray

    context = ray.data.DataContext.get_current()
    before = {name: getattr(context, name) for name in _SETTINGS if hasattr(context, name)}
    try:
        for name in before:
            setattr(context, name, _SETTINGS[name])
        yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)
