from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, List

from attrs import define, field

from ..types import list_of, written


@define(kw_only=True)
class GraphVersionDetail:
    """A version with its conversation graph.

    Attributes:
        version: A snapshot of an agent's conversation graph.
        nodes: The nodes of the graph.
    """

    version: GraphVersion
    nodes: List[GraphNode]
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {"version": self.version, "nodes": self.nodes}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GraphVersionDetail:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            version=GraphVersion.from_dict(take("version")),
            nodes=list_of(GraphNode.from_dict)(take("nodes")),
            additional_properties=fields or {},
        )


from ..models.graph_node import GraphNode
from ..models.graph_version import GraphVersion
