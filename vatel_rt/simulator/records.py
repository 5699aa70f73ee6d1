"""A call and its transcript, as `/v1/calls` shows them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Optional

from vatel_rt.payloads import ToolCallArgument
from vatel_rt.simulator.recording import Recording

AGENT_HANGUP = "agent_hangup"
SILENCE_TIMEOUT = "silence_timeout"
USER_HANGUP = "user_hangup"
CONNECTION_LOST = "connection_lost"
SHUTDOWN = "server_shutdown"
OUTCOMES = {
    AGENT_HANGUP: "ended_by_agent",
    SILENCE_TIMEOUT: "ended_by_agent",
    SHUTDOWN: "ended_by_agent",
    USER_HANGUP: "ended_by_user",
    CONNECTION_LOST: "ended_by_user",
}
"""Why calls end, and the bucket that each reason is in."""


def now() -> datetime:
    """The time, in UTC, to the millisecond: what is shown of it is all there is of it."""
    time = datetime.now(timezone.utc)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def stamp(time: datetime) -> str:
    """`time` as RFC 3339."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id() -> str:
    """An id that nothing else has."""
    return str(uuid.uuid4())


@dataclass
class CallRecord:
    """A call, while it lasts and afterwards.

    Attributes:
        source: what the call came through, as `source` of `GET /v1/calls`.
        party_number: number of the other end of a phone call.
        tags: nothing in the simulator sets them; a test may.
    """

    agent_id: str
    organization_id: str
    version_id: Optional[str] = None
    source: str = "api"
    outbound: bool = False
    party_number: str = ""
    tags: list[str] = field(default_factory=list)
    id: str = field(default_factory=new_id)
    created: datetime = field(default_factory=now)
    ended: Optional[datetime] = None
    reason: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    recording: Optional[Recording] = None

    def end(self, reason: str) -> None:
        """The call is over."""
        self.ended = now()
        self.reason = reason
        if self.recording:
            self.recording.close()

    def add(self, kind: str, turn_id: str, **columns: Any) -> dict[str, Any]:
        """Write a row of the transcript, and give it back for later additions."""
        row = {"index": len(self.rows), "type": kind, "turnId": turn_id, "role": ""}
        row.update({"createdAt": stamp(now()), **columns})
        self.rows.append(row)
        return row

    def add_tool_call(
        self, turn_id: str, call_id: str, tool: str, arguments: list[ToolCallArgument]
    ) -> None:
        """Write the row of a tool call."""
        values = {str(argument.name): argument.value for argument in arguments}
        call = {"callId": call_id, "toolName": tool, "arguments": json.dumps(values)}
        call["startedAt"] = stamp(now())
        self.add("tool_call", turn_id, toolCall=call)

    def add_tool_output(self, output: str) -> None:
        """Write the row of the answer to the last tool call."""
        row = next(row for row in reversed(self.rows) if row["type"] == "tool_call")
        call = {**row["toolCall"], "output": output, "endedAt": stamp(now())}
        row["toolCall"] = call
        self.add("tool_call_output", row["turnId"], toolCall=call, toolCallOutput=output)

    def to_json(self) -> dict[str, Any]:
        """The call as the platform shows it."""
        seconds = ((self.ended or now()) - self.created).total_seconds()
        shown: dict[str, Any] = {
            "id": self.id,
            "agent_id": self.agent_id,
            "organization_id": self.organization_id,
            "status": "ended" if self.ended else "in_progress",
            "source": self.source,
            "outbound": self.outbound,
            "created_at": stamp(self.created),
            "connected_at": stamp(self.created),
            "started_at": stamp(self.created),
            "cost": 0,
            "duration_seconds": round(seconds),
        }
        if self.ended:
            shown.update(ended_at=stamp(self.ended), termination_reason=self.reason)
        if self.rows:
            shown["transcript"] = {"entries": self.rows}
        optional = {
            "graph_version_id": self.version_id,
            "party_number": self.party_number,
            "tags": self.tags,
        }
        shown.update({key: value for key, value in optional.items() if value})
        return shown
