"""Traces of calls, and calls that replay them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from base64 import b64encode
from pathlib import Path
from typing import Any, Callable, Optional

import anyio
import pytest
from simulated_caller import BYE, SENTENCE, SHORT, Caller, calls_over, quiet, scenario_of, token_of

from vatel import Client, Tools
from vatel.simulator import Simulator
from vatel.simulator.scenario.keys import Argument, Tool, Turn
from vatel.simulator.voice import replay
from vatel.simulator.voice.trace_reader import TraceLine, read_trace
from vatel_rt import WavDevice
from vatel_rt.errors import ConfigurationError
from vatel_rt.realtime.messages import (
    InvalidMessage,
    ResponseAudio,
    SessionStarted,
    SessionStartedData,
    UnknownMessage,
)
from vatel_rt.realtime.trace import TraceWriter, record_messages, redacted

HEADER = {"format": "vatel-trace", "version": 1}
CALL_ID = "00000000-0000-4000-8000-00000000abcd"
STATUS = Tool(name="order_status", arguments=[Argument(name="order_id", value="42")])
ASKS = Turn(hears="Where is it?", says="It is {output}.", clip="order.wav", tool=STATUS)
Script = list[tuple[float, str, str, Any]]


def write(path: Path, *lines: Any, end: str = "\n") -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + end, encoding="utf-8")
    return path


def a_trace(path: Path, script: Script, call: str = "c") -> Path:
    keys = ("call", "at_ms", "sender", "type", "data")
    return write(path, HEADER, *[dict(zip(keys, (call, *line))) for line in script])


def audio(pcm: bytes) -> str:
    return b64encode(pcm).decode()


async def talk(simulator: Simulator) -> Caller:
    """A call with a question, a tool and its output."""
    async with await Caller.dial(simulator) as caller:
        await caller.hear_out()
        await caller.speak()
        asked = (await caller.until("tool_call"))["data"]["toolCallId"]
        await caller.send("tool_call_output", toolCallId=asked, output="on its way")
        await caller.until_end()
        return caller


def test_the_program_records_and_replays(tmp_path: Path) -> None:
    (tmp_path / "short.yaml").write_text("greeting: {says: '', then: hang_up}", encoding="utf-8")
    recorded = kinds_by_the_program(tmp_path, "--scenario", "short.yaml", "--record", "trace")
    replayed = kinds_by_the_program(tmp_path, "--replay", "trace", "--speed", "max")
    assert replayed == recorded
    assert {"session_started", "session_ended"} <= set(recorded)


def kinds_by_the_program(folder: Path, *options: str) -> list[str]:
    """The messages of a call to `python -m vatel.simulator`."""
    command = [sys.executable, "-m", "vatel.simulator", "--port", "0", *options]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout
        url = program.stdout.readline().split()[-1]

        async def call() -> list[str]:
            async with Client("simulator-key", url) as client:
                agent = (await client.agents.list_async())[0].id
                async with client.call(agent) as call:
                    return [message.type async for message in call]

        kinds = anyio.run(call)
        program.terminate()
        assert program.wait(60) == 0
    return kinds


@pytest.mark.anyio
async def test_a_call_is_recorded_and_played(tmp_path: Path, no_new_tasks: None) -> None:
    path = tmp_path / "trace.jsonl"
    simulator = Simulator(scenario_of(ASKS, goodbye=BYE))
    simulator.record(path)
    async with simulator:
        recorded = await talk(simulator)
        assert simulator.calls[0].reason == "agent_hangup"
        key, token = simulator.api_key, simulator.requests[0]
    lines = list(read_trace(path))
    assert {line.call for line in lines} == {recorded.id}
    sent = [{"type": x.type, "data": x.data} for x in lines if x.sender == "platform"]
    assert sent == recorded.messages
    said = [x.data["audio"] for x in lines if x.type == "input_audio"]
    assert "".join(said) == audio(SENTENCE)
    assert [line.at_ms for line in lines] == sorted(line.at_ms for line in lines)
    text = path.read_text(encoding="utf-8")
    assert key not in text
    assert '"eyJ' not in text
    assert token.status == 200

    async with Simulator.replay(path, speed="max") as again:
        async with await Caller.dial(again) as caller:
            asked = (await caller.until("tool_call"))["data"]["toolCallId"]
            with anyio.move_on_after(0.2):
                await caller.next()
                pytest.fail("it did not wait for the output of the tool")
            await caller.send("tool_call_output", toolCallId="another", output="")
            await caller.send("tool_call_output", toolCallId=asked, output="here")
            assert await caller.until_end() == 1000
        assert caller.messages == recorded.messages
        await calls_over(again)
        (call,) = again.calls
        assert (call.id, call.reason) == (recorded.id, "agent_hangup")
        assert [output.output for output in call.tool_outputs] == ["", "here"]
        assert [role for role, _ in call.transcript] == ["assistant", "user"] + 2 * ["assistant"]
        assert call.audio_heard.endswith(recorded.audio())


@pytest.mark.anyio
async def test_the_distances_are_those_of_the_trace(tmp_path: Path) -> None:
    script: Script = [
        (5000, "platform", "session_started", {"id": "not one of ours"}),
        (5000, "platform", "speech_started", {"emulated": True}),
        (5400, "platform", "speech_stopped", {}),
        (5400, "platform", "tool_call", {"toolCallId": "1", "toolName": "t", "arguments": []}),
        (9400, "client", "tool_call_output", {"toolCallId": "1", "output": ""}),
        (9800, "platform", "session_ended", {}),
    ]
    path = a_trace(tmp_path / "trace.jsonl", script)
    for speed, distance in ((1, 0.4), (4, 0.1)):
        async with Simulator.replay(path, speed=speed) as simulator:
            caller = await Caller.dial(simulator)
            await caller.until("tool_call")
            await caller.send("tool_call_output", toolCallId="1", output="now")
            await caller.until_end()
            sent = caller.sent()
            first, last = sent[2] - sent[1], sent[4] - sent[3]
            assert distance - 0.02 < first < distance + 3
            assert distance - 0.02 < last < distance + 3  # and not the four seconds of the tool
            assert caller.id == simulator.calls[0].id != "not one of ours"


@pytest.mark.anyio
async def test_what_no_version_knows_is_played_as_it_is(tmp_path: Path, caplog: Any) -> None:
    script: Script = [
        (0, "platform", "session_started", {"id": CALL_ID}),
        (1, "platform", "mood", {"value": [None, 1.5]}),
        (2, "platform", "response_text", {"turn_id": "t", "text": "Hm", "is_final": False, "x": 1}),
        (3, "platform", "invalid_message", {"claimed": "", "error": "cut"}),
        (4, "platform", "response_audio", {"turn_id": "t", "audio": "AAAAA", "is_final": True}),
        (5, "platform", "input_audio_transcript", {"transcript": "a", "is_final": True}),
        (6, "client", "tool_call_output", {"toolCallId": "nobody asked", "output": ""}),
        (6, "client", "tool_call_output", None),
        (7, "platform", "session_ended", None),
    ]
    path = a_trace(tmp_path / "trace.jsonl", script)
    async with Simulator.replay(path, "max") as simulator:
        for number in range(2):  # the second call plays it again, under an id of its own
            async with Client(simulator.api_key, simulator.url) as client:
                token = (await client.session.generate_token_async(simulator.agent_id)).token
                async with client.connect(token) as connection:
                    came = [message async for message in connection]
            assert came[0].data.id == simulator.calls[number].id  # type: ignore[union-attr]
            assert (simulator.calls[number].id == CALL_ID) == (number == 0)
            assert came[1] == UnknownMessage("mood", {"value": [None, 1.5]})
            assert isinstance(came[3], InvalidMessage)
            assert [m.type for m in came[4:]] == ["input_audio_transcript", "session_ended"]
            await simulator.calls[number].wait_async()
            assert simulator.calls[number].transcript == [("user", "a")]
    assert "skipped a frame that could not be read" in caplog.text


@pytest.mark.anyio
async def test_a_replay_is_recorded_under_the_id_of_its_call(tmp_path: Path) -> None:
    script: Script = [
        (0, "platform", "session_started", {"id": CALL_ID}),
        (1, "platform", "session_ended", {}),
    ]
    path = a_trace(tmp_path / "trace.jsonl", script)
    async with Simulator.replay(path, "max") as simulator:
        simulator.record(tmp_path / "again.jsonl")
        async with await Caller.dial(simulator) as caller:
            await caller.until_end()
    assert {line.call for line in read_trace(tmp_path / "again.jsonl")} == {CALL_ID}


@pytest.mark.anyio
async def test_where_the_caller_hung_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "HANG_UP_TIMEOUT", 0.5)
    word = SENTENCE[19_200:28_800]
    script: Script = [
        (0, "platform", "session_started", {"id": CALL_ID}),
        (
            1,
            "platform",
            "response_audio",
            {"turn_id": "t", "audio": audio(quiet(9)), "is_final": True},
        ),
        (2, "platform", "interruption", {}),
        (30, "client", "input_audio", {"audio": "AAAA"}),
    ]
    path = a_trace(tmp_path / "trace.jsonl", script)
    async with Simulator.replay(path) as simulator:
        caller = await Caller.dial(simulator)
        await caller.speak(word)
        await caller.until("interruption")
        await caller.socket.wait_closed()  # it is not kept for ever
        assert caller.socket.close_code == 1000
        assert "session_ended" not in caller.kinds()
        await calls_over(simulator)
        (call,) = simulator.calls
        assert call.reason == "user_hangup"
        assert len(call.audio_heard) < len(quiet(9))  # as the interruption cut it
        assert call.audio_received[-len(word) :] == word


@pytest.mark.anyio
async def test_an_output_that_does_not_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(replay, "TOOL_TIMEOUT", 0.1)
    script: Script = [
        (1, "platform", "tool_call", {"toolCallId": "1", "toolName": "t", "arguments": []}),
        (2, "client", "tool_call_output", {"toolCallId": "1", "output": ""}),
        (3, "platform", "session_ended", {}),
    ]
    path = a_trace(tmp_path / "trace.jsonl", script)
    async with Simulator.replay(path, "max") as simulator, await Caller.dial(simulator) as caller:
        await caller.until_end()
    assert "no output came for a tool call that has one in the trace" in caplog.text


@pytest.mark.anyio
async def test_calls_are_played_one_after_another(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    async with Simulator(scenario_of(greeting=BYE)) as simulator:
        with simulator.record(path):
            callers = [await Caller.dial(simulator, first_message=text) for text in "ab"]
            for caller in callers:
                await caller.until_end()
        late = await Caller.dial(simulator)
        await late.until_end()
    assert {line.call for line in read_trace(path)} == {caller.id for caller in callers}
    async with Simulator.replay(path, "max") as simulator:
        for expected in [*callers, callers[0]]:
            caller = await Caller.dial(simulator)
            await caller.until_end()
            assert caller.messages[1:] == expected.messages[1:]


@pytest.mark.anyio
async def test_recording_that_ends_during_a_call(tmp_path: Path, simulator: Simulator) -> None:
    path = tmp_path / "trace.jsonl"
    with simulator.record(path):
        caller = await Caller.dial(simulator)
        await caller.until("response_audio")
    size = path.stat().st_size
    await caller.until("response_audio", is_final=True)
    await caller.socket.close()
    assert path.stat().st_size == size
    assert next(read_trace(path)).type == "session_started"


@pytest.mark.parametrize("speed", [0, -1, "fast", None])
def test_speeds_that_are_none(speed: Any, tmp_path: Path) -> None:
    path = a_trace(tmp_path / "trace.jsonl", [(0, "client", "x", {})])
    with pytest.raises(ConfigurationError, match="speed must be a number above 0 or 'max', not "):
        Simulator.replay(path, speed)


GOOD = {"call": "c", "at_ms": 0, "sender": "platform", "type": "x", "data": {}}


@pytest.mark.parametrize(
    ("lines", "end", "problem"),
    [
        ([], "", "line 1: not the header of a trace"),
        ([GOOD], "\n", "line 1: not the header of a trace"),
        ([{**HEADER, "version": 2}], "\n", "line 1: version 2 is not supported, only version 1"),
        ([HEADER], "\n", "the trace contains no call"),
        ([HEADER, GOOD, "{", GOOD], "\n", "line 3: "),
        ([HEADER, GOOD, "", '{"call": "c", "at'], "\n", "line 4: JSON is malformed"),
        ([HEADER, {**GOOD, "sender": "me"}], "", "line 2: Invalid enum value 'me'"),
        ([HEADER, {**GOOD, "at_ms": -1}], "\n", "line 2: Expected `float` >= 0.0"),
        ([HEADER, {**GOOD, "call": 5}], "\n", "line 2: Expected `str`, got `int`"),
        ([HEADER, b"\xff".decode("latin-1")], "\n", "line 2: "),
    ],
)
def test_traces_that_are_none(lines: list[Any], end: str, problem: str, tmp_path: Path) -> None:
    path = write(tmp_path / "trace.jsonl", *lines, end=end)
    with pytest.raises(ConfigurationError) as raised:
        Simulator.replay(path)
    assert problem in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_trace_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read .*: No such file"):
        Simulator.replay(tmp_path / "none.jsonl")
    with pytest.raises(ConfigurationError, match=r"cannot write .*: Is a directory"):
        Simulator().record(tmp_path)


def test_a_killed_program_leaves_a_trace(tmp_path: Path) -> None:
    path = write(tmp_path / "trace.jsonl", HEADER, GOOD, json.dumps(GOOD)[:30], end="")
    assert list(read_trace(path)) == [TraceLine("c", 0, "platform", "x", {})]
    whole = write(tmp_path / "trace.jsonl", HEADER, GOOD, GOOD, end="")
    assert len(list(read_trace(whole))) == 2


def test_secrets_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    data = {"token": "s", "apiKey": "s", "max_tokens": 3, "inner": [{"sip_password": "s"}]}
    with TraceWriter(path) as trace:
        trace.call("c")("platform", UnknownMessage("x", data))
        trace.call("c")("client", InvalidMessage("s", "cut"))
    first, second = read_trace(path)
    hidden = "(removed)"
    assert first.data == {
        "token": hidden, "apiKey": hidden, "max_tokens": 3, "inner": [{"sip_password": hidden}],
    }  # fmt: skip
    assert second.data == {"claimed": "", "error": "cut"}


def test_a_full_disk_is_told_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    trace = TraceWriter("/dev/full")
    tell = trace.call("c")
    for _ in range(3):  # more than the buffer of the file holds
        tell("platform", ResponseAudio.of("t", bytes(9600)))
    assert "cannot write /dev/full: No space left" in caplog.text
    with pytest.raises(ConfigurationError, match="cannot write /dev/full: No space left"):
        trace.close()


@pytest.mark.parametrize("error", [asyncio.CancelledError, KeyError])
def test_a_full_disk_does_not_hide_what_ends_the_call(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with pytest.raises(error), TraceWriter("/dev/full"):
        raise error
    assert caplog.text.count("cannot write /dev/full: No space left") == 1


def test_what_a_killed_program_loses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vatel_rt.realtime.trace.FLUSH_MS", 0)
    path = tmp_path / "trace.jsonl"
    with TraceWriter(path) as trace:
        trace.call("c")("platform", UnknownMessage("x"))
        assert len(list(read_trace(path))) == 1


def test_reading_does_not_hold_the_trace_in_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "trace.jsonl"
    with TraceWriter(path) as trace:
        tell = trace.call("c")
        for _ in range(1000):
            tell("platform", ResponseAudio.of("t", bytes(19_200)))
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_trace(path)) == 1000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000 < path.stat().st_size / 10
    finally:
        tracemalloc.stop()


async def _by_call(client: Client, agent: str, path: Path) -> None:
    tools = Tools()

    @tools.tool
    def order_status(order_id: str) -> str:
        return f"order {order_id} is on its way"

    device = WavDevice(quiet(1) + SENTENCE + quiet(1))
    async with record_messages(client.call(agent, audio=device, tools=tools), path) as call:
        assert (await call.wait()).reason == "agent_hung_up"


async def _by_connection(client: Client, agent: str, path: Path) -> None:
    token = (await client.session.generate_token_async(agent)).token
    async with record_messages(client.connect(token), path) as connection:
        await connection.send_input_audio(quiet(1) + SENTENCE + quiet(1))
        await connection.send_json({"type": "mood", "data": {"token": "secret"}})
        async for message in connection:
            if message.type == "tool_call":
                output = "order 42 is on its way"
                await connection.send_tool_call_output(message.data.tool_call_id, output)


@pytest.mark.anyio
@pytest.mark.parametrize("make", [_by_call, _by_connection])
async def test_a_trace_of_a_real_call(make: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    async with Simulator(scenario_of(ASKS, greeting=BYE)) as simulator:
        async with Client(simulator.api_key, simulator.url) as client:
            await make(client, simulator.agent_id, path)
        await calls_over(simulator)
        theirs = [(m.type, m.data) for m in simulator.calls[0].messages if m.sender == "platform"]
    lines = list(read_trace(path))
    ours = [(x.type, x.data) for x in lines if x.sender == "platform"]
    assert [kind for kind, _ in ours] == [kind for kind, _ in theirs]
    assert [d for d in ours if "audio" not in d[1]] == [d for d in theirs if "audio_ms" not in d[1]]
    assert any(len(data.get("audio", "")) > 100 for _, data in ours)
    sent = {line.type: line.data for line in lines if line.sender == "client"}
    assert sent["tool_call_output"]["output"] == "order 42 is on its way"
    assert sent.get("mood", {"token": "(removed)"}) == {"token": "(removed)"}
    assert len({line.call for line in lines}) == 1
    assert await _played(path) == [x.type for x in lines if x.sender == "platform"]


async def _played(path: Path, speed: Any = "max") -> list[str]:
    async with Simulator.replay(path, speed) as simulator, await Caller.dial(simulator) as caller:
        kind: Optional[str] = None
        while kind != "session_ended":
            message = await caller.next()
            kind = message["type"]
            if kind == "tool_call":
                asked = message["data"]["toolCallId"]
                await caller.send("tool_call_output", toolCallId=asked, output="")
        return [message["type"] for message in caller.messages]


@pytest.mark.anyio
async def test_a_long_trace_at_full_speed(tmp_path: Path) -> None:
    """An hour of the agent in 20 ms pieces; the callers before it cost it nothing."""
    path = tmp_path / "trace.jsonl"
    data = {"turn_id": "t", "audio": audio(bytes(960)), "is_final": False}
    script: Script = [(20 * n, "platform", "response_audio", data) for n in range(20_000)]
    a_trace(path, [*script, (10**6, "platform", "session_ended", {})])
    async with Simulator.replay(path, "max") as simulator:
        begin = time.monotonic()
        async with Client(simulator.api_key, simulator.url) as client:
            async with client.connect(await token_of(simulator)) as connection:
                count = sum([1 async for _ in connection])
        assert count == 20_002
        print(f"{count / (time.monotonic() - begin):.0f} messages a second")
        assert simulator.calls[0].messages_dropped > 18_000


def test_a_short_scenario_is_known(tmp_path: Path) -> None:
    """`replay` takes the options of a simulator."""
    path = a_trace(tmp_path / "trace.jsonl", [(0, "platform", "session_ended", {})])
    simulator = Simulator.replay(path, scenario=scenario_of(SHORT), api_key="mine")
    assert simulator.api_key == "mine"


def test_a_trace_is_closed_while_a_call_writes(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "trace.jsonl")
    tell, errors = writer.call("c"), []

    def tell_much() -> None:
        try:
            for _ in range(2000):
                tell("platform", SessionStarted(SessionStartedData("c")))
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=tell_much)
    thread.start()
    writer.close()
    thread.join()
    assert errors == []


def test_secret_arguments_of_tools_are_not_in_a_trace() -> None:
    argument = {"name": "password", "value": "hunter2", "dataType": "string"}
    assert redacted({"arguments": [argument]}) == {
        "arguments": [{**argument, "value": "(removed)"}]
    }
    assert redacted({"name": "city", "value": "Rome"}) == {"name": "city", "value": "Rome"}
