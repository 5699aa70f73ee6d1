"""The HTTP requests of a simulator, recorded by an ASGI middleware."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable, Optional
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vatel.simulator.journal.memory import memory_of
from vatel.simulator.platform.call_record import now
from vatel_rt.realtime.trace import redacted

MAX_BODY = 65_536
"""Maximum bytes of a body that is kept."""
_STARTS = ("http.response.start", "websocket.http.response.start")
_SWITCHING, _DENIED = 101, 403


@dataclass(frozen=True)
class SeenRequest:
    """An HTTP request, recorded when its response starts.

    Keys, tokens and passwords in query and body are redacted. Headers are not kept.

    Attributes:
        body: the JSON body; None without one, and if it is larger than 64 KiB.
        status: status of the response, 101 for a voice session; None without a response.
        time: when the request arrived.
    """

    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: Optional[int]
    time: datetime

    @property
    def size(self) -> int:
        """Memory in bytes of what is kept of the request."""
        return memory_of([self.method, self.path, self.query, self.body, self.time])


class RequestRecorder:
    """ASGI middleware that passes each request to `record` before the response is sent."""

    def __init__(self, app: ASGIApp, record: Callable[[SeenRequest], None]) -> None:
        self._app = app
        self._record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application for one request."""
        began, body, is_recorded = now(), bytearray(), False

        def record(status: Optional[int]) -> None:
            nonlocal is_recorded
            is_recorded = True
            query = dict(parse_qsl(scope["query_string"].decode("latin-1"), True))
            facts = scope.get("method", "GET"), scope["path"], redacted(query), _json(body)
            self._record(SeenRequest(*facts, status, began))

        async def receive_and_keep() -> Message:
            event = await receive()
            if event["type"] == "http.request" and len(body) <= MAX_BODY:
                body.extend(event.get("body", b"")[: MAX_BODY + 1])
            return event

        async def record_and_send(event: Message) -> None:
            if not is_recorded:
                record(_status(event))
            await send(event)

        try:
            await self._app(scope, receive_and_keep, record_and_send)
        finally:
            if not is_recorded:
                record(None)


def _json(body: bytearray) -> Any:
    try:
        return redacted(json.loads(body)) if len(body) <= MAX_BODY else None
    except (ValueError, RecursionError):
        return None


def _status(event: Message) -> int:
    if event["type"] in _STARTS:
        return int(event["status"])
    return _SWITCHING if event["type"] == "websocket.accept" else _DENIED
