"""The error with which a request is refused."""

from __future__ import annotations


class HttpError(Exception):
    """A request is refused; the server answers with `status` and `detail` as JSON."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        self.detail = detail
        super().__init__(f"{status}: {detail}")
