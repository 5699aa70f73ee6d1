"""The reader of traces; `vatel_rt.realtime.trace` writes them and describes the format."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Optional, Union

import msgspec

from vatel_rt.errors import ConfigurationError
from vatel_rt.realtime.codec import decode, to_wire
from vatel_rt.realtime.messages import InvalidMessage, ServerMessage, UnknownMessage
from vatel_rt.realtime.trace import VERSION, Sender
from vatel_rt.validation import Path

log = logging.getLogger("vatel.trace")


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a trace."""

    format: Literal["vatel-trace"]
    version: int


class TraceLine(msgspec.Struct, frozen=True):
    """A message in a trace, with the fields of the file."""

    call: str
    at_ms: Annotated[float, msgspec.Meta(ge=0)]
    sender: Sender
    type: str
    data: Any = None

    def message(self) -> Union[ServerMessage, UnknownMessage]:
        """Return the platform's message: an `UnknownMessage` if its class would lose a field."""
        frame = msgspec.json.encode({"type": self.type, "data": self.data}).decode()
        message = decode(frame)
        if isinstance(message, InvalidMessage) or to_wire(message.data) != self.data:
            return UnknownMessage(self.type, self.data)
        return message


def read_trace(path: Path) -> Iterator[TraceLine]:
    """Yield the messages of a trace. Ignore an incomplete last line, left by a killed program."""
    try:
        with open(path, "rb") as file:
            _check_header(path, file.readline())
            for number, line in enumerate(file, 2):
                if read := _read(path, number, line):
                    yield read
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error


def _check_header(path: Path, line: bytes) -> None:
    try:
        version = msgspec.json.decode(line, type=Header).version
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{path}, line 1: not the header of a trace: {error}") from error
    if version != VERSION:
        problem = f"version {version} is not supported, only version {VERSION}"
        raise ConfigurationError(f"{path}, line 1: {problem}")


def _read(path: Path, number: int, line: bytes) -> Optional[TraceLine]:
    try:
        return msgspec.json.decode(line, type=TraceLine) if line.strip() else None
    except msgspec.DecodeError as error:
        if not line.endswith(b"\n") and not isinstance(error, msgspec.ValidationError):
            log.info("%s: ignored the last line, which is incomplete", path)
            return None
        raise ConfigurationError(f"{path}, line {number}: {error}") from error
