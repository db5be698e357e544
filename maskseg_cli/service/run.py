"""`serve`: runs the service until it is stopped."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from maskseg_cli.errors import MasksegError
from maskseg_cli.pipeline.run_options import Model, predictor_loader, split_options, take_options
from maskseg_cli.reporter import Reporter
from maskseg_cli.serve.listen_address import as_url, is_loopback, parse_address, reachable, resolve
from maskseg_cli.service.options import ServiceOptions
from maskseg_cli.stop_token import StopToken

if TYPE_CHECKING:
    import uvicorn

#: Seconds that a stop waits for requests in work.
_GRACE = 5

#: Open connections, at most.
_CONNECTIONS = 256


def serve(
    address: str | int = 8000,
    *,
    model: Model = "lite",
    batch: int = 1,
    reporter: Reporter | None = None,
    stop: StopToken | None = None,
    **options: Any,
) -> None:
    """Serves the page and the HTTP interface until a stop is requested; does what `maskseg serve` does.

    Args:
        address: "[HOST:]PORT"; port 0 for any free one.
        model: name of a network, weights file, or a loaded `Predictor`.
        batch: pictures of equal size that the network takes at once.
        reporter: told the address.
        stop: ends the service.
        options: fields of `ServiceOptions` and of `ModelOptions`.

    Raises:
        UsageError: an option that is not possible.
        MasksegError: the network or the address cannot be used.
    """
    reporter, stop = reporter or Reporter(), stop or StopToken()
    limits = take_options(options, ServiceOptions)
    network, _ = split_options(model, options, ServiceOptions)
    host, port = parse_address(str(address))
    listener = _listen(host, port)
    with listener, stop:
        import uvicorn

        from maskseg_cli.service.app import make_app

        predictor = predictor_loader(network, batch, throughput=True, reporter=reporter)()
        stop.raise_if_requested()
        port = listener.getsockname()[1]
        config = uvicorn.Config(
            make_app(predictor, limits, host, port),
            access_log=False,  # addresses may hold the token
            log_level="error",
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=20,
            timeout_graceful_shutdown=_GRACE,
            server_header=False,
            proxy_headers=False,
            lifespan="on",
            ws="none",
        )
        numeric = listener.getsockname()[0]
        url = as_url(reachable(numeric), port)
        token = "" if limits.token is None else f"?token={quote(limits.token, safe='')}"
        if not is_loopback(numeric):
            others = "everybody with the token" if limits.token else "everybody"
            reporter.warn(
                f"Warning: {others} who can reach this computer over the network can use this service; the connection "
                f"is not encrypted{'' if limits.token else ': --token WORD asks for a word first'}."
            )
        _run(uvicorn.Server(config), listener, stop, reporter, f"Serving at {url}{token}")
    stop.raise_if_requested()


def _run(server: uvicorn.Server, listener: socket.socket, stop: StopToken, reporter: Reporter, sentence: str) -> None:
    # In a thread of its own, where uvicorn leaves the signals to the caller.
    thread = threading.Thread(target=server.run, args=([listener],), name="maskseg-http", daemon=True)
    thread.start()
    try:
        while thread.is_alive() and not server.started:
            time.sleep(0.01)
        if thread.is_alive():
            reporter.say(sentence)
        while thread.is_alive() and not stop.wait(0.5):
            pass
        if not stop.requested:
            raise MasksegError("The web server has ended by itself.")
    finally:
        server.should_exit = True
        thread.join(_GRACE + 5)


def _listen(host: str, port: int) -> socket.socket:
    family, address = resolve(host, port)
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise MasksegError(f"{host}:{port} cannot be served at: {error.strerror or error}.") from error
    return listener
