from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, Union

from attrs import define

from ..models.session_transport import SessionTransport
from ..types import UNSET, Unset, one_of, optional, present, unset_if_none, written


@define(kw_only=True)
class GenerateSessionTokenRequest:
    """The agent to talk to, and settings for this one session. Unknown fields are refused.

    Attributes:
        agent_id: Id of the agent.
        version_id: Id of a published version to use. The agent's active version if left
            out.
        chat_id: Id of a chat to continue.
        transport: How the audio of a session travels: over the voice WebSocket, which is
            the default, or over WebRTC.
        first_message: First message for this session only, in place of the agent's own.
        prompt: Prompt for this session only, in place of the agent's own.
        chat: Whether the token also gets the scope `chat`.
    """

    agent_id: str
    version_id: Union[Unset, str] = UNSET
    chat_id: Union[Unset, str] = UNSET
    transport: Union[Unset, SessionTransport, str] = UNSET
    first_message: Union[Unset, str] = UNSET
    prompt: Union[Unset, str] = UNSET
    chat: Union[Unset, bool] = UNSET

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "agent_id": self.agent_id,
            "version_id": self.version_id,
            "chat_id": self.chat_id,
            "transport": self.transport,
            "first_message": self.first_message,
            "prompt": self.prompt,
            "chat": self.chat,
        }
        return written(fields)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GenerateSessionTokenRequest:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            agent_id=present(take("agent_id")),
            version_id=unset_if_none(take("version_id", None)),
            chat_id=unset_if_none(take("chat_id", None)),
            transport=unset_if_none(optional(take("transport", None), one_of(SessionTransport))),
            first_message=unset_if_none(take("first_message", None)),
            prompt=unset_if_none(take("prompt", None)),
            chat=unset_if_none(take("chat", None)),
        )
