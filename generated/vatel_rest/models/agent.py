from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Union

from attrs import define, field

from ..models.agent_status import AgentStatus
from ..types import Fields, list_of, one_of, read_datetime, written

if TYPE_CHECKING:
    from ..models.noise_cancel_settings import NoiseCancelSettings
    from ..models.timeout_settings import TimeoutSettings
    from ..models.vad_settings import VadSettings
    from ..models.voice_settings import VoiceSettings


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
        """As JSON has it; what is not set is left out."""
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
        """Read it as the platform sends it."""
        from ..models.noise_cancel_settings import NoiseCancelSettings
        from ..models.timeout_settings import TimeoutSettings
        from ..models.vad_settings import VadSettings
        from ..models.voice_settings import VoiceSettings

        fields = Fields(data)
        return cls(
            id=fields.optional("id"),
            phone_number_id=fields.optional("phone_number_id"),
            name=fields.optional("name"),
            llm=fields.optional("llm"),
            fallback_llm=fields.optional("fallback_llm"),
            status=fields.optional("status", one_of(AgentStatus)),
            prompt=fields.optional("prompt"),
            first_message=fields.optional("first_message"),
            first_message_interruption_time=fields.optional("first_message_interruption_time"),
            default_language=fields.optional("default_language"),
            summarize_calls=fields.optional("summarize_calls"),
            created_at=fields.optional("created_at", read_datetime),
            updated_at=fields.optional("updated_at", read_datetime),
            noise_cancel_settings=fields.optional(
                "noise_cancel_settings", NoiseCancelSettings.from_dict
            ),
            vad_settings=fields.optional("vad_settings", VadSettings.from_dict),
            enable_first_message_outbound=fields.optional("enable_first_message_outbound"),
            voice_settings=fields.optional("voice_settings", VoiceSettings.from_dict),
            timeout_settings=fields.optional("timeout_settings", TimeoutSettings.from_dict),
            keyterms=fields.optional("keyterms", list_of()),
            additional_properties=fields.rest,
        )
