"""The journal of a simulator.

The simulator's thread writes it, any thread may read it. It is bounded: the oldest entries are
dropped and counted.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Callable, Optional, TypeVar

from vatel.simulator.journal.bounded_log import BoundedLog
from vatel.simulator.journal.observed_call import SeenCall
from vatel.simulator.journal.request_recorder import SeenRequest
from vatel.simulator.journal.waiting import Waiting
from vatel.simulator.platform.call_record import CallRecord
from vatel.simulator.platform.tokens import Grant
from vatel_rt.realtime.trace import Tap, TraceWriter
from vatel_rt.validation import Path

MAX_REQUESTS = 10_000
MAX_CALLS = 500
MAX_BYTES = 64 * 2**20
"""Maximum size of what is kept of all requests, and of all calls that have ended."""

T = TypeVar("T")


class Observed:
    """Base class of `Simulator`: its requests and calls, and ways to wait for them."""

    def __init__(self) -> None:
        self._requests: BoundedLog[SeenRequest] = BoundedLog(MAX_REQUESTS, MAX_BYTES)
        self._calls: BoundedLog[SeenCall] = BoundedLog(MAX_CALLS, MAX_BYTES)
        self._waiting = Waiting()
        self._traces: list[TraceWriter] = []

    def _add_request(self, request: SeenRequest) -> None:
        self._requests.add(request, request.size)
        self._waiting.changed()

    def _begin(self, grant: Grant, record: CallRecord) -> tuple[SeenCall, list[Tap]]:
        """Add a call; return it with the taps for its messages."""
        call = SeenCall(grant, record, self._waiting)
        self._calls.add(call, call.size)
        call.on_finish = self._calls.resize
        self._waiting.changed()
        return call, [call.add_message, *(trace.call(record.id) for trace in self._traces)]

    def _close_traces(self) -> None:
        with ExitStack() as stack:
            while self._traces:
                stack.callback(self._traces.pop().close)

    @property
    def requests(self) -> list[SeenRequest]:
        """The HTTP requests so far, up to the latest 10,000 or 64 MiB."""
        return self._requests.all()

    @property
    def calls(self) -> list[SeenCall]:
        """The calls so far in the order in which they began, up to the latest 500 or 64 MiB."""
        return self._calls.all()

    @property
    def dropped(self) -> dict[str, int]:
        """Numbers of `requests` and `calls` that are no longer kept."""
        return {"requests": self._requests.dropped, "calls": self._calls.dropped}

    def wait_for(self, condition: Callable[[], Optional[T]], timeout: float = 5) -> T:
        """Block until `condition` returns a true value, and return that value.

        The condition is checked after each request, each start or end of a call, and each
        message of a call. Example: `simulator.wait_for(lambda: call.tool_outputs)`.

        Args:
            condition: is called in this thread and in the simulator's; it may read the simulator.
            timeout: seconds.

        Raises:
            TimeoutError: the condition was not met within `timeout` seconds.
            RuntimeError: the simulator runs in this event loop: use `wait_for_async`.
        """
        return self._waiting.wait(condition, timeout, "the condition was not met")

    async def wait_for_async(self, condition: Callable[[], Optional[T]], timeout: float = 5) -> T:
        """Like `wait_for`, for asynchronous code in any event loop."""
        return await self._waiting.wait_async(condition, timeout, "the condition was not met")

    def wait_for_call(self, number: int = 1, *, timeout: float = 5) -> SeenCall:
        """Block until call `number` (counted from 1) has begun, and return it.

        Raises:
            TimeoutError: the call did not begin within `timeout` seconds.
            RuntimeError: the simulator runs in this event loop: use `wait_for_call_async`.
        """
        problem = f"call {number} did not begin"
        return self._waiting.wait(self._call(number), timeout, problem)

    async def wait_for_call_async(self, number: int = 1, *, timeout: float = 5) -> SeenCall:
        """Like `wait_for_call`, for asynchronous code in any event loop."""
        problem = f"call {number} did not begin"
        return await self._waiting.wait_async(self._call(number), timeout, problem)

    def record(self, path: Path) -> TraceWriter:
        """Write a trace of the calls that begin from now on, until the simulator ends.

        To stop earlier, call `close` of the returned writer, or use it as a context manager.

        Raises:
            ConfigurationError: the file cannot be written.
        """
        writer = TraceWriter(path)
        self._traces.append(writer)
        return writer

    def _call(self, number: int) -> Callable[[], Optional[SeenCall]]:
        if number < 1:
            raise ValueError(f"calls are counted from 1, not from {number}")
        calls = self._calls

        def begun() -> Optional[SeenCall]:
            index = number - 1 - calls.dropped
            return dict(enumerate(calls.all())).get(index)

        return begun
