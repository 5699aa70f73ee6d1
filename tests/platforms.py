"""Servers whose behaviour a test defines, for what the simulator does not do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, Callable, TypeVar

from anyio.from_thread import start_blocking_portal
from websockets.asyncio.server import ServerConnection, serve

from vatel.simulator import Simulator

T = TypeVar("T")
Handler = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def platform(handler: Handler, **options: Any) -> AsyncIterator[str]:
    """Serve voice sessions with `handler` and yield the base URL."""
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def frame(kind: str, **data: Any) -> str:
    """Return a frame of the platform."""
    return json.dumps({"type": kind, "data": data})


STARTED = frame("session_started", id="c")
ENDED = frame("session_ended")


@contextmanager
def in_thread(server: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Run a server in a separate thread, for synchronous tests and other processes."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(server) as value:
        yield value


def running_simulator(**options: Any) -> Simulator:
    """Return a simulator for `with`, which runs it in a separate thread."""
    return Simulator(**options)
