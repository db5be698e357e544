"""`HttpError`: an error with the status code of its response."""

from __future__ import annotations

from maskseg_cli.errors import MasksegError


class HttpError(MasksegError):
    """An error that the sender of a request sees as `{"error": sentence}`.

    Args:
        code: HTTP status code.
        sentence: what is wrong, and what to do.
        retry_after: seconds, for the header Retry-After; 0: none.
    """

    def __init__(self, code: int, sentence: str, retry_after: int = 0) -> None:
        super().__init__(sentence)
        self.code, self.retry_after = code, retry_after
