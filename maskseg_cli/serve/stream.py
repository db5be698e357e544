"""`Viewers`: sends the live picture to each viewer as MJPEG (multipart/x-mixed-replace)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from maskseg_cli.serve.connection import Connection
from maskseg_cli.serve.pictures import Jpeg, Pictures

BOUNDARY = "maskseg-picture"
CONTENT_TYPE = f"multipart/x-mixed-replace; boundary={BOUNDARY}"

#: Seconds after which a viewer that receives nothing is disconnected.
SEND_TIMEOUT = 10.0

#: Seconds between two checks of a waiting connection for its viewer.
_CHECK_EVERY = 0.25

#: Seconds after which a picture without a successor is sent again: Chromium's <img> shows a picture only when the next
#: one begins.
_REPEAT_ONCE = 0.5
#: Seconds between further repetitions, by which viewers can tell a picture that stands still from a lost connection.
_REPEAT = 5.0


class Viewers:
    """The viewers of the live picture.

    One thread waits for the next picture and encodes it for all of them, while there are any.

    Args:
        pictures: to send.

    Attributes:
        pictures: the argument.
        count: of viewers now.
    """

    def __init__(self, pictures: Pictures) -> None:
        self.pictures = pictures
        self.count = 0
        self._encoder = ThreadPoolExecutor(1, "maskseg-pictures")
        self._encoder.submit(int)  # starts the thread
        self._coming: asyncio.Future[Jpeg | None] | None = None

    def response(self, request: Request) -> Response:
        """The stream for one viewer; of a HEAD request only its header."""
        connection: Connection = request.scope["state"]["connection"]
        connection.without_chunks()
        headers = {"Content-Type": CONTENT_TYPE}
        return StreamingResponse([] if request.method == "HEAD" else self._parts(connection), headers=headers)

    def close(self) -> None:
        """Ends the thread; waits for nothing."""
        self._encoder.shutdown(wait=False)

    async def _parts(self, connection: Connection) -> AsyncIterator[bytes]:
        """The parts of the stream, until the viewer closes its side or the server ends.

        Pictures that come while one is being sent are dropped: a slow viewer sees fewer pictures, but no old ones.
        """
        self.count += 1
        try:
            yield f"--{BOUNDARY}\r\n".encode()
            sent = Jpeg(0, b"")
            sent_at, wait = time.monotonic(), _REPEAT_ONCE
            while not connection.ending:
                await connection.drain(SEND_TIMEOUT)
                newer = await self._newer(sent.number)
                if newer is not None:
                    sent, wait = newer, _REPEAT_ONCE
                else:
                    if self.pictures.feed.ended:
                        await asyncio.sleep(_CHECK_EVERY)  # `_newer` no longer waits
                    if not sent.data or time.monotonic() - sent_at < wait:
                        continue
                    wait = _REPEAT
                yield _part(sent)
                sent_at = time.monotonic()
        finally:
            self.count -= 1

    async def _newer(self, number: int) -> Jpeg | None:
        """The newest picture if it is newer than `number`, as soon as there is one; None after `_CHECK_EVERY` s."""
        newest = self.pictures.newest
        if number < newest.number == self.pictures.feed.latest().number:
            return newest
        if self._coming is None or self._coming.done():
            loop = asyncio.get_running_loop()
            self._coming = loop.run_in_executor(self._encoder, self.pictures.newer, newest.number, _CHECK_EVERY)
        coming = await asyncio.shield(self._coming)
        return coming if coming is not None and coming.number > number else None


def _part(picture: Jpeg) -> bytes:
    header = f"Content-Type: image/jpeg\r\nContent-Length: {len(picture.data)}\r\nX-Picture: {picture.number}\r\n\r\n"
    # The boundary follows at once, because it tells viewers that the picture is complete.
    return b"".join((header.encode(), picture.data, f"\r\n--{BOUNDARY}\r\n".encode()))
