from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Dict, List

from attrs import define, field

from ..types import Fields, list_of, written

if TYPE_CHECKING:
    from ..models.graph_node import GraphNode
    from ..models.graph_version import GraphVersion


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
        """As JSON has it; what is not set is left out."""
        fields: Dict[str, Any] = {"version": self.version, "nodes": self.nodes}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GraphVersionDetail:
        """Read it as the platform sends it."""
        from ..models.graph_node import GraphNode
        from ..models.graph_version import GraphVersion

        fields = Fields(data)
        return cls(
            version=fields.required("version", GraphVersion.from_dict),
            nodes=fields.required("nodes", list_of(GraphNode.from_dict)),
            additional_properties=fields.rest,
        )
