"""Sources whose sound packets are not as the file has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from maskseg_cli.video import sound
from maskseg_cli.video.opening import open_container


def change_packets(monkeypatch: pytest.MonkeyPatch, change: Callable[[Iterable[Any]], Iterator[Any]]) -> None:
    """Makes `SoundReader` read what `change` makes of a container's packets."""

    class Changed:
        def __init__(self, container: Any) -> None:
            self.container = container

        def demux(self, stream: Any) -> Iterator[Any]:
            return change(self.container.demux(stream))

        def __getattr__(self, name: str) -> Any:
            return getattr(self.container, name)

    def open_changed(source: str) -> tuple[Any, Any]:
        container, pictures = open_container(source)
        return Changed(container), pictures

    monkeypatch.setattr(sound, "open_container", open_changed)
