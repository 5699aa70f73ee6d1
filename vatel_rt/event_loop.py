"""The running event loop, which must be asyncio's."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the running event loop.

    Raises:
        RuntimeError: none is running in this thread, or it is not asyncio's.
    """
    import asyncio  # slow to import

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        found = "trio runs here" if _in_trio() else "no event loop runs in this thread"
        text = f"the asynchronous methods of vatel need asyncio, and {found}"
        raise RuntimeError(text) from None


def _in_trio() -> bool:
    try:
        return bool(sys.modules["trio"].lowlevel.in_trio_run())
    except (KeyError, AttributeError):
        return False
