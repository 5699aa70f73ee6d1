"""The connection pools of a client: one for threads, one for each event loop.

asyncio is imported where it is used: it takes a fifth of the time that a synchronous program
needs to have a client, and who is in an event loop has it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Callable, Optional, Union

import httpx

from vatel_rt import config
from vatel_rt.config import PROXIES
from vatel_rt.errors import ClientClosedError, ConfigurationError
from vatel_rt.validation import NONE, check_types

if TYPE_CHECKING:
    import asyncio
    import ssl

Timeout = Union[float, httpx.Timeout]
DEFAULT_TIMEOUT = 30.0
"""Seconds for each phase of a request; listing calls with transcripts takes several."""
CONNECTIONS = 100
"""Most connections of a pool, and most requests that are under way in it at a time. Further
requests wait for their turn in front of it: httpx's own queue takes time for each that waits."""
_SYNC, _ASYNC = httpx.Client, httpx.AsyncClient
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=20)


class _LoopPool:
    """The pool of one event loop, closed with it.

    A loop ends its asynchronous generators before it closes: whoever forgets `aclose` before
    `asyncio.run` returns leaves no socket open.
    """

    def __init__(self, gone: Callable[[], object]) -> None:
        import asyncio

        self._gone = gone
        with _environment_checked():
            self.client = httpx.AsyncClient(verify=_tls(), timeout=DEFAULT_TIMEOUT, limits=_LIMITS)
        self.turn = asyncio.Semaphore(CONNECTIONS)
        self._open = self._until_closed()

    async def opened(self) -> _LoopPool:
        await self._open.__anext__()
        return self

    async def aclose(self) -> None:
        await self._open.aclose()

    async def _until_closed(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            self._gone()
            await self.client.aclose()


class Pools:
    """Makes httpx clients when they are first needed, and closes those that it made.

    Args:
        given: a client of the caller's for synchronous requests; never closed here.
        async_given: the same for asynchronous ones.
    """

    def __init__(
        self, given: Optional[httpx.Client], async_given: Optional[httpx.AsyncClient]
    ) -> None:
        _check_client(given, _SYNC, "http_client")
        _check_client(async_given, _ASYNC, "async_http_client")
        self._given = given
        self._async_given = async_given
        self._made: Optional[httpx.Client] = None
        self._turn = BoundedSemaphore(CONNECTIONS)
        self._by_loop: dict[asyncio.AbstractEventLoop, _LoopPool] = {}
        self._lock = Lock()
        self._closed = False

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """The client for one synchronous request, the same for all threads."""
        if self._given is not None:
            self._refuse_closed()
            yield self._given
            return
        with self._lock:
            self._refuse_closed()
            if self._made is None:
                with _environment_checked():
                    self._made = httpx.Client(
                        verify=_tls(), timeout=DEFAULT_TIMEOUT, limits=_LIMITS
                    )
            made = self._made
        with self._turn:
            self._refuse_closed()
            yield made

    @asynccontextmanager
    async def async_client(self) -> AsyncIterator[httpx.AsyncClient]:
        """The client for one asynchronous request in the running event loop."""
        self._refuse_closed()
        if self._async_given is not None:
            yield self._async_given
            return
        import asyncio

        loop = asyncio.get_running_loop()
        pool = self._by_loop.get(loop)
        if pool is None:
            pool = self._by_loop[loop] = _LoopPool(lambda: self._by_loop.pop(loop, None))
            await pool.opened()
        async with pool.turn:
            self._refuse_closed()
            yield pool.client

    def close(self) -> None:
        """Close what the synchronous requests use, and refuse all that come after."""
        with self._lock:
            self._closed = True
            made, self._made = self._made, None
        if made is not None:
            made.close()

    async def aclose(self) -> None:
        """Close what is used by synchronous requests, and by those of the running event loop."""
        import asyncio

        self.close()
        pool = self._by_loop.get(asyncio.get_running_loop())
        if pool is not None:
            await pool.aclose()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise ClientClosedError("the client is closed: make a new one")


def _check_client(given: object, kind: type, name: str) -> None:
    # A stand-in will do, the other client of httpx will not.
    if isinstance(given, (type, _SYNC, _ASYNC)) or not hasattr(given, "build_request"):
        check_types(kind, NONE, **{name: given})


def _tls() -> ssl.SSLContext:
    return _tls_with(*config.certificates())


@cache  # each would take 15 ms and a megabyte, for every client and event loop
def _tls_with(*_: Optional[str]) -> ssl.SSLContext:
    return httpx.create_ssl_context()


@contextmanager
def _environment_checked() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            "the certificates of SSL_CERT_FILE or SSL_CERT_DIR cannot be read: "
            f"{error.strerror or error}"
        ) from error
    except (ImportError, ValueError, httpx.InvalidURL):  # their texts may hold a password
        raise ConfigurationError(
            f"a proxy of the environment cannot be used: check {PROXIES}; "
            "for a SOCKS proxy: pip install 'httpx[socks]'"
        ) from None
