"""The errors of the SDK: everything that it raises on purpose, in one tree.

::

    VatelError
    ├── ConfigurationError          a setting is missing or cannot be used
    ├── ClientClosedError           a request of a client that was closed
    ├── APIConnectionError          the platform could not be reached
    │   └── APITimeoutError         ... or did not answer in time
    ├── APIError                    the platform answered with an error status
    │   ├── BadRequestError         400
    │   ├── AuthenticationError     401
    │   ├── PermissionDeniedError   403
    │   ├── NotFoundError           404
    │   ├── ConflictError           409
    │   ├── RateLimitError          429
    │   └── ServerError             5xx
    ├── ResponseParseError          a successful answer could not be read
    ├── ConnectionClosed            the voice session is over; nothing more can be sent
    ├── AudioError                  audio that the SDK cannot use
    │   ├── AudioFormatError        ... because of its format
    │   └── AudioDeviceError        ... because its device or file does not open
    └── SimulatorError              the simulator cannot start or its scenario is wrong

`APIError` is raised by REST requests and by the handshake of a voice session alike. It is
also an `httpx.HTTPStatusError`, `APIConnectionError` an `httpx.TransportError` and
`APITimeoutError` an `httpx.TimeoutException`: programs written for earlier versions catch these.
No error carries a key or a token in its text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, Optional

import httpx

Header = tuple[str, str]
Cause = Literal[
    "platform",
    "caller",
    "network",
    "ping_timeout",
    "idle_timeout",
    "protocol_error",
    "frame_too_large",
]
_SHORT = 200
_LOST = 1006


class VatelError(Exception):
    """Any error of this SDK."""


class ConfigurationError(VatelError):
    """A setting is missing or cannot be used; the text names it."""


class ClientClosedError(VatelError, RuntimeError):
    """The client was closed before the request; httpx has a RuntimeError for that."""


class APIConnectionError(VatelError, httpx.TransportError):
    """The platform could not be reached, or the connection broke before it answered."""


class APITimeoutError(APIConnectionError, httpx.TimeoutException):
    """The platform did not answer in time."""


class APIError(VatelError, httpx.HTTPStatusError):
    """The platform answered with an error status.

    Attributes:
        status: HTTP status code.
        message: the platform's own words, or the reason phrase where it gave none.
        hint: what to do next; empty where the message says all.
        body: the answer as text.
        method: HTTP method of the request.
        path: path of the request, without its query.
        request_id: the answer's `X-Request-Id`, if it has one.
        origin: `request` for a REST request, `handshake` for that of a voice session.
    """

    origin: Literal["request", "handshake"] = "request"

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.body = response.text
        words = _words(response)
        self.message = words or response.reason_phrase or "no message"
        self.method = response.request.method
        self.path = response.request.url.path
        self.request_id: Optional[str] = response.headers.get("x-request-id")
        self.hint = _hint(response, is_platform=words not in ("", response.reason_phrase))
        text = f"{self.method} {self.path}: {self.status} {self.message}"
        if self.hint:
            text = f"{text} ({self.hint})"
        httpx.HTTPStatusError.__init__(self, text, request=response.request, response=response)

    def __reduce__(self) -> Any:
        # Without the request's headers, which hold the key.
        answer = httpx.Response(
            self.status,
            headers=_plain(self.response.headers.items()),
            content=self.response.content,
            request=httpx.Request(self.method, self.request.url),
        )
        return type(self), (answer,), {"origin": self.origin}

    @staticmethod
    def of(response: httpx.Response) -> APIError:
        """The error of the class that belongs to the status of `response`, which is read."""
        kind = _BY_STATUS.get(response.status_code)
        if kind is None:
            kind = ServerError if response.is_server_error else APIError
        return kind(response)

    @staticmethod
    def of_handshake(url: str, status: int, headers: Iterable[Header], body: bytes) -> APIError:
        """The error of a refused handshake; `url` is that of the session, without its token."""
        request = httpx.Request("GET", url)
        # Without its type the body is read as UTF-8: some charsets that Python knows raise.
        plain = [
            (name, value) for name, value in _plain(headers) if name.lower() != b"content-type"
        ]
        error = APIError.of(httpx.Response(status, headers=plain, content=body, request=request))
        error.origin = "handshake"
        return error


def _plain(headers: Iterable[Header]) -> list[tuple[bytes, bytes]]:
    """The headers that go with a body which is decoded already."""
    return [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in headers
        if name.lower() not in {"content-encoding", "transfer-encoding"}
    ]


def _words(response: httpx.Response) -> str:
    """The platform's words: `{"error": ...}`, or short text that is no page of HTML; or none."""
    try:
        error = response.json()["error"]
    except (ValueError, TypeError, LookupError, RecursionError):
        error = None
    if isinstance(error, str) and error:
        return error
    text = response.text.strip()
    if text and len(text) <= _SHORT and "<" not in text and "\n" not in text:
        return text
    return ""


_SESSIONS = ("ws", "wss")
_OF_SESSIONS = dict.fromkeys(
    (400, 401), "get a new session token: one token opens one call, and expires soon"
)
_OF_THE_PLATFORM = {
    401: "check the API key: VATEL_API_KEY or api_key=...",
    403: "check that the resource belongs to the organization of your API key",
    404: "check the id, and that the API key belongs to the same organization",
}
_OF_OTHERS = {404: "the server there has no such path: check the base URL"}
_WAIT = "a gateway may be down: try again in a while"


def _hint(response: httpx.Response, *, is_platform: bool) -> str:
    """What to do next; `is_platform`: whether the answer has words of the platform."""
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        asked = response.headers.get("retry-after", "")
        return f"try again in {asked} s" if asked.isdecimal() else "try again in a while"
    hints = _OF_THE_PLATFORM if is_platform else {**_OF_THE_PLATFORM, **_OF_OTHERS}
    if response.request.url.scheme in _SESSIONS:
        hints = {**hints, **_OF_SESSIONS}
    failed = response.is_server_error and not is_platform
    return hints.get(status, _WAIT if failed else "")


class BadRequestError(APIError):
    """400: the request is not what the operation takes; the message names the field."""


class AuthenticationError(APIError):
    """401: the API key or session token is wrong, expired or already used."""


class PermissionDeniedError(APIError):
    """403: the resource belongs to another organization, or is not assigned."""


class NotFoundError(APIError):
    """404: there is no such resource."""


class ConflictError(APIError):
    """409: the resource is already there, or already in that state."""


class RateLimitError(APIError):
    """429: too many requests."""


class ServerError(APIError):
    """5xx: the platform, or a gateway in front of it, failed."""


class ResponseParseError(VatelError):
    """An answer with a success status that is not what the operation documents.

    Attributes:
        body: the answer as text.
    """

    def __init__(self, message: str, *, body: str = "") -> None:
        self.body = body
        super().__init__(message)


class ConnectionClosed(VatelError):  # noqa: N818  (the name of the field)
    """The voice session is over.

    Attributes:
        code: WebSocket close code (RFC 6455); 1006 where no close was received or sent.
        reason: the reason that was given with it, possibly empty.
        cause: what ended it: the `platform` or the `caller` closed it; the `network` broke
            it; nothing was heard after a ping (`ping_timeout`) or for as long as the options
            allow (`idle_timeout`); the platform did what WebSockets do not
            (`protocol_error`: also text that is not UTF-8) or sent more than the options
            allow (`frame_too_large`).
    """

    def __init__(self, code: int, reason: str = "", cause: Optional[Cause] = None) -> None:
        self.code = code
        self.reason = reason
        self.cause: Cause = cause or ("network" if code == _LOST else "platform")
        super().__init__(f"voice session closed: {code}{f' {reason}' if reason else ''}")

    def __reduce__(self) -> Any:
        return type(self), (self.code, self.reason, self.cause)

    @property
    def clean(self) -> bool:
        """Whether a side meant to end the session: 1000, 1001 or no code at all (1005)."""
        return self.code in {1000, 1001, 1005}


class AudioError(VatelError):
    """Audio that the SDK cannot use."""


class AudioFormatError(AudioError):
    """Audio in a format that the SDK does not take; the text says how to convert it."""


class AudioDeviceError(AudioError):
    """An audio device or file that does not open, or stopped working."""


class SimulatorError(VatelError):
    """The simulator cannot start, or its scenario is wrong; the text says where."""


_BY_STATUS: dict[int, type[APIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitError,
}
