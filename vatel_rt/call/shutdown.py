"""Ending what a call has started and opened: all of it, in bounded time, whatever fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Callable, Optional

import anyio
from anyio.abc import TaskGroup

log = logging.getLogger("vatel.call")

CLOSE_TIMEOUT = 5.0  # seconds to close each resource, also when the call is cancelled


@asynccontextmanager
async def call_tasks(on_error: Callable[[BaseException], None]) -> AsyncIterator[TaskGroup]:
    """Open a task group that is cancelled when its block ends; pass errors to `on_error`."""
    stop: Optional[BaseException] = None
    try:
        async with anyio.create_task_group() as tasks:
            try:
                yield tasks
            except (KeyboardInterrupt, SystemExit) as error:
                stop = error  # raised outside the task group, which would wrap it
            tasks.cancel_scope.cancel()
    except BaseException as error:
        on_error(error)
    if stop is not None:
        raise stop


class Cleanup(AsyncExitStack):
    """Closes resources once, the last one opened first, in a task that nobody can cancel."""

    _task: Optional[asyncio.Task[None]] = None

    def start(self) -> None:
        """Begin to close."""
        self._task = asyncio.create_task(self.aclose())

    async def wait(self) -> None:
        """Wait until everything is closed; re-raise a cancellation afterwards."""
        if self._task is not None:
            await wait_shielded(self._task)


async def close_in_time(name: str, close: Callable[[], Awaitable[None]]) -> None:
    """Close a resource; log an error, or that it took too long."""
    try:
        with anyio.move_on_after(CLOSE_TIMEOUT, shield=True):
            await close()
            return
        log.warning("closing the %s took longer than %g s: it was abandoned", name, CLOSE_TIMEOUT)
    except Exception:
        log.exception("closing the %s failed", name)


async def wait_shielded(task: asyncio.Future[Any], seconds: Optional[float] = None) -> None:
    """Wait up to `seconds` for `task`; re-raise a cancellation afterwards."""
    cancelled = None
    with anyio.CancelScope(shield=True):
        while not task.done():
            try:
                await asyncio.wait({task}, timeout=seconds)
                break
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is not None:
        raise cancelled
