from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Dict, Optional

from attrs import define, field

from ..types import optional, read_datetime, written


@define(kw_only=True)
class Organization:
    """The customer that API keys, agents, numbers, trunks and calls belong to.

    Attributes:
        id: Id of the organization.
        name: Name of the organization.
        created_at: When the organization was created.
    """

    id: Optional[str] = None
    name: Optional[str] = None
    created_at: Optional[datetime.datetime] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {"id": self.id, "name": self.name, "created_at": self.created_at}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Organization:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            id=take("id", None),
            name=take("name", None),
            created_at=optional(take("created_at", None), read_datetime),
            additional_properties=fields or {},
        )
