from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, List, Union

from attrs import define, field

from ..models.pbx_type import PbxType
from ..models.sip_trunk_auth_type import SIPTrunkAuthType
from ..types import (
    UNSET,
    Unset,
    list_of,
    masked,
    nullable,
    one_of,
    optional,
    unset_if_none,
    written,
)


@define(kw_only=True)
class SipTrunkCreateInput:
    """Settings of a new trunk. Leave out what does not apply; `null` is taken as left out.

    Attributes:
        pbx: The telephone system at the other end of a trunk. All but `generic` are
            presets; `generic` needs every setting spelled out.
        caller_id_transforms: Steps that rewrite the caller id, in the order in which they
            run.
        inbound_host: Host that inbound calls come from. With `acl`, calls have to match it.
        inbound_auth_type: How inbound calls prove where they come from.
        inbound_sip_username: User name for inbound calls. No two trunks can share one.
        inbound_sip_password: Password for inbound calls. No answer ever contains it.
        outbound_host: Host that outbound calls go to.
        outbound_sip_username: User name for outbound calls.
        outbound_sip_password: Password for outbound calls. No answer ever contains it.
        register_trunk: Whether the platform registers at `outbound_host`.
        remain_in_dialog: Whether the platform stays in the SIP dialog of a call that it
            hands over.
    """

    pbx: Union[PbxType, str]
    caller_id_transforms: Union[Unset, List[SipTrunkCallerIDTransform]] = UNSET
    inbound_host: Union[Unset, None, str] = UNSET
    inbound_auth_type: Union[Unset, None, SIPTrunkAuthType, str] = UNSET
    inbound_sip_username: Union[Unset, None, str] = UNSET
    inbound_sip_password: Union[Unset, None, str] = field(default=UNSET, repr=masked)
    outbound_host: Union[Unset, None, str] = UNSET
    outbound_sip_username: Union[Unset, None, str] = UNSET
    outbound_sip_password: Union[Unset, None, str] = field(default=UNSET, repr=masked)
    register_trunk: Union[Unset, None, bool] = UNSET
    remain_in_dialog: Union[Unset, None, bool] = UNSET
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "pbx": self.pbx,
            "caller_id_transforms": self.caller_id_transforms,
            "inbound_host": self.inbound_host,
            "inbound_auth_type": self.inbound_auth_type,
            "inbound_sip_username": self.inbound_sip_username,
            "inbound_sip_password": self.inbound_sip_password,
            "outbound_host": self.outbound_host,
            "outbound_sip_username": self.outbound_sip_username,
            "outbound_sip_password": self.outbound_sip_password,
            "register": self.register_trunk,
            "remain_in_dialog": self.remain_in_dialog,
        }
        return {
            **self.additional_properties,
            **written(
                fields,
                nullable=(
                    "inbound_host",
                    "inbound_auth_type",
                    "inbound_sip_username",
                    "inbound_sip_password",
                    "outbound_host",
                    "outbound_sip_username",
                    "outbound_sip_password",
                    "register",
                    "remain_in_dialog",
                ),
            ),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SipTrunkCreateInput:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            pbx=one_of(PbxType)(take("pbx")),
            caller_id_transforms=unset_if_none(
                optional(
                    take("caller_id_transforms", None), list_of(SipTrunkCallerIDTransform.from_dict)
                )
            ),
            inbound_host=take("inbound_host", UNSET),
            inbound_auth_type=nullable(take("inbound_auth_type", UNSET), one_of(SIPTrunkAuthType)),
            inbound_sip_username=take("inbound_sip_username", UNSET),
            inbound_sip_password=take("inbound_sip_password", UNSET),
            outbound_host=take("outbound_host", UNSET),
            outbound_sip_username=take("outbound_sip_username", UNSET),
            outbound_sip_password=take("outbound_sip_password", UNSET),
            register_trunk=take("register", UNSET),
            remain_in_dialog=take("remain_in_dialog", UNSET),
            additional_properties=fields or {},
        )


from ..models.sip_trunk_caller_id_transform import SipTrunkCallerIDTransform
