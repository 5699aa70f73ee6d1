from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Dict, List, Optional, Union

from attrs import define, field

from ..models.pbx_type import PbxType
from ..models.registration_status import RegistrationStatus
from ..models.sip_trunk_auth_type import SIPTrunkAuthType
from ..types import list_of, one_of, optional, read_datetime, written


@define(kw_only=True)
class SipTrunk:
    """A connection to a telephone system over SIP. Its passwords are never part of an answer.

    Attributes:
        id: Id of the trunk.
        created_at: When the trunk was created.
        pbx: The telephone system at the other end of a trunk. All but `generic` are
            presets; `generic` needs every setting spelled out.
        caller_id_transforms: Steps that rewrite the caller id, in the order in which they
            run.
        inbound_host: Host that inbound calls come from.
        inbound_auth_type: How the platform recognizes the sender of inbound calls: by user
            name and password (`digest`), by the host that they come from, which has to match
            `inbound_host` (`acl`), or not at all (`none`).
        inbound_sip_username: User name for inbound calls. No two trunks share one.
        inbound_registration_status: State of the telephone system's registration at the
            platform.
        outbound_host: Host that outbound calls go to.
        outbound_sip_username: User name for outbound calls.
        register_trunk: Whether the platform registers at `outbound_host`.
        outbound_registration_status: State of the platform's registration at
            `outbound_host`.
        remain_in_dialog: Whether the platform stays in the SIP dialog of a call that it
            hands over.
    """

    id: Optional[str] = None
    created_at: Optional[datetime.datetime] = None
    pbx: Optional[Union[PbxType, str]] = None
    caller_id_transforms: Optional[List[SipTrunkCallerIDTransform]] = None
    inbound_host: Optional[str] = None
    inbound_auth_type: Optional[Union[SIPTrunkAuthType, str]] = None
    inbound_sip_username: Optional[str] = None
    inbound_registration_status: Optional[Union[RegistrationStatus, str]] = None
    outbound_host: Optional[str] = None
    outbound_sip_username: Optional[str] = None
    register_trunk: Optional[bool] = None
    outbound_registration_status: Optional[Union[RegistrationStatus, str]] = None
    remain_in_dialog: Optional[bool] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "id": self.id,
            "created_at": self.created_at,
            "pbx": self.pbx,
            "caller_id_transforms": self.caller_id_transforms,
            "inbound_host": self.inbound_host,
            "inbound_auth_type": self.inbound_auth_type,
            "inbound_sip_username": self.inbound_sip_username,
            "inbound_registration_status": self.inbound_registration_status,
            "outbound_host": self.outbound_host,
            "outbound_sip_username": self.outbound_sip_username,
            "register": self.register_trunk,
            "outbound_registration_status": self.outbound_registration_status,
            "remain_in_dialog": self.remain_in_dialog,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SipTrunk:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            id=take("id", None),
            created_at=optional(take("created_at", None), read_datetime),
            pbx=optional(take("pbx", None), one_of(PbxType)),
            caller_id_transforms=optional(
                take("caller_id_transforms", None), list_of(SipTrunkCallerIDTransform.from_dict)
            ),
            inbound_host=take("inbound_host", None),
            inbound_auth_type=optional(take("inbound_auth_type", None), one_of(SIPTrunkAuthType)),
            inbound_sip_username=take("inbound_sip_username", None),
            inbound_registration_status=optional(
                take("inbound_registration_status", None), one_of(RegistrationStatus)
            ),
            outbound_host=take("outbound_host", None),
            outbound_sip_username=take("outbound_sip_username", None),
            register_trunk=take("register", None),
            outbound_registration_status=optional(
                take("outbound_registration_status", None), one_of(RegistrationStatus)
            ),
            remain_in_dialog=take("remain_in_dialog", None),
            additional_properties=fields or {},
        )


from ..models.sip_trunk_caller_id_transform import SipTrunkCallerIDTransform
