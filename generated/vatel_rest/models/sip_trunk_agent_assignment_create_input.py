from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, Union

from attrs import define, field

from ..types import UNSET, Fields, Unset, written


@define(kw_only=True)
class SipTrunkAgentAssignmentCreateInput:
    """An agent for a trunk, and the numbers that lead to it. Either number may be given, or
    both.

    Attributes:
        agent_id: Id of the agent.
        number: Number that leads to the agent on `digest` trunks. Unique on the trunk.
        alternate_number: Number that leads to the agent on `acl` trunks. Unique across all
            trunks.
    """

    agent_id: str
    number: Union[Unset, str] = UNSET
    alternate_number: Union[Unset, str] = UNSET
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """As JSON has it; what is not set is left out."""
        fields: Dict[str, Any] = {
            "agent_id": self.agent_id,
            "number": self.number,
            "alternate_number": self.alternate_number,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SipTrunkAgentAssignmentCreateInput:
        """Read it as the platform sends it."""
        fields = Fields(data)
        return cls(
            agent_id=fields.required("agent_id"),
            number=fields.given("number"),
            alternate_number=fields.given("alternate_number"),
            additional_properties=fields.rest,
        )
