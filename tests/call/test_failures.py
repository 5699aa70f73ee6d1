"""Whatever fails, everything that was opened is closed once, and `end` names the reason."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any, Optional

import pytest
from platforms import ENDED, STARTED, frame, platform
from websockets.asyncio.server import ServerConnection

from vatel_rt.audio.clocked_device import SilentDevice
from vatel_rt.call import shutdown
from vatel_rt.call.call import Call
from vatel_rt.call.tools import Tools
from vatel_rt.errors import APIConnectionError, AudioDeviceError
from vatel_rt.realtime.connection import Connection, connect

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]
CLOSES = ["well", "raising", "hanging"]


class Failing:
    """A connection and a device that fail at a given point, and count how often they are closed."""

    def __init__(self, url: str, fails: str, device_closes: str, connection_closes: str) -> None:
        self.closed: Counter[str] = Counter()
        self._url, self._fails = url, fails
        self._closes = {"device": device_closes, "connection": connection_closes}
        self.device = SilentDevice()
        self._watch("device", self.device)
        if fails == "start":
            self.device._open = self._broken  # type: ignore[method-assign]
        if fails == "device":
            self.device._emit = self._broken  # type: ignore[method-assign]

    async def connect(self) -> Connection:
        if self._fails == "connect":
            raise APIConnectionError("refused")
        connection = await connect("token", self._url)
        self._watch("connection", connection)
        return connection

    def _watch(self, name: str, thing: Any) -> None:
        close, how = thing.close, self._closes[name]

        async def watched() -> None:
            self.closed[name] += 1
            await close()
            if how == "raising":
                raise OSError(f"the {name} does not close")
            if how == "hanging":
                await asyncio.Event().wait()

        thing.close = watched

    def _broken(self, *_: bytes) -> None:
        raise AudioDeviceError("unplugged")


async def converse(socket: ServerConnection) -> None:
    await socket.send(STARTED)
    await socket.send(frame("tool_call", toolCallId="1", toolName="hangs", arguments=[]))
    for _ in range(3):
        await socket.recv()
    await socket.send(ENDED)


def tools_that_hang() -> Tools:
    tools = Tools()

    @tools.tool
    async def hangs() -> None:
        await asyncio.Event().wait()

    return tools


EXPECTED = {
    "nothing": ("agent_hung_up", None),
    "start": ("device_failed", AudioDeviceError),
    "connect": ("unreachable", APIConnectionError),
    "device": ("device_failed", AudioDeviceError),
    "application": ("caller_hung_up", ZeroDivisionError),
}


@pytest.mark.parametrize("connection_closes", CLOSES)
@pytest.mark.parametrize("device_closes", CLOSES)
@pytest.mark.parametrize("fails", EXPECTED)
async def test_all_is_closed_once(
    fails: str,
    device_closes: str,
    connection_closes: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutdown, "CLOSE_TIMEOUT", 0.2)
    reason, error = EXPECTED[fails]
    raised: Optional[BaseException] = None
    async with platform(converse) as url:
        failing = Failing(url, fails, device_closes, connection_closes)
        record = tmp_path / "call.wav"
        call = Call(failing.connect, audio=failing.device, tools=tools_that_hang(), record=record)
        try:
            async with call:
                async for _ in call:
                    if fails == "application":
                        raise ZeroDivisionError
        except Exception as caught:
            raised = caught
    assert type(raised) is (error or type(None))
    assert call.end is not None
    assert (call.end.reason, await call.wait()) == (reason, call.end)
    opened = 0 if fails == "connect" else 1
    assert (failing.closed["device"], failing.closed["connection"]) == (opened, opened)


@pytest.mark.parametrize("fails", ["nothing", "device"])
async def test_a_record_that_fails_ends_no_call(
    fails: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    record = Path("/dev/full")
    if not record.exists():
        pytest.skip("no device that is always full")
    async with platform(converse) as url:
        failing = Failing(url, fails, "well", "well")
        async with Call(failing.connect, audio=failing.device, record=record) as call:
            end = await call.wait()
    assert end.reason == EXPECTED[fails][0]
    assert (failing.closed["device"], failing.closed["connection"]) == (1, 1)


@pytest.mark.parametrize(
    ("closes", "grace", "told"),
    [
        (("hanging", "well"), 0.1, "closing the audio device took longer than 0.1 s"),
        (("well", "raising"), 60, "closing the connection failed"),
    ],
)
async def test_what_does_not_close_is_logged(
    closes: tuple[str, str],
    grace: float,
    told: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutdown, "CLOSE_TIMEOUT", grace)
    async with platform(converse) as url:
        failing = Failing(url, "nothing", *closes)
        async with Call(failing.connect, audio=failing.device):
            pass
    assert told in caplog.text


async def test_a_device_that_never_drains_does_not_hold_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutdown, "CLOSE_TIMEOUT", 0.1)

    class Stuck(SilentDevice):
        async def drain(self) -> None:
            await asyncio.Event().wait()

    async with platform(converse) as url, Call(lambda: connect("t", url), audio=Stuck()) as call:
        assert (await call.wait()).reason == "agent_hung_up"


async def test_a_device_that_fails_at_the_very_end(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(SilentDevice):
        def clear(self) -> float:
            raise OSError("unplugged")

    async with platform(converse) as url, Call(lambda: connect("t", url), audio=Broken()) as call:
        assert (await call.wait()).reason == "agent_hung_up"
    assert "the audio device failed" in caplog.text


async def test_a_cancellation_waits_until_all_is_closed() -> None:
    closing, go_on = asyncio.Event(), asyncio.Event()
    closed = []

    class Slow(SilentDevice):
        async def close(self) -> None:
            closing.set()
            await go_on.wait()
            await super().close()
            closed.append(1)

    async def talk(url: str) -> None:
        async with Call(lambda: connect("t", url), audio=Slow()):
            pass

    async with platform(converse) as url:
        task = asyncio.create_task(talk(url))
        await closing.wait()
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert closed == [1]


async def test_a_device_failure_is_the_end_while_a_tool_still_cleans_up() -> None:
    started, cleaning, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
    tools, device = Tools(), SilentDevice()

    @tools.tool
    async def hangs() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cleaning.set()
            await go_on.wait()

    async def ask(socket: ServerConnection) -> None:
        await socket.send(STARTED)
        await socket.send(frame("tool_call", toolCallId="1", toolName="hangs", arguments=[]))
        await socket.wait_closed()

    async with platform(ask) as url:
        call = Call(lambda: connect("t", url), audio=device, tools=tools)
        async with call:
            await started.wait()
            device._stop(AudioDeviceError("unplugged"))
            await cleaning.wait()
            assert call.end is not None
            assert call.end.reason == "device_failed"
            go_on.set()
    assert (await call.wait()).reason == "device_failed"


async def test_a_device_in_use_is_refused_before_the_record_is_made(tmp_path: Path) -> None:
    device = SilentDevice()
    device.attach(lambda *_: None)
    record = tmp_path / "call.wav"
    with pytest.raises(AudioDeviceError):
        async with Call(lambda: connect("t", "ws://127.0.0.1:9"), audio=device, record=record):
            pass
    assert not record.exists()
