from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, List

from attrs import define, field

from ..types import list_of, written


@define(kw_only=True)
class Transcript:
    """What was said and done in a call.

    Attributes:
        entries: The rows, in order.
    """

    entries: List[TranscriptEntry]
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {"entries": self.entries}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Transcript:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            entries=list_of(TranscriptEntry.from_dict)(take("entries")),
            additional_properties=fields or {},
        )


from ..models.transcript_entry import TranscriptEntry
