"""How a call ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Optional

from vatel_rt.errors import ConnectionClosed

Reason = Literal["agent_hung_up", "caller_hung_up", "connection_lost", "server_error"]
_LOST = 1006


@dataclass(frozen=True)
class CallEnd:
    """How a call ended.

    Attributes:
        reason: `agent_hung_up` (also after silence), `caller_hung_up`, `connection_lost`
            (no close was received), `server_error` (closed with an error code).
        code: WebSocket close code, None where the caller closed.
        text: what the platform said when it closed, possibly empty.
    """

    reason: Reason
    code: Optional[int] = None
    text: str = ""

    @property
    def clean(self) -> bool:
        """Whether one of the two sides ended the call on purpose."""
        return self.reason in {"agent_hung_up", "caller_hung_up"}

    def __str__(self) -> str:
        words = self.reason.replace("_", " ")
        return f"{words} ({self.code} {self.text})".replace(" )", ")") if self.code else words

    @classmethod
    def of(cls, closed: ConnectionClosed) -> CallEnd:
        """The end that a close by the other side means."""
        if closed.clean:
            return cls("agent_hung_up", closed.code, closed.reason)
        reason: Reason = "connection_lost" if closed.code == _LOST else "server_error"
        return cls(reason, closed.code, closed.reason)
