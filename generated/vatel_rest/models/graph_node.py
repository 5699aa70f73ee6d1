from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict

from attrs import define, field

from ..types import written


@define(kw_only=True)
class GraphNode:
    """A node of a conversation graph. Its content is free; whoever stores it or passes it on has
    to keep all of it unchanged.
    """

    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GraphNode:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        return cls(additional_properties=fields or {})

    def __getitem__(self, name: str) -> Any:
        return self.additional_properties[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.additional_properties[name] = value

    def __contains__(self, name: object) -> bool:
        return name in self.additional_properties
