"""Methods of a call, from other threads and event loops."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Callable

import pytest
from platforms import ENDED, STARTED, frame, platform
from websockets.asyncio.server import ServerConnection

from vatel_rt.call import call as calls
from vatel_rt.call.call import Call
from vatel_rt.call.threads import Home
from vatel_rt.call.tools import Tools
from vatel_rt.errors import APITimeoutError
from vatel_rt.realtime.connection import connect

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]


def call_to(url: str, **options: Any) -> Call:
    return Call(lambda: connect("token", url).__aenter__(), **options)


async def silent(server: ServerConnection) -> None:
    await server.send(STARTED)
    await server.wait_closed()


async def in_thread(act: Callable[[], object]) -> None:
    await asyncio.get_running_loop().run_in_executor(None, act)


async def test_a_plain_tool_hangs_up() -> None:
    tools = Tools()
    calls_made: list[Call] = []

    @tools.tool
    def end_it() -> str:
        calls_made[0].interrupt()
        calls_made[0].mute()
        calls_made[0].hang_up()
        return "done"

    async def asks(server: ServerConnection) -> None:
        await server.send(STARTED)
        await server.send(frame("tool_call", toolCallId="1", toolName="end_it", arguments=[]))
        await server.wait_closed()

    async with platform(asks) as url, call_to(url, tools=tools) as call:
        calls_made.append(call)
        assert [m.type async for m in call] == ["session_started", "tool_call"]
        assert (await call.wait()).reason == "caller_hung_up"
    call.hang_up()  # after the end
    await in_thread(call.interrupt)


async def test_another_event_loop() -> None:
    async with platform(silent) as url, call_to(url) as call:

        async def elsewhere() -> None:
            with pytest.raises(RuntimeError, match="read in the event loop that entered it"):
                await call.__anext__()
            await call.say_audio(bytes(960))
            call.hang_up()
            assert (await call.wait()).reason == "caller_hung_up"

        await in_thread(lambda: asyncio.run(elsewhere()))


def test_after_the_event_loop_is_closed() -> None:
    home = Home()
    done: list[int] = []
    home.do(lambda: done.append(1))  # before it is entered

    async def enter() -> None:
        home.enter()
        await home.run(asyncio.sleep(0))

    asyncio.run(enter())
    home.do(lambda: done.append(2))
    with pytest.raises(RuntimeError, match="the event loop of the call is closed"):
        asyncio.run(home.run(asyncio.sleep(0)))
    thread = threading.Thread(target=home.do, args=[lambda: done.append(3)])
    thread.start()
    thread.join()
    assert done == [1]


async def test_two_readers() -> None:
    async with platform(silent) as url, call_to(url) as call:
        assert (await call.__anext__()).type == "session_started"
        first = asyncio.ensure_future(call.__anext__())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="another task is reading the messages of this call"):
            await call.__anext__()
        first.cancel()
        await asyncio.wait([first])
        call.hang_up()
        assert [m async for m in call] == []


async def test_a_call_that_never_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    assert calls.START_TIMEOUT == 30

    async def mute(server: ServerConnection) -> None:
        await server.send(frame("speech_stopped"))
        await server.wait_closed()

    async with platform(mute) as url:
        call = call_to(url, start_timeout=0.05)
        with pytest.raises(APITimeoutError, match=r"did not begin the call within 0\.05 s"):
            async with call:
                async for _ in call:
                    pass
    assert call.end is not None
    assert (call.end.reason, call.end.by, call.end.retryable) == ("start_timeout", "platform", True)


async def test_a_call_that_begins_in_time() -> None:
    async def talks(server: ServerConnection) -> None:
        await server.send(STARTED)
        await asyncio.sleep(0.1)
        await server.send(ENDED)

    async with platform(talks) as url, call_to(url, start_timeout=0.01) as call:
        assert [m.type async for m in call] == ["session_started", "session_ended"]
