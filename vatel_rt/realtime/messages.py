"""The messages of a voice session, and the data of each; the schemas are in `openapi/vatel.yaml`.

Attributes have Python names and the platform's. Fields that the platform may omit have defaults.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any, Literal, Optional, Union, cast

import msgspec

from vatel_rt.audio.pcm import SAMPLE_WIDTH

__all__: list[str] = ["InvalidMessage", "ServerMessage", "UnknownMessage", "VoiceSessionEmptyData"]
__all__ += ["Interruption", "SessionEnded", "SessionStarted", "SessionStartedData"]
__all__ += ["ResponseAudio", "ResponseAudioData", "ResponseText", "ResponseTextData"]
__all__ += ["InputAudio", "InputAudioData", "InputAudioTranscript", "InputAudioTranscriptData"]
__all__ += ["SpeechStarted", "SpeechStartedData", "SpeechStopped"]
__all__ += ["ToolCall", "ToolCallArgument", "ToolCallData", "ToolCallOutput", "ToolCallOutputData"]


_URL_SAFE = str.maketrans("-_", "+/")


class AudioData:
    """Base class for data with PCM: signed 16-bit little-endian, 24 000 Hz, mono."""

    audio: str

    @property
    def pcm(self) -> bytes:
        """`audio`, decoded. Raises `ValueError` if it is not base64 of whole samples."""
        if len(self.decoded) % SAMPLE_WIDTH:
            raise ValueError("audio does not hold whole 16-bit samples")
        return self.decoded

    @cached_property
    def decoded(self) -> bytes:
        """`audio`, decoded, of any length. Raises `ValueError` if it is not base64.

        Line breaks and spaces, the URL-safe alphabet, and missing padding are accepted.
        """
        try:
            return msgspec.convert(self.audio, bytes)  # strict, and half the cost of b64decode
        except msgspec.ValidationError:
            text = "".join(self.audio.split()).translate(_URL_SAFE).rstrip("=")
        try:
            return msgspec.convert(f"{text}{'=' * (-len(text) % 4)}", bytes)
        except msgspec.ValidationError:
            raise ValueError("audio is not base64") from None


@dataclass(frozen=True)
class VoiceSessionEmptyData:
    """Data of a message without fields."""


@dataclass(frozen=True)
class SessionStartedData:
    """Data of `SessionStarted`. `id` is the call's id in `GET /v1/calls/{id}`."""

    id: str


@dataclass(frozen=True)
class SessionStarted:
    """The call began."""

    data: SessionStartedData
    type: Literal["session_started"] = "session_started"


@dataclass(frozen=True)
class ResponseAudioData(AudioData):
    """Data of `ResponseAudio`. `audio` is base64; use `pcm` for the bytes."""

    turn_id: str = ""
    audio: str = field(default="", repr=False)
    is_final: bool = False


@dataclass(frozen=True)
class ResponseAudio:
    """A piece of the agent's speech. The platform usually sends faster than real time."""

    data: ResponseAudioData
    type: Literal["response_audio"] = "response_audio"

    @classmethod
    def of(cls, turn_id: str, pcm: bytes, *, is_final: bool = False) -> ResponseAudio:
        """Return a message with `pcm` encoded as base64."""
        return cls(ResponseAudioData(turn_id, b64encode(pcm).decode("ascii"), is_final))


@dataclass(frozen=True)
class ResponseTextData:
    """Data of `ResponseText`."""

    turn_id: str = ""
    text: str = ""
    is_final: bool = True


@dataclass(frozen=True)
class ResponseText:
    """The agent's text. Until it is final, a later message of the turn replaces it."""

    data: ResponseTextData
    type: Literal["response_text"] = "response_text"


@dataclass(frozen=True)
class InputAudioTranscriptData:
    """Data of `InputAudioTranscript`."""

    transcript: str = ""
    is_final: bool = True
    turn_id: Optional[str] = None


@dataclass(frozen=True)
class InputAudioTranscript:
    """The caller's words. Until it is final, a later message replaces it."""

    data: InputAudioTranscriptData
    type: Literal["input_audio_transcript"] = "input_audio_transcript"


@dataclass(frozen=True)
class SpeechStartedData:
    """Data of `SpeechStarted`. `emulated`: inferred from a transcript, not from the audio."""

    emulated: bool = False


@dataclass(frozen=True)
class SpeechStarted:
    """The caller began to speak."""

    data: SpeechStartedData = SpeechStartedData()
    type: Literal["speech_started"] = "speech_started"


@dataclass(frozen=True)
class SpeechStopped:
    """The caller stopped speaking."""

    data: VoiceSessionEmptyData = VoiceSessionEmptyData()
    type: Literal["speech_stopped"] = "speech_stopped"


@dataclass(frozen=True)
class Interruption:
    """The caller spoke over the agent: audio not yet played must be dropped at once."""

    data: VoiceSessionEmptyData = VoiceSessionEmptyData()
    type: Literal["interruption"] = "interruption"


@dataclass(frozen=True)
class ToolCallArgument:
    """An argument of a tool call. `value` is any JSON value."""

    name: Optional[str] = None
    type: Optional[str] = None
    data_type: Optional[str] = field(default=None, metadata={"wire": "dataType"})
    description: Optional[str] = None
    required: Optional[bool] = None
    value: Any = None

    dataType = cast(Optional[str], property(attrgetter("data_type")))  # noqa: N815


@dataclass(frozen=True)
class ToolCallData:
    """Data of `ToolCall`."""

    tool_call_id: str = field(metadata={"wire": "toolCallId"})
    tool_name: str = field(metadata={"wire": "toolName"})
    arguments: list[ToolCallArgument] = field(default_factory=list)

    toolCallId = cast(str, property(attrgetter("tool_call_id")))  # noqa: N815
    toolName = cast(str, property(attrgetter("tool_name")))  # noqa: N815


@dataclass(frozen=True)
class ToolCall:
    """The agent asks for a tool to be run, and waits for its output."""

    data: ToolCallData
    type: Literal["tool_call"] = "tool_call"


@dataclass(frozen=True)
class SessionEnded:
    """The call is over. The platform closes the socket next."""

    data: VoiceSessionEmptyData = VoiceSessionEmptyData()
    type: Literal["session_ended"] = "session_ended"


@dataclass(frozen=True)
class InputAudioData(AudioData):
    """Data of `InputAudio`. `audio` is base64; use `pcm` for the bytes."""

    audio: str = field(repr=False)


@dataclass(frozen=True)
class InputAudio:
    """A piece of the caller's speech."""

    data: InputAudioData
    type: Literal["input_audio"] = "input_audio"

    @classmethod
    def of(cls, audio: Union[str, bytes]) -> InputAudio:
        """Return a message with `audio`: base64 text, or PCM bytes to encode."""
        text = audio if isinstance(audio, str) else b64encode(audio).decode("ascii")
        return cls(InputAudioData(text))


@dataclass(frozen=True)
class ToolCallOutputData:
    """Data of `ToolCallOutput`. `output` is any text; use JSON for structured results."""

    tool_call_id: str = field(metadata={"wire": "toolCallId"})
    output: str = ""

    toolCallId = cast(str, property(attrgetter("tool_call_id")))  # noqa: N815


@dataclass(frozen=True)
class ToolCallOutput:
    """The result of a tool call."""

    data: ToolCallOutputData
    type: Literal["tool_call_output"] = "tool_call_output"


@dataclass(frozen=True)
class UnknownMessage:
    """A message of a type that this version does not know, with its data unchanged."""

    type: str
    data: Any = None


@dataclass(frozen=True)
class InvalidMessage:
    """A frame that could not be read; `raw` has 200 characters, `claimed` its type if readable."""

    raw: str
    error: str
    claimed: str = ""
    data: None = None
    type: Literal["invalid_message"] = "invalid_message"


ServerMessage = Union[
    SessionStarted,
    ResponseAudio,
    ResponseText,
    InputAudioTranscript,
    SpeechStarted,
    SpeechStopped,
    Interruption,
    ToolCall,
    SessionEnded,
]
ClientMessage = Union[InputAudio, ToolCallOutput]
Unread = Union[UnknownMessage, InvalidMessage]
Incoming = Union[ServerMessage, Unread]
