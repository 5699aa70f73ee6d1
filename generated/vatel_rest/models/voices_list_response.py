from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, List

from attrs import define, field

from ..types import list_of, written


@define(kw_only=True)
class VoicesListResponse:
    """The voices to choose from.

    Attributes:
        voices: The voices of all providers.
    """

    voices: List[VoiceCatalogEntry]
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {"voices": self.voices}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> VoicesListResponse:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            voices=list_of(VoiceCatalogEntry.from_dict)(take("voices")),
            additional_properties=fields or {},
        )


from ..models.voice_catalog_entry import VoiceCatalogEntry
