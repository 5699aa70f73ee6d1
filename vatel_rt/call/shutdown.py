"""Closing what was opened: all of it, in bounded time, whatever fails or is cancelled meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any, Callable, Optional

import anyio

log = logging.getLogger("vatel.call")


async def close_in_time(name: str, close: Callable[[], Awaitable[None]], grace: float) -> None:
    """Close one thing in `grace` seconds; that it failed or took longer is logged, not raised."""
    try:
        with anyio.move_on_after(grace, shield=True):
            await close()
            return
        log.warning("closing the %s took longer than %g s: it is left as it is", name, grace)
    except Exception:
        log.exception("closing the %s failed", name)


async def to_the_end(task: asyncio.Future[Any], patience: Optional[float] = None) -> None:
    """Wait until `task` is done, or for `patience` seconds; a cancellation comes out after that."""
    cancelled = None
    with anyio.CancelScope(shield=True):
        while not task.done():
            try:
                await asyncio.wait({task}, timeout=patience)
                break
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is not None:
        raise cancelled
