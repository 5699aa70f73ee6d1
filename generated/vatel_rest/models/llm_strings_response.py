from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, List

from attrs import define, field

from ..types import items_of, written


@define(kw_only=True)
class LLMStringsResponse:
    """The language models to choose from.

    Attributes:
        llms: Names for the fields `llm` and `fallback_llm` of an agent, as
            `provider/model`.
    """

    llms: List[str]
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {"llms": self.llms}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LLMStringsResponse:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(llms=items_of(take("llms")), additional_properties=fields or {})
