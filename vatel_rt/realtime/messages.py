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
from typing import Any, Literal, Union, get_args, get_type_hints, overload

import msgspec

from vatel_rt.realtime.payloads import (
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

__all__ = [
    "InputAudio",
    "InputAudioTranscript",
    "Interruption",
    "InvalidMessage",
    "ResponseAudio",
    "ResponseText",
    "ServerMessage",
    "SessionEnded",
    "SessionStarted",
    "SpeechStarted",
    "SpeechStopped",
    "ToolCall",
    "ToolCallOutput",
    "UnknownMessage",
    "parse_server_message",
]

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


class _Envelope(msgspec.Struct):
    type: str
    data: msgspec.Raw = msgspec.Raw(b"null")


def _message(kind: Any, data: Any) -> Any:
    """A message of the class `kind`, from decoded JSON: with tolerance."""
    payload = _PAYLOADS[kind]
    if payload is VoiceSessionEmptyData or data is None:
        data = {}  # whatever comes where nothing is expected
    return kind(msgspec.convert(_to_python(data), payload))


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


def _quick_decoder() -> msgspec.json.Decoder[Any]:
    """Reads nearly every frame, in one pass; but it cannot rename fields, nor pass over nulls."""
    frames = [
        msgspec.defstruct(
            kind.__name__,
            [("data", payload)],
            tag_field="type",
            tag=kind.type,
            namespace={"message": kind},
        )
        for kind, payload in _PAYLOADS.items()
        if payload not in _RENAMED
    ]
    return msgspec.json.Decoder(Union[tuple(frames)])


_RENAMED = (ToolCallArgument, ToolCallData, ToolCallOutputData)
_PYTHON_NAMES = {wire: name for kind in _RENAMED for name, wire in _wire_names(kind)}
_SERVER: dict[str, Any] = {kind.type: kind for kind in get_args(ServerMessage)}
_CLIENT: dict[str, Any] = {kind.type: kind for kind in get_args(ClientMessage)}
_PAYLOADS = {k: get_type_hints(k)["data"] for k in (*_SERVER.values(), *_CLIENT.values())}
_QUICK = _quick_decoder()


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
        message = _read_quickly(frame)
        if message is None or message.type not in kinds:
            envelope = _ENVELOPE.decode(frame)
            claimed = envelope.type
            data = msgspec.json.decode(envelope.data)
            if claimed not in kinds:
                return UnknownMessage(claimed, data)
            message = _message(kinds[claimed], data)
        claimed = message.type
        if isinstance(message.data, Audio):
            message.data.pcm  # noqa: B018  (bad audio is found here, not where it is played)
        return message  # type: ignore[no-any-return]
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raw = frame if isinstance(frame, str) else repr(frame[:_EXCERPT])
        return InvalidMessage(raw[:_EXCERPT], str(error), claimed)


def _read_quickly(frame: str) -> Any:
    """The message in `frame`, of either side, or None if it has to be read with tolerance."""
    try:
        read = _QUICK.decode(frame)
    except msgspec.ValidationError:
        return None
    return read.message(read.data)


def encode(message: Union[ServerMessage, ClientMessage, UnknownMessage, Mapping[str, Any]]) -> str:
    """The text frame of `message`; a mapping is sent as it is.

    Raises:
        TypeError: the message holds something that is not JSON.
    """
    if not isinstance(message, Mapping):
        message = {"type": message.type, "data": to_wire(message.data)}
    return msgspec.json.encode(message).decode("utf-8")


def encode_audio(audio: Union[str, bytes]) -> bytes:
    """The text frame of an `InputAudio`, without making one: a fifth of the cost."""
    return msgspec.json.encode({"type": "input_audio", "data": {"audio": audio}})


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
        return _message(kind, payload.get("data"))  # type: ignore[no-any-return]
    except msgspec.MsgspecError as error:
        raise ValueError(f"{kind.type}: {error}") from error


_ENVELOPE = msgspec.json.Decoder(_Envelope)
