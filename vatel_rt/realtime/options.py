"""Options of a voice session."""

from __future__ import annotations

import math
import re
import socket
import ssl as tls
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, Literal, Optional, Union

from vatel_rt.errors import ConfigurationError

_Rule = tuple[Callable[[Any], bool], str]
SocketFactory = Callable[[], Union[socket.socket, Awaitable[socket.socket]]]
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_VALUE = re.compile(r"[\t\x20-\x7e]*\Z")  # a line break could add a header
_RESERVED = {"host", "connection", "upgrade", "content-length", "transfer-encoding"}


def _whole(v: Any) -> bool:
    return isinstance(v, int) and not isinstance(v, bool)


def _seconds(v: Any) -> bool:
    return isinstance(v, (int, float)) and v is not True and 0 < v < math.inf


_SECONDS = "a number of seconds above 0"
_SMALLEST_FRAME = 1024
_RULES: dict[str, _Rule] = {
    **dict.fromkeys(["open_timeout", "close_timeout", "ping_timeout"], (_seconds, _SECONDS)),
    "ping_interval": (lambda v: v is None or _seconds(v), _SECONDS),
    "idle_timeout": (lambda v: v is None or _seconds(v), _SECONDS),
    "attempts": (lambda v: _whole(v) and v >= 1, "an integer of at least 1"),
    "max_frame": (lambda v: _whole(v) and v >= _SMALLEST_FRAME, "an integer of at least 1024"),
    "proxy": (lambda v: v is True or v is None or isinstance(v, str), "True, None or a URL"),
    "compression": (lambda v: isinstance(v, bool), "True or False"),
    "ssl": (lambda v: v is None or isinstance(v, tls.SSLContext), "an ssl.SSLContext"),
    "socket_factory": (lambda v: v is None or callable(v), "a function that returns a socket"),
}


@dataclass(frozen=True)
class ConnectionOptions:
    """Options of a voice session. The defaults suit a call between a person and an agent.

    Raises `ConfigurationError` for a value that cannot be used.

    Attributes:
        open_timeout: seconds for each attempt to open the session. Default 10: a cold start.
        close_timeout: seconds to wait for the platform's close frame. Default 3.
        ping_interval: seconds between pings. Default 5. None sends no pings: only `idle_timeout`
            can then detect a connection that died silently.
        ping_timeout: seconds after a ping within which any data must be received. Default 10, for
            stalls of mobile networks. Does not run while the application does not read.
        idle_timeout: seconds that `receive` waits for a message before it drops the connection.
            Default None: the agent's settings decide how long a call may be silent.
        attempts: maximum number of handshakes. Default 3; 1 disables retries.
        proxy: True, the default, for the proxy of the environment (HTTPS_PROXY, ALL_PROXY,
            NO_PROXY), None for no proxy, or a proxy URL.
        headers: additional headers of the handshake.
        compression: offer permessage-deflate. Default False: base64 audio hardly shrinks.
        max_frame: size limit of a received message in bytes. Default 16 MiB, more than four
            minutes of audio. A larger message ends the session.
        ssl: TLS settings for `wss` URLs. Default: Python's, with the system's root certificates.
        socket_factory: function, asynchronous or not, that returns a connected TCP socket to use
            and close. The `proxy` is ignored then.
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
        for name, (accepts, wanted) in _RULES.items():
            value = getattr(self, name)
            if not accepts(value):
                shown = "" if name == "proxy" else f", not {value!r}"
                raise ConfigurationError(f"{name} must be {wanted}{shown}")
        object.__setattr__(self, "headers", _checked(self.headers))


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """Return a copy of `headers`. Errors show no values, which may be secret."""
    if not isinstance(headers, Mapping):
        raise ConfigurationError("headers must be a mapping of names to values")
    for name, value in headers.items():
        if not isinstance(name, str) or not _NAME.match(name):
            raise ConfigurationError(f"not the name of an HTTP header: {str(name)[:40]!r}")
        if name.lower() in _RESERVED or name.lower().startswith("sec-websocket-"):
            raise ConfigurationError(f"the header {name} is set by the WebSocket handshake")
        if not isinstance(value, str) or not _VALUE.match(value):
            raise ConfigurationError(f"the header {name} has a value that HTTP does not allow")
    return dict(headers)
