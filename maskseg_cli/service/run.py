"""`serve`: runs the service until it is stopped."""

from __future__ import annotations

from typing import Any

from maskseg_cli.errors import MasksegError
from maskseg_cli.pipeline.run_options import Model, predictor_loader, split_options, take_options
from maskseg_cli.reporter import Reporter
from maskseg_cli.serve.listen_address import parse_address, warning
from maskseg_cli.service.options import ServiceOptions
from maskseg_cli.stop_token import StopToken

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
    from maskseg_cli.serve.web_server import WebServer, listen

    with listen(host, port) as listening, stop:
        from maskseg_cli.service.app import make_app

        predictor = predictor_loader(network, batch, throughput=True, reporter=reporter)()
        stop.raise_if_requested()
        app = make_app(predictor, limits, host, listening.getsockname()[1])
        with WebServer(app, listening, _GRACE, limits.token) as server:
            warned = warning(server.address, limits.token is not None, "use this service")
            if warned:
                reporter.warn(warned)
            reporter.say(f"Serving at {server.url}")
            while not stop.wait(0.5):
                if not server.running:
                    raise MasksegError("The web server has ended by itself.")
    stop.raise_if_requested()
