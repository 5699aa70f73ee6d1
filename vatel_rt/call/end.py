"""How a call ended, or why it did not begin: one object for all who ask."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Optional

from vatel_rt.errors import (
    APIConnectionError,
    APIError,
    AudioError,
    AuthenticationError,
    Cause,
    ConnectionClosed,
    RateLimitError,
    ServerError,
)

Reason = Literal[
    "agent_hung_up",
    "caller_hung_up",
    "cancelled",
    "server_went_away",
    "server_error",
    "connection_lost",
    "ping_timeout",
    "idle_timeout",
    "protocol_error",
    "frame_too_large",
    "token_expired",
    "refused",
    "unreachable",
    "device_failed",
    "failed",
]
By = Literal["agent", "caller", "platform", "network", "sdk"]


class _Meaning(NamedTuple):
    by: By
    retryable: bool
    hint: str


_MEANINGS: dict[Reason, _Meaning] = {
    "agent_hung_up": _Meaning("agent", False, "Nothing: the call is complete."),
    "caller_hung_up": _Meaning("caller", False, "Nothing: this side ended the call."),
    "cancelled": _Meaning("caller", False, "Nothing: the program cancelled the call."),
    "server_went_away": _Meaning(
        "platform", True, "Call again: the platform restarts or moves its sessions."
    ),
    "server_error": _Meaning(
        "platform", True, "Call again; if it stays, give the platform's support the session id."
    ),
    "connection_lost": _Meaning(
        "network", True, "Check the network and call again: a call cannot be resumed."
    ),
    "ping_timeout": _Meaning(
        "network", True, "Check the network and call again; ping_timeout says how long to wait."
    ),
    "idle_timeout": _Meaning(
        "network", True, "Call again, or allow longer silence by a larger idle_timeout."
    ),
    "protocol_error": _Meaning(
        "platform", True, "Call again; if it stays, look for a proxy that changes the traffic."
    ),
    "frame_too_large": _Meaning(
        "platform", False, "Allow larger messages with ConnectionOptions(max_frame=...)."
    ),
    "token_expired": _Meaning(
        "platform", True, "Get a new session token: each opens one call, for a short time."
    ),
    "refused": _Meaning(
        "platform", False, "Correct what the text names: the agent, the token or the request."
    ),
    "unreachable": _Meaning("network", True, "Check the network and the base URL, and call again."),
    "device_failed": _Meaning(
        "sdk", False, "Check the audio device or file that the text names, and call again."
    ),
    "failed": _Meaning("sdk", False, "Look at the error and its traceback in the log."),
}

# By the close code of the platform. 1004, 1006 and 1015 cannot be sent, 1005 stands for none.
_CLOSES: dict[int, Reason] = {
    1000: "agent_hung_up",
    1001: "server_went_away",
    1002: "protocol_error",
    1003: "protocol_error",
    1005: "agent_hung_up",
    1006: "connection_lost",
    1007: "protocol_error",
    1009: "protocol_error",
    1010: "protocol_error",
    1012: "server_went_away",
}
_PASSING = range(1011, 1015)
"""Errors of a server that may be gone with the next call; other codes say that it will be the
same again, or (3000 to 4999) have no meaning that is known here."""
_CAUSES: dict[Cause, Reason] = {
    "caller": "caller_hung_up",
    "network": "connection_lost",
    "ping_timeout": "ping_timeout",
    "idle_timeout": "idle_timeout",
    "protocol_error": "protocol_error",
    "frame_too_large": "frame_too_large",
}
# The first that fits: classes before those that they derive from.
_ERRORS: dict[type[BaseException], Reason] = {
    asyncio.CancelledError: "cancelled",
    AuthenticationError: "token_expired",
    RateLimitError: "server_error",
    ServerError: "server_error",
    APIError: "refused",
    APIConnectionError: "unreachable",
    AudioError: "device_failed",
    BaseException: "failed",
}


@dataclass(frozen=True)
class CallEnd:
    """How a call ended; all but the first four follow from those.

    Attributes:
        reason: one of

            - `agent_hung_up`: also after silence, for which the platform has no other word
            - `caller_hung_up`, `cancelled`: this side ended it, or its task was cancelled
            - `server_went_away`: the platform stops or restarts
            - `server_error`: it closed the session with an error code
            - `connection_lost`: the connection broke without a close
            - `ping_timeout`, `idle_timeout`: nothing was heard for as long as the options say
            - `protocol_error`: a side did what WebSockets do not
            - `frame_too_large`: a message larger than the options allow
            - `token_expired`: or was invalid or used; the call did not begin
            - `refused`, `unreachable`: the call did not begin
            - `device_failed`: microphone, speaker or file
            - `failed`: anything else on this side
        code: WebSocket close code, where a close was what ended the call.
        text: what the platform said when it closed, or what failed; possibly empty.
        by: whose doing it was: `agent`, `caller` (this side's person or program),
            `platform`, `network` or `sdk` (this side's audio or code).
        clean: whether one of the two sides hung up.
        retryable: whether a new call, with a new token, may go better.
        session_id: the call's id in `GET /v1/calls/{id}`, once it began. It does not count
            in comparisons: two calls may end alike.
        hint: what to do, in a sentence.
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
        by, retryable, hint = _MEANINGS[self.reason]
        lasts = self.reason == "server_error" and self.code not in {None, *_PASSING}
        clean = self.reason in {"agent_hung_up", "caller_hung_up"}
        vars(self).update(by=by, clean=clean, retryable=retryable and not lasts, hint=hint)

    def __str__(self) -> str:
        detail = " ".join(str(part) for part in (self.code, self.text) if part)
        return self.reason.replace("_", " ") + (f" ({detail})" if detail else "")

    @classmethod
    def of(cls, error: BaseException) -> CallEnd:
        """The end that `error` means: a close, a refusal, a failure or a cancellation."""
        if isinstance(error, ConnectionClosed):
            closed: Reason = _CAUSES.get(error.cause) or _CLOSES.get(error.code, "server_error")
            return cls(closed, error.code, error.reason)
        reason: Reason = next(end for kind, end in _ERRORS.items() if isinstance(error, kind))
        if isinstance(error, AuthenticationError) and error.method != "GET":
            reason = "refused"  # the API key, by the request for a token; the handshake is a GET
        text = str(error) or ("" if reason == "cancelled" else repr(error))
        return cls(reason, text=text)
