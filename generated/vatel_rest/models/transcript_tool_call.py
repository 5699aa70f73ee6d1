from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Dict, Optional

from attrs import define, field

from ..types import optional, read_datetime, written


@define(kw_only=True)
class TranscriptToolCall:
    """A call of a tool.

    Attributes:
        item_id: Id of the item in the conversation.
        call_id: Id of the tool call, which connects it with its output.
        tool_name: Name of the tool.
        arguments: Arguments of the tool, as JSON text.
        output: What the tool returned.
        started_at: When the tool was called.
        ended_at: When the tool returned.
    """

    item_id: Optional[str] = None
    call_id: Optional[str] = None
    tool_name: Optional[str] = None
    arguments: Optional[str] = None
    output: Optional[str] = None
    started_at: Optional[datetime.datetime] = None
    ended_at: Optional[datetime.datetime] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "itemId": self.item_id,
            "callId": self.call_id,
            "toolName": self.tool_name,
            "arguments": self.arguments,
            "output": self.output,
            "startedAt": self.started_at,
            "endedAt": self.ended_at,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TranscriptToolCall:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            item_id=take("itemId", None),
            call_id=take("callId", None),
            tool_name=take("toolName", None),
            arguments=take("arguments", None),
            output=take("output", None),
            started_at=optional(take("startedAt", None), read_datetime),
            ended_at=optional(take("endedAt", None), read_datetime),
            additional_properties=fields or {},
        )
