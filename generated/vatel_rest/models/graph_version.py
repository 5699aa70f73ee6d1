from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Dict, Optional

from attrs import define, field

from ..types import optional, read_datetime, written


@define(kw_only=True)
class GraphVersion:
    """A snapshot of an agent's conversation graph.

    Attributes:
        id: Id of the version.
        agent_id: Id of the agent.
        created_at: When the snapshot was taken.
        published_at: When the version was published. `null` or absent for a version that
            never was.
        tag: Name given to the version.
    """

    id: Optional[str] = None
    agent_id: Optional[str] = None
    created_at: Optional[datetime.datetime] = None
    published_at: Optional[datetime.datetime] = None
    tag: Optional[str] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "id": self.id,
            "agent_id": self.agent_id,
            "created_at": self.created_at,
            "published_at": self.published_at,
            "tag": self.tag,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GraphVersion:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            id=take("id", None),
            agent_id=take("agent_id", None),
            created_at=optional(take("created_at", None), read_datetime),
            published_at=optional(take("published_at", None), read_datetime),
            tag=take("tag", None),
            additional_properties=fields or {},
        )
