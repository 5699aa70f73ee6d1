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
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {"label": self.label}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TwilioPhoneNumberLabelPatchInput:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(label=present(take("label")), additional_properties=fields or {})
