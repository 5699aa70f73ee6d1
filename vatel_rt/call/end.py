"""How a call ended, or why it could not be opened."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Optional, cast

from vatel_rt import errors
from vatel_rt.text import printable

log = logging.getLogger("vatel.call")

_HungUp = Literal["agent_hung_up", "caller_hung_up", "cancelled"]
_Closed = Literal["server_went_away", "server_error", "protocol_error", "frame_too_large"]
_Lost = Literal["connection_lost", "ping_timeout", "idle_timeout"]
_Failed = Literal[
    "token_expired", "refused", "unreachable", "start_timeout", "device_failed", "failed"
]
Reason = Literal[_HungUp, _Closed, _Lost, _Failed]
By = Literal["agent", "caller", "platform", "network", "sdk"]

_HINTS: dict[Reason, str] = {
    "agent_hung_up": "No action needed: the call is complete.",
    "caller_hung_up": "No action needed: this side ended the call.",
    "cancelled": "No action needed: the program cancelled the call.",
    "server_went_away": "Call again: the platform restarted or moved the session.",
    "server_error": "Call again; if it fails repeatedly, send support the session id.",
    "connection_lost": "Check the network, then call again: a call cannot be resumed.",
    "ping_timeout": "Check the network, then call again, or allow a longer ping_timeout.",
    "idle_timeout": "Call again, or allow longer silence with a larger idle_timeout.",
    "protocol_error": "Call again; if it fails repeatedly, look for a proxy in between.",
    "frame_too_large": "Allow larger messages with ConnectionOptions(max_frame=...).",
    "token_expired": "Get a new session token: each opens one call and expires soon.",
    "refused": "Correct the agent, the token or the request, as the text says.",
    "unreachable": "Check the network and the base URL, then call again.",
    "start_timeout": "Call again, or allow more time with start_timeout=....",
    "device_failed": "Check the audio device or file that the text names, then call again.",
    "failed": "See the error and its traceback in the log.",
}
# Who ended the call, and whether a new call may succeed.
_KINDS: dict[tuple[By, bool], set[Reason]] = {
    ("agent", False): {"agent_hung_up"},
    ("caller", False): {"caller_hung_up", "cancelled"},
    ("platform", True): {
        "server_went_away",
        "server_error",
        "protocol_error",
        "token_expired",
        "start_timeout",
    },
    ("platform", False): {"frame_too_large", "refused"},
    ("network", True): {"connection_lost", "ping_timeout", "idle_timeout", "unreachable"},
    ("sdk", False): {"device_failed", "failed"},
}
# By the platform's close code: `server_error` for all others; 1005 means that none was sent.
_CLOSES: dict[Reason, set[int]] = {
    "agent_hung_up": {1000, 1005},
    "connection_lost": {1006},
    "protocol_error": {1002, 1003, 1007, 1009, 1010},
    "server_went_away": {1001, 1012},
}
_TRANSIENT = range(1011, 1015)  # others are permanent, or private (3000 to 4999)
# The first match counts, so each class stands before its base classes.
_ERRORS: dict[type[BaseException], Reason] = {
    asyncio.CancelledError: "cancelled",
    errors.AuthenticationError: "token_expired",
    errors.RateLimitError: "server_error",
    errors.ServerError: "server_error",
    errors.APIError: "refused",
    errors.APIConnectionError: "unreachable",
    errors.AudioError: "device_failed",
    BaseException: "failed",
}


@dataclass(frozen=True)
class CallEnd:
    """How a call ended. `by`, `clean`, `retryable` and `hint` follow from the other fields.

    Attributes:
        reason: one of

            - `agent_hung_up`: also after a silence timeout, which the platform does not report
            - `caller_hung_up`, `cancelled`: this side ended the call, or its task was cancelled
            - `server_went_away`, `server_error`: the platform is stopping; it closed with an error
            - `connection_lost`: the connection broke without a close frame
            - `ping_timeout`, `idle_timeout`: nothing was received for as long as options allow
            - `protocol_error`, `frame_too_large`: bad WebSocket data; too large a message
            - `token_expired`: the session token was refused as expired, invalid or used
            - `refused`, `unreachable`: the call did not begin
            - `start_timeout`: the session was opened, and the platform never began the call
            - `device_failed`, `failed`: microphone, speaker or file; any other error on this side
        code: WebSocket close code, if a close ended the call.
        text: the platform's reason for the close, or the error; may be empty.
        by: `agent`, `caller` (this side), `platform`, `network` or `sdk` (audio or code here).
        clean: whether the agent or the caller hung up.
        retryable: whether a new call, with a new token, may succeed.
        session_id: the call's id in `GET /v1/calls/{id}`, once it began; it is not compared.
        hint: what to do, in one sentence.
    """

    reason: Reason
    code: Optional[int] = None
    text: str = ""
    by: By = field(init=False)
    clean: bool = field(init=False)
    retryable: bool = field(init=False)
    session_id: Optional[str] = field(default=None, compare=False)
    hint: str = field(init=False)

    def __post_init__(self) -> None:
        hint = _HINTS[self.reason]
        by, retryable = next(kind for kind, reasons in _KINDS.items() if self.reason in reasons)
        permanent = self.reason == "server_error" and self.code not in {None, *_TRANSIENT}
        if by in ("agent", "platform") and self.code is not None and self.text:
            # Its words say more than the code: a call may have been ended for want of credits.
            hint = f"The platform said: {printable(self.text).rstrip('.')}."
        elif permanent:
            hint = f"The platform refused to go on ({self.code}): ask its support for the reason."
        clean = self.reason in {"agent_hung_up", "caller_hung_up"}
        vars(self).update(by=by, clean=clean, retryable=retryable and not permanent, hint=hint)

    def __str__(self) -> str:
        said = self.text if self.code is None else printable(self.text)  # ours may have lines
        detail = " ".join(str(part) for part in (self.code, said) if part)
        return self.reason.replace("_", " ") + (f" ({detail})" if detail else "")

    @classmethod
    def of(cls, error: BaseException) -> CallEnd:
        """Return the end that corresponds to a close, a refusal, a failure or a cancellation."""
        if isinstance(error, errors.ConnectionClosed):
            by_code = next((end for end, of in _CLOSES.items() if error.code in of), "server_error")
            known = {"caller": "caller_hung_up", "network": "connection_lost", "platform": by_code}
            end: Any = known.get(error.cause, error.cause)  # the other causes are reasons
            return cls(cast(Reason, end), error.code, error.reason)
        reason: Reason = next(end for kind, end in _ERRORS.items() if isinstance(error, kind))
        if isinstance(error, errors.AuthenticationError) and error.origin == "request":
            reason = "refused"  # the API key was refused, not the session token
        text = str(error) or ("" if reason == "cancelled" else repr(error))
        return cls(reason, text=text)


class Outcome:
    """Holds how a call ended, and the error that its iteration raises. The first end counts."""

    end: Optional[CallEnd] = None
    failure: Optional[Exception] = None
    session_id: Optional[str] = None

    @property
    def is_clean(self) -> bool:
        """Whether the agent or the caller has hung up."""
        return self.end is not None and self.end.clean

    def set(self, end: CallEnd, failure: Optional[Exception] = None) -> None:
        """Set the end of the call, unless it is set."""
        if self.end is None:
            self.end = replace(end, session_id=self.session_id)
            self.failure = failure

    def fail(self, error: BaseException) -> None:
        """Set an error as the end, and log it unless the device failed; re-raise a cancellation."""
        cause: Any = error
        while getattr(cause, "exceptions", None):  # a task group wraps errors in a group
            cause = cause.exceptions[0]
        if isinstance(cause, Exception):
            if not isinstance(cause, errors.AudioDeviceError):
                log.error("the call failed", exc_info=cause)
            self.set(CallEnd.of(cause), cause)
        elif cause is error:
            raise error
        # Otherwise it is Ctrl-C in another task, before Python 3.11: the event loop has stopped.
