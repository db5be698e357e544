"""`ServiceOptions`: who may use the service, and its limits."""

from __future__ import annotations

from dataclasses import dataclass

from maskseg_cli.config.value_types import check_count
from maskseg_cli.errors import UsageError
from maskseg_cli.option import option


@dataclass(frozen=True)
class ServiceOptions:
    """Options of `serve`, with the words of the command line.

    Raises:
        UsageError: a limit below 1, an empty token, or an origin that is none.
    """

    token: str | None = option(None, "Users of the service must give this word.", metavar="WORD")
    cors: tuple[str, ...] = option(
        (), "Pages of this origin, such as https://example.org, may use the service; may be repeated.", metavar="ORIGIN"
    )
    max_bytes: int = option(32_000_000, "Bytes of a request, at most.", kind="whole", least=1, metavar="N")
    max_pixels: int = option(50_000_000, "Pixels of a picture, at most.", kind="whole", least=1, metavar="N")
    queue: int = option(
        16, "Pictures in work or waiting, at most; more are answered with 503.", kind="whole", least=1, metavar="N"
    )
    timeout: float = option(
        60.0, "Time for a request to come in, and for its answer.", kind="number", least=0.1, metavar="SECONDS"
    )

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_pixels", "queue"):
            check_count(name, getattr(self, name))
        if self.token is not None and not self.token.strip():
            raise UsageError("The token is empty: give a word that nobody guesses.")
        if self.timeout <= 0:
            raise UsageError("timeout is a number of seconds above 0.")
        for origin in self.cors:
            scheme, separator, host = origin.partition("://")
            if scheme not in ("http", "https") or not separator or not host or "/" in host:
                raise UsageError(f"{origin!r} is no origin: write one such as https://example.org, without a path.")
