"""Waiting for conditions: in the simulator's event loop, in another one, or in a thread."""

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
    """Conditions with somebody waiting for each; `changed` checks them.

    A condition is met when it returns a true value. It is called in the simulator's thread and in
    the waiting thread, but never in both at the same time.

    Attributes:
        thread: id of the simulator's thread while the simulator runs, else None.
    """

    def __init__(self) -> None:
        self.thread: Optional[int] = None
        self._lock = RLock()
        self._open: list[tuple[Condition[Any], futures.Future[Any]]] = []

    def changed(self) -> None:
        """Check all conditions. Call this after every change."""
        with self._lock:
            self._open = [waiter for waiter in self._open if not _settled(*waiter)]

    def wait(self, condition: Condition[T], timeout: float, problem: str) -> T:
        """Block until `condition` is met, and return its value.

        Raises:
            TimeoutError: the condition was not met within `timeout` seconds. Its text begins with
                `problem`.
            RuntimeError: this is the simulator's thread, which must not block.
        """
        if self.thread == get_ident():
            raise RuntimeError(
                "this would block the event loop in which the simulator runs: "
                "await the method whose name ends in _async"
            )
        with self._future(condition) as future:
            if not futures.wait([future], timeout).done:
                raise TimeoutError(f"{problem} within {timeout:g} s")
            return future.result()

    async def wait_async(self, condition: Condition[T], timeout: float, problem: str) -> T:
        """Like `wait`, for asynchronous code in any event loop."""
        with self._future(condition) as future:
            waiting = asyncio.wrap_future(future)
            done, _ = await asyncio.wait({waiting}, timeout=timeout)
            if not done:
                raise TimeoutError(f"{problem} within {timeout:g} s")
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
    """Check a condition, and set the future if it is met; return whether the wait is over."""
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
    if future.set_running_or_notify_cancel():  # False: the wait was cancelled just now
        future.set_exception(failure) if failure else future.set_result(value)  # type: ignore[arg-type]
    return True
