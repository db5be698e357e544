"""`BlockList`: the numbers of a run's blocks as a data source of Ray Data, which must be installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow
import ray
from ray.data import Datasource, ReadTask
from ray.data.block import BlockMetadata


class BlockList(Datasource):  # type: ignore[misc, unused-ignore]
    """One task reads it: a row for each block, not before the ledger has the block.

    Args:
        ledger: the actor that holds the blocks.
        numbers: of the blocks; those that the ledger never gets are left out.
    """

    def __init__(self, ledger: Any, numbers: range) -> None:
        super().__init__()
        self._ledger, self._numbers = ledger, numbers

    def get_name(self) -> str:
        """The name in Ray's messages."""
        return "BlockList"

    def estimate_inmemory_data_size(self) -> int | None:
        """Not known: the list is read while the run lasts."""
        return None

    def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[ReadTask]:
        """The one task, whatever `parallelism` asks for."""
        ledger, numbers = self._ledger, self._numbers

        def read() -> Iterator[pyarrow.Table]:
            for number in numbers:
                if not ray.get(ledger.wait_for.remote(number)):
                    return
                yield pyarrow.table({"block": [number]})

        nothing = BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None)
        return [ReadTask(read, nothing)]
