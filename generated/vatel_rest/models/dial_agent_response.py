from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict

from attrs import define, field

from ..types import present, written


@define(kw_only=True)
class DialAgentResponse:
    """Answer to a request to call somebody.

    Attributes:
        success: Whether the call was accepted. It may still fail to connect, or nobody may
            pick up.
    """

    success: bool
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {"success": self.success}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> DialAgentResponse:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(success=present(take("success")), additional_properties=fields or {})
