"""`make_app`: the service as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from maskseg_cli import __version__
from maskseg_cli.classes import used_classes
from maskseg_cli.serve.access import Access
from maskseg_cli.serve.http_error import HttpError, answer_error, error
from maskseg_cli.serve.page_files import file_routes
from maskseg_cli.serve.protection import Protection
from maskseg_cli.service.openapi import description
from maskseg_cli.service.options import ServiceOptions
from maskseg_cli.service.page_files import PAGE, PUBLIC
from maskseg_cli.service.request_body import read_picture
from maskseg_cli.service.segmenting import Segmenting
from maskseg_cli.service.wanted import FORMATS, parse_wanted
from maskseg_cli.service.work_queue import QueueFullError

if TYPE_CHECKING:
    from maskseg_cli.inference.predictor import Predictor

#: Requests whose pictures are still coming in, for each place of the queue.
_UPLOADS = 4


def make_app(
    predictor: Predictor, options: ServiceOptions | None = None, host: str = "127.0.0.1", port: int = 8000
) -> Starlette:
    """The service of `maskseg serve`, for any ASGI server with one process.

    Args:
        predictor: finds the objects; it is not changed.
        options: who may use it, and its limits.
        host, port: where it will be served; part of the access rules.

    Example:
        >>> app = make_app(load_model("lite"))                                      # doctest: +SKIP
    """
    service = Service(predictor, options or ServiceOptions())
    origins = [origin.lower() for origin in service.options.cors]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Accept"],
        expose_headers=["Retry-After", "Content-Disposition"],
    )
    access = Access(host, port, service.options.token)
    app = Starlette(
        routes=[
            *file_routes(PAGE),
            Route("/v1/segment", service.segment, methods=["POST"]),
            Route("/v1/model", service.model),
            Route("/healthz", service.health),
            Route("/openapi.json", service.openapi),
        ],
        middleware=[cors, Middleware(Protection, access=access, what="service", public=PUBLIC, origins=origins)],
        exception_handlers={HttpError: answer_error, HTTPException: _http_error, 500: _failure},
        lifespan=service.lifespan,
    )
    app.router.redirect_slashes = False
    return app


class Service:
    """The functions behind the paths; arguments as for `make_app`."""

    def __init__(self, predictor: Predictor, options: ServiceOptions) -> None:
        self.options = options
        self._predictor = predictor
        self._segmenting = Segmenting(predictor, options.max_pixels, options.queue)
        self._uploads = 0

    @contextlib.asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Ends the threads with the server."""
        yield
        self._segmenting.queue.close()

    async def segment(self, request: Request) -> Response:
        """POST /v1/segment: the objects of a picture."""
        usual = self._segmenting.usual
        query, accept = request.query_params.multi_items(), request.headers.get("accept", "")
        wanted = parse_wanted(query, accept, self._predictor.class_names, usual)
        if self._uploads >= _UPLOADS * self.options.queue:
            raise _busy()
        self._uploads += 1
        try:
            data = await read_picture(request, self.options.max_bytes, self.options.timeout)
        finally:
            self._uploads -= 1
        try:
            future = self._segmenting.queue.submit((data, wanted))
        except QueueFullError:
            raise _busy() from None
        del data
        result = asyncio.wrap_future(future)
        gone = asyncio.ensure_future(_disconnected(request))
        both: set[asyncio.Future[Any]] = {result, gone}
        try:
            await asyncio.wait(both, timeout=self.options.timeout, return_when=asyncio.FIRST_COMPLETED)
            if result.done():
                return self._response(result.result(), wanted.format)
            if gone.done():
                return Response(status_code=400)
            raise HttpError(503, f"The answer took longer than {self.options.timeout:g} seconds.", 5)
        finally:
            gone.cancel()
            result.cancel()  # frees the place where the work has not begun

    def _response(self, body: bytes, kind: str) -> Response:
        name = {"cutouts": "cutouts.zip", "labelme": "labelme.json", "coco": "coco.json"}.get(kind, f"outlined.{kind}")
        return Response(body, media_type=FORMATS[kind], headers={"Content-Disposition": f'inline; filename="{name}"'})

    async def model(self, _: Request) -> Response:
        """GET /v1/model: the network, its classes and the limits."""
        names = self._predictor.class_names
        usual = self._segmenting.usual
        return JSONResponse(
            {
                "name": self._predictor.name,
                "version": __version__,
                "engine": self._predictor.engine.name,
                "classes": [names[number] for number in used_classes(names)],
                "min_score": usual.min_score,
                "lowest_score": self._segmenting.lowest_score,
                "max_detections": usual.max_detections,
                "max_bytes": self.options.max_bytes,
                "max_pixels": self.options.max_pixels,
                "formats": FORMATS,
            }
        )

    async def health(self, _: Request) -> Response:
        """GET /healthz: how many places of the queue are taken."""
        return JSONResponse({"status": "ok", "used": self._segmenting.queue.used, "queue": self.options.queue})

    async def openapi(self, _: Request) -> Response:
        """GET /openapi.json: the description of the service."""
        return JSONResponse(description(self.options))


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _busy() -> HttpError:
    return HttpError(503, "The service is busy: try again in some seconds.", 2)


async def _http_error(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    if problem.status_code == 404:
        return error(404, "There is nothing at this address.")
    if problem.status_code == 405:
        return error(405, f"{request.method} is not possible here.", dict(problem.headers or {}))
    return error(problem.status_code, problem.detail)


async def _failure(_: Request, __: Exception) -> Response:
    return error(500, "The service failed at this request; its log says more.")
