from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Dict, Optional, Union

from attrs import define, field

from ..models.transcript_entry_type import TranscriptEntryType
from ..types import Fields, one_of, read_datetime, written

if TYPE_CHECKING:
    from ..models.transcript_tool_call import TranscriptToolCall


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
        """As JSON has it; what is not set is left out."""
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
        """Read it as the platform sends it."""
        from ..models.transcript_tool_call import TranscriptToolCall

        fields = Fields(data)
        return cls(
            index=fields.optional("index"),
            role=fields.optional("role"),
            message=fields.optional("message"),
            type=fields.optional("type", one_of(TranscriptEntryType)),
            tool_call=fields.optional("toolCall", TranscriptToolCall.from_dict),
            tool_call_output=fields.optional("toolCallOutput"),
            created_at=fields.optional("createdAt", read_datetime),
            duration_ms=fields.optional("durationMs"),
            turn_id=fields.optional("turnId"),
            additional_properties=fields.rest,
        )
