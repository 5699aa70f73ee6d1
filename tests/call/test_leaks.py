"""After a call, no task, thread, socket or file is left open, however it ended."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from leftovers import threads_beside
from platforms import STARTED, platform
from scenarios import GREETING, scenario
from websockets.asyncio.server import ServerConnection

from vatel import Client, Tools
from vatel.simulator import Simulator
from vatel_rt.audio.wav_device import WavDevice
from vatel_rt.call.call import Call
from vatel_rt.call.end import CallEnd
from vatel_rt.errors import ConnectionClosed
from vatel_rt.realtime.options import ConnectionOptions

SCRIPT = scenario(greeting=GREETING, turns=[])
PATIENT = scenario(
    turns=[], after_last_turn="wait", agent={"timeout_settings": {"default_timeout": 600}}
)


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
            # Tasks of the simulator are checked in its own tests.
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
    """Hold one call first: what is loaded once and kept (modules, a thread) is not a leak."""
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


async def short_call(call: Call) -> None:
    async with call:
        async for _ in call:
            call.hang_up()
    assert call.end == CallEnd("caller_hung_up")


def state() -> tuple[int, int, int]:
    """Return the number of objects, threads and open files of the process."""
    gc.collect()
    return len(gc.get_objects()), threading.active_count(), len(os.listdir("/proc/self/fd"))


def no_more(after: Iterable[int], before: Iterable[int]) -> bool:
    """Return whether no number has grown; they may shrink after other tests."""
    return all(now <= then for now, then in zip(after, before))


def resident() -> int:
    """Return the resident memory of the process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def greet(socket: ServerConnection) -> None:
    await socket.send(STARTED)
    await socket.wait_closed()


@pytest.mark.timeout(600)
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="counts what Linux tells in /proc")
def test_a_thousand_calls_one_after_another(tmp_path: Path, nothing_left: None) -> None:
    async def talk() -> None:
        async with platform(greet) as url, Client("key", url) as client:

            async def several(count: int) -> None:
                for _ in range(count):
                    await short_call(client.call(token="token", **files(tmp_path)))
                while len(asyncio.all_tasks()) > 1:  # those of the server end later
                    await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})

            await several(100)
            before, memory = state(), resident()
            await several(1000)
            after = state()
            assert no_more(after[1:], before[1:])
            assert after[0] - before[0] < 1000, "an object is left of each call"
            assert resident() - memory < 16 * 1024 * 1024

    asyncio.run(talk())


@pytest.mark.timeout(600)
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="counts what Linux tells in /proc")
def test_two_hundred_calls_at_once(tmp_path: Path, nothing_left: None) -> None:
    talking: list[Call] = []

    async def talk() -> None:
        async with Simulator(PATIENT) as simulator:
            # A busy machine needs long to open two hundred calls and to answer their pings.
            options = ConnectionOptions(open_timeout=200, ping_timeout=200)
            async with Client(simulator.api_key, simulator.url, timeout=200) as client:
                all_there = asyncio.Event()

                async def one(number: int) -> None:
                    folder = tmp_path / str(number)
                    folder.mkdir(exist_ok=True)
                    call = client.call(simulator.agent_id, options=options, **files(folder))
                    async with call:
                        async for message in call:
                            if message.type == "session_started":
                                talking.append(call)
                                if len(talking) == 200:
                                    all_there.set()
                                await all_there.wait()
                                call.hang_up()
                    assert call.end == CallEnd("caller_hung_up")

                await asyncio.gather(*(one(number) for number in range(200)))

    grown, threads = [], set(threading.enumerate())
    for _ in range(3):  # the allocator keeps memory of the first rounds
        before, memory = state(), resident()
        asyncio.run(talk())
        assert len({call.report.session_id for call in talking}) == len(talking) == 200
        talking.clear()
        assert not threads_beside(threads)
        after = state()
        grown.append((after[0] - before[0], resident() - memory))
        assert no_more(after[1:], before[1:])
    assert grown[-1][0] < 1000, "objects are left of the calls"
    assert grown[-1][1] < 16 * 1024 * 1024
