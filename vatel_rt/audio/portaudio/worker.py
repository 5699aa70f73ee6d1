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
    """Runs jobs one after the other in a thread of its own.

    One that hangs holds up neither the event loop nor the end of the program; the thread of an
    executor would do that.

    Args:
        name: of the thread.
        rescue: called where a job takes too long, to end what it waits for; again and again, for
            a second, since it may then wait for something else.
    """

    def __init__(self, name: str, rescue: Callable[[], object]) -> None:
        self._rescue = rescue
        self._jobs: SimpleQueue[Optional[Job]] = SimpleQueue()
        self._thread = Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def run(self, job: Callable[[], Any], seconds: float) -> Any:
        """Run `job`, and give what it gives. It runs on where this is cancelled.

        Raises:
            TimeoutError: it takes longer and fails then, or may still end some time.
        """
        done = self._begin(job)
        if not await _is_done(done, seconds):
            await self._rescued(done)
            if done.exception() is not None:
                raise TimeoutError
        return done.result()

    async def finish(self, job: Callable[[], Any], seconds: float) -> None:
        """Run a last `job` and end the thread, also where this is cancelled.

        Raises:
            TimeoutError: it takes longer; the thread ends when the job does.
        """
        done = self._begin(job)
        self._jobs.put(None)
        if not await _is_done(done, seconds):
            await self._rescued(done)
        self._thread.join()  # a moment: it has nothing left to do
        done.result()

    async def _rescued(self, done: Future[Any]) -> None:
        for _ in range(RESCUES):
            self._rescue()
            if await _is_done(done, 1 / RESCUES):
                return
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
    """Wait until it is, or for so long."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def wake(_: object) -> None:
        with suppress(RuntimeError):  # nobody waits any more: the loop is closed
            loop.call_soon_threadsafe(done.set)

    future.add_done_callback(wake)
    with anyio.move_on_after(seconds):  # wait_for, before Python 3.12, may lose a cancellation
        await done.wait()
    return future.done()
