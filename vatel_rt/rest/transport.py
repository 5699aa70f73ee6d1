"""How a REST request is sent, tried again and logged, and how its errors are translated.

Logger `vatel`: one line per attempt at DEBUG with method, path, status and milliseconds.
"""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Optional, Union
from urllib.parse import urlsplit

import httpx

from vatel_rt import config
from vatel_rt.errors import APIError, ConfigurationError
from vatel_rt.rest.answers import NOT_SENT, parse, unanswered
from vatel_rt.rest.bodies import CODINGS, in_time, read, read_async
from vatel_rt.rest.deadline import Deadline
from vatel_rt.rest.pools import Exchange, Pools, Timeout
from vatel_rt.retry import DEFAULT_RETRIES, Failure, may_repeat, wait_before
from vatel_rt.validation import NONE, check_types
from vatel_rt.version import __version__

if TYPE_CHECKING:
    from typing_extensions import Self

log = logging.getLogger("vatel")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class RestClient:
    """Send REST requests with an organization's API key, from any threads and event loops.

    Args:
        api_key: organization API key; defaults to `VATEL_API_KEY`.
        base_url: URL of the platform, with or without `/v1`; defaults to `VATEL_BASE_URL`,
            then to `https://api.vatel.ai`.
        http_client: your own httpx client for the synchronous methods; closing it is up to you.
        async_http_client: the same for the asynchronous methods.
        timeout: seconds for each phase of a request, or an `httpx.Timeout`. Defaults to 30 s,
            or to the timeout of your own httpx client.
        max_retries: how often a request is sent again if that is safe (see `vatel_rt.retry`).
        allow_http: also send the API key unencrypted to other machines.

    Raises:
        ConfigurationError: no key, an invalid setting, or a URL that gets the key unencrypted.
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
        _check_limits(timeout, max_retries)
        self._api_key = config.api_key(api_key)
        self.base_url = config.base_url(base_url)
        if not allow_http:
            config.refuse_plain_http(self.base_url)
        self._options: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
        self.max_retries = max_retries
        self._pools = Pools(self.base_url, http_client, async_http_client)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def __copy__(self) -> Self:
        return self.with_options()

    def __reduce__(self) -> NoReturn:
        advice = "create it in each process, and use with_options for a copy"
        raise TypeError(f"a client has connections and a key, and is not copied: {advice}")

    def with_options(
        self, *, timeout: Optional[Timeout] = None, max_retries: Optional[int] = None
    ) -> Self:
        """Return a copy of this client with other options, for one request or for many::

            client.with_options(timeout=120, max_retries=5).calls.list()

        The copy shares this client's connections: closing one closes both.
        """
        _check_limits(timeout, self.max_retries if max_retries is None else max_retries)
        twin = object.__new__(type(self))
        for name, value in vars(self).items():
            # Not the groups: one sends with the client that made it.
            if not isinstance(getattr(type(self), name, None), cached_property):
                vars(twin)[name] = value
        if timeout is not None:
            twin._options = {"timeout": timeout}
        if max_retries is not None:
            twin.max_retries = max_retries
        return twin

    def send(self, **request: Any) -> httpx.Response:
        """Send a request, described as for httpx but with a path as `url`, and read its answer.

        Raises:
            APIError: the answer has an error status.
            APIConnectionError: there was no answer.
            ClientClosedError: the client is closed.
        """
        with self.stream(read=True, **request) as response:
            return response

    async def send_async(self, **request: Any) -> httpx.Response:
        """Asynchronous `send`. Cancelling it ends the request or the wait for the next attempt."""
        async with self.stream_async(read=True, **request) as response:
            return response

    @contextmanager
    def stream(
        self, *, read: bool = False, queue: bool = False, **request: Any
    ) -> Iterator[httpx.Response]:
        """Send a request as `send`, and enter a context with its answer, already `read` or not."""
        complete = self._complete(request)
        attempts = _Attempts(complete, self.max_retries, blocks=_in_event_loop())
        while True:
            deadline = Deadline(complete.get("timeout", self._pools.timeout))
            with self._pools.client(deadline, stream=not read, queue=queue) as exchange:
                if response := attempts.send(exchange, deadline, stream=not read):
                    with exchange.cleaning(response.request), closing(response):
                        yield response
                    return
            time.sleep(attempts.wait or 0)

    @asynccontextmanager
    async def stream_async(
        self, *, read: bool = False, queue: bool = False, **request: Any
    ) -> AsyncIterator[httpx.Response]:
        """Asynchronous `stream`."""
        import asyncio  # see `pools`

        complete = self._complete(request)
        attempts = _Attempts(complete, self.max_retries)
        while True:
            deadline = Deadline(complete.get("timeout", self._pools.async_timeout))
            async with self._pools.async_client(deadline, stream=not read, queue=queue) as exchange:
                if response := await attempts.send_async(exchange, deadline, stream=not read):
                    with exchange.cleaning(response.request):
                        try:
                            yield response
                        finally:
                            await response.aclose()
                    return
            await asyncio.sleep(attempts.wait or 0)

    parse = staticmethod(parse)

    def close(self) -> None:
        """Close the connections of the synchronous methods and refuse all further requests."""
        self._pools.close()

    async def aclose(self) -> None:
        """Like `close`, and close the connections of the running event loop as well."""
        await self._pools.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _complete(self, request: dict[str, Any]) -> dict[str, Any]:
        named = {"User-Agent": f"vatel-python/{__version__}", "Accept-Encoding": CODINGS}
        headers = {**named, **request.get("headers", {})}
        headers["Authorization"] = f"Bearer {self._api_key}"
        url = self.base_url + request["url"]
        return {**self._options, **request, "url": url, "headers": headers}


class _Attempts:
    """The attempts of one request: log each, and decide whether another follows after `wait` s."""

    def __init__(self, request: dict[str, Any], max_retries: int, *, blocks: bool = False) -> None:
        self._request, self._max_retries = request, max_retries
        self._blocks = blocks and urlsplit(request["url"]).hostname in _LOOPBACK
        self._count, self._started = 0, 0.0
        self.wait: Optional[float] = None

    def send(
        self, exchange: Exchange, deadline: Deadline, *, stream: bool
    ) -> Optional[httpx.Response]:
        """Make one attempt; return a successful answer, or None if another attempt follows."""
        request = self._begin(exchange.client)
        try:
            with exchange.cleaning(request):
                response = exchange.client.send(request, stream=True)
                if not stream or not response.is_success:
                    read(response, deadline)
            return self._answered(response)
        except (httpx.RequestError, OSError) as error:
            self._failed(error)
            return None

    async def send_async(
        self, exchange: Exchange, deadline: Deadline, *, stream: bool
    ) -> Optional[httpx.Response]:
        """Asynchronous `send`."""
        request = self._begin(exchange.client)
        try:
            sent = _send_async(exchange.client, request, deadline, stream=stream)
            return self._answered(await exchange.run(sent, request))
        except (httpx.RequestError, OSError) as error:
            self._failed(error)
            return None

    def _begin(self, client: Union[httpx.Client, httpx.AsyncClient]) -> httpx.Request:
        self._count += 1
        self._started = time.monotonic()
        return client.build_request(**self._request)

    def _answered(self, response: httpx.Response) -> Optional[httpx.Response]:
        self._log(response.status_code)
        failure = Failure(response.status_code, response.headers.get("retry-after"))
        if not response.is_success and not self._repeats(failure):
            raise APIError.of(response)
        return response if response.is_success else None

    def _failed(self, error: Union[httpx.RequestError, OSError]) -> None:
        self._log(type(error).__name__)
        is_deadlock = self._blocks and isinstance(error, httpx.TimeoutException)
        if is_deadlock or not self._repeats(Failure(was_sent=not isinstance(error, NOT_SENT))):
            raise unanswered(self._request["url"], error, blocks=is_deadlock) from error

    def _repeats(self, failure: Failure) -> bool:
        """Return whether another attempt follows, and set `wait`."""
        if self._count > self._max_retries or not may_repeat(self._request["method"], failure):
            return False
        self.wait = wait_before(self._count, failure)
        return self.wait is not None

    def _log(self, outcome: object) -> None:
        method, path = self._request["method"], urlsplit(self._request["url"]).path
        elapsed_ms = (time.monotonic() - self._started) * 1000
        log.debug("%s %s: %s, attempt %d, %.0f ms", method, path, outcome, self._count, elapsed_ms)


async def _send_async(
    client: httpx.AsyncClient, request: httpx.Request, deadline: Deadline, *, stream: bool
) -> httpx.Response:
    with in_time(deadline, request):
        response = await client.send(request, stream=True)
        if not stream or not response.is_success:
            await read_async(response, deadline)
        return response


def _check_limits(timeout: Optional[Timeout], max_retries: int) -> None:
    check_types(int, float, tuple, httpx.Timeout, NONE, timeout=timeout)
    check_types(int, max_retries=max_retries)
    if isinstance(timeout, (int, float)) and not 0 < timeout < math.inf:
        raise ConfigurationError(f"timeout must be a positive number of seconds, not {timeout!r}")


def _in_event_loop() -> bool:
    with suppress(RuntimeError, KeyError):  # see `pools`: if nothing imported asyncio, no loop runs
        return sys.modules["asyncio"].get_running_loop() is not None
    return False
