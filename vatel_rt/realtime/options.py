"""How a voice session is opened, watched and closed."""

from __future__ import annotations

import math
import re
import socket
import ssl as tls
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Callable, Literal, Optional, Union

from vatel_rt.errors import ConfigurationError

SocketFactory = Callable[[], Union[socket.socket, Awaitable[socket.socket]]]
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_VALUE = re.compile(r"[\t\x20-\x7e]*\Z")  # what is left out could end the line
_OF_THE_HANDSHAKE = {"host", "connection", "upgrade", "content-length", "transfer-encoding"}
_SMALLEST_FRAME = 1024


@dataclass(frozen=True)
class ConnectionOptions:
    """Options of a voice session; the defaults are meant for a call between people and agents.

    Attributes:
        open_timeout: seconds for each attempt to open the session: 10, long enough for a
            cold start on the platform, short enough for a person who waits.
        close_timeout: seconds to wait for the other side's close: 3, since nothing of value
            comes after ours.
        ping_interval: seconds between pings: 5; None for none, and a line that dies without
            a word is then noticed only by `idle_timeout`.
        ping_timeout: seconds after a ping in which something must be heard, the answer or
            any other byte: 10. With the interval a dead line is noticed within 15 s, and
            the stalls of a few seconds that are common on mobile networks are not taken
            for one. Time in which the application does not read does not count.
        idle_timeout: seconds that `receive` waits for a message before it gives up. None by
            default: agent and caller may be silent for as long as the agent's settings say.
        attempts: how often the handshake is tried at most: 3. `vatel_rt.retry` says after
            which failures. 1 turns repeating off.
        proxy: True for the proxy of the environment (HTTPS_PROXY, ALL_PROXY, NO_PROXY), the
            default; None for none; or the URL of one.
        headers: further headers of the handshake. Not those that make it one.
        compression: offer permessage-deflate. False by default: base64 audio hardly gets
            smaller, and inflating it was measured at three to four times the processor time
            of the whole rest of the receive path.
        max_frame: bytes of the largest message read: 16 MiB, more than four minutes of
            audio. A larger one ends the session, before it fills the memory.
        ssl: TLS settings for `wss`; by default those of Python, with the system's roots.
        socket_factory: gives a connected TCP socket, which the session then owns, instead of
            one that is opened here; awaited where it is asynchronous. No proxy is used then.

    Raises:
        ConfigurationError: one of them cannot be used.
    """

    open_timeout: float = 10.0
    close_timeout: float = 3.0
    ping_interval: Optional[float] = 5.0
    ping_timeout: float = 10.0
    idle_timeout: Optional[float] = None
    attempts: int = 3
    # Both may hold a password.
    proxy: Union[Literal[True], None, str] = field(default=True, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    compression: bool = False
    max_frame: int = 16 * 1024 * 1024
    ssl: Optional[tls.SSLContext] = None
    socket_factory: Optional[SocketFactory] = None

    def __post_init__(self) -> None:
        for name in ("open_timeout", "close_timeout", "ping_timeout"):
            _check_seconds(name, getattr(self, name))
        for name in ("ping_interval", "idle_timeout"):
            if getattr(self, name) is not None:
                _check_seconds(name, getattr(self, name))
        _check_whole("attempts", self.attempts, 1)
        _check_whole("max_frame", self.max_frame, _SMALLEST_FRAME)
        if self.proxy is not True and self.proxy is not None and not isinstance(self.proxy, str):
            raise ConfigurationError("proxy is True, None or a URL")
        if not isinstance(self.compression, bool):
            raise ConfigurationError("compression is True or False")
        if not isinstance(self.ssl, (tls.SSLContext, type(None))):
            raise ConfigurationError("ssl is an ssl.SSLContext")
        if self.socket_factory is not None and not callable(self.socket_factory):
            raise ConfigurationError("socket_factory is a function that gives a socket")
        object.__setattr__(self, "headers", _checked(self.headers))


def _check_seconds(name: str, value: object) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 < value < math.inf:  # type: ignore[operator]
        raise ConfigurationError(f"{name} is a number of seconds above 0, not {value!r}")


def _check_whole(name: str, value: object, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigurationError(f"{name} is a whole number from {least} on, not {value!r}")


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """A copy of `headers`; errors do not show values, which may be secrets."""
    if not isinstance(headers, Mapping):
        raise ConfigurationError("headers is a mapping from names to values")
    for name, value in headers.items():
        if not isinstance(name, str) or not _NAME.match(name):
            raise ConfigurationError(f"no name of an HTTP header: {str(name)[:40]!r}")
        if name.lower() in _OF_THE_HANDSHAKE or name.lower().startswith("sec-websocket-"):
            raise ConfigurationError(f"the header {name} belongs to the handshake")
        if not isinstance(value, str) or not _VALUE.match(value):
            raise ConfigurationError(f"the header {name} holds what a header cannot carry")
    return dict(headers)
