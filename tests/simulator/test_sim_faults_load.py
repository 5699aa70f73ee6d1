"""Clients that do not read, and hundreds of clients: memory, and how their sessions end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import wave
from pathlib import Path
from typing import Any

import pytest
import websockets.exceptions
from faulty import NOTHING, until
from simulated_caller import BYE, SHORT, Caller, calls_over, scenario_of
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from vatel.simulator import Scenario, Simulator
from vatel.simulator.scenario.keys import Delivery, Line

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]
SECONDS = 120
HIGH_WATER = 64 * 1024
MESSAGE = 20_000
"""More than the longest message of `endless` has."""


@pytest.fixture
def endless(tmp_path: Path) -> Scenario:
    """An agent who sends two minutes of audio at once, in messages of up to 0.1 s."""
    with wave.open(str(tmp_path / "long.wav"), "wb") as file:
        file.setparams((1, 2, 24_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 24_000 * SECONDS))
    delivery = Delivery(speed=100_000, chunk_min_ms=50, chunk_max_ms=100)
    line = Line(says="It goes on.", clip="long.wav")
    return Scenario(greeting=line, folder=str(tmp_path), delivery=delivery, after_last_turn="wait")


def connections(simulator: Simulator) -> list[Any]:
    return list(simulator._server.server_state.connections)


class Deaf:
    """A caller that reads nothing, behind small socket buffers."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._before = connections(simulator), list(simulator._sessions.open)

    async def __aenter__(self) -> Deaf:
        self.caller = await Caller.dial(self._simulator)
        self.caller.socket.transport.pause_reading()
        connections_before, sessions_before = self._before
        (self.side,) = (c for c in connections(self._simulator) if c not in connections_before)
        await until(lambda: len(self._simulator._sessions.open) > len(sessions_before))
        (self.session,) = self._simulator._sessions.open - set(sessions_before)
        self.hold(4096)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.caller.socket.transport.abort()
        await self.caller.socket.wait_closed()

    def hold(self, size: int) -> None:
        """Set the size of the socket buffers to the client."""
        ends = (
            (self.side.transport, socket.SO_SNDBUF),
            (self.caller.socket.transport, socket.SO_RCVBUF),
        )
        for transport, option in ends:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, option, size)

    def hear(self) -> None:
        """Start reading."""
        self.hold(2**20)
        self.caller.socket.transport.resume_reading()

    @property
    def buffered(self) -> int:
        return int(self.side.transport.get_write_buffer_size())


async def test_a_client_that_does_not_read_is_let_go(
    endless: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vatel.simulator.voice.socket.SEND_TIMEOUT", 0.4)
    monkeypatch.setattr("vatel.simulator.voice.session.CLOSE_TIMEOUT", 0.3)
    async with Simulator(endless) as simulator, Deaf(simulator) as deaf:
        buffered = []
        async with await Caller.dial(simulator, first_message="") as other:
            await other.until("session_started")
            while not deaf.session.finished.is_set():
                buffered.append(deaf.buffered)
                await asyncio.sleep(0.01)
            await until(lambda: deaf.side not in connections(simulator))
            await other.speak()
            await other.until("speech_stopped")
        assert HIGH_WATER < max(buffered) < HIGH_WATER + 2 * MESSAGE
        assert deaf.session.record.reason == "slow_client"
        assert other.socket.close_code == 1000


async def test_a_client_that_reads_at_last_is_told_why(
    endless: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vatel.simulator.voice.socket.SEND_TIMEOUT", 0.3)
    async with Simulator(endless) as simulator, Deaf(simulator) as deaf:
        await until(lambda: deaf.session._reason)
        client = deaf.caller.socket
        deaf.hear()
        with contextlib.suppress(websockets.exceptions.ConnectionClosed):
            while True:
                await client.recv()
        assert (client.close_code, client.close_reason) == (1008, "the client reads too slowly")
        await calls_over(simulator)


async def test_a_client_that_reads_late_gets_all(endless: Scenario) -> None:
    async with Simulator(endless) as simulator, Deaf(simulator) as deaf:
        await until(lambda: deaf.buffered > HIGH_WATER)
        deaf.hear()
        await deaf.caller.until("response_audio", is_final=True)
        assert len(deaf.caller.audio()) == 2 * 24_000 * SECONDS


async def test_a_client_that_goes_while_a_send_waits(endless: Scenario) -> None:
    async with Simulator(endless) as simulator:
        async with Deaf(simulator) as deaf:
            await until(lambda: deaf.buffered > HIGH_WATER)
        await deaf.session.finished.wait()
        assert deaf.session.record.reason == "connection_lost"


@pytest.mark.parametrize("slow_reading", [0, 60])
async def test_the_end_reaches_a_client_that_goes_on_sending(slow_reading: float) -> None:
    async with Simulator(scenario_of(greeting=NOTHING, goodbye=BYE)) as simulator:
        simulator.faults.slow_reading = slow_reading
        async with await Caller.dial(simulator) as caller:
            await caller.until("session_started")

            async def go_on() -> None:
                with contextlib.suppress(websockets.exceptions.ConnectionClosed):
                    while True:
                        await caller.speak(bytes(9600))
                        await asyncio.sleep(0.001)

            sending = asyncio.ensure_future(go_on())
            assert await caller.until_end() == 1000
            await sending
        assert simulator.platform.calls[caller.id].reason == "agent_hangup"


async def test_answers_to_pings_do_not_pile_up() -> None:
    async with Simulator(scenario_of(SHORT, greeting=NOTHING)) as simulator:
        async with Deaf(simulator) as deaf:
            client, most = deaf.caller.socket, 0
            for _ in range(60):
                for _ in range(100):
                    client.protocol.send_ping(bytes(125))
                client.send_data()
                await asyncio.sleep(0.005)
                most = max(most, deaf.buffered)
        assert HIGH_WATER - 1000 < most < HIGH_WATER + MESSAGE, "of 700 KB"


async def test_the_simulator_pings_where_uvicorn_can_and_nobody_has_to_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vatel.simulator.server.asgi_server.PING_INTERVAL", 0.05)
    async with Simulator(scenario_of(SHORT, greeting=NOTHING)) as simulator:
        async with await Caller.dial(simulator) as caller:
            (side,) = connections(simulator)
            monkeypatch.setattr(caller.socket.protocol, "send_frame", lambda frame: None)
            await asyncio.sleep(0.4)
            monkeypatch.undo()
            pings = getattr(side, "pending_ping_payload", None)
            assert (pings is not None) == hasattr(WebSocketsSansIOProtocol, "handle_pong")
            await caller.speak()
            await caller.until("response_audio")


async def test_two_hundred_sessions_at_once() -> None:
    async with Simulator(scenario_of(SHORT, greeting=NOTHING)) as simulator:
        callers = await asyncio.gather(*(Caller.dial(simulator) for _ in range(200)))
        for caller in callers:
            await caller.until("session_started")
        assert len({caller.id for caller in callers}) == 200
        assert len(simulator._sessions.open) == 200
    for caller in callers:
        await caller.socket.wait_closed()
    assert {caller.socket.close_code for caller in callers} == {1001}
    assert {call.reason for call in simulator.platform.calls.values()} == {"server_shutdown"}
    assert not simulator._sessions.open
    assert not connections(simulator)


@pytest.mark.timeout(30)  # less than 20 times the patience: it is for all, not for each
async def test_clients_that_do_not_read_do_not_hold_up_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vatel.simulator.voice.session.SHUTDOWN_CLOSE_TIMEOUT", 2)
    async with Simulator(scenario_of(SHORT, greeting=NOTHING)) as simulator:
        callers = [await Caller.dial(simulator) for _ in range(20)]
        for caller in callers:
            await caller.until("session_started")
            caller.socket.transport.pause_reading()
    for caller in callers:
        caller.socket.transport.resume_reading()
        await caller.socket.wait_closed()
        assert caller.socket.close_code == 1001
