"""After a call nothing is left open, however it ended: no task, thread, socket or file."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from platforms import STARTED, platform
from scenarios import GREETING, scenario
from websockets.asyncio.server import ServerConnection

from vatel import Client, Tools
from vatel_rt.audio.wav import WavDevice
from vatel_rt.call import Call
from vatel_rt.errors import ConnectionClosed
from vatel_rt.simulator import Simulator

SCRIPT = scenario(greeting=GREETING, turns=[])


def files(folder: Path) -> dict[str, Any]:
    return {
        "audio": WavDevice(bytes(96000), folder / "heard.wav"),
        "record": folder / "call.wav",
        "tools": Tools(),
    }


async def simulated(folder: Path, ending: str) -> None:
    async with Simulator(SCRIPT) as simulator:
        async with Client(simulator.api_key, simulator.url) as client:
            before = asyncio.all_tasks()
            call = client.call(simulator.agent_id, **files(folder))
            async with call:
                await ENDINGS[ending](call)
            # What is left of the simulator's side is the simulator's, and checked there.
            ours = {task for task in asyncio.all_tasks() - before if "uvicorn" not in repr(task)}
            assert not ours
            assert call.end is not None


async def by_the_agent(call: Call) -> None:
    assert (await call.wait()).reason == "agent_hung_up"


async def by_the_caller(call: Call) -> None:
    async for message in call:
        if message.type == "response_audio":
            return


async def by_a_program_error(call: Call) -> None:
    async for _ in call:
        raise ZeroDivisionError


async def by_ctrl_c(call: Call) -> None:
    async for message in call:
        if message.type == "response_audio":
            os.kill(os.getpid(), signal.SIGINT)


ENDINGS = {
    "agent": by_the_agent,
    "caller": by_the_caller,
    "error": by_a_program_error,
    "ctrl-c": by_ctrl_c,
}
RAISED = {"error": ZeroDivisionError, "ctrl-c": KeyboardInterrupt}


@pytest.fixture(scope="module", autouse=True)
def _loaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One call first: what is loaded once and kept (modules, the resolver's thread) is no leak."""
    asyncio.run(simulated(tmp_path_factory.mktemp("first"), "caller"))


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_left_after_a_call(ending: str, tmp_path: Path, nothing_left: None) -> None:
    if ending in RAISED:
        with pytest.raises(RAISED[ending]):
            asyncio.run(simulated(tmp_path, ending))
    else:
        asyncio.run(simulated(tmp_path, ending))
    assert (tmp_path / "call.wav").stat().st_size > 44
    assert (tmp_path / "heard.wav").stat().st_size > 44


def test_nothing_is_left_after_a_dropped_connection(tmp_path: Path, nothing_left: None) -> None:
    async def drop(socket: ServerConnection) -> None:
        await socket.send(STARTED)
        await socket.recv()
        socket.transport.abort()

    async def talk() -> None:
        async with platform(drop) as url, Client("key", url) as client:
            async with client.call(token="token", **files(tmp_path)) as call:
                with pytest.raises(ConnectionClosed):
                    async for _ in call:
                        pass

    asyncio.run(talk())
