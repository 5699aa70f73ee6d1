from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, Optional

from attrs import define, field

from ..types import written


@define(kw_only=True)
class TwilioPhoneNumber:
    """A phone number imported from Twilio. Timestamps may be empty strings.

    Attributes:
        id: Id of the number, for an agent's `phone_number_id`.
        phone_number: The number in E.164 form.
        phone_sid: Twilio's id of the number.
        label: A name for people to recognize the number by.
        account_sid: Twilio's id of the account that the number belongs to.
        created_at: When the number was imported.
        updated_at: When the number was last changed. May be empty.
    """

    id: Optional[str] = None
    phone_number: Optional[str] = None
    phone_sid: Optional[str] = None
    label: Optional[str] = None
    account_sid: Optional[str] = None
    created_at: Optional[str] = None
    updated_at: Optional[str] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "id": self.id,
            "phone_number": self.phone_number,
            "phone_sid": self.phone_sid,
            "label": self.label,
            "account_sid": self.account_sid,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TwilioPhoneNumber:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            id=take("id", None),
            phone_number=take("phone_number", None),
            phone_sid=take("phone_sid", None),
            label=take("label", None),
            account_sid=take("account_sid", None),
            created_at=take("created_at", None),
            updated_at=take("updated_at", None),
            additional_properties=fields or {},
        )
