from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, List, Optional, Union

from attrs import define, field

from ..models.tts_strategy import TTSStrategy
from ..types import items_of, one_of, present, written


@define(kw_only=True)
class VoiceCatalogEntry:
    """A voice that an agent can speak with.

    Attributes:
        id: Id of the voice at its provider. Goes into `voice_settings`, together with
            `provider`.
        name: Name of the voice.
        provider: A provider of synthetic speech.
        languages: Codes of the languages that the voice speaks.
        description: What the voice sounds like.
        preview_url: Address of a sample to listen to.
        featured: Whether the platform recommends the voice.
    """

    id: str
    name: str
    provider: Union[TTSStrategy, str]
    languages: List[str]
    description: Optional[str] = None
    preview_url: Optional[str] = None
    featured: Optional[bool] = None
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "provider": self.provider,
            "languages": self.languages,
            "description": self.description,
            "preview_url": self.preview_url,
            "featured": self.featured,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> VoiceCatalogEntry:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            id=present(take("id")),
            name=present(take("name")),
            provider=one_of(TTSStrategy)(take("provider")),
            languages=items_of(take("languages")),
            description=take("description", None),
            preview_url=take("preview_url", None),
            featured=take("featured", None),
            additional_properties=fields or {},
        )
