"""The journal of a simulator: requests, calls, messages, and waiting for them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from simulated_caller import BYE, SENTENCE, SHORT, Caller, quiet, rest, scenario_of, token_of

from vatel.simulator import SeenCall, SeenRequest, Simulator
from vatel.simulator.journal import journal as journals
from vatel.simulator.journal import observed_call as seen_calls
from vatel.simulator.journal.waiting import Waiting
from vatel.simulator.platform.call_record import CallRecord
from vatel.simulator.platform.tokens import Grant
from vatel.simulator.scenario.keys import Argument, Tool, Turn
from vatel_rt.errors import SimulatorError
from vatel_rt.realtime.messages import (
    InputAudio,
    InvalidMessage,
    SpeechStarted,
    ToolCallOutput,
    decode,
)
from vatel_rt.realtime.payloads import ToolCallOutputData

STATUS = Tool(name="order_status", arguments=[Argument(name="order_id", value="42")])
ASKS = Turn(hears="Where is it?", says="It is {output}.", clip="order.wav", tool=STATUS)


def a_call() -> SeenCall:
    return SeenCall(Grant("agent", "organization"), CallRecord("agent", "organization"), Waiting())


@pytest.mark.anyio
async def test_a_call(no_new_tasks: None) -> None:
    async with Simulator(scenario_of(ASKS, goodbye=BYE)) as simulator:
        async with await Caller.dial(simulator, first_message="Welcome!", prompt="Be brief.") as me:
            call = await simulator.wait_for_call_async()
            assert repr(call) == f"<SeenCall {call.id} in progress>"
            assert (call.ended, call.reason) == (False, "")
            await me.hear_out()
            await me.speak()
            await me.until("speech_stopped")
            assert SENTENCE[:40_000] in call.audio_received  # while the call goes on
            asked = (await me.until("tool_call"))["data"]["toolCallId"]
            await me.send("tool_call_output", toolCallId="unknown", output="?")
            await me.send("tool_call_output", toolCallId=asked, output="on its way")
            outputs = await simulator.wait_for_async(lambda: call.tool_outputs[1:])
            assert [output.output for output in outputs] == ["on its way"]
            await me.until_end()
            assert await call.wait_async() == call.reason == "agent_hangup"
        assert simulator.calls == [call]
        assert (call.ended, call.id, call.agent_id) == (True, me.id, simulator.agent_id)
        assert (call.grant.first_message, call.grant.prompt) == ("Welcome!", "Be brief.")
        assert [(o.name, o.arguments, o.output) for o in call.tool_outputs] == [
            ("", {}, "?"),
            ("order_status", {"order_id": "42"}, "on its way"),
        ]
        assert call.transcript == [
            ("assistant", "Welcome!"),
            ("user", "Where is it?"),
            ("assistant", "It is on its way."),
            ("assistant", "Goodbye!"),
        ]
        assert call.audio_received[-len(SENTENCE) :] == SENTENCE
        assert len(call.audio_heard) > len(me.audio()) // 2
        passed = call.messages
        theirs = [m for m in passed if m.sender == "platform"]
        assert [m.type for m in theirs] == [m["type"] for m in me.messages]
        for message, came in zip(theirs, me.messages):
            if message.type != "response_audio":
                assert message.data == came["data"]
            else:
                assert "audio" not in message.data
                assert message.data["turn_id"] == came["data"]["turn_id"]
        assert sum(m.data["audio_ms"] for m in theirs if m.type == "response_audio") * 48 == (
            pytest.approx(len(me.audio()))
        )
        ours = [m for m in passed if m.sender == "client" and m.type == "input_audio"]
        assert sum(m.data["audio_ms"] for m in ours) * 48 == pytest.approx(len(SENTENCE))
        assert [m.at_ms for m in passed] == sorted(m.at_ms for m in passed)
    with pytest.raises(SimulatorError, match="the recording was deleted when the simulator ended"):
        call.audio_received  # noqa: B018


@pytest.mark.anyio
async def test_requests(simulator: Simulator) -> None:
    secrets = {"phone_number": "+15551234567", "account_sid": "AC1", "auth_token": "twilio-secret"}
    async with rest(simulator) as client:
        assert (await client.post("/v1/twilio/numbers", json=secrets)).status_code == 201
        trunk = {"pbx": "generic", "inbound_sip_password": "sip-secret", "outbound_host": None}
        await client.post("/v1/sip-trunks", json=trunk)
        await client.get("/v1/calls", params={"page_size": "5", "search": ""})
        await client.post("/v1/session-token", content="{no json")
        await client.post("/v1/agents", content=b" " * 70_000)
        await client.get("/v1/connection", params={"token": "session-secret"})
        await client.request("GET", "/nowhere", headers={"Authorization": "Bearer key-secret"})
    async with await Caller.dial(simulator) as caller:
        await caller.next()
    with pytest.raises(Exception, match="400"):
        async with Caller(await _dial_with(simulator, "session-secret"), simulator):
            pass
    seen = [(r.method, r.path, r.status) for r in simulator.requests]
    assert seen == [
        ("POST", "/v1/twilio/numbers", 201),
        ("POST", "/v1/sip-trunks", 201),
        ("GET", "/v1/calls", 200),
        ("POST", "/v1/session-token", 400),
        ("POST", "/v1/agents", 400),
        ("GET", "/v1/connection", 400),
        ("GET", "/nowhere", 404),
        ("POST", "/v1/session-token", 200),
        ("GET", "/v1/connection", 101),
        ("GET", "/v1/connection", 400),
    ]
    by = simulator.requests
    assert by[0].body == {**secrets, "auth_token": "(removed)"}
    assert by[1].body["outbound_host"] is None
    assert by[2].query == {"page_size": "5", "search": ""}
    assert [request.body for request in by[3:7]] == [None] * 4
    assert by[8].query == {"token": "(removed)"}
    assert [r.time for r in by] == sorted(r.time for r in by)
    told = repr(by)
    assert simulator.api_key not in told
    assert "secret" not in told
    assert "eyJ" not in told


async def _dial_with(simulator: Simulator, token: str) -> Any:
    from simulated_caller import dial

    return await dial(simulator, token)


@pytest.mark.anyio
async def test_a_request_without_an_answer() -> None:
    from vatel.simulator.journal.request_recorder import RequestRecorder

    seen: list[SeenRequest] = []

    async def breaks(*_: Any) -> None:
        raise ZeroDivisionError

    async def closes(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "websocket.close", "code": 1000})

    async def nothing(_: Any) -> None:
        """Takes an event."""

    scope = {"type": "http", "method": "PUT", "path": "/a", "query_string": b"a=1"}
    with pytest.raises(ZeroDivisionError):
        await RequestRecorder(breaks, seen.append)(scope, None, nothing)  # type: ignore[arg-type]
    await RequestRecorder(closes, seen.append)(scope, None, nothing)  # type: ignore[arg-type]
    assert [(r.method, r.path, r.query, r.status) for r in seen] == [
        ("PUT", "/a", {"a": "1"}, None),
        ("PUT", "/a", {"a": "1"}, 403),
    ]


def test_what_is_kept_of_a_call_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_calls, "MAX_AUDIO", 3)
    monkeypatch.setattr(seen_calls, "MAX_MESSAGES", 2)
    call = a_call()
    for index in range(10):
        call.add_message("client", InputAudio.of(bytes(2 * index)))
        call.add_message("platform", SpeechStarted())
    kept = call.messages
    assert [m.data.get("audio_ms", "") for m in kept] == [
        pytest.approx(7 / 24), pytest.approx(8 / 24), "", pytest.approx(9 / 24), "",
    ]  # fmt: skip
    assert call.messages_dropped == 15


def test_a_journal_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "MAX_CALLS", 2)
    monkeypatch.setattr(journals, "MAX_REQUESTS", 1)
    observed = journals.Observed()
    for index in range(3):
        record = CallRecord("agent", "organization", id=str(index))
        observed._begin(Grant("agent", "organization"), record)
        time_ = record.created
        observed._add_request(SeenRequest("GET", f"/{index}", {}, None, 200, time_))
    assert [call.id for call in observed.calls] == ["1", "2"]
    assert [request.path for request in observed.requests] == ["/2"]
    assert observed.dropped == {"requests": 2, "calls": 1}
    assert observed.wait_for_call(2).id == "1"
    with pytest.raises(TimeoutError, match=r"call 1 did not begin within 0\.01 s"):
        observed.wait_for_call(1, timeout=0.01)  # it is no longer there
    with pytest.raises(ValueError, match="counted from 1"):
        observed.wait_for_call(number=0)


def test_messages_that_are_none_of_the_protocol() -> None:
    call = a_call()
    call.add_message("client", InvalidMessage("{", "cut", "input_audio"))
    call.add_message("client", decode('{"type": "x", "data": {"audio": "AAAA", "token": "s"}}'))
    call.add_message(
        "client", decode('{"type": "y", "data": {"token": "s", "list": [{"a_key": 1}]}}')
    )
    call.add_message("client", decode('{"type": "z", "data": [{"api_key": 1}]}'))
    call.add_message("client", ToolCallOutput(ToolCallOutputData("id", "said")))
    assert [m.data for m in call.messages] == [
        {"claimed": "input_audio", "error": "cut"},
        {"audio": "AAAA", "token": "(removed)"},
        {"token": "(removed)", "list": [{"a_key": 1}]},
        [{"api_key": "(removed)"}],
        {"toolCallId": "id", "output": "said"},
    ]


@pytest.fixture
def in_a_thread() -> Iterator[Simulator]:
    with Simulator(scenario_of(SHORT)) as simulator:
        yield simulator


def test_waiting_in_a_thread(in_a_thread: Simulator, nothing_left: None) -> None:
    def talk() -> None:
        asyncio.run(_hang_up_after_a_word(in_a_thread))

    caller = threading.Thread(target=talk)
    caller.start()
    call = in_a_thread.wait_for_call()
    assert call.wait() == "user_hangup"
    heard = in_a_thread.wait_for(lambda: any(m.type == "response_audio" for m in call.messages))
    assert heard is True
    caller.join()


@pytest.mark.anyio
async def test_waiting_in_another_event_loop(in_a_thread: Simulator) -> None:
    waiting = asyncio.ensure_future(in_a_thread.wait_for_call_async())
    await asyncio.sleep(0)
    await _hang_up_after_a_word(in_a_thread)
    call = await waiting
    assert await call.wait_async() == "user_hangup"
    assert len(call.audio_received) == len(quiet(0.1))


async def _hang_up_after_a_word(simulator: Simulator) -> None:
    async with await Caller.dial(simulator) as caller:
        await caller.until("response_audio")
        await caller.speak(quiet(0.1))


def test_what_does_not_happen(in_a_thread: Simulator) -> None:
    with pytest.raises(TimeoutError, match=r"^call 1 did not begin within 0\.01 s$"):
        in_a_thread.wait_for_call(timeout=0.01)
    with pytest.raises(ZeroDivisionError):
        in_a_thread.wait_for(lambda: 1 // 0)
    with pytest.raises(TimeoutError):
        asyncio.run(in_a_thread.wait_for_async(lambda: None, 0.01))
    with pytest.raises(TimeoutError, match=r"^the call did not end"):
        a_call().wait(0.01)

    def late() -> None:
        if in_a_thread.requests:
            raise TimeoutError("of the condition itself")

    thread = threading.Timer(0.01, httpx.get, [f"{in_a_thread.url}/v1/agents"])
    thread.start()
    with pytest.raises(TimeoutError, match="of the condition itself"):
        in_a_thread.wait_for(late)
    thread.join()
    assert in_a_thread._waiting._open == []


@pytest.mark.anyio
async def test_waiting_that_is_given_up_leaves_nothing(in_a_thread: Simulator) -> None:
    waiting = asyncio.ensure_future(in_a_thread.wait_for_async(lambda: None))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await token_of(in_a_thread)
    assert in_a_thread._waiting._open == []


@pytest.mark.anyio
async def test_it_does_not_block_itself(simulator: Simulator) -> None:
    with pytest.raises(RuntimeError, match="await the method whose name ends in _async"):
        simulator.wait_for_call()


def test_a_call_keeps_its_latest_messages() -> None:
    call = a_call()
    message = InputAudio.of(bytes(960))
    for _ in range(20_000):
        call.add_message("client", message)
    assert call.messages_dropped == 19_000
