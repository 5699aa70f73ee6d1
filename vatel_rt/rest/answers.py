"""Read answers of the platform, and translate the errors of httpx."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Callable, TypeVar
from urllib.parse import urlsplit

import httpx

from vatel_rt.connect_hints import why
from vatel_rt.errors import APIConnectionError, APITimeoutError, ResponseParseError
from vatel_rt.proxies import proxy_for
from vatel_rt.rest.bodies import PIECE, Decoder, is_read

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""Errors after which the request provably was not sent."""
_BLOCKS = (
    "this call blocks the event loop (use its `_async` twin; a simulator in the same event loop "
    "cannot answer: start it with `with Simulator()`, which runs it in a thread)"
)
T = TypeVar("T")


def parse(response: httpx.Response, reader: Callable[[Any], T]) -> T:
    """Return the JSON body of `response`, read by `reader`, or raise ResponseParseError."""
    import msgspec  # slow to import, and not needed to create a client

    try:
        try:
            value = msgspec.json.decode(response.content)
        except (msgspec.MsgspecError, ValueError):  # NaN, lone surrogates and UTF-16 are valid
            value = response.json()
        return reader(value)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        asked = f"{response.request.method} {response.request.url.path}"
        text = f"cannot read the answer of {asked}: {error!r:.200}"
        raise ResponseParseError(text, body=response.text) from error


def pieces(response: httpx.Response) -> Iterator[bytes]:
    """Yield the body of a streamed answer; raise APIConnectionError if the transfer is cut."""
    if is_read(response):
        yield response.content
        return
    decoder = Decoder(response)
    try:
        for piece in response.iter_raw(PIECE):
            yield from decoder.pieces(piece)
    except httpx.RequestError as error:
        raise unanswered(str(response.request.url), error) from error


async def pieces_async(response: httpx.Response) -> AsyncIterator[bytes]:
    """Asynchronous `pieces`."""
    if is_read(response):
        yield response.content
        return
    decoder = Decoder(response)
    try:
        async for piece in response.aiter_raw(PIECE):
            for part in decoder.pieces(piece):
                yield part
    except httpx.RequestError as error:
        raise unanswered(str(response.request.url), error) from error


def unanswered(url: str, error: Exception, *, blocks: bool = False) -> APIConnectionError:
    """Return the SDK's error; `blocks`: the request blocked the event loop that should answer."""
    proxy = proxy_for(url)
    because = proxy.shown if proxy else ""
    parts = urlsplit(url)
    host = f"{parts.scheme}://{parts.netloc}"
    if isinstance(error, httpx.TimeoutException):
        advice = f"{type(error).__name__} (more time: client.with_options(timeout=...))"
        return APITimeoutError(f"{host} did not answer in time: {_BLOCKS if blocks else advice}")
    did = "cannot reach" if isinstance(error, NOT_SENT) else "lost the connection to"
    return APIConnectionError(f"{did} {host}: {why(host, error, proxy=because)}")
