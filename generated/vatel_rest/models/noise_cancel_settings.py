from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, Optional

from attrs import define, field

from ..types import written


@define(kw_only=True)
class NoiseCancelSettings:
    """Suppression of background noise in the caller's audio.

    Attributes:
        enabled: Whether noise is suppressed.
        level: Strength in percent, from 0 to 100.
    """

    enabled: Optional[bool] = None
    level: Optional[float] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {"enabled": self.enabled, "level": self.level}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> NoiseCancelSettings:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            enabled=take("enabled", None),
            level=take("level", None),
            additional_properties=fields or {},
        )
