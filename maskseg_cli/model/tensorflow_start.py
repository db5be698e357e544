"""Imports TensorFlow without its messages, when a network is needed."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from maskseg_cli.errors import UsageError


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """TensorFlow's libraries write to file descriptor 2 before any setting of theirs can be made."""
    try:
        sys.stderr.flush()
        keep = os.dup(2)
    except (OSError, ValueError, AttributeError):  # no stderr at all
        yield
        return
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(keep, 2)
        os.close(sink)
        os.close(keep)


def import_tensorflow() -> Any:
    """The tensorflow module, imported without its start-up messages.

    The search for GPUs is made here, so that messages about missing ones are silenced too. The environment
    variable MASKSEG_TF_LOG=1 shows all messages.

    Example:
        >>> int(import_tensorflow().add(1, 2))
        3
    """
    if "tensorflow" in sys.modules or os.environ.get("MASKSEG_TF_LOG"):
        import tensorflow

        return tensorflow
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _silent_stderr():
        import tensorflow

        tensorflow.config.list_physical_devices()
    tensorflow.get_logger().setLevel("ERROR")
    return tensorflow


def gpu_names() -> list[str]:
    """Names of the GPUs that TensorFlow can use; imports it."""
    return [device.name for device in import_tensorflow().config.list_physical_devices("GPU")]


def choose_device(device: str, threads: int | None) -> None:
    """Restricts TensorFlow to a device and a number of threads, for the whole process.

    Args:
        device: "auto", "cpu", "gpu" or "npu".
        threads: None: one for each core.

    Raises:
        UsageError: there is no such device; those that are there are named.
    """
    config = import_tensorflow().config
    if device == "npu" or (device == "gpu" and not gpu_names()):
        there = "GPU and CPU" if gpu_names() else "CPU"
        raise UsageError(f"No {device.upper()} can be used: OpenVINO finds none, and TensorFlow finds {there} only.")
    try:
        if device == "cpu":
            config.set_visible_devices([], "GPU")
        if threads is not None:
            config.threading.set_intra_op_parallelism_threads(threads)
            config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:
        # TensorFlow is at work already, for another network: its devices and threads cannot change any more.
        return
