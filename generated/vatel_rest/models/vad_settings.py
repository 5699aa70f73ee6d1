from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, Optional

from attrs import define, field

from ..types import written


@define(kw_only=True)
class VadSettings:
    """Voice activity detection: how the platform tells that the caller speaks and is done. In a
    `PATCH`, values that are left out stay as they are.

    Attributes:
        start_secs: Seconds of speech after which a turn of the caller begins.
        stop_secs: Seconds of silence after which a turn of the caller ends.
        silence_timeout_secs: Seconds of silence after which the agent acts as its
            `timeout_settings` say.
    """

    start_secs: Optional[float] = None
    stop_secs: Optional[float] = None
    silence_timeout_secs: Optional[float] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "start_secs": self.start_secs,
            "stop_secs": self.stop_secs,
            "silence_timeout_secs": self.silence_timeout_secs,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> VadSettings:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            start_secs=take("start_secs", None),
            stop_secs=take("stop_secs", None),
            silence_timeout_secs=take("silence_timeout_secs", None),
            additional_properties=fields or {},
        )
