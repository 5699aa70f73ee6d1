"""A REST request and its attempts: what follows from each answer, or from none.

Logger `vatel`: a line for each attempt at DEBUG, with method, path, status and milliseconds.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Optional
from urllib.parse import urlsplit

import httpx

from vatel_rt.connect_hints import why
from vatel_rt.errors import APIConnectionError, APIError, APITimeoutError
from vatel_rt.retry import Failure, may_repeat, wait_before

log = logging.getLogger("vatel")

_BLOCKS = (
    " while this call held up the event loop (use its `_async` twin; a simulator in this loop "
    "cannot answer: `with Simulator()` gives it a thread)"
)
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class Exchange:
    """A request and its attempts: logs each, and decides what follows."""

    def __init__(self, request: dict[str, Any], max_retries: int, *, blocks: bool = False) -> None:
        self._request = request
        self._blocks = blocks
        self._attempt = 0
        self._last = max_retries + 1
        parts = urlsplit(request["url"])
        self._host, self._path = f"{parts.scheme}://{parts.netloc}", parts.path

    def begin(self) -> dict[str, Any]:
        """Count an attempt, and give the arguments of its request."""
        self._attempt += 1
        self._started = time.monotonic()
        return self._request

    def succeeded(self, response: httpx.Response) -> httpx.Response:
        """The answer is a success."""
        self._log(response.status_code)
        return response

    def refused(self, response: httpx.Response) -> float:
        """Seconds to wait before the next attempt, where the answer is an error; or raises it."""
        self._log(response.status_code)
        wait = self._wait(Failure(response.status_code, response.headers.get("retry-after")))
        if wait is None:
            raise APIError.of(response)
        return wait

    def failed(self, error: httpx.RequestError) -> float:
        """Seconds to wait before the next attempt, where there was no answer; or raises."""
        self._log(type(error).__name__)
        wait = self._wait(Failure(left=not isinstance(error, _NEVER_LEFT)))
        hopeless = self._blocks and urlsplit(self._host).hostname in _THIS_MACHINE
        if hopeless and isinstance(error, httpx.TimeoutException):
            raise APITimeoutError(f"{self._host} did not answer in time{_BLOCKS}") from error
        if wait is None:
            raise unanswered(self._host, error) from error
        return wait

    def _wait(self, failure: Failure) -> Optional[float]:
        if self._attempt >= self._last or not may_repeat(self._request["method"], failure):
            return None
        return wait_before(self._attempt, failure)

    def _log(self, outcome: object) -> None:
        elapsed_ms = (time.monotonic() - self._started) * 1000
        method = self._request["method"]
        log.debug(
            "%s %s: %s, attempt %d, %.0f ms", method, self._path, outcome, self._attempt, elapsed_ms
        )


def unanswered(host: str, error: httpx.RequestError) -> APIConnectionError:
    """Our error for a request that got no answer, or not all of it."""
    if isinstance(error, httpx.TimeoutException):
        more = "more time: client.with_options(timeout=...)"
        return APITimeoutError(f"{host} did not answer in time: {type(error).__name__} ({more})")
    did = "cannot reach" if isinstance(error, _NEVER_LEFT) else "lost the connection to"
    return APIConnectionError(f"{did} {host}: {why(host, error)}")
