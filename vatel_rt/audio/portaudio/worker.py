"""A thread for calls that may hang."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, Callable, Optional

import anyio

RESCUES = 20
Job = tuple[Callable[[], Any], "Future[Any]"]


class Worker:
    """Runs jobs in a daemon thread: one that hangs blocks neither the event loop nor the exit.

    While a job takes too long, `rescue` is called for a second to end whatever it waits for.
    """

    def __init__(self, name: str, rescue: Callable[[], object]) -> None:
        self._rescue = rescue
        self._jobs: SimpleQueue[Optional[Job]] = SimpleQueue()
        self._thread = Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def run(self, job: Callable[[], Any], seconds: float) -> Any:
        """Run `job` and return its result; `TimeoutError` if it hangs, or fails after a rescue."""
        done = self._begin(job)
        if not await self._in_time(done, seconds) and done.exception() is not None:
            raise TimeoutError
        return done.result()

    async def finish(self, job: Callable[[], Any], seconds: float) -> None:
        """Run a last `job` and end the thread with it, even if cancelled or `TimeoutError`."""
        done = self._begin(job)
        self._jobs.put(None)
        await self._in_time(done, seconds)
        self._thread.join()  # returns at once: the thread has nothing left to do
        done.result()

    async def _in_time(self, done: Future[Any], seconds: float) -> bool:
        """Wait for a job; rescue it if it is late. Return whether it was in time."""
        if await _is_done(done, seconds):
            return True
        for _ in range(RESCUES):
            self._rescue()
            if await _is_done(done, 1 / RESCUES):
                return False
        raise TimeoutError

    def _begin(self, job: Callable[[], Any]) -> Future[Any]:
        done: Future[Any] = Future()
        self._jobs.put((job, done))
        return done

    def _work(self) -> None:
        for job, future in iter(self._jobs.get, None):
            try:
                future.set_result(job())
            except BaseException as error:
                future.set_exception(error)


async def _is_done(future: Future[Any], seconds: float) -> bool:
    """Wait up to `seconds` for `future`; return whether it is done."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def wake(_: object) -> None:
        with suppress(RuntimeError):  # the loop is closed, and nobody waits
            loop.call_soon_threadsafe(done.set)

    future.add_done_callback(wake)
    with anyio.move_on_after(seconds):  # before Python 3.12, wait_for may lose a cancellation
        await done.wait()
    return future.done()
