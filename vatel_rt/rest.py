"""Sending for REST: address, authentication, timeouts, errors.

The one place with policy: the generated endpoints only say what to send and how to read it.
"""

from __future__ import annotations

import logging
import time
from types import TracebackType
from typing import Any, Callable, Optional, TypeVar, Union

import httpx

from vatel_rt import config
from vatel_rt.errors import APIConnectionError, APIError, APITimeoutError, ResponseParseError
from vatel_rt.version import __version__

log = logging.getLogger("vatel")

T = TypeVar("T")
Timeout = Union[float, httpx.Timeout]
DEFAULT_TIMEOUT = 30.0
"""Seconds for each phase of a request; listing calls with transcripts takes several."""


class RestClient:
    """Sends requests with the key of an organization; the generated endpoints' client.

    Args:
        api_key: organization API key; `VATEL_API_KEY` where not given.
        base_url: the platform, with or without `/v1`; else `VATEL_BASE_URL`, else
            `https://api.vatel.ai`.
        http_client: an httpx client of your own for the synchronous methods. It gets
            address and authentication with each request, and is yours to close.
        async_http_client: the same for the asynchronous methods.
        timeout: seconds, or an `httpx.Timeout` with one for each phase; for the clients
            that are made here.

    Raises:
        ConfigurationError: there is no key, or key or URL cannot be used.
    """

    def __init__(
        self,
        api_key: Optional[str] = None,
        base_url: Optional[str] = None,
        http_client: Optional[httpx.Client] = None,
        async_http_client: Optional[httpx.AsyncClient] = None,
        *,
        timeout: Timeout = DEFAULT_TIMEOUT,
    ) -> None:
        self._api_key = config.api_key(api_key)
        self.base_url = config.base_url(base_url)
        self._timeout = timeout
        self._given = http_client
        self._async_given = async_http_client
        self._made: Optional[httpx.Client] = None
        self._async_made: Optional[httpx.AsyncClient] = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def send(self, **request: Any) -> httpx.Response:
        """Send a request; the answer has a success status and is read.

        Raises:
            APIError: the answer has an error status.
            APIConnectionError: there was no answer.
        """
        client = self._given or self._made
        if client is None:
            client = self._made = httpx.Client(timeout=self._timeout)
        started = time.monotonic()
        try:
            response = client.request(**self._complete(request))
        except httpx.RequestError as error:
            raise self._unanswered(error) from error
        return _checked(response, started)

    async def send_async(self, **request: Any) -> httpx.Response:
        """`send` for asynchronous code."""
        client = self._async_given or self._async_made
        if client is None:
            client = self._async_made = httpx.AsyncClient(timeout=self._timeout)
        started = time.monotonic()
        try:
            response = await client.request(**self._complete(request))
        except httpx.RequestError as error:
            raise self._unanswered(error) from error
        return _checked(response, started)

    def parse(self, response: httpx.Response, reader: Callable[[Any], T]) -> T:
        """What `reader` makes of the JSON body of `response`.

        Raises:
            ResponseParseError: the body is no JSON, or not what `reader` takes.
        """
        try:
            return reader(response.json())
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            path = response.request.url.path
            raise ResponseParseError(
                f"cannot read the answer of {response.request.method} {path}: {error!r}",
                body=response.text,
            ) from error

    def close(self) -> None:
        """Close the connections of the synchronous methods."""
        if self._made is not None:
            self._made.close()

    async def aclose(self) -> None:
        """Close all connections."""
        self.close()
        if self._async_made is not None:
            await self._async_made.aclose()

    def __enter__(self: T) -> T:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    async def __aenter__(self: T) -> T:
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.aclose()

    def _complete(self, request: dict[str, Any]) -> dict[str, Any]:
        headers = {
            "User-Agent": f"vatel-python/{__version__}",
            **request.pop("headers", {}),
            "Authorization": f"Bearer {self._api_key}",
        }
        return {**request, "url": self.base_url + request["url"], "headers": headers}

    def _unanswered(self, error: httpx.RequestError) -> APIConnectionError:
        if isinstance(error, httpx.TimeoutException):
            return APITimeoutError(f"{self.base_url} did not answer in time")
        return APIConnectionError(f"cannot reach {self.base_url}: {error or repr(error)}")


def _checked(response: httpx.Response, started: float) -> httpx.Response:
    elapsed_ms = (time.monotonic() - started) * 1000
    method, path = response.request.method, response.request.url.path
    log.debug("%s %s %d in %.0f ms", method, path, response.status_code, elapsed_ms)
    if not response.is_success:
        raise APIError.of(response)
    return response
