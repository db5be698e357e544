"""`page_app`: the requests of the camera page, as a Starlette app."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from maskseg_cli.camera.controls import Controls
from maskseg_cli.errors import MasksegError
from maskseg_cli.serve import api
from maskseg_cli.serve.access import Access
from maskseg_cli.serve.connections import IDLE_TIME
from maskseg_cli.serve.http_error import error, read_body
from maskseg_cli.serve.page_files import FOLDER, file_routes
from maskseg_cli.serve.protection import Protection
from maskseg_cli.serve.stream import Viewers

_JSON = "application/json"

#: Files that need no token: they show nothing of the camera, and the page that asks for the token needs them.
_PUBLIC_FILES = {f"/{name}": FOLDER / name for name in ("page.css", "page.js", "mjpeg.js", "icon.svg")}

#: What the pages of others may show, if the address in them holds the token.
_EMBEDDABLE = ("/stream.mjpg", "/snapshot.jpg")

#: Bytes of the body of a request, at most.
_MAX_BODY = 10_000


def page_app(viewers: Viewers, controls: Controls, access: Access) -> Protection:
    """The camera page.

    | request | response |
    |---|---|
    | GET / | the page |
    | GET /stream.mjpg | the live picture, multipart/x-mixed-replace |
    | GET /snapshot.jpg | the newest picture |
    | GET /status.json | `api.status_of` |
    | POST /controls | `api.apply_controls`, then the status |
    | POST /recording | `api.apply_recording`, then the status |
    | POST /snapshot | a snapshot is saved on the camera's computer, then the status |

    Bodies are JSON, and so are errors: `{"error": "a sentence"}`.

    Args:
        viewers: of the live picture.
        controls: changed by requests.
        access: decides which requests are allowed.
    """
    pictures = viewers.pictures

    async def stream(request: Request) -> Response:
        return viewers.response(request)

    def snapshot(_: Request) -> Response:  # in a thread of Starlette's, because it encodes
        picture = pictures.snapshot()
        if picture is None:
            return error(503, "There is no picture yet.", {"Retry-After": "1"})
        name = time.strftime("maskseg-%Y%m%d-%H%M%S.jpg")
        return Response(picture, 200, {"Content-Disposition": f'inline; filename="{name}"'}, "image/jpeg")

    async def status(_: Request) -> Response:
        return JSONResponse(api.status_of(pictures.feed, controls, viewers.count))

    def change(apply: Callable[[dict[str, Any], Controls], None]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            # A browser lets scripts of other pages send this type only after asking this server, which refuses.
            if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != _JSON:
                return error(415, f"The body of a request must be {_JSON}.")
            try:
                apply(api.read_object(await read_body(request, _MAX_BODY, IDLE_TIME)), controls)
            except MasksegError as problem:
                return error(400, str(problem))
            return await status(request)

        return answer

    async def missing(request: Request, _: Exception) -> Response:
        return error(404, f"There is no {request.scope['path']} here.")

    app = Starlette(
        routes=[
            *file_routes({"/": FOLDER / "index.html", **_PUBLIC_FILES}),
            Route("/stream.mjpg", stream),
            Route("/snapshot.jpg", snapshot),
            Route("/status.json", status),
            Route("/controls", change(api.apply_controls), methods=["POST"]),
            Route("/recording", change(api.apply_recording), methods=["POST"]),
            Route("/snapshot", change(api.apply_snapshot), methods=["POST"]),
        ],
        exception_handlers={404: missing, 405: missing},
    )
    app.router.redirect_slashes = False
    return Protection(app, access, "camera", _PUBLIC_FILES, _EMBEDDABLE)
