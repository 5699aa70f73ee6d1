"""The connections of one process or event loop, and the requests that use them.

What a cancelled request leaves behind is found by httpcore's own lists: a cancellation may hit the
release of a connection as well, and httpcore then keeps it for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import httpx

from vatel_rt.rest.dialing import AsyncDialer, Dialer, transport_of

PATIENCE = 0.5
"""Seconds after which a task that is to end is cancelled: a connection may take long to open."""
KEPT = httpx.Limits(max_connections=None, max_keepalive_connections=20)


class Connections:
    """A synchronous httpx client whose sockets are known."""

    def __init__(self, timeout: float, **settings: Any) -> None:
        self._dialer = Dialer()
        transport = httpx.HTTPTransport(limits=KEPT, **settings)
        self._pool: Any = transport._pool
        self._pool._network_backend = self._dialer
        self._pool._requests = _Requests()
        self.client = httpx.Client(transport=transport, timeout=timeout, trust_env=False)

    def clean(self, request: httpx.Request) -> None:
        """Close what a request left that was ended by an exception."""
        with self._pool._optional_thread_lock:
            left = _abandoned(self._pool, request)
        for connection in left:
            connection.close()

    def drop(self) -> None:
        """Close this process's copies of the sockets, without a word to the other side."""
        self._dialer.drop()


class AsyncConnections:
    """An asynchronous httpx client whose sockets are known."""

    def __init__(self, timeout: float, **settings: Any) -> None:
        self._dialer = AsyncDialer()
        transport = httpx.AsyncHTTPTransport(limits=KEPT, **settings)
        self._pool: Any = transport._pool
        self._pool._network_backend = self._dialer
        self._pool._requests = _Requests()
        self.client = httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False)
        self._ending: set[asyncio.Future[Any]] = set()

    async def run(
        self, sending: Coroutine[Any, Any, httpx.Response], request: httpx.Request
    ) -> httpx.Response:
        """Return the answer that `sending` gets for `request`.

        It runs in a task of its own, which is never cancelled while it has a connection: httpcore
        may then wait for ever for its locks. Instead the connection is aborted.
        """
        task = asyncio.ensure_future(sending)
        try:
            return await asyncio.shield(task)
        except BaseException:
            if task.done():
                self._ended(request, task)
            else:
                await self._end(request, task)
            raise

    def clean(self, request: httpx.Request) -> None:
        """Abort what a request left that is over."""
        for connection in _abandoned(self._pool, request):
            _abort(connection)

    def drop(self) -> None:
        """Close this process's copies of the sockets, without the event loop."""
        self._dialer.drop()

    async def _end(self, request: httpx.Request, task: asyncio.Future[Any]) -> None:
        self._ending.add(task)
        task.add_done_callback(partial(self._ended, request))
        timer = asyncio.get_running_loop().call_later(PATIENCE, task.cancel)
        task.add_done_callback(lambda _: timer.cancel())
        found = [each.connection for each in self._pool._requests if _is_of(each, request)]
        if not self._dialer.give_up(task) and not sum(map(_abort, found)):
            task.cancel()
        await asyncio.wait([task])

    def _ended(self, request: httpx.Request, task: asyncio.Future[Any]) -> None:
        self._ending.discard(task)
        if not task.cancelled():
            task.exception()  # so that it is not reported
        self.clean(request)


def _abort(connection: Any) -> bool:
    """Abort a connection of httpcore; return whether it was open."""
    stream = getattr(getattr(connection, "_connection", None), "_network_stream", None)
    transport = transport_of(stream)
    if transport is not None:
        transport.abort()
    return transport is not None


class _Requests(list[Any]):
    """The requests of a pool, some of which `_abandoned` has taken out before httpcore does."""

    def remove(self, value: Any) -> None:
        with suppress(ValueError):
            super().remove(value)


def _is_of(pool_request: Any, request: httpx.Request) -> bool:
    return pool_request.request.extensions is request.extensions


def _abandoned(pool: Any, request: httpx.Request) -> list[Any]:
    """Take what belongs to `request`, or to no request, out of httpcore's lists; return it."""
    for each in list(pool._requests):
        if _is_of(each, request):
            pool._requests.remove(each)
    used = {each.connection for each in pool._requests}
    left = [
        each
        for each in pool._connections
        if each not in used and not each.is_idle() and not each.is_closed()
    ]
    for each in left:
        pool._connections.remove(each)
    return left
