"""Opening the connections of REST requests: all addresses of a host, and no socket forgotten.

The two dialers are the network backends of httpcore. Each remembers the sockets that it opened,
so that those of another process or of a closed event loop can be closed.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from itertools import chain, zip_longest
from typing import Any, Optional
from weakref import WeakSet

import httpcore
from httpcore._backends.anyio import AnyIOBackend, AnyIOStream
from httpcore._backends.sync import SyncStream

STAGGER = 0.25
"""Seconds after which the next address of a host is tried as well (RFC 8305)."""
Address = tuple[Any, ...]
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)  # needs no descriptor


class Dialer(httpcore.SyncBackend):
    """Opens connections from any thread."""

    def __init__(self) -> None:
        self._opened: WeakSet[socket.socket] = WeakSet()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Optional[float] = None,
        local_address: Optional[str] = None,
        socket_options: Optional[Iterable[Any]] = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of `host` that answers."""
        source = None if local_address is None else (local_address, 0)
        try:
            opened = _connect(host, port, timeout, source)
        except socket.timeout as error:  # TimeoutError from Python 3.10 on
            raise httpcore.ConnectTimeout(error) from error
        except OSError as error:
            raise httpcore.ConnectError(error) from error
        for option in socket_options or ():
            opened.setsockopt(*option)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._opened.add(opened)
        return _Stream(opened, self._opened)

    def drop(self) -> None:
        """Close this process's copies of the sockets, without a word to the other side."""
        for each in list(self._opened):
            with suppress(OSError):
                each.close()


class _Stream(SyncStream):
    def __init__(self, opened: socket.socket, noted: WeakSet[socket.socket]) -> None:
        super().__init__(opened)
        self._noted = noted

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> httpcore.NetworkStream:
        try:
            stream = super().start_tls(ssl_context, server_hostname, timeout)
        except BaseException:  # httpcore closes it after an Exception only
            self.close()
            raise
        self._noted.add(stream.get_extra_info("socket"))
        return stream


class AsyncDialer(AnyIOBackend):
    """Opens connections in one event loop. anyio tries the addresses as RFC 8305 says."""

    def __init__(self) -> None:
        self._opened: WeakSet[Any] = WeakSet()
        self._connecting: dict[Any, bool] = {}  # by task: whether the connection is still wanted

    async def connect_tcp(self, *arguments: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a host that answers."""
        task = asyncio.current_task()
        self._connecting[task] = True
        try:
            stream = await super().connect_tcp(*arguments, **options)
        finally:
            is_wanted = self._connecting.pop(task)
        if not is_wanted:
            transport_of(stream).abort()
            raise asyncio.CancelledError
        self._opened.add(transport_of(stream))
        return _AsyncStream(stream._stream)  # type: ignore[attr-defined]

    def give_up(self, task: Any) -> bool:
        """Close the connection that `task` is opening, once it is open; return whether it is.

        A connection would be forgotten if the task were cancelled at the moment that it is open.
        """
        if task in self._connecting:
            self._connecting[task] = False
            return True
        return False

    def drop(self) -> None:
        """Close this process's copies of the sockets, without the event loop, which may be gone."""
        for transport in list(self._opened):
            opened = getattr(transport, "_sock", None)
            if isinstance(opened, socket.socket):
                opened.close()
                transport._sock = None  # so that it does not warn


class _AsyncStream(AnyIOStream):
    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await super().start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            if (transport := transport_of(self)) is not None:
                transport.abort()
            raise


def transport_of(stream: Any) -> Any:
    """Return asyncio's transport of an asynchronous stream of httpcore, if it has one."""
    inner: Any = getattr(stream, "_stream", None)
    while hasattr(inner, "transport_stream"):  # TLS
        inner = inner.transport_stream
    return getattr(inner, "_transport", None)


def _connect(
    host: str, port: int, timeout: Optional[float], source: Optional[Address]
) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if len(found) == 1:
        return socket.create_connection((host, port), timeout, source_address=source)
    return _race(list(_interleaved(found)), timeout, source)


def _interleaved(found: list[Any]) -> Iterator[Any]:
    """Yield addresses of alternating families, beginning with that of the first one."""
    first = [each for each in found if each[0] == found[0][0]]
    other = [each for each in found if each[0] != found[0][0]]
    yield from (each for each in chain(*zip_longest(first, other)) if each)


def _race(waiting: list[Any], timeout: Optional[float], source: Optional[Address]) -> socket.socket:
    """Return a socket that is connected to the first of the addresses that answers."""
    ends = float("inf") if timeout is None else time.monotonic() + timeout
    starts, failure = 0.0, OSError("no address")
    with _Selector() as selector, ExitStack() as opened:
        while waiting or selector.get_map():
            now = time.monotonic()
            if now >= ends:
                raise socket.timeout("timed out")
            if waiting and (now >= starts or not selector.get_map()):
                starts = now + STAGGER
                try:
                    begun = opened.enter_context(_begun(waiting.pop(0), source))
                    selector.register(begun, selectors.EVENT_WRITE)
                except OSError as error:
                    failure, starts = error, now
                continue
            until = min(ends, starts if waiting else ends)
            for key, _ in selector.select(None if until == float("inf") else until - now):
                tried: Any = key.fileobj
                selector.unregister(tried)
                number = tried.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if not number:
                    return _taken(tried)
                failure, starts = OSError(number, os.strerror(number)), now
    raise failure


def _begun(found: Any, source: Optional[Address]) -> socket.socket:
    family, kind, protocol, _, address = found
    begun = socket.socket(family, kind, protocol)
    try:
        begun.setblocking(False)
        if source:
            begun.bind(source)
        with suppress(BlockingIOError):
            begun.connect(address)
    except BaseException:
        begun.close()
        raise
    return begun


def _taken(connected: socket.socket) -> socket.socket:
    """Return a socket with the descriptor of `connected`, which may then be closed."""
    taken = socket.socket(fileno=connected.detach())
    taken.setblocking(True)
    return taken
