from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict

from attrs import define, field

from ..types import present, written


@define(kw_only=True)
class ErrorResponse:
    """What went wrong.

    Attributes:
        error: The reason, in words for a person. Do not take decisions on its wording.
    """

    error: str
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {"error": self.error}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ErrorResponse:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(error=present(take("error")), additional_properties=fields or {})
