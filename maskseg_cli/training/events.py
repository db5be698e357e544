"""TensorBoard's event files of scalar values, written with TensorFlow alone."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf


class EventFile:
    """One event file in a folder that `tensorboard --logdir` opens; a resumed run adds another.

    TensorFlow's own `tf.summary` needs the whole TensorBoard package; the format is a TFRecord file of `Event`
    messages (https://github.com/tensorflow/tensorflow, core/util/event.proto).

    Args:
        folder: created if it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time_ns() // 1000}.{socket.gethostname()}"
        self._writer = tf.io.TFRecordWriter(str(folder / name))
        self._write(tf.compat.v1.Event(wall_time=time.time(), file_version="brain.Event:2"))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Adds a point to each of these curves."""
        summary = tf.compat.v1.Summary(
            value=[tf.compat.v1.Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        )
        self._write(tf.compat.v1.Event(wall_time=time.time(), step=step, summary=summary))

    def flush(self) -> None:
        """Writes buffered events to the disk."""
        self._writer.flush()

    def close(self) -> None:
        """Closes the file."""
        self._writer.close()

    def _write(self, event: tf.compat.v1.Event) -> None:
        self._writer.write(event.SerializeToString())
