from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, Optional, Union

from attrs import define, field

from ..models.context_variable_type import ContextVariableType
from ..models.variable_data_type import VariableDataType
from ..types import one_of, optional, written


@define(kw_only=True)
class ContextVariable:
    """A piece of information that belongs to a call.

    Attributes:
        name: Name of the variable.
        type: Where a variable comes from: the platform, the input of the call, or the
            conversation.
        description: What the variable stands for.
        value: The value, which can be any JSON value. `dataType` tells its shape.
        data_type: The JSON type of a variable's value.
        rationale: Why the variable was given this value.
    """

    name: Optional[str] = None
    type: Optional[Union[ContextVariableType, str]] = None
    description: Optional[str] = None
    value: Optional[Any] = None
    data_type: Optional[Union[VariableDataType, str]] = None
    rationale: Optional[str] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "description": self.description,
            "value": self.value,
            "dataType": self.data_type,
            "rationale": self.rationale,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ContextVariable:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            name=take("name", None),
            type=optional(take("type", None), one_of(ContextVariableType)),
            description=take("description", None),
            value=take("value", None),
            data_type=optional(take("dataType", None), one_of(VariableDataType)),
            rationale=take("rationale", None),
            additional_properties=fields or {},
        )
