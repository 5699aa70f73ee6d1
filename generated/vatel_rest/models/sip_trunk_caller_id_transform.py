from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, Optional, Union

from attrs import define, field

from ..models.caller_transform_type import CallerTransformType
from ..types import one_of, written


@define(kw_only=True)
class SipTrunkCallerIDTransform:
    """A step in rewriting the caller id. Steps run in the order of their list.

    Attributes:
        type: How to rewrite a caller id: `add_prefix` and `add_suffix` put `value` in front
            or at the end, `strip_digits_start` and `strip_digits_end` take `number` digits away
            there, and `replace` puts `value2` where `value` is.
        value: Text to add, or for `replace` the text to look for.
        value2: For `replace`, the text to put in its place.
        number: How many digits to strip.
    """

    type: Union[CallerTransformType, str]
    value: Optional[str] = None
    value2: Optional[str] = None
    number: Optional[int] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "type": self.type,
            "value": self.value,
            "value2": self.value2,
            "number": self.number,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SipTrunkCallerIDTransform:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            type=one_of(CallerTransformType)(take("type")),
            value=take("value", None),
            value2=take("value2", None),
            number=take("number", None),
            additional_properties=fields or {},
        )
