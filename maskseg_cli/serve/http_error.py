"""`HttpError`: an error with the status code of its response, `{"error": "a sentence"}`."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from maskseg_cli.errors import MasksegError


class HttpError(MasksegError):
    """An error that the sender of a request sees; a Starlette app answers it by `answer_error`.

    Args:
        code: HTTP status code.
        sentence: what is wrong, and what to do.
        retry_after: seconds, for the header Retry-After; 0: none.
    """

    def __init__(self, code: int, sentence: str, retry_after: int = 0) -> None:
        super().__init__(sentence)
        self.code, self.retry_after = code, retry_after


def error(code: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """The response `{"error": sentence}`."""
    return JSONResponse({"error": sentence}, code, headers)


async def answer_error(_: Request, problem: Exception) -> Response:
    """The response to a request that failed with an `HttpError`."""
    assert isinstance(problem, HttpError)
    after = {"Retry-After": str(problem.retry_after)} if problem.retry_after else None
    return error(problem.code, str(problem), after)


async def read_body(request: Request, most: int, timeout: float) -> bytes:
    """The body of a request.

    Args:
        request: whose body has not been read.
        most: bytes.
        timeout: seconds in which it has to come.

    Raises:
        HttpError: 400 the client has gone, 408 it took too long, 413 too many bytes.
    """
    too_large = HttpError(413, f"The request is too large: at most {most:,} bytes are read.")
    if int(request.headers.get("Content-Length", "0")) > most:  # h11 refuses what is no number
        raise too_large
    body = bytearray()

    async def read() -> None:
        async for chunk in request.stream():
            if len(body) + len(chunk) > most:
                raise too_large
            body.extend(chunk)

    try:
        await asyncio.wait_for(read(), timeout)
    except asyncio.TimeoutError as late:
        raise HttpError(408, f"The request did not come in within {timeout:g} seconds.") from late
    except ClientDisconnect as gone:
        raise HttpError(400, "The request is incomplete.") from gone
    return bytes(body)
