from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Dict, Optional, Union

from attrs import define, field

from ..models.transcript_entry_type import TranscriptEntryType
from ..types import one_of, optional, read_datetime, written


@define(kw_only=True)
class TranscriptEntry:
    """A row of a transcript. `type` decides which of the other fields have a value.

    Attributes:
        index: Place of the row in the transcript.
        role: Who speaks in a `message` row - `user`, `assistant` or `system`. May be empty
            in other rows.
        message: What was said.
        type: What a row of a transcript records: something said, a call of a tool, the
            output of a tool, or an interruption.
        tool_call: A call of a tool.
        tool_call_output: What the tool returned, in a `tool_call_output` row.
        created_at: When the row was written.
        duration_ms: Duration in milliseconds.
        turn_id: Id of the turn that the row belongs to.
    """

    index: Optional[int] = None
    role: Optional[str] = None
    message: Optional[str] = None
    type: Optional[Union[TranscriptEntryType, str]] = None
    tool_call: Optional[TranscriptToolCall] = None
    tool_call_output: Optional[str] = None
    created_at: Optional[datetime.datetime] = None
    duration_ms: Optional[int] = None
    turn_id: Optional[str] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "index": self.index,
            "role": self.role,
            "message": self.message,
            "type": self.type,
            "toolCall": self.tool_call,
            "toolCallOutput": self.tool_call_output,
            "createdAt": self.created_at,
            "durationMs": self.duration_ms,
            "turnId": self.turn_id,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TranscriptEntry:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            index=take("index", None),
            role=take("role", None),
            message=take("message", None),
            type=optional(take("type", None), one_of(TranscriptEntryType)),
            tool_call=optional(take("toolCall", None), TranscriptToolCall.from_dict),
            tool_call_output=take("toolCallOutput", None),
            created_at=optional(take("createdAt", None), read_datetime),
            duration_ms=take("durationMs", None),
            turn_id=take("turnId", None),
            additional_properties=fields or {},
        )


from ..models.transcript_tool_call import TranscriptToolCall
