"""Traces: the messages of calls in a file, one JSON object per line.

The first line is the header, every other line a message::

    {"format": "vatel-trace", "version": 1}
    {"call": "c1", "at_ms": 0.4, "sender": "platform", "type": "session_started", "data": {...}}

`call` is the call's id if that is known, `at_ms` the milliseconds since the call began. `type` and
`data` are the message in JSON, audio included. The values of fields named like a key, a token or a
password are replaced. A frame that could not be read has the type `invalid_message`.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from functools import cache
from threading import Lock
from typing import Any, Callable, Literal, Optional, Protocol, TypeVar, Union
from uuid import uuid4

import msgspec

from vatel_rt.errors import ConfigurationError
from vatel_rt.files import open_private
from vatel_rt.realtime.codec import to_wire
from vatel_rt.realtime.messages import ClientMessage, InvalidMessage, ServerMessage, UnknownMessage
from vatel_rt.validation import Path

Sender = Literal["platform", "client"]
Message = Union[ServerMessage, ClientMessage, UnknownMessage, InvalidMessage]
Tap = Callable[[Sender, Message], None]
"""A function that is called with each message received or sent."""
S_co = TypeVar("S_co", covariant=True)

VERSION = 1
HIDDEN = "(removed)"
FLUSH_MS = 500  # maximum age of lines in memory, which are lost if the program is killed
_SECRET = re.compile(r"(.*(token|password|secret|api_?key)|authorization)\Z", re.IGNORECASE)

log = logging.getLogger("vatel.trace")


class TraceWriter(AbstractContextManager["TraceWriter"]):
    """Writes a trace to a file, which it replaces. A failure stops writing; `close` raises it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._error: Optional[ConfigurationError] = None
        self._flushed = time.monotonic()
        self._lock = Lock()  # one thread may close it while another writes
        try:
            self._file = open_private(path)
        except OSError as error:
            raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error
        self._write({"format": "vatel-trace", "version": VERSION})

    def call(self, name: str) -> Tap:
        """Return a tap that writes the messages of a call, which begins now."""
        began = time.monotonic()

        def tap(sender: Sender, message: Message) -> None:
            at_ms = round((time.monotonic() - began) * 1000, 1)
            line = {"call": name, "at_ms": at_ms, "sender": sender, "type": message.type}
            self._write({**line, "data": _data(message)})

        return tap

    def close(self) -> None:
        """Close the file and ignore later messages. Raises `ConfigurationError` if any was lost."""
        with self._lock:
            try:
                self._file.close()
            except OSError as error:
                self._note(error)
        if self._error:
            raise self._error

    def __exit__(self, kind: Optional[type[BaseException]], *_: object) -> None:
        try:
            self.close()
        except ConfigurationError:
            if kind is None:  # do not hide the error or cancellation that ends the context
                raise

    def _write(self, line: dict[str, Any]) -> None:
        with self._lock:
            if self._error or self._file.closed:
                return
            try:
                self._file.write(msgspec.json.encode(line) + b"\n")
                if time.monotonic() - self._flushed > FLUSH_MS / 1000:
                    self._flushed = time.monotonic()
                    self._file.flush()
            except OSError as error:
                self._note(error)

    def _note(self, error: OSError) -> None:
        if self._error is None:
            self._error = ConfigurationError(f"cannot write {self._path}: {error.strerror}")
            self._error.__cause__ = error
            log.warning("%s", self._error)


class Tapped(AbstractAsyncContextManager[S_co], Protocol[S_co]):
    """An asynchronous context with taps: `client.call(...)`, `client.connect(...)`."""

    taps: list[Tap]


@asynccontextmanager
async def record_messages(session: Tapped[S_co], path: Path) -> AsyncIterator[S_co]:
    """Enter `client.call(...)` or `client.connect(...)`, and write a trace to the file `path`::

        async with record_messages(client.call(agent_id), "call.trace.jsonl") as call:
            ...

    An existing file is replaced. The trace holds speech and the values of tools; fields named like
    a token or a password are redacted. A failure to write does not end the session.

    Raises:
        ConfigurationError: the file cannot be written. If that happens during the session, it is
            raised at the end, unless another error is being raised.
        TypeError: `session` has no `taps`, for example because it is wrapped in another context.
    """
    taps = getattr(session, "taps", None)
    if not isinstance(taps, list):
        kind = type(session).__name__
        raise TypeError(f"session must be client.call(...) or client.connect(...), not {kind}")
    with TraceWriter(path) as trace:
        tap = cache(lambda: trace.call(str(uuid4())))
        taps.append(lambda sender, message: tap()(sender, message))
        async with session as entered:
            tap()  # the call begins now, unless a message came first
            yield entered


def redacted(value: Any) -> Any:
    """Return a copy of a JSON value with secret fields and arguments redacted, judged by name."""
    if isinstance(value, dict):
        named = {key: value.get("name") if key == "value" else key for key in value}
        return {
            key: HIDDEN if item is not None and _SECRET.match(str(named[key])) else redacted(item)
            for key, item in value.items()
        }
    return [redacted(item) for item in value] if isinstance(value, list) else value


def _data(message: Message) -> Any:
    if isinstance(message, InvalidMessage):
        return {"claimed": message.claimed, "error": message.error}
    return redacted(to_wire(message.data))
