from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict

from attrs import define, field

from ..types import present, written


@define(kw_only=True)
class CallFeedback:
    """A rating of a call.

    Attributes:
        stars: Number of stars.
        notes: Comment that goes with the stars. May be empty.
    """

    stars: int
    notes: str
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {"stars": self.stars, "notes": self.notes}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CallFeedback:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            stars=present(take("stars")),
            notes=present(take("notes")),
            additional_properties=fields or {},
        )
