"""Options of a voice session."""

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
_VALUE = re.compile(r"[\t\x20-\x7e]*\Z")  # a line break could add a header
_RESERVED = {"host", "connection", "upgrade", "content-length", "transfer-encoding"}
_SMALLEST_FRAME = 1024


@dataclass(frozen=True)
class ConnectionOptions:
    """Options of a voice session. The defaults suit a call between a person and an agent.

    Attributes:
        open_timeout: seconds for each attempt to open the session. Default 10: enough for a cold
            start of the platform, bearable for a waiting person.
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

    Raises:
        ConfigurationError: an option has a value that cannot be used.
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
            raise ConfigurationError("proxy must be True, None or a URL")
        if not isinstance(self.compression, bool):
            raise ConfigurationError("compression must be True or False")
        if not isinstance(self.ssl, (tls.SSLContext, type(None))):
            raise ConfigurationError("ssl must be an ssl.SSLContext")
        if self.socket_factory is not None and not callable(self.socket_factory):
            raise ConfigurationError("socket_factory must be a function that returns a socket")
        object.__setattr__(self, "headers", _checked(self.headers))


def _check_seconds(name: str, value: object) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 < value < math.inf:  # type: ignore[operator]
        raise ConfigurationError(f"{name} must be a number of seconds above 0, not {value!r}")


def _check_whole(name: str, value: object, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigurationError(f"{name} must be an integer of at least {least}, not {value!r}")


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
