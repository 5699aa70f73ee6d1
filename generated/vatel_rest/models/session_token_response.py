from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, Optional

from attrs import define, field

from ..types import masked, present, written


@define(kw_only=True)
class SessionTokenResponse:
    """A session token. All fields but `token` come only with the transport `webrtc`.

    Attributes:
        token: The session token, a short-lived JWT that is good for one call. Treat it as a
            secret.
        room: WebRTC room of the call.
        identity: Name under which to join the room.
        url: Address of the WebRTC server.
        webrtc_token: Token for the WebRTC server. Treat it as a secret.
    """

    token: str = field(repr=masked)
    room: Optional[str] = None
    identity: Optional[str] = None
    url: Optional[str] = None
    webrtc_token: Optional[str] = field(default=None, repr=masked)
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "token": self.token,
            "room": self.room,
            "identity": self.identity,
            "url": self.url,
            "webrtc_token": self.webrtc_token,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SessionTokenResponse:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            token=present(take("token")),
            room=take("room", None),
            identity=take("identity", None),
            url=take("url", None),
            webrtc_token=take("webrtc_token", None),
            additional_properties=fields or {},
        )
