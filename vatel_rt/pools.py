"""The connection pools of a client: one for threads, one for each event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import BoundedSemaphore, Lock
from typing import Callable, Optional, Union

import httpx

from vatel_rt.errors import ConfigurationError

Timeout = Union[float, httpx.Timeout]
DEFAULT_TIMEOUT = 30.0
"""Seconds for each phase of a request; listing calls with transcripts takes several."""
CONNECTIONS = 100
"""Most connections of a pool, and most requests that are under way in it at a time. Further
requests wait for their turn in front of it: httpx's own queue takes time for each that waits."""
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=20)


class _LoopPool:
    """The pool of one event loop, closed with it.

    A loop ends its asynchronous generators before it closes: whoever forgets `aclose` before
    `asyncio.run` returns leaves no socket open.
    """

    def __init__(self, gone: Callable[[], object]) -> None:
        self._gone = gone
        with _proxies_checked():
            self.client = httpx.AsyncClient(timeout=DEFAULT_TIMEOUT, limits=_LIMITS)
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
        self._given = given
        self._async_given = async_given
        self._made: Optional[httpx.Client] = None
        self._turn = BoundedSemaphore(CONNECTIONS)
        self._by_loop: dict[asyncio.AbstractEventLoop, _LoopPool] = {}
        self._lock = Lock()

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """The client for one synchronous request, the same for all threads."""
        if self._given is not None:
            yield self._given
            return
        with self._lock:
            if self._made is None:
                with _proxies_checked():
                    self._made = httpx.Client(timeout=DEFAULT_TIMEOUT, limits=_LIMITS)
            made = self._made
        with self._turn:
            yield made

    @asynccontextmanager
    async def async_client(self) -> AsyncIterator[httpx.AsyncClient]:
        """The client for one asynchronous request in the running event loop."""
        if self._async_given is not None:
            yield self._async_given
            return
        loop = asyncio.get_running_loop()
        pool = self._by_loop.get(loop)
        if pool is None:
            pool = self._by_loop[loop] = _LoopPool(lambda: self._by_loop.pop(loop, None))
            await pool.opened()
        async with pool.turn:
            yield pool.client

    def close(self) -> None:
        """Close what the synchronous requests use."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()

    async def aclose(self) -> None:
        """Close what is used by synchronous requests, and by those of the running event loop."""
        self.close()
        pool = self._by_loop.get(asyncio.get_running_loop())
        if pool is not None:
            await pool.aclose()


@contextmanager
def _proxies_checked() -> Iterator[None]:
    try:
        yield
    except (ImportError, ValueError, httpx.InvalidURL):  # their texts may hold a password
        raise ConfigurationError(
            "a proxy of the environment cannot be used: check HTTPS_PROXY, HTTP_PROXY and "
            "ALL_PROXY; for a SOCKS proxy: pip install 'httpx[socks]'"
        ) from None
