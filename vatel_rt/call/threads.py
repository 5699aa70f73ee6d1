"""Methods of a call that may be used from any thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Optional, TypeVar

from vatel_rt.event_loop import running_loop

T = TypeVar("T")


class Home:
    """The event loop of a call, once the call has been entered."""

    _loop: Optional[asyncio.AbstractEventLoop] = None

    def enter(self) -> None:
        """Take the running event loop."""
        self._loop = running_loop()

    def do(self, action: Callable[[], object]) -> None:
        """Call `action` in the event loop: at once if that runs here, else soon.

        Does nothing if the event loop is closed, and the call over.
        """
        if self._loop is None or self._is_here():
            action()
            return
        with suppress(RuntimeError):  # closed
            self._loop.call_soon_threadsafe(action)

    async def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Return the result of `coroutine`, which runs in the event loop of the call.

        Raises:
            RuntimeError: the event loop is closed, and the call over.
        """
        if self._loop is None or self._is_here():
            return await coroutine
        try:
            running = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError:
            coroutine.close()
            raise RuntimeError("the event loop of the call is closed") from None
        return await asyncio.wrap_future(running)

    def check(self) -> None:
        """Raise RuntimeError unless the event loop runs here."""
        if self._loop is not None and not self._is_here():
            raise RuntimeError("messages of a call are read in the event loop that entered it")

    def _is_here(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False
