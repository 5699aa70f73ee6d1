"""The messages of a voice session: what they hold, and how they travel.

The one place that knows the wire: JSON text frames `{"type": ..., "data": {...}}`, base64
audio and the platform's camelCase. Strict in what is sent, tolerant in what is read: null is
read as absent, unknown fields are passed over, an unknown type becomes an `UnknownMessage`
and a frame that cannot be read an `InvalidMessage`. (Source: the `VoiceSession...` schemas in
`openapi/vatel.yaml`; a test compares each class with its schema.)
"""

from __future__ import annotations

import dataclasses
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, Literal, TypeVar, Union, overload

import msgspec

from vatel_rt.payloads import (
    Audio,
    InputAudioData,
    InputAudioTranscriptData,
    ResponseAudioData,
    ResponseTextData,
    SessionStartedData,
    SpeechStartedData,
    ToolCallArgument,
    ToolCallData,
    ToolCallOutputData,
    VoiceSessionEmptyData,
)

_EXCERPT = 200


@dataclass(frozen=True)
class SessionStarted:
    """The call began."""

    data: SessionStartedData
    type: Literal["session_started"] = "session_started"


@dataclass(frozen=True)
class ResponseAudio:
    """A piece of the agent's speech; usually comes faster than real time."""

    data: ResponseAudioData
    type: Literal["response_audio"] = "response_audio"

    @classmethod
    def of(cls, turn_id: str, pcm: bytes, *, is_final: bool = False) -> ResponseAudio:
        """A message with `pcm`, which is encoded here."""
        return cls(ResponseAudioData(turn_id, b64encode(pcm).decode("ascii"), is_final))


@dataclass(frozen=True)
class ResponseText:
    """The agent's text; while it is not final, a later one of the turn replaces it."""

    data: ResponseTextData
    type: Literal["response_text"] = "response_text"


@dataclass(frozen=True)
class InputAudioTranscript:
    """What the caller said; interim while it is not final."""

    data: InputAudioTranscriptData
    type: Literal["input_audio_transcript"] = "input_audio_transcript"


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
class ToolCall:
    """The agent wants a tool run, and waits for its output."""

    data: ToolCallData
    type: Literal["tool_call"] = "tool_call"


@dataclass(frozen=True)
class SessionEnded:
    """The call is over; the socket closes after this."""

    data: VoiceSessionEmptyData = VoiceSessionEmptyData()
    type: Literal["session_ended"] = "session_ended"


@dataclass(frozen=True)
class InputAudio:
    """A piece of the caller's speech."""

    data: InputAudioData
    type: Literal["input_audio"] = "input_audio"

    @classmethod
    def of(cls, audio: Union[str, bytes]) -> InputAudio:
        """A message with `audio`: base64 text, or PCM bytes that are encoded here."""
        text = audio if isinstance(audio, str) else b64encode(audio).decode("ascii")
        return cls(InputAudioData(text))


@dataclass(frozen=True)
class ToolCallOutput:
    """The result of a tool call."""

    data: ToolCallOutputData
    type: Literal["tool_call_output"] = "tool_call_output"


@dataclass(frozen=True)
class UnknownMessage:
    """A message of a type that this version does not know, kept as it came."""

    type: str
    data: Any = None


@dataclass(frozen=True)
class InvalidMessage:
    """A frame that could not be read.

    Attributes:
        raw: its first 200 characters.
        error: what is wrong with it.
        claimed: the type that it has itself, as far as that could be read.
    """

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
"""What a client may receive."""

M = TypeVar("M")


class _Envelope(msgspec.Struct):
    type: str
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Kind(Generic[M]):
    """A message class, and how its payload is decoded."""

    def __init__(self, message: type[M]) -> None:
        fields = {f.name: f for f in dataclasses.fields(message)}  # type: ignore[arg-type]
        self.message: Any = message
        self.type: str = fields["type"].default  # type: ignore[assignment]
        hints = msgspec.inspect.type_info(message).fields  # type: ignore[attr-defined]
        self.payload = next(f.type.cls for f in hints if f.name == "data")
        self._exact = msgspec.json.Decoder(self.payload)

    def read(self, data: msgspec.Raw) -> M:
        return self.message(self._read_payload(data))  # type: ignore[no-any-return]

    def _read_payload(self, data: msgspec.Raw) -> Any:
        # The quick way holds for nearly every frame, but cannot rename fields.
        if self.payload is not ToolCallData and self.payload is not ToolCallOutputData:
            try:
                return self._exact.decode(data)
            except msgspec.ValidationError:
                pass
        return self.convert(msgspec.json.decode(data))

    def convert(self, data: Any) -> Any:
        if self.payload is VoiceSessionEmptyData or data is None:
            data = {}  # whatever comes where nothing is expected
        return msgspec.convert(_to_python(data), self.payload)


def _to_python(value: Any) -> Any:
    """JSON fields under their Python names, without the nulls.

    The value of a tool's argument is the user's: it stays as it is.
    """
    if isinstance(value, list):
        return [_to_python(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        _PYTHON_NAMES.get(k, k): v if k == "value" else _to_python(v)
        for k, v in value.items()
        if v is not None
    }


@cache
def _wire_names(kind: type[Any]) -> list[tuple[str, str]]:
    return [(f.name, f.metadata.get("wire", f.name)) for f in dataclasses.fields(kind)]


def to_wire(value: Any) -> Any:
    """The inverse of `_to_python`: what is None is left out."""
    if isinstance(value, list):
        return [to_wire(item) for item in value]
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    pairs = ((wire, getattr(value, name)) for name, wire in _wire_names(type(value)))
    return {wire: to_wire(item) for wire, item in pairs if item is not None}


def _kinds(union: Any) -> dict[str, _Kind[Any]]:
    kinds = [_Kind(message) for message in union.__args__]
    return {kind.type: kind for kind in kinds}


_RENAMED = (ToolCallArgument, ToolCallData, ToolCallOutputData)
_PYTHON_NAMES = {wire: name for kind in _RENAMED for name, wire in _wire_names(kind)}
_SERVER = _kinds(ServerMessage)
_CLIENT = _kinds(ClientMessage)


@overload
def decode(
    frame: Union[str, bytes], *, sender: Literal["platform"] = "platform"
) -> Union[ServerMessage, Unread]: ...


@overload
def decode(
    frame: Union[str, bytes], *, sender: Literal["client"]
) -> Union[ClientMessage, Unread]: ...


def decode(
    frame: Union[str, bytes], *, sender: Literal["platform", "client"] = "platform"
) -> Union[ServerMessage, ClientMessage, Unread]:
    """Read one frame from `sender`. Never raises for what the frame holds."""
    kinds = _SERVER if sender == "platform" else _CLIENT
    claimed = ""
    try:
        if isinstance(frame, bytes):
            raise ValueError("a binary frame, where text is expected")
        envelope = _ENVELOPE.decode(frame)
        claimed = envelope.type
        kind = kinds.get(claimed)
        if kind is None:
            return UnknownMessage(claimed, msgspec.json.decode(envelope.data))
        message = kind.read(envelope.data)
        if isinstance(message.data, Audio):
            message.data.pcm  # noqa: B018  (bad audio is found here, not where it is played)
        return message  # type: ignore[no-any-return]
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raw = frame if isinstance(frame, str) else repr(frame[:_EXCERPT])
        return InvalidMessage(raw[:_EXCERPT], str(error), claimed)


def encode(message: Union[ServerMessage, ClientMessage, UnknownMessage, Mapping[str, Any]]) -> str:
    """The text frame of `message`; a mapping is sent as it is.

    Raises:
        TypeError: the message holds something that is not JSON.
    """
    if not isinstance(message, Mapping):
        message = {"type": message.type, "data": to_wire(message.data)}
    return msgspec.json.encode(message).decode("utf-8")


def parse_server_message(payload: Mapping[str, Any]) -> ServerMessage:
    """Read a message of the platform from its decoded JSON object.

    Raises:
        ValueError: it is no message, its type is unknown, or the data is not that of the type.
    """
    if not isinstance(payload, Mapping):
        raise ValueError(f"not a message: {type(payload).__name__}")
    kind = _SERVER.get(str(payload.get("type")))
    if kind is None:
        raise ValueError(f"unknown message type: {payload.get('type')!r}")
    try:
        return kind.message(kind.convert(payload.get("data")))  # type: ignore[no-any-return]
    except msgspec.MsgspecError as error:
        raise ValueError(f"{kind.type}: {error}") from error


_ENVELOPE = msgspec.json.Decoder(_Envelope)
