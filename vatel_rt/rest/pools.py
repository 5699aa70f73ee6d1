"""The connection pools of a client: one for all threads, one for each event loop.

A child of `os.fork` makes its own. asyncio is slow to import, and imported where it is used.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any, Callable, Optional, TypeVar, Union
from weakref import WeakSet

import httpx

from vatel_rt.errors import APITimeoutError, ClientClosedError, ConfigurationError
from vatel_rt.event_loop import running_loop
from vatel_rt.proxies import proxy_for
from vatel_rt.rest.deadline import Deadline
from vatel_rt.trust import tls_context
from vatel_rt.validation import NONE, check_types

if TYPE_CHECKING:
    import asyncio

    from vatel_rt.rest.connections import AsyncConnections, Connections

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
C = TypeVar("C")
_Sending = Coroutine[Any, Any, httpx.Response]


async def _await(sending: _Sending, _: httpx.Request) -> httpx.Response:
    return await sending


class Exchange:
    """The client for a request, and the cleaning up after one that an exception ended."""

    def __init__(
        self,
        client: Any,
        clean: Callable[[httpx.Request], object] = lambda _: None,
        run: Callable[[_Sending, httpx.Request], _Sending] = _await,
    ) -> None:
        self.client, self._clean, self.run = client, clean, run

    @contextmanager
    def cleaning(self, request: httpx.Request) -> Iterator[None]:
        """Close what `request` leaves if the block raises."""
        try:
            yield
        except BaseException:
            self._clean(request)
            raise


class _ThreadPool:
    """The pool of all threads of a process."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.places, self.streams = BoundedSemaphore(CONNECTIONS), BoundedSemaphore(STREAMS)
        self.connections: Optional[Connections] = None
        self.given_was_used = False


class _LoopPool:
    """The pool of one event loop, to be kept with `open` and closed with `aclose`."""

    def __init__(self, connections: AsyncConnections, forget: Callable[[], object]) -> None:
        import asyncio

        self.connections = connections
        self.places, self.streams = asyncio.Semaphore(CONNECTIONS), asyncio.Semaphore(STREAMS)
        # A loop finishes its asynchronous generators before it closes: no socket stays open.
        lifetime = self._until_closed(forget)
        self.open, self.aclose = lifetime.__anext__, lifetime.aclose

    async def _until_closed(self, forget: Callable[[], object]) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            forget()
            await self.connections.client.aclose()


class Pools:
    """Create httpx clients when they are first needed, and close those that were created here.

    The clients that the user gave are never closed here, and their own limits apply.

    Args:
        url: base URL of the requests.
        given: the user's own client.
        other: the user's own asynchronous client.
    """

    def __init__(
        self, url: str, given: Optional[httpx.Client], other: Optional[httpx.AsyncClient]
    ) -> None:
        _check_client(given, _SYNC, "http_client")
        _check_client(other, _ASYNC, "async_http_client")
        self._url = url
        self._given, self._async_given = given, other
        self._threads = _ThreadPool()
        self._by_loop: dict[asyncio.AbstractEventLoop, _LoopPool] = {}
        self._foreign = False  # whether the user's own clients have connections of a parent
        self._closed = False
        _ALL.add(self)

    @property
    def timeout(self) -> Any:
        """The time-out of synchronous requests that have none of their own."""
        return getattr(self._given, "timeout", DEFAULT_TIMEOUT)

    @property
    def async_timeout(self) -> Any:
        """The time-out of asynchronous requests that have none of their own."""
        return getattr(self._async_given, "timeout", DEFAULT_TIMEOUT)

    @contextmanager
    def client(
        self, deadline: Deadline, *, stream: bool = False, queue: bool = False
    ) -> Iterator[Exchange]:
        """Enter a context with the client for one request; `queue`: wait for it without limit."""
        self._refuse_closed()
        if self._given is not None:
            self._use_given()
            yield Exchange(self._given)
            return
        pool = self._threads
        made = self._connections(pool)
        if stream and not pool.streams.acquire(timeout=None if queue else STREAM_WAIT):
            raise _too_many_streams()
        try:
            wait = None if queue or deadline.phase == float("inf") else deadline.phase
            if not pool.places.acquire(timeout=wait):
                raise _too_many_requests(deadline)
            try:
                self._refuse_closed()
                yield Exchange(made.client, made.clean)
            finally:
                pool.places.release()
                if self._closed:
                    made.drop()  # a connection that was opened after the others were closed
        finally:
            if stream:
                pool.streams.release()

    @asynccontextmanager
    async def async_client(
        self, deadline: Deadline, *, stream: bool, queue: bool
    ) -> AsyncIterator[Exchange]:
        """Asynchronous `client`, in the running event loop."""
        self._refuse_closed()
        loop = running_loop()
        if self._async_given is not None:
            self._use_given()
            yield Exchange(self._async_given)
            return
        pool = self._by_loop.get(loop) or await self._new_loop_pool(loop)
        if stream:
            await _acquire(pool.streams, None if queue else STREAM_WAIT, _too_many_streams)
        try:
            wait = None if queue else deadline.phase
            await _acquire(pool.places, wait, lambda: _too_many_requests(deadline))
            try:
                self._refuse_closed()
                made = pool.connections
                yield Exchange(made.client, made.clean, made.run)
            finally:
                pool.places.release()
        finally:
            if stream:
                pool.streams.release()

    def close(self) -> None:
        """Close the synchronous client, and refuse all further requests."""
        with self._threads.lock:
            self._closed = True
        if self._threads.connections is not None:
            self._threads.connections.client.close()
        self._drop_closed_loops()

    async def aclose(self) -> None:
        """Like `close`, and close the client of the running event loop as well."""
        loop = running_loop()
        self.close()
        if pool := self._by_loop.get(loop):
            await pool.aclose()

    def renew(self) -> None:
        """Leave all connections to the parent. Is called in a new process, before anything else."""
        threads, loops = self._threads, self._by_loop
        self._foreign = self._foreign or threads.given_was_used
        self._threads, self._by_loop = _ThreadPool(), {}
        if threads.connections is not None:
            threads.connections.drop()
        for each in loops.values():
            each.connections.drop()

    def _connections(self, pool: _ThreadPool) -> Connections:
        with pool.lock:
            self._refuse_closed()
            if pool.connections is None:
                from vatel_rt.rest.connections import Connections

                pool.connections = _new(Connections, self._url)
            return pool.connections

    async def _new_loop_pool(self, loop: asyncio.AbstractEventLoop) -> _LoopPool:
        from vatel_rt.rest.connections import AsyncConnections

        self._drop_closed_loops()
        made = _new(AsyncConnections, self._url)
        pool = self._by_loop[loop] = _LoopPool(made, lambda: self._by_loop.pop(loop, None))
        await pool.open()
        return pool

    def _drop_closed_loops(self) -> None:
        for loop in [each for each in list(self._by_loop) if each.is_closed()]:
            if pool := self._by_loop.pop(loop, None):
                pool.connections.drop()

    def _use_given(self) -> None:
        self._threads.given_was_used = True
        if self._foreign:
            text = "your own httpx client was used before this process was forked"
            raise ConfigurationError(f"{text}: create it, and the vatel client, in each process")

    def _refuse_closed(self) -> None:
        if self._closed:
            raise ClientClosedError("the client is closed: create a new one")


_ALL: WeakSet[Pools] = WeakSet()


def _renew_all() -> None:
    for pools in list(_ALL):
        pools.renew()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_renew_all)


async def _acquire(
    places: asyncio.Semaphore, seconds: Optional[float], refusal: Callable[[], Exception]
) -> None:
    if not places.locked():
        await places.acquire()  # at once
        return
    import anyio

    try:
        with anyio.fail_after(seconds):
            await places.acquire()
    except TimeoutError:
        raise refusal() from None


def _too_many_streams() -> APITimeoutError:
    text = f"{STREAMS} streamed answers of this client are open, and none was closed within"
    return APITimeoutError(f"{text} {STREAM_WAIT:g} s: close one before opening another")


def _too_many_requests(deadline: Deadline) -> APITimeoutError:
    text = f"{CONNECTIONS} requests of this client are under way, and none ended within"
    return APITimeoutError(f"{text} {deadline.phase:g} s: client.with_options(timeout=...)")


def _check_client(given: object, kind: type, name: str) -> None:
    # Accept stand-ins, but refuse a client of the other kind (sync or async).
    if isinstance(given, (type, _SYNC, _ASYNC)) or not hasattr(given, "build_request"):
        check_types(kind, NONE, **{name: given})


def _new(kind: Callable[..., C], url: str) -> C:
    """Return new connections to `url`; translate errors of the settings that they need."""
    proxy = proxy_for(url)
    try:
        return kind(DEFAULT_TIMEOUT, verify=tls_context(), proxy=proxy and proxy.url)
    except ImportError as error:
        text = f"{proxy and proxy.shown}: a SOCKS proxy needs a package"
        raise ConfigurationError(f"{text}: pip install 'httpx[socks]'") from error
    except (ValueError, httpx.InvalidURL):  # their texts may contain a password
        text = f"{proxy and proxy.variable} does not have a URL that can be used"
        raise ConfigurationError(text) from None
