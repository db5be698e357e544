"""`serve` and `start_service`: the service until it is stopped, and as long as a `with` block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maskseg_cli.errors import MasksegError
from maskseg_cli.pipeline.run_options import Model, predictor_loader, split_options, take_options
from maskseg_cli.reporter import Reporter
from maskseg_cli.serve.listen_address import parse_address, warning
from maskseg_cli.service.options import ServiceOptions
from maskseg_cli.stop_token import StopToken

if TYPE_CHECKING:
    from maskseg_cli.serve.web_server import WebServer

#: Seconds that a stop waits for requests in work.
_GRACE = 5.0


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
        address, model, batch, options: as for `start_service`.
        reporter: told the address.
        stop: ends the service.

    Raises:
        UsageError, MasksegError: as `start_service`.
    """
    reporter, stop = reporter or Reporter(), stop or StopToken()
    with stop, start_service(address, model=model, batch=batch, reporter=reporter, **options) as server:
        stop.raise_if_requested()
        warned = warning(server.address, options.get("token") is not None, "use this service")
        if warned:
            reporter.warn(warned)
        reporter.say(f"Serving at {server.url}")
        while not stop.wait(0.5):
            if not server.running:
                raise MasksegError("The web server has ended by itself.")
    stop.raise_if_requested()


def start_service(
    address: str | int = 8000,
    *,
    model: Model = "lite",
    batch: int = 1,
    reporter: Reporter | None = None,
    **options: Any,
) -> WebServer:
    """Serves in threads of its own, to the end of a `with` block or until `close`.

    Args:
        address: "[HOST:]PORT"; port 0 for any free one.
        model: name of a network, weights file, or a loaded `Predictor`.
        batch: pictures of equal size that the network takes at once.
        reporter: told how the network is loaded.
        options: fields of `ServiceOptions` and of `ModelOptions`.

    Returns:
        the server; `url` is its address.

    Raises:
        UsageError: an option that is not possible.
        MasksegError: the network or the address cannot be used.

    Example:
        >>> with start_service(0, model="lite") as service:                      # doctest: +SKIP
        ...     urllib.request.urlopen(f"{service.url}v1/model").read()
    """
    limits = take_options(options, ServiceOptions)
    network, _ = split_options(model, options, ServiceOptions)
    host, port = parse_address(str(address))
    from maskseg_cli.serve.web_server import WebServer, listen
    from maskseg_cli.service.app import make_app

    listening = listen(host, port)  # before the network is loaded, which takes seconds
    try:
        predictor = predictor_loader(network, batch, throughput=True, reporter=reporter)()
        app = make_app(predictor, limits, host, listening.getsockname()[1])
    except BaseException:
        listening.close()
        raise
    return WebServer(app, listening, _GRACE, limits.token)
