"""Sending for REST: address, authentication, timeouts, what is read.

The one place with policy, with `vatel_rt.rest.exchange`: the generated endpoints only say what to
send and how to read it.
"""

from __future__ import annotations

import copy
import math
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Callable, Optional, TypeVar

import httpx

from vatel_rt import config
from vatel_rt.errors import ConfigurationError, ResponseParseError
from vatel_rt.rest.exchange import Exchange, unanswered
from vatel_rt.rest.pools import Pools, Timeout
from vatel_rt.retry import DEFAULT_RETRIES
from vatel_rt.validation import NONE, check_types
from vatel_rt.version import __version__

PIECE = 64 * 1024
"""Bytes of a piece of a streamed body."""
T = TypeVar("T")
Client = TypeVar("Client", bound="RestClient")


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
        max_retries: how often a request is sent again where that is safe; `vatel_rt.retry`
            says when.
        allow_http: send the key unencrypted to other machines than this one, too.

    Raises:
        ConfigurationError: there is no key, key, URL or timeout cannot be used, or the key
            would travel unencrypted.
        TypeError: an argument has another type.
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
        _check_limits(timeout, self.max_retries if max_retries is None else max_retries)
        twin = copy.copy(self)
        for name, value in vars(self).items():
            if getattr(value, "_client", None) is self:  # a group that sends with this client
                del vars(twin)[name]
        if timeout is not None:
            twin._options = {"timeout": timeout}
        if max_retries is not None:
            twin.max_retries = max_retries
        return twin

    def send(self, *, stream: bool = False, **request: Any) -> httpx.Response:
        """Send a request; the answer has a success status, and is read.

        Args:
            stream: do not read it: the caller does that, and closes it.
            request: what httpx takes; its URL is a path.

        Raises:
            APIError: the answer has an error status.
            APIConnectionError: there was no answer.
            ClientClosedError: the client is closed.
        """
        exchange = Exchange(self._complete(request), self.max_retries, blocks=_in_a_loop())
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

    async def send_async(self, *, stream: bool = False, **request: Any) -> httpx.Response:
        """`send` for asynchronous code. Cancelling it ends the request, or the wait for it."""
        import asyncio  # see `pools`

        exchange = Exchange(self._complete(request), self.max_retries)
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

    def pieces(self, response: httpx.Response) -> Iterator[bytes]:
        """The body of an opened answer, as it arrives.

        Raises:
            APIConnectionError: it was cut.
        """
        try:
            yield from response.iter_bytes(PIECE)
        except httpx.RequestError as error:
            raise unanswered(self.base_url, error) from error

    async def pieces_async(self, response: httpx.Response) -> AsyncIterator[bytes]:
        """`pieces` for asynchronous code."""
        try:
            async for piece in response.aiter_bytes(PIECE):
                yield piece
        except httpx.RequestError as error:
            raise unanswered(self.base_url, error) from error

    def parse(self, response: httpx.Response, reader: Callable[[Any], T]) -> T:
        """What `reader` makes of the JSON body of `response`.

        Raises:
            ResponseParseError: the body is no JSON, or not what `reader` takes.
        """
        try:
            return reader(_decoded(response))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            path = response.request.url.path
            raise ResponseParseError(
                f"cannot read the answer of {response.request.method} {path}: {error!r:.200}",
                body=response.text,
            ) from error

    def close(self) -> None:
        """Close the connections of the synchronous methods. No request can be sent after that."""
        self._pools.close()

    async def aclose(self) -> None:
        """`close`, and close the connections of this event loop as well."""
        await self._pools.aclose()

    def __enter__(self: Client) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self: Client) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _complete(self, request: dict[str, Any]) -> dict[str, Any]:
        headers = {
            "User-Agent": f"vatel-python/{__version__}",
            **request.get("headers", {}),
            "Authorization": f"Bearer {self._api_key}",
        }
        url = self.base_url + request["url"]
        return {**self._options, **request, "url": url, "headers": headers}


def _decoded(response: httpx.Response) -> Any:
    """The JSON of an answer, the quick way where that can read it."""
    import msgspec  # not before the first answer

    try:
        return msgspec.json.decode(response.content)
    except (msgspec.MsgspecError, ValueError):  # NaN, half a surrogate pair, not UTF-8: or no JSON
        return response.json()


def _check_limits(timeout: Optional[Timeout], max_retries: int) -> None:
    check_types(int, float, tuple, httpx.Timeout, NONE, timeout=timeout)
    check_types(int, max_retries=max_retries)
    if isinstance(timeout, (int, float)) and not 0 < timeout < math.inf:
        raise ConfigurationError(f"timeout is a number of seconds above 0, not {timeout!r}")


def _in_a_loop() -> bool:
    asyncio = sys.modules.get("asyncio")  # see `pools`: without it there is no loop
    try:
        return asyncio is not None and asyncio.get_running_loop() is not None
    except RuntimeError:
        return False
