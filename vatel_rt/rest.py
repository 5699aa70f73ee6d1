"""Sending for REST: address, authentication, timeouts, repetition, errors.

The one place with policy: the generated endpoints only say what to send and how to read it.
Logger `vatel`: a line for each attempt at DEBUG, with method, path, status and milliseconds.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Callable, Optional, TypeVar
from urllib.parse import urlsplit

import httpx

from vatel_rt import config
from vatel_rt.errors import APIConnectionError, APIError, APITimeoutError, ResponseParseError
from vatel_rt.pools import Pools, Timeout
from vatel_rt.retries import DEFAULT_RETRIES, Failure, may_repeat, wait_before
from vatel_rt.version import __version__

log = logging.getLogger("vatel")

PIECE = 64 * 1024
"""Bytes of a piece of a streamed body."""
T = TypeVar("T")
Client = TypeVar("Client", bound="RestClient")
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class RestClient:
    """Sends requests with the key of an organization; the generated endpoints' client.

    Safe to use from many threads, and in several event loops one after another.

    Args:
        api_key: organization API key; `VATEL_API_KEY` where not given.
        base_url: the platform, with or without `/v1`; else `VATEL_BASE_URL`, else
            `https://api.vatel.ai`.
        http_client: an httpx client of your own for the synchronous methods. It gets
            address and authentication with each request, and is yours to close.
        async_http_client: the same for the asynchronous methods.
        timeout: seconds for each phase of a request, or an `httpx.Timeout` with one for
            each. By default 30 s, or what a client of your own says.
        max_retries: how often a request is sent again where that is safe; `vatel_rt.retries`
            says when.
        allow_http: send the key unencrypted to other machines than this one, too.

    Raises:
        ConfigurationError: there is no key, key or URL cannot be used, or the key would
            travel unencrypted.
    """

    def __init__(
        self,
        api_key: Optional[str] = None,
        base_url: Optional[str] = None,
        http_client: Optional[httpx.Client] = None,
        async_http_client: Optional[httpx.AsyncClient] = None,
        *,
        timeout: Optional[Timeout] = None,
        max_retries: int = DEFAULT_RETRIES,
        allow_http: bool = False,
    ) -> None:
        self._api_key = config.api_key(api_key)
        self.base_url = config.base_url(base_url)
        if not allow_http:
            config.refuse_plain_http(self.base_url)
        self._options: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
        self.max_retries = max_retries
        self._pools = Pools(http_client, async_http_client)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def with_options(
        self: Client, *, timeout: Optional[Timeout] = None, max_retries: Optional[int] = None
    ) -> Client:
        """This client with other options, for one request or for many::

            client.with_options(timeout=120, max_retries=5).calls.list()

        It shares this client's connections: closing one closes both.
        """
        twin = copy.copy(self)
        for name, value in vars(self).items():
            if getattr(value, "_client", None) is self:  # a group that sends with this client
                del vars(twin)[name]
        if timeout is not None:
            twin._options = {"timeout": timeout}
        if max_retries is not None:
            twin.max_retries = max_retries
        return twin

    def send(self, **request: Any) -> httpx.Response:
        """Send a request; the answer has a success status and is read.

        Raises:
            APIError: the answer has an error status.
            APIConnectionError: there was no answer.
        """
        return self._send(request, stream=False)

    async def send_async(self, **request: Any) -> httpx.Response:
        """`send` for asynchronous code. Cancelling it ends the request, or the wait for it."""
        return await self._send_async(request, stream=False)

    def open(self, **request: Any) -> httpx.Response:
        """As `send`, but the answer is not read yet; the caller reads it and closes it."""
        return self._send(request, stream=True)

    async def open_async(self, **request: Any) -> httpx.Response:
        """`open` for asynchronous code."""
        return await self._send_async(request, stream=True)

    def pieces(self, response: httpx.Response) -> Iterator[bytes]:
        """The body of an opened answer, as it arrives.

        Raises:
            APIConnectionError: it was cut.
        """
        try:
            yield from response.iter_bytes(PIECE)
        except httpx.RequestError as error:
            raise _unanswered(self.base_url, error) from error

    async def pieces_async(self, response: httpx.Response) -> AsyncIterator[bytes]:
        """`pieces` for asynchronous code."""
        try:
            async for piece in response.aiter_bytes(PIECE):
                yield piece
        except httpx.RequestError as error:
            raise _unanswered(self.base_url, error) from error

    def parse(self, response: httpx.Response, reader: Callable[[Any], T]) -> T:
        """What `reader` makes of the JSON body of `response`.

        Raises:
            ResponseParseError: the body is no JSON, or not what `reader` takes.
        """
        try:
            return reader(response.json())
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            path = response.request.url.path
            raise ResponseParseError(
                f"cannot read the answer of {response.request.method} {path}: {error!r:.200}",
                body=response.text,
            ) from error

    def close(self) -> None:
        """Close the connections of the synchronous methods."""
        self._pools.close()

    async def aclose(self) -> None:
        """Close the connections of the synchronous methods, and those of this event loop."""
        await self._pools.aclose()

    def __enter__(self: Client) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self: Client) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _send(self, request: dict[str, Any], *, stream: bool) -> httpx.Response:
        exchange = _Exchange(self._complete(request), self.max_retries)
        while True:
            try:
                with self._pools.client() as client:
                    sent = client.build_request(**exchange.begin())
                    response = client.send(sent, stream=stream)
                    if response.is_success:
                        return exchange.succeeded(response)
                    response.read()
            except httpx.RequestError as error:
                wait = exchange.failed(error)
            else:
                wait = exchange.refused(response)
            time.sleep(wait)

    async def _send_async(self, request: dict[str, Any], *, stream: bool) -> httpx.Response:
        exchange = _Exchange(self._complete(request), self.max_retries)
        while True:
            try:
                async with self._pools.async_client() as client:
                    sent = client.build_request(**exchange.begin())
                    response = await client.send(sent, stream=stream)
                    if response.is_success:
                        return exchange.succeeded(response)
                    await response.aread()
            except httpx.RequestError as error:
                wait = exchange.failed(error)
            else:
                wait = exchange.refused(response)
            await asyncio.sleep(wait)

    def _complete(self, request: dict[str, Any]) -> dict[str, Any]:
        headers = {
            "User-Agent": f"vatel-python/{__version__}",
            **request.get("headers", {}),
            "Authorization": f"Bearer {self._api_key}",
        }
        url = self.base_url + request["url"]
        return {**self._options, **request, "url": url, "headers": headers}


class _Exchange:
    """A request and its attempts: logs each, and decides what follows."""

    def __init__(self, request: dict[str, Any], max_retries: int) -> None:
        self._request = request
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
        if wait is None:
            raise _unanswered(self._host, error) from error
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


def _unanswered(host: str, error: httpx.RequestError) -> APIConnectionError:
    """Our error for a request that got no answer, or not all of it."""
    if isinstance(error, httpx.TimeoutException):
        return APITimeoutError(f"{host} did not answer in time ({type(error).__name__})")
    did = "cannot reach" if isinstance(error, _NEVER_LEFT) else "lost the connection to"
    return APIConnectionError(f"{did} {host}: {error or repr(error)}")
