"""Voice sessions over real sockets: messages, their order, and the stored call."""

from __future__ import annotations

import asyncio
import io
import logging
import wave
from typing import Any

import pytest
from simulated_caller import (
    BYE,
    HELLO,
    LONG,
    RATE,
    SENTENCE,
    SHORT,
    Caller,
    call_of,
    calls_over,
    clip,
    dial,
    quiet,
    rest,
    scenario_of,
    token_of,
)
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from vatel.simulator import Argument, Delivery, Line, Simulator, Tool, Turn
from vatel.simulator.voice.script import UNSCRIPTED
from vatel_rt.audio.pcm import samples_of

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]

TOOL = Tool(
    name="order_status",
    arguments=[Argument(name="order_id", type="resolved", data_type="string", value="42")],
    timeout=5,
    on_timeout="Goodbye!",
)
ASKING = Turn(hears="Where is it?", tool=TOOL, says="It is {status}.", clip="hours.wav")


def loudest(samples: Any, start: float, end: float) -> int:
    return max(map(abs, samples[int(start * RATE) : int(end * RATE)]), default=0)


def grows_word_by_word(texts: list[str]) -> bool:
    counts = [len(text.split()) for text in texts]
    return counts == list(range(1, len(texts) + 1)) and all(
        after.startswith(before) for before, after in zip(texts, texts[1:])
    )


async def legs(simulator: Simulator, call_id: str) -> tuple[Any, Any]:
    async with rest(simulator) as client:
        answer = await client.get(f"/v1/calls/{call_id}/recording")
    assert answer.status_code == 200
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, RATE)
        samples = samples_of(file.readframes(file.getnframes()))
    return samples[0::2], samples[1::2]


async def test_a_call_from_greeting_to_goodbye(simulator: Simulator) -> None:
    async with await Caller.dial(simulator) as caller:
        await caller.hear_out()
        await caller.speak()
        assert await caller.until_end() == 1000
    agent = ["response_text", "response_audio"]
    heard = ["speech_started", "input_audio_transcript", "speech_stopped", "input_audio_transcript"]
    order = [k for k in caller.kinds() if k not in agent]
    assert order == ["session_started", *heard, "session_ended"]
    assert caller.said() == [HELLO.says, SHORT.says, BYE.says]
    assert len({d["turn_id"] for d in caller.of("response_audio")}) == 3
    interim = [d["transcript"] for d in caller.of("input_audio_transcript") if not d["is_final"]]
    assert interim
    assert grows_word_by_word(interim)
    assert caller.of("input_audio_transcript")[-1]["transcript"] == SHORT.hears


async def test_a_turn_ends_with_final_text_and_final_audio(simulator: Simulator) -> None:
    async with await Caller.dial(simulator) as caller:
        turn_id = (await caller.until("response_audio", is_final=True))["data"]["turn_id"]
        texts, audio = caller.of("response_text", turn_id), caller.of("response_audio", turn_id)
        assert [d["is_final"] for d in texts] == [False] * (len(texts) - 1) + [True]
        assert [d["is_final"] for d in audio] == [False] * (len(audio) - 1) + [True]
        assert grows_word_by_word([d["text"] for d in texts[:-1]])
        assert texts[-1]["text"] == HELLO.says
        assert caller.audio(turn_id) == clip("welcome.wav")


async def test_audio_comes_in_varying_chunks_faster_than_it_plays() -> None:
    delivery = Delivery(chunk_min_ms=10, chunk_max_ms=60, speed=10)
    greeting = Line(says=LONG.says, clip=LONG.clip)
    async with Simulator(scenario_of(greeting=greeting, delivery=delivery)) as simulator:
        async with await Caller.dial(simulator) as one, await Caller.dial(simulator) as other:
            for caller in (one, other):
                await caller.until("response_audio", is_final=True)
    sizes = [len(d["audio"]) for d in one.of("response_audio")]
    assert len(set(sizes)) > 5
    assert sizes != [len(d["audio"]) for d in other.of("response_audio")], "a call has its own"
    assert one.times[-1] - one.times[0] < len(one.audio()) / 2 / RATE


async def test_the_call_is_stored_before_its_end_is_told(simulator: Simulator) -> None:
    async with await Caller.dial(simulator) as caller:
        await caller.hear_out()
        assert (await call_of(simulator, caller.id))["status"] == "in_progress"
        await caller.speak()
        await caller.until("session_ended")
        call = await call_of(simulator, caller.id)
    assert (call["status"], call["termination_reason"]) == ("ended", "agent_hangup")
    rows = [(r["type"], r["role"], r["message"]) for r in call["transcript"]["entries"]]
    assert rows == [
        ("message", "assistant", HELLO.says),
        ("message", "user", SHORT.hears),
        ("message", "assistant", SHORT.says),
        ("message", "assistant", BYE.says),
    ]
    assert [r["index"] for r in call["transcript"]["entries"]] == [0, 1, 2, 3]


async def test_the_agent_asks_for_a_tool_and_says_what_it_gave() -> None:
    async with Simulator(scenario_of(ASKING)) as simulator:
        async with await Caller.dial(simulator) as caller:
            await caller.hear_out()
            await caller.speak()
            request = (await caller.until("tool_call"))["data"]
            assert request["toolName"] == "order_status"
            value = {"name": "order_id", "type": "resolved", "dataType": "string", "value": "42"}
            assert request["arguments"] == [value]
            await caller.send("tool_call_output", toolCallId="another", output="no")
            for _ in range(2):
                await caller.send(
                    "tool_call_output", toolCallId=request["toolCallId"], output='{"status":"here"}'
                )
            await caller.until_end()
        assert caller.said() == [HELLO.says, "It is here."]
        rows = (await call_of(simulator, caller.id))["transcript"]["entries"]
    kinds = ["message", "message", "tool_call", "tool_call_output", "message"]
    assert [r["type"] for r in rows] == kinds
    assert rows[2]["toolCall"]["arguments"] == '{"order_id": "42"}'
    assert rows[3]["toolCallOutput"] == '{"status":"here"}'
    assert rows[3]["toolCall"]["callId"] == request["toolCallId"]


async def test_the_agent_does_not_wait_for_a_tool_forever() -> None:
    slow = Turn(hears="?", says="Yes.", tool=Tool(name="t", timeout=0.1, on_timeout=BYE.says))
    async with Simulator(scenario_of(slow, goodbye=BYE)) as simulator:
        async with await Caller.dial(simulator) as caller:
            await caller.hear_out()
            await caller.speak()
            request = await caller.until("tool_call")
            assert request["data"]["arguments"] == []
            await caller.until_end()
        assert caller.said()[1] == BYE.says


async def test_an_interruption_stops_the_turn_at_once() -> None:
    delivery = Delivery(thinking_ms=0, speed=2, chunk_max_ms=100)
    scenario = scenario_of(LONG, SHORT, delivery=delivery)
    async with Simulator(scenario) as simulator:
        async with await Caller.dial(simulator) as caller:
            await caller.hear_out()
            await caller.speak()
            turn_id = (await caller.until("response_audio"))["data"]["turn_id"]
            while len(caller.audio(turn_id)) < RATE:  # half a second
                await caller.next()
            await caller.speak()
            await caller.until("speech_started")
            assert (await caller.next())["type"] == "interruption"
            before = len(caller.of("response_audio", turn_id)), len(caller.of("response_text"))
            await caller.until("speech_stopped")
            after = len(caller.of("response_audio", turn_id)), len(caller.of("response_text"))
            assert after == before
            await caller.until_end()
        assert len(caller.of("response_audio", turn_id)) == before[0]
        assert caller.said() == [HELLO.says, SHORT.says]
        rows = (await call_of(simulator, caller.id))["transcript"]["entries"]
    assert [r["type"] for r in rows][2:4] == ["message", "interruption"]
    assert LONG.says.startswith(rows[2]["message"])
    assert 0 < rows[2]["durationMs"] < 5000
    assert [r["role"] for r in rows] == ["assistant", "user", "assistant", "", "user", "assistant"]


async def test_the_recording_has_both_sides_in_their_time() -> None:
    delivery = Delivery(thinking_ms=500, speed=2)
    async with Simulator(scenario_of(LONG, SHORT, delivery=delivery)) as simulator:
        async with await Caller.dial(simulator) as caller:
            await caller.hear_out()
            await caller.speak(clip("caller_hours.wav") + quiet(1))
            turn_id = (await caller.until("response_audio"))["data"]["turn_id"]
            answered = caller.sent()[-1]
            while len(caller.audio(turn_id)) < 2 * RATE * 2.4:  # half of which has been heard
                await caller.next()
            await caller.speak(quiet(0.1) + clip("caller_thanks.wav") + quiet(0.7))
            await caller.until("interruption")
            cut = caller.sent()[-1]
            spoken = next(m.at_ms / 1000 for m in caller.seen.messages if m.type == "input_audio")
            await caller.until_end()
        assert len(caller.audio(turn_id)) / 2 / RATE > cut - answered + 0.5, "sent, but not heard"
        left, right = await legs(simulator, caller.id)
    assert len(left) == len(right)
    assert loudest(left, 0, spoken - 0.1) == 0
    assert loudest(left, spoken + 0.1, spoken + 1) > 5000
    hello = len(clip("welcome.wav")) / 2 / RATE
    assert loudest(right, 0, hello) > 5000
    assert loudest(right, spoken + 0.1, answered - 0.1) == 0
    assert loudest(right, answered, cut - 0.05) > 5000
    assert loudest(right, cut + 0.05, cut + 0.25) == 0


async def test_silence_ends_the_call() -> None:
    async with Simulator(scenario_of(SHORT, default_timeout=0.3)) as simulator:
        async with await Caller.dial(simulator) as caller:
            assert await caller.until_end() == 1000
        call = await call_of(simulator, caller.id)
    assert call["termination_reason"] == "silence_timeout"
    seconds = caller.sent()[-1] - caller.sent()[0]
    assert seconds > len(clip("welcome.wav")) / 2 / RATE + 0.3 - 0.05


async def test_silence_is_not_counted_while_the_caller_speaks() -> None:
    scenario = scenario_of(SHORT, default_timeout=0.6, greeting=Line(says=""))
    async with Simulator(scenario) as simulator:
        async with await Caller.dial(simulator) as caller:
            await caller.speak(SENTENCE[: RATE * 2])
            await caller.until("speech_started")
            began = caller.sent()[-1]
            await caller.until("speech_stopped")  # since no more audio comes
            assert caller.sent()[-1] - began > 0.6
            await caller.until_end()
        assert caller.said() == [SHORT.says]


def close(socket: ClientConnection) -> None:
    socket.protocol.send_close(1000)
    socket.send_data()


def close_like_a_browser(socket: ClientConnection) -> None:
    socket.protocol.send_close()
    socket.send_data()


def lose_the_connection(socket: ClientConnection) -> None:
    socket.transport.abort()


def heard_until_the_last_message(caller: Caller) -> float:
    """Return the seconds of speech played: a chunk plays after the ones before it, or at once."""
    until = total = 0.0
    for at, message in zip(caller.sent(), caller.messages):
        if message["type"] == "response_audio":
            seconds = len(message["data"]["audio"]) * 3 / 4 / 2 / RATE
            until, total = max(until, at) + seconds, total + seconds
    return total - (until - caller.sent()[-1])


@pytest.mark.parametrize(
    ("hang_up", "reason"),
    [
        (close, "user_hangup"),
        (close_like_a_browser, "user_hangup"),
        (lose_the_connection, "connection_lost"),
    ],
)
async def test_the_caller_is_gone_while_the_agent_speaks(hang_up: Any, reason: str) -> None:
    greeting = Line(says=LONG.says, clip=LONG.clip)
    async with Simulator(scenario_of(SHORT, greeting=greeting)) as simulator:
        clock = asyncio.get_running_loop().time
        began = clock()
        caller = await Caller.dial(simulator)
        await caller.until("response_audio", is_final=True)
        hang_up(caller.socket)
        await caller.socket.wait_closed()
        await calls_over(simulator)
        most = clock() - began
        call = await call_of(simulator, caller.id)
        _, right = await legs(simulator, caller.id)
    assert call["termination_reason"] == reason
    (row,) = call["transcript"]["entries"]
    assert heard_until_the_last_message(caller) - 0.1 < row["durationMs"] / 1000 < most
    assert caller.sent()[-1] - caller.sent()[0] - 0.1 < len(right) / RATE < most + 0.1
    assert row["message"]
    assert LONG.says.startswith(row["message"])
    assert len(row["message"]) < len(LONG.says)


async def test_the_end_of_the_simulator_ends_its_calls() -> None:
    async with Simulator(scenario_of(SHORT)) as simulator:
        caller = await Caller.dial(simulator)
        await caller.until("response_audio")
    await caller.socket.wait_closed()
    assert caller.socket.close_code == 1001
    (call,) = simulator.platform.calls.values()
    shown = call.to_json()
    assert shown["termination_reason"] == "server_shutdown"
    assert shown["transcript"]["entries"][0]["durationMs"] < 1000


async def test_a_token_overrides_the_first_message(simulator: Simulator) -> None:
    async with await Caller.dial(simulator, first_message=BYE.says) as caller:
        await caller.until("response_audio", is_final=True)
        assert caller.said() == [BYE.says]


async def test_an_empty_first_message_lets_the_caller_begin(simulator: Simulator) -> None:
    async with await Caller.dial(simulator, first_message="") as caller:
        await caller.speak()
        await caller.until_end()
    assert caller.said() == [SHORT.says, BYE.says]


async def test_the_agent_waits_until_the_caller_has_spoken() -> None:
    scenario = scenario_of(SHORT, LONG, delivery=Delivery(thinking_ms=1000))
    async with Simulator(scenario) as simulator:
        async with await Caller.dial(simulator, first_message="") as caller:
            await caller.speak()
            await caller.until("speech_stopped")
            await caller.speak(SENTENCE[: 2 * RATE])  # stops a second later, as no more comes
            await caller.until("response_audio")
    talk = ["speech_started", "input_audio_transcript", "speech_stopped", "input_audio_transcript"]
    assert caller.kinds() == ["session_started", *talk, *talk, "response_text", "response_audio"]


async def test_no_token_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    caplog.set_level(1, "vatel.simulator.server")
    async with Simulator(scenario_of(SHORT)) as simulator:
        token = await token_of(simulator)
        async with Caller(await dial(simulator, token), simulator) as caller:
            await caller.until("response_audio")
            await caller.socket.send("?")
            await calls_over(simulator)
        with pytest.raises(InvalidStatus):
            await dial(simulator, token)
        async with rest(simulator) as client:
            assert (await client.get(f"/v1/connection?token={token}")).status_code == 400
    # The test's own client tells all; so does httpx.
    lines = [r for r in caplog.records if not r.name.startswith(("websockets", "http"))]
    assert any("ignored an invalid message" in r.getMessage() for r in lines)
    assert not [r for r in lines if token in r.getMessage() or "simulator-key" in r.getMessage()]
    assert not [r for r in lines if r.levelno >= logging.ERROR], "a denied handshake is no error"


async def test_the_loggers_of_the_program_stay_as_they_are() -> None:
    def state() -> list[Any]:
        loggers = [
            logging.getLogger(f"uvicorn{name}") for name in ("", ".error", ".access", ".asgi")
        ]
        return [(r.level, r.propagate, list(r.handlers), list(r.filters)) for r in loggers]

    access = logging.getLogger("uvicorn.access")
    handler = logging.NullHandler()
    access.addHandler(handler)
    try:
        before = state()
        async with Simulator(scenario_of(SHORT)):
            assert state() == before
        assert state() == before
    finally:
        access.removeHandler(handler)


@pytest.mark.parametrize("step", [14, 1022, 2 * len(SENTENCE)])
async def test_audio_comes_in_any_chunks(simulator: Simulator, step: int) -> None:
    async with await Caller.dial(simulator, first_message="") as caller:
        await caller.speak(SENTENCE, step)
        await caller.until("speech_stopped")
        assert len(caller.of("speech_started")) == 1


async def test_a_caller_who_sends_nothing_has_stopped(simulator: Simulator) -> None:
    async with await Caller.dial(simulator, first_message="") as caller:
        await caller.speak(SENTENCE[: RATE * 2])
        await caller.until("speech_stopped")


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "no JSON",
        b"\0\1",
        "[]",
        '{"type": "input_audio"}',
        '{"type": "input_audio", "data": {"audio": "AAA="}}',
        '{"type": "input_audio", "data": {"audio": ""}}',
        '{"type": "tool_call_output", "data": {"toolCallId": "", "output": ""}}',
        '{"type": "new_thing", "data": {}}',
    ],
)
async def test_what_cannot_be_read_is_passed_over(simulator: Simulator, frame: Any) -> None:
    async with await Caller.dial(simulator, first_message="") as caller:
        await caller.socket.send(frame)
        await caller.speak()
        await caller.until("speech_stopped")


async def test_what_an_unknown_message_says_is_not_logged(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    async with await Caller.dial(simulator, first_message="") as caller:
        await caller.send("new_thing", number="+15551234567")
        await caller.speak()
        await caller.until("speech_stopped")
    assert "ignored a message of unknown type 'new_thing'" in caplog.text
    assert "5551234567" not in caplog.text


async def test_after_the_last_turn_the_agent_may_wait() -> None:
    scenario = scenario_of(SHORT, after_last_turn="wait", default_timeout=1.5)
    async with Simulator(scenario) as simulator:
        async with await Caller.dial(simulator, first_message="") as caller:
            await caller.speak()
            await caller.hear_out()
            await caller.speak()
            await caller.until_end()
        assert caller.of("input_audio_transcript")[-1]["transcript"] == UNSCRIPTED
        assert caller.said() == [SHORT.says]
        assert (await call_of(simulator, caller.id))["termination_reason"] == "silence_timeout"


async def test_after_the_last_turn_the_agent_may_begin_again() -> None:
    scenario = scenario_of(BYE_TURN, after_last_turn="repeat")
    async with Simulator(scenario) as simulator:
        async with await Caller.dial(simulator, first_message="") as caller:
            for _ in range(3):
                await caller.speak()
                await caller.hear_out()
    assert caller.said() == [BYE.says] * 3


BYE_TURN = Turn(hears="Bye.", says=BYE.says, clip=BYE.clip)
