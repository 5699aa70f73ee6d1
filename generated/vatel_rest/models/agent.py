from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Dict, List, Optional, Union

from attrs import define, field

from ..models.agent_status import AgentStatus
from ..types import items_of, one_of, optional, read_datetime, written


@define(kw_only=True)
class Agent:
    """A voice agent and its settings.

    Attributes:
        id: Id of the agent.
        phone_number_id: Id of the imported Twilio number that the agent uses. May be empty.
        name: Name of the agent.
        llm: Language model that the agent thinks with.
        fallback_llm: Language model that steps in when `llm` fails.
        status: Whether the agent is in service. An `inactive` agent cannot dial out through
            its Twilio number.
        prompt: Instructions that the agent follows.
        first_message: What the agent says first.
        first_message_interruption_time: Governs from when on the caller can interrupt the
            first message.
        default_language: Language of the agent: one of `multi`, `en`, `es`, `fr`, `de`,
            `it`, `pt`, `ru`, `zh`, `ja`, `ko`, `ar` and `hi`. `multi` is for agents with a
            multilingual speech recognizer.
        summarize_calls: Whether calls get a summary when they are over.
        created_at: When the agent was created.
        updated_at: When the agent was last changed.
        noise_cancel_settings: Suppression of background noise in the caller's audio.
        vad_settings: Voice activity detection: how the platform tells that the caller
            speaks and is done. In a `PATCH`, values that are left out stay as they are.
        enable_first_message_outbound: Whether the agent says its first message on outbound
            calls too.
        voice_settings: How the agent sounds. When writing, give `id` and `provider`
            together. The four numbers lie between 0 and 2, where 0 stands for "not set".
        timeout_settings: What happens when a call lasts too long or the caller stays
            silent.
        keyterms: Words and names for the speech recognizer to listen for.
    """

    id: Optional[str] = None
    phone_number_id: Optional[str] = None
    name: Optional[str] = None
    llm: Optional[str] = None
    fallback_llm: Optional[str] = None
    status: Optional[Union[AgentStatus, str]] = None
    prompt: Optional[str] = None
    first_message: Optional[str] = None
    first_message_interruption_time: Optional[float] = None
    default_language: Optional[str] = None
    summarize_calls: Optional[bool] = None
    created_at: Optional[datetime.datetime] = None
    updated_at: Optional[datetime.datetime] = None
    noise_cancel_settings: Optional[NoiseCancelSettings] = None
    vad_settings: Optional[VadSettings] = None
    enable_first_message_outbound: Optional[bool] = None
    voice_settings: Optional[VoiceSettings] = None
    timeout_settings: Optional[TimeoutSettings] = None
    keyterms: Optional[List[str]] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "id": self.id,
            "phone_number_id": self.phone_number_id,
            "name": self.name,
            "llm": self.llm,
            "fallback_llm": self.fallback_llm,
            "status": self.status,
            "prompt": self.prompt,
            "first_message": self.first_message,
            "first_message_interruption_time": self.first_message_interruption_time,
            "default_language": self.default_language,
            "summarize_calls": self.summarize_calls,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "noise_cancel_settings": self.noise_cancel_settings,
            "vad_settings": self.vad_settings,
            "enable_first_message_outbound": self.enable_first_message_outbound,
            "voice_settings": self.voice_settings,
            "timeout_settings": self.timeout_settings,
            "keyterms": self.keyterms,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Agent:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            id=take("id", None),
            phone_number_id=take("phone_number_id", None),
            name=take("name", None),
            llm=take("llm", None),
            fallback_llm=take("fallback_llm", None),
            status=optional(take("status", None), one_of(AgentStatus)),
            prompt=take("prompt", None),
            first_message=take("first_message", None),
            first_message_interruption_time=take("first_message_interruption_time", None),
            default_language=take("default_language", None),
            summarize_calls=take("summarize_calls", None),
            created_at=optional(take("created_at", None), read_datetime),
            updated_at=optional(take("updated_at", None), read_datetime),
            noise_cancel_settings=optional(
                take("noise_cancel_settings", None), NoiseCancelSettings.from_dict
            ),
            vad_settings=optional(take("vad_settings", None), VadSettings.from_dict),
            enable_first_message_outbound=take("enable_first_message_outbound", None),
            voice_settings=optional(take("voice_settings", None), VoiceSettings.from_dict),
            timeout_settings=optional(take("timeout_settings", None), TimeoutSettings.from_dict),
            keyterms=optional(take("keyterms", None), items_of),
            additional_properties=fields or {},
        )


from ..models.noise_cancel_settings import NoiseCancelSettings
from ..models.timeout_settings import TimeoutSettings
from ..models.vad_settings import VadSettings
from ..models.voice_settings import VoiceSettings
