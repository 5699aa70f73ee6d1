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
        """As JSON has it; what is not set is left out."""
        fields: Dict[str, Any] = {"success": self.success}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> DialAgentResponse:
        """Read it as the platform sends it."""
        fields = {**data}
        take = fields.pop
        return cls(success=present(take("success")), additional_properties=fields or {})
