"""How messages travel: text frames `{"type": ..., "data": {...}}` with base64 audio.

Sending is strict, reading is tolerant, field by field (see `reading`): null reads as absent,
unknown fields are ignored, an unknown type becomes an `UnknownMessage`, a frame that cannot be
read an `InvalidMessage`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, Union, get_args, get_type_hints, overload

import msgspec

from vatel_rt.realtime import messages
from vatel_rt.realtime.messages import ClientMessage, Incoming, ServerMessage, UnknownMessage
from vatel_rt.realtime.reading import fields_of, lenient_json

Frame = Union[str, bytes]
_EXCERPT = 200


class _Envelope(msgspec.Struct):
    type: str
    data: msgspec.Raw = msgspec.Raw(b"null")


@overload
def decode(frame: Frame, *, sender: Literal["platform"] = "platform") -> Incoming: ...


@overload
def decode(frame: Frame, *, sender: Literal["client"]) -> Union[ClientMessage, messages.Unread]: ...


def decode(frame: Frame, *, sender: str = "platform") -> Union[Incoming, ClientMessage]:
    """Return the message in a frame from `sender`. Never raises, whatever the frame holds."""
    is_platform = sender == "platform"
    kinds = _SERVER if is_platform else _CLIENT
    claimed = ""
    try:
        if isinstance(frame, bytes):
            raise ValueError("a binary frame; the protocol uses text frames only")
        try:  # in one pass, which fails for the messages that need tolerance
            read = _FAST.decode(frame)
            message = read.message(read.data)
        except (msgspec.MsgspecError, ValueError):  # the latter for lone surrogates
            message = None
        if message is None or message.type not in kinds:
            claimed, data = _envelope(frame, is_lenient=is_platform)
            if claimed not in kinds:
                return UnknownMessage(claimed, data)
            message = (_tolerant if is_platform else _message)(kinds[claimed], data)
        claimed = message.type
        if isinstance(message.data, messages.AudioData):  # report bad audio here
            message.data.decoded if is_platform else message.data.pcm  # noqa: B018
        return message  # type: ignore[no-any-return]
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raw = frame if isinstance(frame, str) else repr(frame[:_EXCERPT])
        return messages.InvalidMessage(raw[:_EXCERPT], str(error), claimed)


def _envelope(frame: str, *, is_lenient: bool) -> tuple[str, Any]:
    """Return type and data of a frame."""
    try:
        envelope = _ENVELOPE.decode(frame)
        return envelope.type, msgspec.json.decode(envelope.data)
    except (msgspec.MsgspecError, ValueError):
        if not is_lenient:
            raise
        read = lenient_json(frame)
    if not isinstance(read, dict) or not isinstance(read.get("type"), str):
        raise ValueError("a frame must hold a JSON object with a type")
    return read["type"], read.get("data")


def _tolerant(kind: Any, data: Any) -> Any:
    """Return a message of the class `kind`, whatever its side fields hold."""
    try:
        return _message(kind, data)
    except msgspec.MsgspecError:
        return kind(_DATA[kind](**fields_of(_DATA[kind], data, _PYTHON_NAMES)))


def encode(message: Union[ServerMessage, ClientMessage, UnknownMessage, Mapping[str, Any]]) -> str:
    """Return the text frame of `message`. A mapping is encoded unchanged."""
    if not isinstance(message, Mapping):
        message = {"type": message.type, "data": to_wire(message.data)}
    return msgspec.json.encode(message).decode("utf-8")


def encode_audio(audio: Frame) -> bytes:
    """Return the text frame of an `InputAudio` at a fifth of the cost of `encode`."""
    return msgspec.json.encode({"type": "input_audio", "data": {"audio": audio}})


def parse_server_message(payload: Mapping[str, Any]) -> ServerMessage:
    """Return the platform's message in a decoded JSON object, or raise `ValueError`."""
    if not isinstance(payload, Mapping):
        raise ValueError(f"a message must be a JSON object, not {type(payload).__name__}")
    kind = _SERVER.get(str(payload.get("type")))
    if kind is None:
        raise ValueError(f"unknown message type: {payload.get('type')!r}")
    try:
        return _message(kind, payload.get("data"))  # type: ignore[no-any-return]
    except msgspec.MsgspecError as error:
        raise ValueError(f"{kind.type}: {error}") from error


def client_message(payload: Mapping[str, Any]) -> Union[ClientMessage, UnknownMessage]:
    """Return the message for `payload`, a JSON object that the application sends."""
    plain = msgspec.to_builtins(payload, str_keys=True)
    claimed, data = str(plain.get("type", "")), plain.get("data")
    try:
        return _message(_CLIENT[claimed], data)  # type: ignore[no-any-return]
    except (LookupError, msgspec.ValidationError):
        return UnknownMessage(claimed, data)


def size_of(frame: Frame) -> int:
    """Return the size of a frame in bytes. Nearly all frames are ASCII."""
    if isinstance(frame, str) and not frame.isascii():
        return len(frame.encode())
    return len(frame)


def to_wire(value: Any) -> Any:
    """Return a message's data as JSON values under the platform's names, without fields of None."""
    if isinstance(value, list):
        return [to_wire(item) for item in value]
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    pairs = ((wire, getattr(value, name)) for name, wire in _wire_names(type(value)))
    return {wire: to_wire(item) for wire, item in pairs if item is not None}


def _to_python(value: Any) -> Any:
    """Return a JSON value with Python names, without nulls; a tool's argument stays unchanged."""
    if isinstance(value, list):
        return [_to_python(item) for item in value]
    if not isinstance(value, dict):
        return value
    given = {_PYTHON_NAMES.get(k, k): v for k, v in value.items() if v is not None}
    return {k: v if k == "value" else _to_python(v) for k, v in given.items()}


@cache
def _wire_names(kind: type[Any]) -> list[tuple[str, str]]:
    return [(f.name, f.metadata.get("wire", f.name)) for f in dataclasses.fields(kind)]


def _message(kind: Any, data: Any) -> Any:
    """Return a message of the class `kind` from decoded JSON; ignore nulls and unknown fields."""
    fields = _DATA[kind]
    if fields is messages.VoiceSessionEmptyData or data is None:
        data = {}  # ignore anything sent as the data of a message without fields
    return kind(msgspec.convert(_to_python(data), fields))


def _fast_decoder() -> msgspec.json.Decoder[Any]:
    """Return a decoder that reads a frame in one pass, if no name differs and nothing is null."""
    frames = []
    for kind, data in _DATA.items():
        if data not in _RENAMED:
            options = {"tag_field": "type", "tag": kind.type, "namespace": {"message": kind}}
            frames.append(msgspec.defstruct(kind.__name__, [("data", data)], **options))
    return msgspec.json.Decoder(Union[tuple(frames)])


_RENAMED = (messages.ToolCallArgument, messages.ToolCallData, messages.ToolCallOutputData)
_PYTHON_NAMES = {wire: name for kind in _RENAMED for name, wire in _wire_names(kind)}
_SERVER: dict[str, Any] = {kind.type: kind for kind in get_args(ServerMessage)}
_CLIENT: dict[str, Any] = {kind.type: kind for kind in get_args(ClientMessage)}
_DATA = {k: get_type_hints(k)["data"] for k in (*_SERVER.values(), *_CLIENT.values())}
_FAST = _fast_decoder()
_ENVELOPE = msgspec.json.Decoder(_Envelope)
