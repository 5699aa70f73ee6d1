"""The payloads of the messages of a voice session: the `data` of each.

Attributes have Python names, and those of the platform as well where they differ, because
programs use both. Why a field has a default although the platform's schema requires it: the
platform leaves out what is empty, and older versions of it did not send `is_final`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Optional

import msgspec

from vatel_rt.audio.pcm import SAMPLE_WIDTH

__all__ = [
    "InputAudioData",
    "InputAudioTranscriptData",
    "ResponseAudioData",
    "ResponseTextData",
    "SessionStartedData",
    "SpeechStartedData",
    "ToolCallArgument",
    "ToolCallData",
    "ToolCallOutputData",
    "VoiceSessionEmptyData",
]


def _on_the_wire(name: str, **options: Any) -> Any:
    """A dataclass field whose wire name is not its Python name."""
    return field(metadata={"wire": name}, **options)


class Audio:
    """What the two audio payloads share."""

    audio: str

    @cached_property
    def pcm(self) -> bytes:
        """`audio` as PCM: signed 16-bit little-endian, 24 000 Hz, mono.

        Raises:
            ValueError: `audio` is no padded base64 or ends within a sample.
        """
        try:
            pcm = msgspec.convert(self.audio, bytes)  # strict, and half the cost of b64decode
        except msgspec.ValidationError:
            raise ValueError("audio is no padded base64") from None
        if len(pcm) % SAMPLE_WIDTH:
            raise ValueError("audio ends within a sample")
        return pcm


@dataclass(frozen=True)
class VoiceSessionEmptyData:
    """The payload of a message that has none."""


@dataclass(frozen=True)
class SessionStartedData:
    """Payload of `SessionStarted`. `id` is the call's id in `GET /v1/calls/{id}`."""

    id: str


@dataclass(frozen=True)
class ResponseAudioData(Audio):
    """Payload of `ResponseAudio`. `audio` is base64 PCM, see `pcm` for the bytes."""

    turn_id: str = ""
    audio: str = field(default="", repr=False)
    is_final: bool = False


@dataclass(frozen=True)
class ResponseTextData:
    """Payload of `ResponseText`."""

    turn_id: str = ""
    text: str = ""
    is_final: bool = True


@dataclass(frozen=True)
class InputAudioTranscriptData:
    """Payload of `InputAudioTranscript`."""

    transcript: str = ""
    is_final: bool = True
    turn_id: Optional[str] = None


@dataclass(frozen=True)
class SpeechStartedData:
    """Payload of `SpeechStarted`. `emulated`: a transcript came without detected speech."""

    emulated: bool = False


@dataclass(frozen=True)
class ToolCallArgument:
    """One argument of a tool call. `value` is any JSON value."""

    name: Optional[str] = None
    type: Optional[str] = None
    data_type: Optional[str] = _on_the_wire("dataType", default=None)
    description: Optional[str] = None
    required: Optional[bool] = None
    value: Any = None

    @property
    def dataType(self) -> Optional[str]:  # noqa: N802
        """`data_type` under the platform's name."""
        return self.data_type


@dataclass(frozen=True)
class ToolCallData:
    """Payload of `ToolCall`."""

    tool_call_id: str = _on_the_wire("toolCallId")
    tool_name: str = _on_the_wire("toolName")
    arguments: list[ToolCallArgument] = field(default_factory=list)

    @property
    def toolCallId(self) -> str:  # noqa: N802
        """`tool_call_id` under the platform's name."""
        return self.tool_call_id

    @property
    def toolName(self) -> str:  # noqa: N802
        """`tool_name` under the platform's name."""
        return self.tool_name


@dataclass(frozen=True)
class InputAudioData(Audio):
    """Payload of `InputAudio`. `audio` is base64 PCM, see `pcm` for the bytes."""

    audio: str = field(repr=False)


@dataclass(frozen=True)
class ToolCallOutputData:
    """Payload of `ToolCallOutput`. `output` is opaque text, JSON for structured results."""

    tool_call_id: str = _on_the_wire("toolCallId")
    output: str = ""

    @property
    def toolCallId(self) -> str:  # noqa: N802
        """`tool_call_id` under the platform's name."""
        return self.tool_call_id
