"""Simulators with faults, set in each of the three ways, and callers in each phase of a call."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Callable, Optional

import msgspec
import yaml
from simulated_caller import BYE, LONG, SENTENCE, Caller, calls_over, dial, scenario_of, token_of
from websockets.asyncio.client import ClientConnection

from vatel.simulator import Scenario, Simulator
from vatel.simulator.scenario.keys import Line, Tool, Turn
from vatel.simulator.server.cli import _parser, _simulator

WAYS = ["in process", "by scenario", "by command line"]
GREETED = ["agent speaking", "caller speaking", "tool running"]
PHASES = ["handshake", "before session_started", *GREETED, "closing"]
NOTHING = Line(says="")
ASKING = Turn(hears="Where?", tool=Tool(name="t", timeout=30), says=BYE.says, clip=BYE.clip)
ENDING = scenario_of(greeting=NOTHING, goodbye=BYE)
ANSWERING = scenario_of(ASKING, greeting=NOTHING)
TALKING = scenario_of(ASKING, greeting=Line(says=LONG.says, clip=LONG.clip))


def scenario_for(phase: str) -> Scenario:
    """Return a scenario in which a call reaches `phase`."""
    if phase == "closing":
        return ENDING
    return ANSWERING if phase in ("caller speaking", "tool running") else TALKING


@asynccontextmanager
async def simulator_with(
    way: str, folder: Path, scenario: Scenario = TALKING, **faults: Any
) -> AsyncIterator[Simulator]:
    """Run a simulator with these faults, set in one of `WAYS`."""
    keys = msgspec.to_builtins(msgspec.structs.replace(scenario))
    keys["faults"] = faults if way == "by scenario" else {}
    file = folder / "scenario.yaml"
    file.write_text(yaml.safe_dump(keys))
    options = ["--port", "0", "--scenario", str(file)]
    if way == "by command line":
        for name, value in faults.items():
            text = json.dumps(value) if isinstance(value, bool) else str(value)
            options += ["--fault", f"{name}={text}"]
    async with _simulator(_parser().parse_args(options)) as simulator:
        if way == "in process":
            simulator.faults.set(**faults)
        yield simulator


async def until(condition: Callable[[], Any]) -> None:
    """Wait until a condition is true that another task brings about."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.001)


class Reached:
    """A caller who has reached a phase. In the handshake there is no `socket` yet."""

    def __init__(self, simulator: Simulator, phase: str) -> None:
        self.simulator = simulator
        self.phase = phase
        self.dialling: Optional[asyncio.Task[ClientConnection]] = None
        self.caller: Optional[Caller] = None

    async def __aenter__(self) -> Reached:
        faults = self.simulator.faults
        if self.phase == "handshake":
            faults.handshake_delay = 60
            token = await token_of(self.simulator)
            self.dialling = asyncio.ensure_future(_connect(self.simulator, token))
            await until(lambda: faults._watches)
            return self
        if self.phase == "before session_started":
            faults.stall = 60
        self.caller = caller = await Caller.dial(self.simulator)
        if self.phase == "agent speaking":
            await caller.until("response_audio")
        elif self.phase == "closing":
            await caller.until("response_audio", is_final=True)
        elif self.phase in GREETED:
            await caller.speak(SENTENCE[: 48_000 if self.phase == "caller speaking" else None])
            await caller.until("speech_started")
        if self.phase == "tool running":
            await caller.until("tool_call")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.caller:
            self.caller.socket.transport.abort()  # it may read nothing any more
            await self.caller.socket.wait_closed()
        if self.dialling:
            self.dialling.cancel()
            await asyncio.wait([self.dialling])

    async def frames(self) -> list[Any]:
        """Return the remaining frames, until the connection ends."""
        socket = await self.dialling if self.dialling else self.socket
        self.caller = Caller(socket, self.simulator)
        return [frame async for frame in all_frames(socket)]

    @property
    def socket(self) -> ClientConnection:
        assert self.caller
        return self.caller.socket

    async def reason(self) -> str:
        """Return the stored reason for the end of the call."""
        await calls_over(self.simulator)
        (call,) = self.simulator.platform.calls.values()
        assert call.ended
        return call.reason


async def _connect(simulator: Simulator, token: str) -> ClientConnection:
    return await dial(simulator, token)


async def all_frames(socket: ClientConnection) -> AsyncIterator[Any]:
    from websockets.exceptions import ConnectionClosed

    while True:
        try:
            yield await asyncio.wait_for(socket.recv(), 30)
        except ConnectionClosed:
            return


async def whole_call(simulator: Simulator) -> tuple[list[Any], ClientConnection]:
    """Return all frames of a call in which the caller only listens, and its socket."""
    socket = await dial(simulator, await token_of(simulator))
    async with socket:
        return [frame async for frame in all_frames(socket)], socket


def messages(frames: list[Any], kind: str = "") -> list[dict[str, Any]]:
    found = [json.loads(frame) for frame in frames]
    return [message for message in found if kind in ("", message["type"])]


def pieces(frames: list[Any]) -> list[bytes]:
    """Return the agent's audio, frame by frame."""
    return [b64decode(m["data"]["audio"]) for m in messages(frames, "response_audio")]
