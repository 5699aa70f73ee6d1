from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, Union

from attrs import define, field

from ..types import UNSET, Unset, masked, present, unset_if_none, written


@define(kw_only=True)
class TwilioPhoneNumberImportInput:
    """A number to import, and access to the Twilio account that it belongs to.

    Attributes:
        phone_number: The number in E.164 form: a plus sign, the country code and the rest,
            digits only.
        account_sid: Twilio's id of the account. Begins with `AC`.
        auth_token: The account's auth token. No answer ever contains it.
        label: A name for people to recognize the number by.
    """

    phone_number: str
    account_sid: str
    auth_token: str = field(repr=masked)
    label: Union[Unset, str] = UNSET
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "phone_number": self.phone_number,
            "account_sid": self.account_sid,
            "auth_token": self.auth_token,
            "label": self.label,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TwilioPhoneNumberImportInput:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            phone_number=present(take("phone_number")),
            account_sid=present(take("account_sid")),
            auth_token=present(take("auth_token")),
            label=unset_if_none(take("label", None)),
            additional_properties=fields or {},
        )
