from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, Optional, Union

from attrs import define, field

from ..models.tts_strategy import TTSStrategy
from ..types import one_of, optional, written


@define(kw_only=True)
class VoiceSettings:
    """How the agent sounds. When writing, give `id` and `provider` together. The four numbers
    lie between 0 and 2, where 0 stands for "not set".

    Attributes:
        id: Id of the voice, from `GET /v1/voices`.
        provider: Provider of the voice, from the same entry as `id`.
        speed: Rate of speech, up to 2. 0 is "not set".
        stability: How evenly the voice speaks, up to 2. 0 is "not set".
        similarity_boost: How closely the voice keeps to its original, up to 2. 0 is "not
            set".
        volume: Loudness, up to 2. 0 is "not set".
    """

    id: Optional[str] = None
    provider: Optional[Union[TTSStrategy, str]] = None
    speed: Optional[float] = None
    stability: Optional[float] = None
    similarity_boost: Optional[float] = None
    volume: Optional[float] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "id": self.id,
            "provider": self.provider,
            "speed": self.speed,
            "stability": self.stability,
            "similarity_boost": self.similarity_boost,
            "volume": self.volume,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> VoiceSettings:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            id=take("id", None),
            provider=optional(take("provider", None), one_of(TTSStrategy)),
            speed=take("speed", None),
            stability=take("stability", None),
            similarity_boost=take("similarity_boost", None),
            volume=take("volume", None),
            additional_properties=fields or {},
        )
