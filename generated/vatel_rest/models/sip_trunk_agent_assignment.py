from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Dict, Optional

from attrs import define, field

from ..types import optional, read_datetime, written


@define(kw_only=True)
class SipTrunkAgentAssignment:
    """Binds an agent to a trunk.

    Attributes:
        id: Id of the assignment.
        agent_id: Id of the agent.
        sip_trunk_id: Id of the trunk.
        number: Number that leads to the agent on `digest` trunks. May be empty.
        alternate_number: Number that leads to the agent on `acl` trunks. May be empty.
        created_at: When the assignment was made.
    """

    id: Optional[str] = None
    agent_id: Optional[str] = None
    sip_trunk_id: Optional[str] = None
    number: Optional[str] = None
    alternate_number: Optional[str] = None
    created_at: Optional[datetime.datetime] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "id": self.id,
            "agent_id": self.agent_id,
            "sip_trunk_id": self.sip_trunk_id,
            "number": self.number,
            "alternate_number": self.alternate_number,
            "created_at": self.created_at,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SipTrunkAgentAssignment:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            id=take("id", None),
            agent_id=take("agent_id", None),
            sip_trunk_id=take("sip_trunk_id", None),
            number=take("number", None),
            alternate_number=take("alternate_number", None),
            created_at=optional(take("created_at", None), read_datetime),
            additional_properties=fields or {},
        )
