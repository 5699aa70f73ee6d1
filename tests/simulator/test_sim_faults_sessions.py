"""The effect of faults on sessions, in each phase of a call."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
import websockets.exceptions
from faulty import (
    ENDING,
    PHASES,
    TALKING,
    WAYS,
    Reached,
    messages,
    pieces,
    scenario_for,
    simulator_with,
    until,
    whole_call,
)
from simulated_caller import BYE, SHORT, Caller, calls_over, clip, dial, scenario_of, token_of

from vatel import Client
from vatel.simulator import Faults, Simulator
from vatel.simulator.scenario.keys import Delivery, Line
from vatel.simulator.voice.socket import VoiceSocket
from vatel_rt.realtime.codec import decode
from vatel_rt.realtime.messages import InvalidMessage, ResponseAudio

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]
ways = pytest.mark.parametrize("way", WAYS)
phases = pytest.mark.parametrize("phase", PHASES)
SPEAKING = scenario_of(
    greeting=Line(says=BYE.says, clip=BYE.clip),
    delivery=Delivery(thinking_ms=0, speed=8, chunk_max_ms=60),
)
"""Says one thing in many pieces, and hangs up."""
NO_ANSWER = (OSError, EOFError, websockets.exceptions.InvalidMessage)
DROPS = [{"drop_after_seconds": 0}, {"drop_after_messages": 0}]


async def check_normal(simulator: Simulator) -> None:
    """After `clear`, everything works again."""
    simulator.faults.clear()
    async with await Caller.dial(simulator) as caller:
        await caller.until("session_started")
    assert caller.socket.close_code == 1000
    await calls_over(simulator)
    assert simulator.platform.calls[caller.id].reason == "user_hangup"


@phases
@pytest.mark.parametrize("drop", DROPS)
async def test_a_connection_is_reset(phase: str, drop: dict[str, Any], tmp_path: Path) -> None:
    async with simulator_with("in process", tmp_path, scenario_for(phase)) as simulator:
        async with Reached(simulator, phase) as reached:
            simulator.faults.set(**drop, handshake_delay=0)
            if phase == "handshake" and "drop_after_seconds" in drop:
                with pytest.raises(NO_ANSWER):
                    await reached.frames()
                assert not simulator.platform.calls
            else:
                await reached.frames()
                assert reached.socket.close_code == 1006
                assert await reached.reason() == "connection_lost"
        await check_normal(simulator)


@phases
@pytest.mark.parametrize("drop", DROPS)
async def test_a_session_is_closed(phase: str, drop: dict[str, Any], tmp_path: Path) -> None:
    async with simulator_with("in process", tmp_path, scenario_for(phase)) as simulator:
        async with Reached(simulator, phase) as reached:
            simulator.faults.set(
                **drop, close_code=1011, close_reason="out of order", handshake_delay=0
            )
            frames = await reached.frames()
            closed = reached.socket.close_code, reached.socket.close_reason
            assert closed == (1011, "out of order")
            assert not messages(frames, "session_ended")
            assert await reached.reason() == "failed"
        await check_normal(simulator)


@ways
@pytest.mark.parametrize("count", [0, 1, 5])
async def test_a_connection_is_reset_after_messages(way: str, count: int, tmp_path: Path) -> None:
    async with simulator_with(way, tmp_path, drop_after_messages=count) as simulator:
        frames, socket = await whole_call(simulator)
        assert (len(frames), socket.close_code) == (count, 1006)
        await check_normal(simulator)


async def test_messages_are_counted_from_when_it_is_set(tmp_path: Path) -> None:
    async with simulator_with("in process", tmp_path) as simulator:
        async with Reached(simulator, "tool running") as reached:
            simulator.faults.drop_after_messages = 2
            assert reached.caller
            tool = reached.caller.of("tool_call")[0]
            await reached.caller.send("tool_call_output", toolCallId=tool["toolCallId"], output="")
            assert len(await reached.frames()) == 2


@ways
async def test_a_connection_is_reset_after_seconds(way: str, tmp_path: Path) -> None:
    async with simulator_with(way, tmp_path, drop_after_seconds=0.4) as simulator:
        begin = time.monotonic()
        frames, socket = await whole_call(simulator)
        assert time.monotonic() - begin > 0.39
        assert frames
        assert socket.close_code == 1006
        await check_normal(simulator)


async def test_all_open_sessions_are_dropped_and_later_ones_too(tmp_path: Path) -> None:
    async with simulator_with("in process", tmp_path) as simulator:
        callers = [await Caller.dial(simulator) for _ in range(3)]
        simulator.faults.drop_after_seconds = 0
        for caller in callers:
            await caller.socket.wait_closed()
            assert caller.socket.close_code == 1006
        with pytest.raises(NO_ANSWER):
            await dial(simulator, await token_of(simulator))


@ways
async def test_the_code_of_a_normal_end(way: str, tmp_path: Path) -> None:
    faults = {"close_code": 4001, "close_reason": "enough"}
    async with simulator_with(way, tmp_path, ENDING, **faults) as simulator:
        frames, socket = await whole_call(simulator)
        assert messages(frames)[-1]["type"] == "session_ended"
        assert (socket.close_code, socket.close_reason) == (4001, "enough")
        (call,) = simulator.platform.calls.values()
        assert call.reason == "agent_hangup"
        simulator.faults.clear()
        assert (await whole_call(simulator))[1].close_code == 1000


@phases
@pytest.mark.parametrize("fault", ["cut_frames", "garble_frames", "binary_frames"])
async def test_a_message_cannot_be_read(phase: str, fault: str, tmp_path: Path) -> None:
    async with simulator_with("in process", tmp_path, scenario_for(phase)) as simulator:
        async with Reached(simulator, phase) as reached:
            simulator.faults.set(**{fault: 1}, handshake_delay=0, stall=0, drop_after_messages=1)
            if phase == "tool running":  # the next message is the answer
                tool_call_id = reached.caller.of("tool_call")[0]["toolCallId"]
                await reached.caller.send("tool_call_output", toolCallId=tool_call_id, output="")
            frame = (await reached.frames())[-1]
        assert isinstance(decode(frame), InvalidMessage)
        assert isinstance(frame, bytes) == (fault == "binary_frames")
        assert getattr(simulator.faults, fault) == 0
        await check_normal(simulator)


@ways
@pytest.mark.parametrize("fault", ["cut_frames", "garble_frames", "binary_frames"])
async def test_the_next_messages_cannot_be_read(way: str, fault: str, tmp_path: Path) -> None:
    async with simulator_with(way, tmp_path, SPEAKING, **{fault: 4}) as simulator:
        frames, socket = await whole_call(simulator)
        again, _ = await whole_call(simulator)
    read = [isinstance(decode(frame), InvalidMessage) for frame in frames]
    assert read == [True] * 4 + [False] * (len(frames) - 4)
    assert messages(again)[0]["type"] == "session_started"
    assert socket.close_code == 1000


async def test_what_is_garbled_is_the_seeds_choice(tmp_path: Path) -> None:
    calls = []
    for _ in range(2):
        async with simulator_with("in process", tmp_path, SPEAKING, garble_frames=9**6) as again:
            calls.append((await whole_call(again))[0])
    told = [
        {str(frame.error)[:20] for frame in map(decode, frames)}  # type: ignore[union-attr]
        for frames in calls
    ]
    assert told[0] == told[1]
    assert len(told[0]) == 4, "no type, no object, no text, no base64"


@ways
async def test_a_frame_of_ten_megabytes(way: str, tmp_path: Path) -> None:
    async with simulator_with(way, tmp_path, SPEAKING, big_frames=1) as simulator:
        frames, _ = await whole_call(simulator)
    sizes = [len(piece) for piece in pieces(frames)]
    assert sizes[0] == 7_500_000
    assert max(sizes[1:]) < 10_000
    assert isinstance(decode(next(f for f in frames if len(f) > 10**7)), ResponseAudio)


@ways
async def test_the_agent_is_silent(way: str, tmp_path: Path) -> None:
    async with simulator_with(way, tmp_path, SPEAKING, silence=True) as simulator:
        frames, _ = await whole_call(simulator)
        assert b"".join(pieces(frames)) == bytes(len(clip(str(BYE.clip))))
        simulator.faults.clear()
        assert b"".join(pieces((await whole_call(simulator))[0])) == clip(str(BYE.clip))


@ways
async def test_the_agent_is_mute(way: str, tmp_path: Path) -> None:
    async with simulator_with(way, tmp_path, SPEAKING, mute=True) as simulator:
        frames, socket = await whole_call(simulator)
    assert not pieces(frames)
    assert messages(frames, "response_text")[-1]["data"]["text"] == BYE.says
    assert socket.close_code == 1000


@ways
async def test_audio_comes_twice(way: str, tmp_path: Path) -> None:
    async with simulator_with(way, tmp_path, SPEAKING, duplicate_audio=True) as simulator:
        audio = pieces((await whole_call(simulator))[0])
    assert audio[0::2] == audio[1::2]
    assert b"".join(audio[0::2]) == clip(str(BYE.clip))


@ways
async def test_audio_comes_in_another_order(way: str, tmp_path: Path) -> None:
    async with simulator_with(way, tmp_path, SPEAKING) as simulator:
        usual = pieces((await whole_call(simulator))[0])
    async with simulator_with(way, tmp_path, SPEAKING, reorder_audio=True) as simulator:
        frames, _ = await whole_call(simulator)
    swapped = [p for first, second in zip(usual[0::2], usual[1::2]) for p in (second, first)]
    assert pieces(frames) == swapped + usual[len(swapped) :]
    assert len(usual) > 5


async def test_what_is_held_back_of_an_interrupted_turn_is_not_sent(tmp_path: Path) -> None:
    slow = Delivery(thinking_ms=0, speed=1, chunk_min_ms=300)
    scenario = scenario_of(SHORT, greeting=TALKING.greeting, delivery=slow)
    async with simulator_with("in process", tmp_path, scenario, reorder_audio=True) as simulator:
        async with await Caller.dial(simulator) as caller:
            for _ in range(2):
                await caller.until("response_audio")
            turn_id = caller.of("response_audio")[0]["turn_id"]
            await until(lambda: simulator_holds(simulator))
            await caller.speak()
            await caller.until("interruption")
            await caller.until_end()
        assert len(caller.of("response_audio", turn_id)) == 2
        assert b"".join([caller.audio()]).endswith(clip(str(SHORT.clip))[-1000:])


def simulator_holds(simulator: Simulator) -> bool:
    return any(watch._encoder._held for watch in simulator.faults._watches)  # type: ignore[attr-defined]


@ways
async def test_nothing_is_sent_for_a_while(way: str, tmp_path: Path) -> None:
    async with simulator_with(way, tmp_path, SPEAKING, stall=0.4) as simulator:
        token, begin = await token_of(simulator), time.monotonic()
        async with Caller(await dial(simulator, token), simulator) as caller:
            await caller.next()
            assert time.monotonic() - begin > 0.39
            await caller.until_end()
    assert caller.audio() == clip(str(BYE.clip)), "all of it comes in the end"


@pytest.mark.parametrize("phase", PHASES[1:])
async def test_a_stall_that_is_taken_back(phase: str, tmp_path: Path) -> None:
    async with simulator_with("in process", tmp_path, scenario_for(phase)) as simulator:
        async with Reached(simulator, phase) as reached:
            simulator.faults.stall = 60
            assert reached.caller
            if phase == "tool running":
                tool_call_id = reached.caller.of("tool_call")[0]["toolCallId"]
                await reached.caller.send("tool_call_output", toolCallId=tool_call_id, output="")
            with pytest.raises(asyncio.TimeoutError):
                while True:
                    await asyncio.wait_for(reached.socket.recv(), 0.3)
            simulator.faults.clear()
            await reached.caller.next()


async def test_a_stall_at_the_end(tmp_path: Path) -> None:
    async with simulator_with("in process", tmp_path, ENDING) as simulator:
        async with Reached(simulator, "closing") as reached:
            simulator.faults.stall = 60
            assert messages(await reached.frames()) == []
            assert reached.socket.close_code == 1006
            assert await reached.reason() == "agent_hangup"


async def test_the_end_of_the_simulator_ends_stalls(tmp_path: Path) -> None:
    async with simulator_with("in process", tmp_path) as simulator:
        caller = await Caller.dial(simulator)
        simulator.faults.stall = 600
    await caller.socket.wait_closed()
    assert caller.socket.close_code == 1001


@ways
async def test_the_clients_messages_are_read_slowly(way: str, tmp_path: Path) -> None:
    async with simulator_with(way, tmp_path, slow_reading=0.2) as simulator:
        async with Reached(simulator, "agent speaking") as reached:
            session = next(iter(simulator._sessions.open))
            reads = times_of_reading(session._socket)
            for _ in range(4):
                await reached.socket.send("x")
            await until(lambda: len(reads) == 4)
            assert min(later - one for one, later in zip(reads, reads[1:])) > 0.19


def times_of_reading(socket: VoiceSocket) -> list[float]:
    reads: list[float] = []
    socket.taps = [lambda sender, _: reads.append(time.monotonic()) if sender == "client" else None]
    return reads


async def test_the_clients_sends_have_to_wait(tmp_path: Path) -> None:
    text = json.dumps({"type": "input_audio", "data": {"audio": "A" * 400_000}})
    async with simulator_with("in process", tmp_path, slow_reading=600) as simulator:
        async with Reached(simulator, "agent speaking") as reached:
            count = 0
            with pytest.raises(asyncio.TimeoutError):
                while count < 200:
                    await asyncio.wait_for(reached.socket.send(text), 1)
                    count += 1
            assert count < 100, "80 MB are nowhere"
            (connection,) = simulator._server.server_state.connections
            assert connection.queue.qsize() <= 2  # type: ignore[union-attr]
            simulator.faults.slow_reading = 0
            await reached.socket.send(text)


@ways
async def test_pings_are_not_answered(way: str, tmp_path: Path) -> None:
    async with simulator_with(way, tmp_path, no_pong=True) as simulator:
        async with Reached(simulator, "agent speaking") as reached:
            # Once its queue is full, a client that does not read receives no pong either.
            reading = asyncio.ensure_future(reached.frames())
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.shield(await reached.socket.ping()), 0.3)
            simulator.faults.clear()
            await (await reached.socket.ping())
            reading.cancel()
            await asyncio.wait([reading])


async def test_two_faults_at_once(tmp_path: Path) -> None:
    faults = {"duplicate_audio": True, "silence": True, "cut_frames": 1, "close_code": 1013}
    async with simulator_with("in process", tmp_path, SPEAKING, **faults) as simulator:
        frames, socket = await whole_call(simulator)
    audio = pieces(frames[1:])
    assert audio[0::2] == audio[1::2]
    assert not any(map(any, audio))
    assert socket.close_code == 1013
    assert simulator.faults == Faults(duplicate_audio=True, silence=True, close_code=1013)


async def test_a_handshake_is_refused_with_a_time_to_wait(tmp_path: Path) -> None:
    faults = {"handshake_status": 429, "retry_after": 1, "handshakes": 1}
    async with simulator_with("in process", tmp_path, **faults) as simulator:
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            await dial(simulator, await token_of(simulator))
        headers = refused.value.response.headers
        assert (refused.value.response.status_code, headers["Retry-After"]) == (429, "1")
        async with Client(simulator.api_key, simulator.url) as client:
            simulator.faults.set(**faults)
            async with client.call(simulator.agent_id) as call:  # waits, and tries again
                call.hang_up()
    statuses = [r.status for r in simulator.requests if r.path == "/v1/connection"]
    assert statuses == [429, 429, 101]
