from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, Union

from attrs import define, field

from ..types import UNSET, Unset, present, unset_if_none, written


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
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "agent_id": self.agent_id,
            "number": self.number,
            "alternate_number": self.alternate_number,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SipTrunkAgentAssignmentCreateInput:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            agent_id=present(take("agent_id")),
            number=unset_if_none(take("number", None)),
            alternate_number=unset_if_none(take("alternate_number", None)),
            additional_properties=fields or {},
        )
