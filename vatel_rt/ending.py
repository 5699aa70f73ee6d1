"""How a call ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Optional

from vatel_rt.errors import ConnectionClosed

Reason = Literal[
    "agent_hung_up",
    "caller_hung_up",
    "server_went_away",
    "server_error",
    "connection_lost",
    "failed",
]
_REASONS: dict[int, Reason] = {
    1000: "agent_hung_up",
    1001: "server_went_away",
    1005: "agent_hung_up",
    1006: "connection_lost",
}


@dataclass(frozen=True)
class CallEnd:
    """How a call ended.

    Attributes:
        reason: `agent_hung_up` (also after silence), `caller_hung_up`, `server_went_away`
            (it stops or restarts), `server_error` (closed with an error code),
            `connection_lost` (no close was received), `failed` (on this side: the audio
            device, for example).
        code: WebSocket close code, where the platform's close was what ended the call.
        text: what the platform said when it closed, or what failed; possibly empty.
    """

    reason: Reason
    code: Optional[int] = None
    text: str = ""

    @property
    def clean(self) -> bool:
        """Whether one of the two sides ended the call on purpose."""
        return self.reason in {"agent_hung_up", "caller_hung_up"}

    def __str__(self) -> str:
        detail = " ".join(str(part) for part in (self.code, self.text) if part)
        return self.reason.replace("_", " ") + (f" ({detail})" if detail else "")

    @classmethod
    def of(cls, closed: ConnectionClosed) -> CallEnd:
        """The end that a close by the other side means."""
        return cls(_REASONS.get(closed.code, "server_error"), closed.code, closed.reason)
