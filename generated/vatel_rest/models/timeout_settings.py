from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, Optional, Union

from attrs import define, field

from ..models.timeout_action import TimeoutAction
from ..types import one_of, optional, written


@define(kw_only=True)
class TimeoutSettings:
    """What happens when a call lasts too long or the caller stays silent.

    Attributes:
        default_timeout: Time limit in seconds, after which `timeout_action` follows.
        timeout_action: What happens at the time limit. `transfer_call` needs
            `transfer_number`.
        transfer_number: Number that `timeout_action` transfers the call to.
        transfer_message: What the agent says before it transfers the call.
        silence_counter: Number of silences after which `silence_timeout_action` follows.
        silence_timeout_action: What happens when the caller stays silent. `transfer_call`
            needs `silence_transfer_number`.
        silence_transfer_number: Number that `silence_timeout_action` transfers the call to.
    """

    default_timeout: Optional[float] = None
    timeout_action: Optional[Union[TimeoutAction, str]] = None
    transfer_number: Optional[str] = None
    transfer_message: Optional[str] = None
    silence_counter: Optional[int] = None
    silence_timeout_action: Optional[Union[TimeoutAction, str]] = None
    silence_transfer_number: Optional[str] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "default_timeout": self.default_timeout,
            "timeout_action": self.timeout_action,
            "transfer_number": self.transfer_number,
            "transfer_message": self.transfer_message,
            "silence_counter": self.silence_counter,
            "silence_timeout_action": self.silence_timeout_action,
            "silence_transfer_number": self.silence_transfer_number,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TimeoutSettings:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            default_timeout=take("default_timeout", None),
            timeout_action=optional(take("timeout_action", None), one_of(TimeoutAction)),
            transfer_number=take("transfer_number", None),
            transfer_message=take("transfer_message", None),
            silence_counter=take("silence_counter", None),
            silence_timeout_action=optional(
                take("silence_timeout_action", None), one_of(TimeoutAction)
            ),
            silence_transfer_number=take("silence_transfer_number", None),
            additional_properties=fields or {},
        )
