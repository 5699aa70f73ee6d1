from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, List, Union

from attrs import define, field

from ..models.agent_status import AgentStatus
from ..types import UNSET, Unset, items_of, one_of, optional, unset_if_none, written


@define(kw_only=True)
class AgentUpdateInput:
    """The settings to change. What is left out stays as it is.

    Attributes:
        phone_number_id: Id of an imported Twilio number for the agent to use. `null` takes
            the number away.
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
            `it`, `pt`, `ru`, `zh`, `ja`, `ko`, `ar` and `hi`. `multi` needs a multilingual
            speech recognizer.
        summarize_calls: Whether calls get a summary when they are over.
        noise_cancel_settings: Suppression of background noise in the caller's audio.
        vad_settings: Voice activity detection: how the platform tells that the caller
            speaks and is done. In a `PATCH`, values that are left out stay as they are.
        enable_first_message_outbound: Whether the agent says its first message on outbound
            calls too.
        timeout_settings: What happens when a call lasts too long or the caller stays
            silent.
        keyterms: Words and names for the speech recognizer to listen for. Takes the place
            of the whole list.
        voice_settings: How the agent sounds. Needs `id` and `provider` together.
    """

    phone_number_id: Union[Unset, None, str] = UNSET
    name: Union[Unset, str] = UNSET
    llm: Union[Unset, str] = UNSET
    fallback_llm: Union[Unset, str] = UNSET
    status: Union[Unset, AgentStatus, str] = UNSET
    prompt: Union[Unset, str] = UNSET
    first_message: Union[Unset, str] = UNSET
    first_message_interruption_time: Union[Unset, float] = UNSET
    default_language: Union[Unset, str] = UNSET
    summarize_calls: Union[Unset, bool] = UNSET
    noise_cancel_settings: Union[Unset, NoiseCancelSettings] = UNSET
    vad_settings: Union[Unset, VadSettings] = UNSET
    enable_first_message_outbound: Union[Unset, bool] = UNSET
    timeout_settings: Union[Unset, TimeoutSettings] = UNSET
    keyterms: Union[Unset, List[str]] = UNSET
    voice_settings: Union[Unset, VoiceSettings] = UNSET
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
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
            "noise_cancel_settings": self.noise_cancel_settings,
            "vad_settings": self.vad_settings,
            "enable_first_message_outbound": self.enable_first_message_outbound,
            "timeout_settings": self.timeout_settings,
            "keyterms": self.keyterms,
            "voice_settings": self.voice_settings,
        }
        return {**self.additional_properties, **written(fields, nullable=("phone_number_id",))}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> AgentUpdateInput:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            phone_number_id=take("phone_number_id", UNSET),
            name=unset_if_none(take("name", None)),
            llm=unset_if_none(take("llm", None)),
            fallback_llm=unset_if_none(take("fallback_llm", None)),
            status=unset_if_none(optional(take("status", None), one_of(AgentStatus))),
            prompt=unset_if_none(take("prompt", None)),
            first_message=unset_if_none(take("first_message", None)),
            first_message_interruption_time=unset_if_none(
                take("first_message_interruption_time", None)
            ),
            default_language=unset_if_none(take("default_language", None)),
            summarize_calls=unset_if_none(take("summarize_calls", None)),
            noise_cancel_settings=unset_if_none(
                optional(take("noise_cancel_settings", None), NoiseCancelSettings.from_dict)
            ),
            vad_settings=unset_if_none(optional(take("vad_settings", None), VadSettings.from_dict)),
            enable_first_message_outbound=unset_if_none(
                take("enable_first_message_outbound", None)
            ),
            timeout_settings=unset_if_none(
                optional(take("timeout_settings", None), TimeoutSettings.from_dict)
            ),
            keyterms=unset_if_none(optional(take("keyterms", None), items_of)),
            voice_settings=unset_if_none(
                optional(take("voice_settings", None), VoiceSettings.from_dict)
            ),
            additional_properties=fields or {},
        )


from ..models.noise_cancel_settings import NoiseCancelSettings
from ..models.timeout_settings import TimeoutSettings
from ..models.vad_settings import VadSettings
from ..models.voice_settings import VoiceSettings
