from __future__ import annotations

import base64
import dataclasses
import json
import typing
from array import array
from typing import Any, Union

import pytest

from vatel_rt.realtime import codec, messages
from vatel_rt.realtime.codec import decode, encode, encode_audio, parse_server_message
from vatel_rt.realtime.messages import (
    ClientMessage,
    InputAudio,
    InputAudioTranscript,
    InputAudioTranscriptData,
    InvalidMessage,
    ResponseAudio,
    ResponseAudioData,
    ResponseText,
    ResponseTextData,
    ServerMessage,
    SessionStarted,
    SessionStartedData,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    ToolCallArgument,
    ToolCallData,
    ToolCallOutput,
    ToolCallOutputData,
    UnknownMessage,
)

# Required by the schema, but optional when read: the platform omits them at times.
LENIENT = {
    ("response_audio", "audio"),
    ("response_audio", "turn_id"),
    ("response_text", "text"),
    ("response_text", "turn_id"),
    ("input_audio_transcript", "transcript"),
    ("response_audio", "is_final"),
    ("response_text", "is_final"),
    ("input_audio_transcript", "is_final"),
    ("speech_started", "emulated"),
    ("tool_call", "arguments"),
    ("tool_call_output", "output"),
}
PYTHON_TYPES = {str: "string", bool: "boolean", Any: None}


def kinds() -> dict[str, Any]:
    classes = [*typing.get_args(ServerMessage), *typing.get_args(ClientMessage)]
    return {kind(data=None).type: kind for kind in classes}


def data_of(message: Any) -> Any:
    return typing.get_type_hints(message)["data"]


def schemas(document: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of each message's data, by message type."""

    def named(reference: dict[str, str]) -> Any:
        return document["components"]["schemas"][reference["$ref"].rsplit("/", 1)[1]]

    unions = ("VoiceSessionServerMessage", "VoiceSessionClientMessage")
    branches = [branch for union in unions for branch in named({"$ref": f"/{union}"})["oneOf"]]
    fields = [named(branch)["properties"] for branch in branches]
    return {field["type"]["const"]: named(field["data"]) for field in fields}


def json_type(hint: Any) -> Any:
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is list:
        return "array"
    if typing.get_origin(hint) is Union:
        return json_type(arguments[0])
    return PYTHON_TYPES[hint]


def compare(kind: Any, schema: dict[str, Any], name: str) -> None:
    fields = {f.metadata.get("wire", f.name): f for f in dataclasses.fields(kind)}
    hints = typing.get_type_hints(kind)
    assert set(fields) == set(schema.get("properties", {}))
    for wire, field in fields.items():
        missing = dataclasses.MISSING
        required = field.default is missing and field.default_factory is missing
        if (name, wire) not in LENIENT:
            assert required == (wire in schema.get("required", ())), wire
        assert json_type(hints[field.name]) == schema["properties"][wire].get("type"), wire


def test_every_message_of_the_document_has_its_class(document: dict[str, Any]) -> None:
    without, unknown = set(schemas(document)) - set(kinds()), set(kinds()) - set(schemas(document))
    assert not without, "have no class in a union of messages.py"
    assert not unknown, "are not in the document"


@pytest.mark.parametrize("name", kinds())
def test_data_classes_match_the_document(name: str, document: dict[str, Any]) -> None:
    compare(data_of(kinds()[name]), schemas(document)[name], name)


def test_tool_arguments_match_the_document(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["VoiceSessionInputVariable"]
    compare(ToolCallArgument, schema, "argument")


def test_every_data_class_belongs_to_a_message() -> None:
    defined = {value for value in vars(messages).values() if dataclasses.is_dataclass(value)} - {
        *kinds().values(),
        ToolCallArgument,
        UnknownMessage,
        InvalidMessage,
    }
    alone = defined ^ {data_of(kind) for kind in kinds().values()}
    assert not alone, "belong to no message of a union"


def frame(kind: str, data: Any) -> str:
    return json.dumps({"type": kind, "data": data})


@pytest.mark.parametrize("data", ["", "null", "{}", '{"new": 1}', '""', "[]"])
def test_missing_data_is_read(data: str) -> None:
    field = f', "data": {data}' if data else ""
    assert decode(f'{{"type": "speech_stopped"{field}}}') == SpeechStopped()


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("session_started", {"id": "c", "region": "eu"}, SessionStarted(SessionStartedData("c"))),
        ("speech_started", {"emulated": None}, SpeechStarted()),
        ("response_text", {"turn_id": "t", "text": "a"}, ResponseText(ResponseTextData("t", "a"))),
        ("response_audio", {"turn_id": "t"}, ResponseAudio(ResponseAudioData("t", "", False))),
        (
            "input_audio_transcript",
            {"transcript": "hm", "is_final": None, "turn_id": None},
            InputAudioTranscript(InputAudioTranscriptData("hm", True, None)),
        ),
        (
            "tool_call",
            {"toolCallId": "1", "toolName": "n", "arguments": None},
            ToolCall(ToolCallData("1", "n")),
        ),
        ("tool_call", {"tool_call_id": "1", "tool_name": "n"}, ToolCall(ToolCallData("1", "n"))),
    ],
)
def test_absent_null_extra_and_snake_case(kind: str, data: Any, expected: Any) -> None:
    assert decode(frame(kind, data)) == expected
    assert parse_server_message({"type": kind, "data": data}) == expected


def test_arguments_have_both_names_and_any_value() -> None:
    value = {"toolName": None, "deep": [{"dataType": 1}, None]}
    sent = {"name": "a", "dataType": "object", "required": True, "value": value}
    message = decode(frame("tool_call", {"toolCallId": "1", "toolName": "n", "arguments": [sent]}))
    assert isinstance(message, ToolCall)
    assert message.data.toolCallId == message.data.tool_call_id == "1"
    assert message.data.toolName == message.data.tool_name == "n"
    argument = message.data.arguments[0]
    assert argument.dataType == argument.data_type == "object"
    assert argument.value == value
    assert argument.description is None


@pytest.mark.parametrize("data", [None, [1], {"x": {"y": 1}}, "text"])
def test_unknown_types_are_kept(data: Any) -> None:
    message = decode(frame("agent_dreams", data))
    assert message == UnknownMessage("agent_dreams", data)
    assert json.loads(encode(message)) == {"type": "agent_dreams", "data": data}


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"type": 1}',
        frame("response_text", [1]),
        frame("response_audio", {"turn_id": "t", "audio": 5}),
        frame("response_audio", {"turn_id": "t", "audio": "AAAAA"}),
        frame("tool_call", {"toolName": "n"}),
        frame("tool_call", {"toolCallId": {}, "toolName": "n"}),
        frame("response_audio", {"turn_id": "t", "audio": "A*AAAAA="}),
        frame("response_audio", {"turn_id": "t", "audio": "\u00e4\u00e4\u00e4\u00e4"}),
        b"\x00\x01",
        '{"type": "x", "data": ' + "[" * 100_000,
    ],
)
def test_a_bad_frame_is_returned_as_an_invalid_message(bad: Union[str, bytes]) -> None:
    message = decode(bad)
    assert isinstance(message, InvalidMessage)
    assert message.error
    assert len(message.raw) <= 300


def test_the_claimed_type_of_a_bad_frame_is_kept() -> None:
    message = decode(frame("session_started", [1]))
    assert (message.type, message.claimed) == ("invalid_message", "session_started")
    message = decode(frame("response_audio", {"turn_id": "t", "audio": "AAAAA"}))
    assert (message.type, message.claimed) == ("invalid_message", "response_audio")


@pytest.mark.parametrize("sender", ["platform", "client"])
def test_a_frame_without_a_type_is_invalid(sender: Any) -> None:
    message = decode('{"data": {"audio": "AAAA"}}', sender=sender)
    assert (message.type, message.claimed) == ("invalid_message", "")


@pytest.mark.parametrize(
    "audio", ["AQACAA==", b"\1\0\2\0", bytearray(b"\1\0\2\0"), memoryview(array("h", [1, 2]))]
)
def test_encode_audio_equals_encode_of_the_message(audio: Any) -> None:
    assert encode_audio(audio).decode() == encode(InputAudio.of(audio))


def test_known_types_depend_on_the_sender() -> None:
    text = encode(InputAudio.of(b"\1\0"))
    assert isinstance(decode(text), UnknownMessage)
    assert decode(text, sender="client") == InputAudio.of(b"\1\0")
    assert isinstance(decode(encode(SpeechStopped()), sender="client"), UnknownMessage)


def test_audio_goes_in_as_text_or_bytes_and_comes_out_as_bytes() -> None:
    pcm = bytes(range(100))
    text = base64.b64encode(pcm).decode()
    assert InputAudio.of(pcm) == InputAudio.of(text)
    assert InputAudio.of(pcm).data.pcm == pcm
    assert text not in repr(InputAudio.of(pcm))


def test_encoded_messages_have_the_platforms_names_and_no_nulls() -> None:
    output = ToolCallOutput(ToolCallOutputData("1", "ok"))
    assert output.data.toolCallId == "1"
    assert json.loads(encode(output)) == {
        "type": "tool_call_output",
        "data": {"toolCallId": "1", "output": "ok"},
    }
    call = ToolCall(ToolCallData("1", "n", [ToolCallArgument(name="a", value=0)]))
    assert json.loads(encode(call))["data"]["arguments"] == [{"name": "a", "value": 0}]
    assert encode({"type": "x", "data": {"ü": 1}}) == '{"type":"x","data":{"ü":1}}'
    with pytest.raises(TypeError):
        encode({"type": "x", "data": object()})


@pytest.mark.parametrize(
    "payload", [{}, [], {"type": "x"}, {"type": "session_started", "data": {}}]
)
def test_parse_server_message_raises(payload: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        parse_server_message(payload)


def test_messages_are_exported_under_their_public_names() -> None:
    import vatel.models.ws as public

    forgotten = {kind.__name__ for kind in kinds().values()} - set(public.__all__)
    forgotten |= {data_of(kind).__name__ for kind in kinds().values()} - set(public.__all__)
    assert not forgotten, "__all__ of messages.py"
    for name in public.__all__:
        home = messages if hasattr(messages, name) else codec
        assert getattr(public, name) is getattr(home, name)
