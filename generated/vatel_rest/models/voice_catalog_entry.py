from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, List, Optional, Union

from attrs import define, field

from ..models.tts_strategy import TTSStrategy
from ..types import Fields, list_of, one_of, written


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
        """As JSON has it; what is not set is left out."""
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
        """Read it as the platform sends it."""
        fields = Fields(data)
        return cls(
            id=fields.required("id"),
            name=fields.required("name"),
            provider=fields.required("provider", one_of(TTSStrategy)),
            languages=fields.required("languages", list_of()),
            description=fields.optional("description"),
            preview_url=fields.optional("preview_url"),
            featured=fields.optional("featured"),
            additional_properties=fields.rest,
        )
