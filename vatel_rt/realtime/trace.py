"""A trace: the messages of calls in a file, one JSON object a line.

The first line is the header, each other one a message::

    {"format": "vatel-trace", "version": 1}
    {"call": "c1", "at_ms": 0.4, "sender": "platform", "type": "session_started", "data": {...}}

`call` tells calls apart, and is the call's id where that is known; `at_ms` are milliseconds
since the call began; `sender` is `platform` or `client`; `type` and `data` are the message as it
travelled, audio included. Values of fields that hold a key, a token or a password are replaced.
A frame that could not be read is an `invalid_message` with what is known of it.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from threading import Lock
from typing import Annotated, Any, Callable, Literal, Optional, Union

import msgspec

from vatel_rt.errors import ConfigurationError
from vatel_rt.realtime.messages import (
    ClientMessage,
    InvalidMessage,
    ServerMessage,
    UnknownMessage,
    Unread,
    decode,
    to_wire,
)

Path = Union[str, os.PathLike[str]]
Sender = Literal["platform", "client"]
Message = Union[ServerMessage, ClientMessage, Unread]
Tap = Callable[[Sender, Message], None]

VERSION = 1
HIDDEN = "(removed)"
FLUSH_MS = 500
"""What a killed program may lose of its trace."""
_SECRET = re.compile(r".*(token|password|secret|api_?key)|authorization", re.IGNORECASE)

log = logging.getLogger("vatel.trace")


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a trace."""

    format: Literal["vatel-trace"]
    version: int


class TraceLine(msgspec.Struct, frozen=True):
    """A message in a trace; the fields are those of the file."""

    call: str
    at_ms: Annotated[float, msgspec.Meta(ge=0)]
    sender: Sender
    type: str
    data: Any = None

    def message(self) -> Union[ServerMessage, UnknownMessage]:
        """The platform's message; an `UnknownMessage` where its class would not hold it all."""
        frame = msgspec.json.encode({"type": self.type, "data": self.data}).decode()
        message = decode(frame)
        if isinstance(message, InvalidMessage) or to_wire(message.data) != self.data:
            return UnknownMessage(self.type, self.data)
        return message


class TraceWriter(AbstractContextManager["TraceWriter"]):
    """Writes a trace, replacing a file that is there.

    A call does not end because its trace cannot be written: writing stops, and `close` raises; so
    does leaving the context, where nothing else is raised.

    Args:
        path: the file.

    Raises:
        ConfigurationError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._error: Optional[OSError] = None
        self._flushed = time.monotonic()
        self._lock = Lock()  # who closes it may be in another thread than who writes
        try:
            self._file = open(path, "wb")  # noqa: SIM115
        except OSError as error:
            raise self._failed(error) from error
        self._write(Header(format="vatel-trace", version=VERSION))

    def call(self, name: str) -> Tap:
        """A call begins: gives what is to be told of its messages, from one thread."""
        began = time.monotonic()

        def tell(sender: Sender, message: Message) -> None:
            at_ms = round((time.monotonic() - began) * 1000, 1)
            self._write(TraceLine(name, at_ms, sender, message.type, _data(message)))

        return tell

    def close(self) -> None:
        """Write no more.

        Raises:
            ConfigurationError: something could not be written.
        """
        with self._lock:
            try:
                self._file.close()
            except OSError as error:
                self._note(error)
        if self._error:
            raise self._failed(self._error) from self._error

    def __exit__(self, kind: Optional[type[BaseException]], *_: object) -> None:
        try:
            self.close()
        except ConfigurationError:
            if kind is None:  # else what ends the context comes out, be it a cancellation
                raise

    def _write(self, line: msgspec.Struct) -> None:
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
            self._error = error
            log.warning("%s", self._failed(error))

    def _failed(self, error: OSError) -> ConfigurationError:
        return ConfigurationError(f"cannot write {self._path}: {error.strerror}")


def read_trace(path: Path) -> Iterator[TraceLine]:
    """The messages in a trace, read as they are asked for.

    A last line that was cut when its program was killed is passed over.

    Raises:
        ConfigurationError: the file cannot be read, is no trace, or a line of it is wrong; the
            text has the line's number.
    """
    try:
        with open(path, "rb") as file:
            _check_header(path, file.readline())
            for number, line in enumerate(file, 2):
                read = _read(path, number, line)
                if read:
                    yield read
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error


def redacted(value: Any) -> Any:
    """A JSON value without what names tell to be secret: of its fields, and of arguments."""
    if isinstance(value, dict):
        named = {key: value.get("name") if key == "value" else key for key in value}
        return {
            key: HIDDEN if item is not None and _is_secret(named[key]) else redacted(item)
            for key, item in value.items()
        }
    return [redacted(item) for item in value] if isinstance(value, list) else value


def _is_secret(name: Any) -> bool:
    return _SECRET.fullmatch(str(name)) is not None


def _data(message: Message) -> Any:
    if isinstance(message, InvalidMessage):
        return {"claimed": message.claimed, "error": message.error}
    return redacted(to_wire(message.data))


def _check_header(path: Path, line: bytes) -> None:
    try:
        header = _HEADER.decode(line)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{path}, line 1: not the header of a trace: {error}") from error
    if header.version != VERSION:
        problem = f"version {header.version}, where this reads {VERSION}"
        raise ConfigurationError(f"{path}, line 1: {problem}")


def _read(path: Path, number: int, line: bytes) -> Optional[TraceLine]:
    try:
        return _LINE.decode(line) if line.strip() else None
    except msgspec.DecodeError as error:
        if not line.endswith(b"\n") and not isinstance(error, msgspec.ValidationError):
            log.info("%s: the last line was cut", path)
            return None
        raise ConfigurationError(f"{path}, line {number}: {error}") from error


_HEADER = msgspec.json.Decoder(Header)
_LINE = msgspec.json.Decoder(TraceLine)
