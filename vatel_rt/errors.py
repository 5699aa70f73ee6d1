"""The errors that the SDK raises on purpose::

    VatelError
    ├── ConfigurationError          a setting is missing or invalid
    ├── ClientClosedError           a request was made with a closed client
    ├── APIConnectionError          the platform could not be reached
    │   └── APITimeoutError         ... or it did not answer in time
    ├── APIError                    the platform answered with an error status
    │   ├── BadRequestError (400), AuthenticationError (401), PermissionDeniedError (403),
    │   └── NotFoundError (404), ConflictError (409), RateLimitError (429), ServerError (5xx)
    ├── ResponseParseError          a successful answer could not be read
    ├── ConnectionClosed            the voice session has ended
    ├── AudioError                  audio cannot be used
    │   ├── AudioFormatError        ... because of its format
    │   └── AudioDeviceError        ... because its device or file failed
    └── SimulatorError              the simulator cannot start, or its scenario is invalid

For earlier programs `APIError` is also an `httpx.HTTPStatusError`, `APIConnectionError` an
`httpx.TransportError` and `APITimeoutError` an `httpx.TimeoutException`. No text contains a key or
a token.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Literal, Optional

import httpx

Header = tuple[str, str]
Origin = Literal["request", "handshake"]
_Silence = Literal["ping_timeout", "idle_timeout"]
Cause = Literal["platform", "caller", "network", _Silence, "protocol_error", "frame_too_large"]
_SHORT = 200
_LOST = 1006
_DECODED = {"content-encoding", "transfer-encoding"}
_BY_STATUS: dict[Optional[int], type[APIError]] = {}


class VatelError(Exception):
    """Base class of all errors of this SDK."""


class ConfigurationError(VatelError):
    """A setting is missing or invalid; the text names it."""


class ClientClosedError(VatelError, RuntimeError):
    """A request was made with a closed client. Also a RuntimeError, as in httpx."""


class APIConnectionError(VatelError, httpx.TransportError):
    """The platform could not be reached, or the connection broke before it answered."""


class APITimeoutError(APIConnectionError, httpx.TimeoutException):
    """The platform did not answer in time."""


class APIError(VatelError, httpx.HTTPStatusError):
    """The platform answered with an error status.

    Attributes:
        status: HTTP status code.
        message: the platform's message, or the reason phrase if it sent none.
        hint: what to do next; empty if the message is sufficient.
        body: the answer as text.
        method: HTTP method of the request.
        path: path of the request, without its query.
        origin: whether a REST `request` or the `handshake` of a voice session was refused.
        request_id: header `X-Request-Id` of the answer, if present.
    """

    def __init_subclass__(cls, *, status: Optional[int] = None) -> None:
        _BY_STATUS[status] = cls

    def __init__(self, response: httpx.Response, origin: Origin = "request") -> None:
        self.status, self.body = response.status_code, response.text
        self.origin: Origin = origin
        message = _message(response)
        self.message = message or response.reason_phrase or "no message"
        self.method, self.path = response.request.method, response.request.url.path
        self.request_id: Optional[str] = response.headers.get("x-request-id")
        self.hint = _hint(response, origin, message not in ("", response.reason_phrase))
        advice = f" ({self.hint})" if self.hint else ""
        text = f"{self.method} {self.path}: {self.status} {self.message}{advice}"
        httpx.HTTPStatusError.__init__(self, text, request=response.request, response=response)

    def __reduce__(self) -> Any:
        # Without the request's headers, which contain the key.
        request, answer = httpx.Request(self.method, self.request.url), self.response
        copy = _answer(request, self.status, answer.headers.items(), answer.content)
        return type(self), (copy, self.origin)

    @staticmethod
    def of(response: httpx.Response, origin: Origin = "request") -> APIError:
        """Return an error of the class for the status of `response`, which must have been read."""
        other = ServerError if response.is_server_error else APIError
        return _BY_STATUS.get(response.status_code, other)(response, origin)

    @staticmethod
    def of_handshake(url: str, status: int, headers: Iterable[Header], body: bytes) -> APIError:
        """Return the error of a refused handshake; `url` must not contain the token."""
        # Without its type the body is decoded as UTF-8; some charsets would raise.
        kept = (header for header in headers if header[0].lower() != "content-type")
        return APIError.of(_answer(httpx.Request("GET", url), status, kept, body), "handshake")


def _answer(
    request: httpx.Request, status: int, headers: Iterable[Header], body: bytes
) -> httpx.Response:
    kept = (header for header in headers if header[0].lower() not in _DECODED)
    coded = [(n.encode("latin-1", "replace"), v.encode("latin-1", "replace")) for n, v in kept]
    return httpx.Response(status, headers=coded, content=body, request=request)


def _message(response: httpx.Response) -> str:
    """Return the value of `{"error": ...}`, or a short body that is not HTML, or an empty text."""
    with suppress(ValueError, TypeError, LookupError, RecursionError):
        error = response.json()["error"]
        if isinstance(error, str) and error:
            return error
    text = response.text.strip()
    return text if len(text) <= _SHORT and "<" not in text and "\n" not in text else ""


_HINTS = {
    401: "check the API key: VATEL_API_KEY or api_key=...",
    403: "check that the resource belongs to the organization of your API key",
    404: "check the id, and that your API key belongs to the same organization",
}
_OTHER_HINTS = {
    404: "the server has no such path: check the base URL",
    **dict.fromkeys(range(500, 600), "a gateway may be down: try again later"),
}


def _hint(response: httpx.Response, origin: Origin, is_platform: bool) -> str:
    """Return what to do next; `is_platform`: whether the answer has a message of the platform."""
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        asked = response.headers.get("retry-after", "")
        return f"try again in {asked} s" if asked.isdecimal() else "try again later"
    if origin == "handshake" and status in (400, 401):
        return "get a new session token: each token opens one call and expires soon"
    return (_HINTS if is_platform else {**_HINTS, **_OTHER_HINTS}).get(status, "")


class BadRequestError(APIError, status=400):
    """400: the request is invalid; the message names the field."""


class AuthenticationError(APIError, status=401):
    """401: the API key or session token is wrong, expired or already used."""


class PermissionDeniedError(APIError, status=403):
    """403: the resource belongs to another organization, or is not assigned."""


class NotFoundError(APIError, status=404):
    """404: there is no such resource."""


class ConflictError(APIError, status=409):
    """409: the resource already exists, or is already in that state."""


class RateLimitError(APIError, status=429):
    """429: too many requests."""


class ServerError(APIError):
    """5xx: the platform, or a gateway in front of it, failed."""


class ResponseParseError(VatelError):
    """A successful answer that does not match the operation's documentation; `body` is its text."""

    def __init__(self, message: str, *, body: str = "") -> None:
        self.body = body
        super().__init__(message)


class ConnectionClosed(VatelError):  # noqa: N818  (the usual name)
    """The voice session has ended; nothing more can be sent or received.

    Attributes:
        code: WebSocket close code (RFC 6455); 1006 if no close frame was received or sent.
        reason: reason sent with the close code, possibly empty.
        cause: `platform` or `caller`: that side closed the session; `network`: the connection
            was lost; `ping_timeout`: no answer to a ping; `idle_timeout`: no message for longer
            than the options allow; `protocol_error`: the platform violated the WebSocket
            protocol; `frame_too_large`: its frame was larger than the options allow.
    """

    def __init__(self, code: int, reason: str = "", cause: Optional[Cause] = None) -> None:
        self.code, self.reason = code, reason
        self.cause: Cause = cause or ("network" if code == _LOST else "platform")
        super().__init__(f"voice session closed: {code}{f' {reason}' if reason else ''}")

    def __reduce__(self) -> Any:
        return type(self), (self.code, self.reason, self.cause)

    @property
    def clean(self) -> bool:
        """Whether one side ended the session on purpose: 1000, 1001 or no code (1005)."""
        return self.code in {1000, 1001, 1005}


class AudioError(VatelError):
    """Audio cannot be used."""


class AudioFormatError(AudioError):
    """The audio format is not supported; the text says how to convert it."""


class AudioDeviceError(AudioError):
    """An audio device or file cannot be opened, or stopped working."""


class SimulatorError(VatelError):
    """The simulator cannot start, or its scenario is invalid; the text says where."""
