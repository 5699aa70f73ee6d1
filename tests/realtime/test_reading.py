"""One odd field never costs the message that it came in."""

from __future__ import annotations

import json
import logging
from base64 import b64encode, urlsafe_b64encode
from typing import Any

import pytest

from vatel_rt import repeated
from vatel_rt.realtime.codec import decode, encode
from vatel_rt.realtime.messages import InvalidMessage, ResponseAudio, ToolCall
from vatel_rt.realtime.odd_bytes import MAX_TURNS, OddBytes

CALL = '{"type":"tool_call","data":%s}'
NAMED = '"toolName":"f"'


def tool_call(data: str) -> Any:
    message = decode(CALL % data)
    assert isinstance(message, ToolCall), message
    return message.data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NaN", None),
        ("Infinity", None),
        ("1e999", None),
        ("9" * 5000, None),
        ("12345678901234567890123", 12345678901234567890123),
        (r'"\ud800"', "\ufffd"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        ('"a\tb\nc"', "a\tb\nc"),
        (r'{"\udc00": [NaN, "\ud800x"]}', {"\ufffd": [None, "\ufffdx"]}),
        ('"NaN"', "NaN"),
    ],
)
def test_values_that_strict_json_refuses(text: str, value: Any) -> None:
    read = tool_call(f'{{"toolCallId":"t",{NAMED},"arguments":[{{"name":"x","value":{text}}}]}}')
    assert [(a.name, a.value) for a in read.arguments] == [("x", value)]
    assert decode(encode(ToolCall(read))) == ToolCall(read)


@pytest.mark.parametrize(
    ("given", "read"), [("5", "5"), ("1.5", "1.5"), ("true", "true"), ('"x"', "x")]
)
def test_ids_that_are_no_text(given: str, read: str) -> None:
    assert tool_call(f'{{"toolCallId":{given},{NAMED}}}').tool_call_id == read


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ('{"a": 1, "b": null}', {"a": 1, "b": None}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('[{"name": "a", "value": 1}, 3, null, [], "x"]', {"a": 1}),
        ('[{"name": 5, "required": "true", "type": [], "value": 1}]', {"5": 1}),
        ("null", {}),
        ("7", {}),
        ('"no json"', {}),
    ],
)
def test_arguments_of_other_shapes(given: str, names: dict[str, Any]) -> None:
    read = tool_call(f'{{"toolCallId":"t",{NAMED},"arguments":{given}}}')
    assert {argument.name: argument.value for argument in read.arguments} == names


@pytest.mark.parametrize(
    ("given", "required"),
    [('"true"', True), ("1", True), ('"no"', False), ("0", False), ('"maybe"', None), ('""', None)],
)
def test_flags_that_are_no_flags(given: str, required: Any) -> None:
    read = tool_call(
        f'{{"toolCallId":"t",{NAMED},"arguments":[{{"name":"x","required":{given}}}]}}'
    )
    assert read.arguments[0].required is required


@pytest.mark.parametrize(
    "data",
    [
        '{"toolCallId":"t"}',
        '{"toolCallId":"t","toolName":null}',
        '{"toolCallId":"t","toolName":[]}',
        '"{\\"toolCallId\\": \\"t\\"}"',
    ],
)
def test_a_tool_without_a_name(data: str) -> None:
    read = tool_call(data)
    assert (read.tool_call_id, read.tool_name) == ("t", "")


@pytest.mark.parametrize(
    "frame", ['\ufeff{"type": "speech_stopped"}', '{"type":"speech_stopped"}\0x']
)
def test_what_stands_around_a_frame(frame: str) -> None:
    assert decode(frame).type == "speech_stopped"


@pytest.mark.parametrize(
    ("kind", "data", "read"),
    [
        ("session_started", {"id": 5}, {"id": "5"}),
        ("session_started", {}, {"id": ""}),
        ("response_text", {"turn_id": 1, "text": 3, "is_final": "false"}, {"text": "3"}),
        ("response_text", {"text": "x", "is_final": []}, {"text": "x", "is_final": True}),
        ("input_audio_transcript", {"transcript": "x", "turn_id": {}}, {"transcript": "x"}),
        ("speech_started", {"emulated": "yes"}, {"emulated": True}),
        ("response_audio", {"turn_id": 5, "audio": "AAA="}, {"turn_id": "5", "pcm": bytes(2)}),
    ],
)
def test_side_fields(kind: str, data: dict[str, Any], read: dict[str, Any]) -> None:
    message: Any = decode(json.dumps({"type": kind, "data": data}))
    assert message.type == kind
    assert {name: getattr(message.data, name) for name in read} == read


PCM = bytes(range(250, 256)) * 20


class TestAudio:
    @pytest.mark.parametrize(
        "text",
        [
            b64encode(PCM).decode(),
            b64encode(PCM[:-2]).decode().rstrip("="),
            urlsafe_b64encode(PCM).decode(),
            "\r\n".join([b64encode(PCM).decode()[:40], b64encode(PCM).decode()[40:]]),
            f" {b64encode(PCM).decode()}\n",
        ],
        ids=["plain", "unpadded", "URL-safe", "lines", "spaces"],
    )
    def test_spellings_of_base64(self, text: str) -> None:
        message: Any = decode(json.dumps({"type": "response_audio", "data": {"audio": text}}))
        assert message.data.pcm in (PCM, PCM[:-2])

    @pytest.mark.parametrize("size", [1, 961, 7, 960])
    def test_pieces_cut_anywhere(self, size: int) -> None:
        speech = PCM * 40
        odd, heard = OddBytes(), b""
        for start in range(0, len(speech), size):
            piece = ResponseAudio.of("t", speech[start : start + size])
            heard += odd.whole(piece).data.pcm
        assert heard == speech

    def test_turns_do_not_mix(self) -> None:
        odd = OddBytes()
        assert odd.whole(ResponseAudio.of("a", b"\1")).data.pcm == b""
        assert odd.whole(ResponseAudio.of("b", b"\2\3")).data.pcm == b"\2\3"
        last = odd.whole(ResponseAudio.of("a", b"\4\5", is_final=True))
        assert (last.data.pcm, last.data.is_final) == (b"\1\4", True)
        assert odd.whole(ResponseAudio.of("a", b"\6\7")).data.pcm == b"\6\7"

    def test_bytes_that_wait_are_bounded(self) -> None:
        odd = OddBytes()
        for turn in range(MAX_TURNS + 1):
            odd.whole(ResponseAudio.of(str(turn), b"\1"))
        assert odd.whole(ResponseAudio.of("0", b"\2")).data.pcm == b""
        assert odd.whole(ResponseAudio.of(str(MAX_TURNS), b"\2")).data.pcm == b"\1\2"


def test_the_simulator_stays_strict() -> None:
    odd: dict[str, dict[str, Any]] = {
        "tool_call_output": {"toolCallId": 5, "output": "x"},
        "input_audio": {"audio": "AA=="},
    }
    for kind, data in odd.items():
        frame = json.dumps({"type": kind, "data": data})
        assert isinstance(decode(frame, sender="client"), InvalidMessage)
    assert isinstance(decode('{"type": "x", "data": NaN}', sender="client"), InvalidMessage)


def test_a_flood_is_counted(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(repeated.time, "monotonic", lambda: now[0])
    warnings = repeated.Repeated(logging.getLogger("test"), "something is odd")
    for number in range(3000):
        now[0] = number / 50
        warnings.warn(f"line\n{number}")
    now[0] = 61
    warnings.warn("again")
    warnings.flush()
    assert caplog.messages == [
        r"something is odd: line\n0",
        "something is odd, 2999 more times",
        "something is odd: again",
    ]
