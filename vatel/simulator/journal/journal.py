"""What happened in the simulator, for tests to assert on.

It is written in the thread of the simulator and may be read in any. All of it is bounded: the
oldest goes first, and is counted.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable, Optional, TypeVar
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vatel.simulator.journal.observed_call import Latest, SeenCall
from vatel.simulator.journal.waiting import Waiting
from vatel.simulator.platform.call_record import CallRecord, now
from vatel.simulator.platform.tokens import Grant
from vatel_rt.realtime.trace import Path, Tap, TraceWriter, redacted

MOST_REQUESTS = 10_000
MOST_CALLS = 500
"""A full one takes about half a megabyte."""

T = TypeVar("T")
LARGEST_BODY = 65_536
"""Bytes of a body that is kept."""

_STARTS = ("http.response.start", "websocket.http.response.start")
_SWITCHING, _DENIED = 101, 403


@dataclass(frozen=True)
class SeenRequest:
    """A request, from the moment on when its answer begins.

    Keys, tokens and passwords in query and body are replaced; headers are not kept.

    Attributes:
        body: its JSON; None for a request without, and for one of more than 64 KiB.
        status: of the answer, 101 for a voice session; None if there was no answer.
        time: when it came.
    """

    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: Optional[int]
    time: datetime


class Watched:
    """An ASGI application that tells of each request, before its answer is on its way."""

    def __init__(self, app: ASGIApp, tell: Callable[[SeenRequest], None]) -> None:
        self._app = app
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        began, body, told = now(), bytearray(), False

        def tell(status: Optional[int]) -> None:
            nonlocal told
            told = True
            query = dict(parse_qsl(scope["query_string"].decode("latin-1"), True))
            facts = scope.get("method", "GET"), scope["path"], redacted(query), _json(body)
            self._tell(SeenRequest(*facts, status, began))

        async def receive_and_note() -> Message:
            event = await receive()
            if event["type"] == "http.request" and len(body) <= LARGEST_BODY:
                body.extend(event.get("body", b"")[: LARGEST_BODY + 1])
            return event

        async def tell_and_send(event: Message) -> None:
            if not told:
                tell(_status(event))
            await send(event)

        try:
            await self._app(scope, receive_and_note, tell_and_send)
        finally:
            if not told:
                tell(None)


def _json(body: bytearray) -> Any:
    try:
        return redacted(json.loads(body)) if len(body) <= LARGEST_BODY else None
    except (ValueError, RecursionError):
        return None


def _status(event: Message) -> int:
    if event["type"] in _STARTS:
        return int(event["status"])
    return _SWITCHING if event["type"] == "websocket.accept" else _DENIED


class Observed:
    """What a simulator shows of what happened in it."""

    def __init__(self) -> None:
        self._requests: Latest[SeenRequest] = Latest(MOST_REQUESTS)
        self._calls: Latest[SeenCall] = Latest(MOST_CALLS)
        self._waiting = Waiting()
        self._traces: list[TraceWriter] = []

    def _add_request(self, request: SeenRequest) -> None:
        """A request is being answered."""
        self._requests.add(request)
        self._waiting.changed()

    def _begin(self, grant: Grant, record: CallRecord) -> tuple[SeenCall, list[Tap]]:
        """A voice session begins: gives it, and what is to be told of its messages."""
        call = SeenCall(grant, record, self._waiting)
        self._calls.add(call)
        self._waiting.changed()
        return call, [call.tell, *(trace.call(record.id) for trace in self._traces)]

    def _close_traces(self) -> None:
        """Write no more traces."""
        with ExitStack() as stack:
            while self._traces:
                stack.callback(self._traces.pop().close)

    @property
    def requests(self) -> list[SeenRequest]:
        """The HTTP requests so far, the latest 10 000 of them."""
        return self._requests.all()

    @property
    def calls(self) -> list[SeenCall]:
        """The voice sessions so far, in the order in which they began, the latest 500."""
        return self._calls.all()

    @property
    def dropped(self) -> dict[str, int]:
        """How many `requests` and `calls` are no longer kept."""
        return {"requests": self._requests.dropped, "calls": self._calls.dropped}

    def wait_for(self, condition: Callable[[], Optional[T]], timeout: float = 5) -> T:
        """Block until `condition` is met, and give its value.

        It is looked at whenever a request, a call, or a message of a call has come. Example:
        `simulator.wait_for(lambda: call.tool_outputs)`.

        Args:
            condition: gives a value that is true once it is met; it may read all that is here.
            timeout: seconds.

        Raises:
            TimeoutError: that took more than `timeout` seconds.
            RuntimeError: the simulator runs in this event loop: use `wait_for_async`.
        """
        return self._waiting.wait(condition, timeout, "it did not happen")

    async def wait_for_async(self, condition: Callable[[], Optional[T]], timeout: float = 5) -> T:
        """`wait_for` for asynchronous code, in any event loop."""
        return await self._waiting.wait_async(condition, timeout, "it did not happen")

    def wait_for_call(self, number: int = 1, *, timeout: float = 5) -> SeenCall:
        """Block until the first call has begun (or the one of that `number`), and give it.

        Raises:
            TimeoutError: that took more than `timeout` seconds.
            RuntimeError: the simulator runs in this event loop: use `wait_for_call_async`.
        """
        what = f"call {number} did not begin"
        return self._waiting.wait(self._call(number), timeout, what)

    async def wait_for_call_async(self, number: int = 1, *, timeout: float = 5) -> SeenCall:
        """`wait_for_call` for asynchronous code, in any event loop."""
        what = f"call {number} did not begin"
        return await self._waiting.wait_async(self._call(number), timeout, what)

    def record(self, path: Path) -> TraceWriter:
        """Write a trace of the calls that begin from now on, until the simulator ends.

        Leave the context of what it gives, or `close` it, to stop earlier.

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
            place = number - 1 - calls.dropped
            return dict(enumerate(calls.all())).get(place)

        return begun
