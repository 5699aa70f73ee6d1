from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict

from attrs import define, field

from ..types import present, written


@define(kw_only=True)
class TwilioPhoneNumberLabelPatchInput:
    """A new label for an imported number.

    Attributes:
        label: The new label.
    """

    label: str
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """As JSON has it; what is not set is left out."""
        fields: Dict[str, Any] = {"label": self.label}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TwilioPhoneNumberLabelPatchInput:
        """Read it as the platform sends it."""
        fields = {**data}
        take = fields.pop
        return cls(label=present(take("label")), additional_properties=fields or {})
