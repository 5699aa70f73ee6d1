"""The connection pools of a client: one for all threads, one for each event loop.

asyncio is slow to import, and imported only where it is used.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Callable, Optional, TypeVar, Union

import httpx

from vatel_rt import config
from vatel_rt.errors import APITimeoutError, ClientClosedError, ConfigurationError
from vatel_rt.validation import NONE, check_types

if TYPE_CHECKING:
    import asyncio
    import ssl

Timeout = Union[float, httpx.Timeout]
DEFAULT_TIMEOUT = 30.0
"""Seconds for each phase of a request; listing calls with transcripts takes several."""
CONNECTIONS = 100
"""Maximum requests in progress in a pool; others wait here, as httpx's queue is slow."""
STREAMS = 50
"""Maximum streamed answers open at a time in a pool, so that places remain for other requests."""
STREAM_WAIT = 30.0
"""Seconds to wait for a stream to be closed; a single thread would otherwise wait forever."""
_SYNC, _ASYNC = httpx.Client, httpx.AsyncClient
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=20)
C = TypeVar("C")


class _LoopPool:
    """The pool of one event loop, to be kept with `open` and closed with `aclose`."""

    def __init__(self, forget: Callable[[], object]) -> None:
        import asyncio

        self.client = _new(httpx.AsyncClient)
        self.places, self.streams = asyncio.Semaphore(CONNECTIONS), asyncio.Semaphore(STREAMS)
        # A loop finishes its asynchronous generators before it closes: no socket stays open.
        lifetime = self._until_closed(forget)
        self.open, self.aclose = lifetime.__anext__, lifetime.aclose

    async def _until_closed(self, forget: Callable[[], object]) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            forget()
            await self.client.aclose()


class Pools:
    """Create httpx clients when they are first needed, and close those that were created here.

    The clients that the user gave are never closed here, and their own limits apply.
    """

    def __init__(self, given: Optional[httpx.Client], other: Optional[httpx.AsyncClient]) -> None:
        _check_client(given, _SYNC, "http_client")
        _check_client(other, _ASYNC, "async_http_client")
        self._given, self._async_given = given, other
        self._made: Optional[httpx.Client] = None
        self._places, self._streams = BoundedSemaphore(CONNECTIONS), BoundedSemaphore(STREAMS)
        self._by_loop: dict[asyncio.AbstractEventLoop, _LoopPool] = {}
        self._lock, self._closed = Lock(), False

    @contextmanager
    def client(self, *, stream: bool = False, queue: bool = False) -> Iterator[httpx.Client]:
        """Enter a context with the client for one request; `queue`: wait for it without limit."""
        self._refuse_closed()
        if self._given is not None:
            yield self._given
            return
        with self._lock:
            self._refuse_closed()
            made = self._made = self._made or _new(httpx.Client)
        if stream and not self._streams.acquire(timeout=None if queue else STREAM_WAIT):
            raise _too_many_streams()
        try:
            with self._places:
                self._refuse_closed()
                yield made
        finally:
            if stream:
                self._streams.release()

    @asynccontextmanager
    async def async_client(self, *, stream: bool, queue: bool) -> AsyncIterator[httpx.AsyncClient]:
        """Asynchronous `client`, in the running event loop."""
        self._refuse_closed()
        if self._async_given is not None:
            yield self._async_given
            return
        pool = await self._loop_pool()
        if stream:
            import anyio

            try:
                with anyio.fail_after(None if queue else STREAM_WAIT):
                    await pool.streams.acquire()
            except TimeoutError:
                raise _too_many_streams() from None
        try:
            async with pool.places:
                self._refuse_closed()
                yield pool.client
        finally:
            if stream:
                pool.streams.release()

    def close(self) -> None:
        """Close the synchronous client, and refuse all further requests."""
        with self._lock:
            self._closed = True
        if self._made is not None:
            self._made.close()

    async def aclose(self) -> None:
        """Like `close`, and close the client of the running event loop as well."""
        import asyncio

        self.close()
        if pool := self._by_loop.get(asyncio.get_running_loop()):
            await pool.aclose()

    async def _loop_pool(self) -> _LoopPool:
        import asyncio

        loop = asyncio.get_running_loop()
        if not (pool := self._by_loop.get(loop)):
            pool = self._by_loop[loop] = _LoopPool(lambda: self._by_loop.pop(loop, None))
            await pool.open()
        return pool

    def _refuse_closed(self) -> None:
        if self._closed:
            raise ClientClosedError("the client is closed: create a new one")


def _too_many_streams() -> APITimeoutError:
    text = f"{STREAMS} streamed answers of this client are open, and none was closed within"
    return APITimeoutError(f"{text} {STREAM_WAIT:g} s: close one before opening another")


def _check_client(given: object, kind: type, name: str) -> None:
    # Accept stand-ins, but refuse a client of the other kind (sync or async).
    if isinstance(given, (type, _SYNC, _ASYNC)) or not hasattr(given, "build_request"):
        check_types(kind, NONE, **{name: given})


@cache  # loading takes 15 ms and a megabyte: too much for every client and event loop
def _tls_with(*_: Optional[str]) -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _new(kind: Callable[..., C]) -> C:
    """Return a new client; translate errors of settings that httpx reads from the environment."""
    try:
        tls = _tls_with(config.setting("SSL_CERT_FILE"), config.setting("SSL_CERT_DIR"))
        return kind(verify=tls, timeout=DEFAULT_TIMEOUT, limits=_LIMITS)
    except OSError as error:
        text = "the certificates of SSL_CERT_FILE or SSL_CERT_DIR cannot be read"
        raise ConfigurationError(f"{text}: {error.strerror or error}") from error
    except (ImportError, ValueError, httpx.InvalidURL):  # their texts may contain a password
        text = f"the proxy in the environment cannot be used: check {config.PROXIES}"
        advice = "for a SOCKS proxy: pip install 'httpx[socks]'"
        raise ConfigurationError(f"{text}; {advice}") from None
