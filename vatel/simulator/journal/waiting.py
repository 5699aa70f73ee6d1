"""Waiting for what happens in the simulator: from its event loop, another one, or a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from threading import RLock, get_ident
from typing import Any, Callable, Optional, TypeVar

T = TypeVar("T")
Condition = Callable[[], Optional[T]]


class Waiting:
    """Conditions that somebody waits for; `changed` looks at them.

    A condition is met once it gives a value that is true. It is called in the thread of the
    simulator as well as in the one that waits, never in both at once.

    Attributes:
        thread: the id of the simulator's thread, while it runs.
    """

    def __init__(self) -> None:
        self.thread: Optional[int] = None
        self._lock = RLock()
        self._open: list[tuple[Condition[Any], futures.Future[Any]]] = []

    def changed(self) -> None:
        """Something happened."""
        with self._lock:
            self._open = [waiter for waiter in self._open if not _settled(*waiter)]

    def wait(self, condition: Condition[T], timeout: float, what: str) -> T:
        """Block until `condition` is met, and give its value.

        Raises:
            TimeoutError: that took more than `timeout` seconds; `what` is what did not happen.
            RuntimeError: it would block the simulator itself.
        """
        if self.thread == get_ident():
            raise RuntimeError(
                "the simulator runs in this event loop: await the method whose name ends in _async"
            )
        with self._future(condition) as future:
            if not futures.wait([future], timeout).done:
                raise TimeoutError(f"{what} within {timeout:g} s")
            return future.result()

    async def wait_async(self, condition: Condition[T], timeout: float, what: str) -> T:
        """`wait` for asynchronous code, in any event loop."""
        with self._future(condition) as future:
            waiting = asyncio.wrap_future(future)
            done, _ = await asyncio.wait({waiting}, timeout=timeout)
            if not done:
                raise TimeoutError(f"{what} within {timeout:g} s")
            return waiting.result()

    @contextmanager
    def _future(self, condition: Condition[T]) -> Iterator[futures.Future[T]]:
        future: futures.Future[T] = futures.Future()
        with self._lock:
            if not _settled(condition, future):
                self._open.append((condition, future))
        try:
            yield future
        finally:
            future.cancel()


def _settled(condition: Condition[T], future: futures.Future[T]) -> bool:
    if future.cancelled():
        return True
    failure: Optional[Exception] = None
    value: Optional[T] = None
    try:
        value = condition()
    except Exception as error:
        failure = error
    if not (value or failure):
        return False
    if future.set_running_or_notify_cancel():  # who waits may have given up just now
        future.set_exception(failure) if failure else future.set_result(value)  # type: ignore[arg-type]
    return True
