from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, Union

from attrs import define, field

from ..types import UNSET, Unset, written


@define(kw_only=True)
class SipTrunkAgentAssignmentPatchInput:
    """The numbers to change. What is left out stays as it is, and `null` clears.

    Attributes:
        number: Number that leads to the agent on `digest` trunks. Unique on the trunk;
            `null` clears it.
        alternate_number: Number that leads to the agent on `acl` trunks. Unique across all
            trunks; `null` clears it.
    """

    number: Union[Unset, None, str] = UNSET
    alternate_number: Union[Unset, None, str] = UNSET
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {"number": self.number, "alternate_number": self.alternate_number}
        return {
            **self.additional_properties,
            **written(fields, nullable=("number", "alternate_number")),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SipTrunkAgentAssignmentPatchInput:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            number=take("number", UNSET),
            alternate_number=take("alternate_number", UNSET),
            additional_properties=fields or {},
        )
