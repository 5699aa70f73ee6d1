"""A call and its transcript, as `/v1/calls` shows them."""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal, Optional

from vatel.simulator.platform.recording import Recording
from vatel_rt.realtime.messages import ToolCallData

Reason = Literal[
    "agent_hangup", "silence_timeout", "user_hangup", "connection_lost", "slow_client",
    "server_shutdown", "failed",
]  # fmt: skip
"""Why calls of the simulator end. The platform documents only `user_hangup`."""
_REASONS = {
    "transferred": "agent_transfer timeout_transfer silence_transfer",
    "ended_by_agent": "agent_hangup silence_timeout server_shutdown timeout voicemail",
    "ended_by_user": "user_hangup connection_lost slow_client",
}
OUTCOMES = {reason: outcome for outcome, reasons in _REASONS.items() for reason in reasons.split()}
"""The outcome for each reason; other reasons, such as `no_answer` or `failed`, have none."""
MAX_ROWS = 10_000
"""Maximum rows of a transcript; later ones are not kept."""
MAX_ROW_BYTES = 2**20
"""Maximum characters in the rows of a transcript; later rows are not kept."""


def now() -> datetime:
    """Return the time in UTC, in whole milliseconds, which is the resolution of the REST API."""
    time = datetime.now(timezone.utc)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def stamp(time: datetime) -> str:
    """Return `time` in the format of RFC 3339."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def randomness(*names: object) -> random.Random:
    """Return a random generator that is seeded by `names`: equal names, equal choices."""
    return random.Random("/".join(map(str, names)))  # noqa: S311


def new_id(source: Optional[random.Random] = None) -> str:
    """Return a new UUID, taken from `source` if given."""
    return str(uuid.UUID(int=source.getrandbits(128), version=4) if source else uuid.uuid4())


@dataclass
class CallRecord:
    """A call, open or ended.

    Attributes:
        source: how the call was made, as `source` of `GET /v1/calls`.
        party_number: number of the other party of a phone call.
        tags: set only by scenarios and tests.
        prompt: the agent's prompt, which a token or a dial may set for this call.
        chat_id: the chat that the call continues.
        size: characters in the texts of `rows`.
        given: fields of a past call that a scenario sets, with the names of the REST API.
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
    prompt: str = ""
    chat_id: Optional[str] = None
    given: dict[str, Any] = field(default_factory=dict)
    size: int = 0

    @property
    def status(self) -> str:
        """The state of the call, as `status` of `GET /v1/calls`."""
        return str(self.given.get("status") or ("ended" if self.ended else "in_progress"))

    def end(self, reason: str) -> None:
        """Mark the call as ended, and close its recording."""
        self.ended = now()
        self.reason = reason
        if self.recording:
            self.recording.close()

    def add(self, kind: str, turn_id: str, **columns: Any) -> dict[str, Any]:
        """Add a row to the transcript, and return it for later changes.

        Rows after the first 10,000, or after 1 MiB of text, are not kept.
        """
        row = {"index": len(self.rows), "type": kind, "turnId": turn_id, "role": ""}
        row.update({"createdAt": stamp(now()), **columns})
        size = sum(len(str(value)) for value in row.values())
        if len(self.rows) < MAX_ROWS and self.size + size <= MAX_ROW_BYTES:
            self.rows.append(row)
            self.size += size
        return row

    def add_tool_call(self, turn_id: str, data: ToolCallData) -> dict[str, Any]:
        """Add the row of a tool call, and return it."""
        values = {str(argument.name): argument.value for argument in data.arguments}
        call = {"callId": data.tool_call_id, "toolName": data.tool_name}
        call.update(arguments=json.dumps(values), startedAt=stamp(now()))
        return self.add("tool_call", turn_id, toolCall=call)

    def add_tool_output(self, row: dict[str, Any], output: str) -> None:
        """Add the row of a tool's output, given the row of the tool call.

        What exceeds the size of a transcript is cut off.
        """
        output = output[: max(0, MAX_ROW_BYTES - self.size)]
        row["toolCall"] = call = {**row["toolCall"], "output": output, "endedAt": stamp(now())}
        self.add("tool_call_output", row["turnId"], toolCall=call, toolCallOutput=output)

    def to_json(self) -> dict[str, Any]:
        """Return the call as the REST API shows it."""
        seconds = ((self.ended or now()) - self.created).total_seconds()
        shown: dict[str, Any] = {
            "id": self.id,
            "agent_id": self.agent_id,
            "organization_id": self.organization_id,
            "status": self.status,
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
        return {**shown, **self.given}
