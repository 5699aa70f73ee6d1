"""Servers that behave as a test wants, where the simulator behaves well."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from typing import Any, Callable, TypeVar

from websockets.asyncio.server import ServerConnection, serve

from vatel_rt.simulator import Simulator

T = TypeVar("T")
Handler = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def platform(handler: Handler, **options: Any) -> AsyncIterator[str]:
    """Serve voice sessions with `handler`; gives the base URL."""
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def frame(kind: str, **data: Any) -> str:
    """A frame of the platform."""
    return json.dumps({"type": kind, "data": data})


STARTED = frame("session_started", id="c")
ENDED = frame("session_ended")


@contextmanager
def in_thread(server: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """A server in a thread of its own, for synchronous tests and other processes."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait(coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)

    try:
        yield wait(server.__aenter__())
    finally:
        wait(server.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def running_simulator(**options: Any) -> AbstractContextManager[Simulator]:
    """A simulator in a thread of its own."""
    return in_thread(Simulator(**options))
