"""The errors of the SDK: everything that it raises on purpose, in one tree.

::

    VatelError
    ├── ConfigurationError          a setting is missing or cannot be used
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
also an `httpx.HTTPStatusError`, which programs written for earlier versions catch. No error
carries a key or a token in its text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional

import httpx

Header = tuple[str, str]
_SHORT = 200


class VatelError(Exception):
    """Any error of this SDK."""


class ConfigurationError(VatelError):
    """A setting is missing or cannot be used; the text names it."""


class APIConnectionError(VatelError):
    """The platform could not be reached, or the connection broke before it answered."""


class APITimeoutError(APIConnectionError):
    """The platform did not answer in time."""


class APIError(VatelError, httpx.HTTPStatusError):
    """The platform answered with an error status.

    Attributes:
        status: HTTP status code.
        message: the platform's own words, or the reason phrase where it gave none.
        body: the answer as text.
        method: HTTP method of the request.
        path: path of the request, without its query.
        request_id: the answer's `X-Request-Id`, if it has one.
    """

    hint = ""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.body = response.text
        self.message = _message(response)
        self.method = response.request.method
        self.path = response.request.url.path
        self.request_id: Optional[str] = response.headers.get("x-request-id")
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
        return type(self), (answer,)

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
        return APIError.of(
            httpx.Response(status, headers=_plain(headers), content=body, request=request)
        )


def _plain(headers: Iterable[Header]) -> list[tuple[bytes, bytes]]:
    """The headers that go with a body which is decoded already."""
    return [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in headers
        if name.lower() not in {"content-encoding", "transfer-encoding"}
    ]


def _message(response: httpx.Response) -> str:
    """The platform's words: `{"error": ...}`, or short text that is no page of HTML."""
    try:
        error = response.json()["error"]
    except (ValueError, TypeError, LookupError, RecursionError):
        error = None
    if isinstance(error, str) and error:
        return error
    text = response.text.strip()
    if text and len(text) <= _SHORT and "<" not in text and "\n" not in text:
        return text
    return response.reason_phrase or "no message"


class BadRequestError(APIError):
    """400: the request is not what the operation takes; the message names the field."""


class AuthenticationError(APIError):
    """401: the API key or session token is wrong, expired or already used."""

    hint = "check the API key, or get a new session token: one token opens one call"


class PermissionDeniedError(APIError):
    """403: the resource belongs to another organization, or is not assigned."""

    hint = "check that the resource belongs to the organization of your API key"


class NotFoundError(APIError):
    """404: there is no such resource."""

    hint = "check the id, and that the API key belongs to the same organization"


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
        code: WebSocket close code (RFC 6455); 1006 when the connection just broke.
        reason: the reason the other side gave, possibly empty.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"voice session closed: {code}{f' {reason}' if reason else ''}")

    def __reduce__(self) -> Any:
        return type(self), (self.code, self.reason)

    @property
    def clean(self) -> bool:
        """Whether the other side meant to end the session: 1000, 1001 or no code at all (1005)."""
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
