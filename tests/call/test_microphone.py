"""The audio that the platform receives from the caller, over real sockets."""

from __future__ import annotations

import asyncio
import base64
import json
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Callable, cast

import pytest
from platforms import ENDED, STARTED, platform
from websockets.asyncio.server import ServerConnection

from vatel_rt.audio.clocked_device import SilentDevice
from vatel_rt.audio.device import BaseDevice
from vatel_rt.audio.wav_device import WavDevice
from vatel_rt.call.call import Call
from vatel_rt.call.microphone import Microphone
from vatel_rt.errors import AudioFormatError, ConnectionClosed
from vatel_rt.realtime.connection import Connection, connect
from vatel_rt.realtime.send_queue import AudioQueue

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]
VOICE = b"\x88\x13" * 24_000 * 10
OWN = b"\xd0\x07" * 480 * 3 + b"\xd0\x07" * 100
SILENCE = bytes(960)


class Ear:
    """A platform that keeps the blocks that it receives."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self._socket: Any = None
        self._heard = asyncio.Event()

    async def listen(self, socket: ServerConnection) -> None:
        self._socket = socket
        await socket.send(STARTED)
        async for message in socket:
            self.blocks.append(base64.b64decode(json.loads(message)["data"]["audio"]))
            self._heard.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._heard.clear()
            await self._heard.wait()

    async def hang_up(self) -> None:
        await self._socket.send(ENDED)
        await self._socket.close()


@asynccontextmanager
async def calling(**options: Any) -> AsyncIterator[tuple[Call, Ear]]:
    ear = Ear()
    options.setdefault("audio", WavDevice(VOICE))
    async with platform(ear.listen) as url:
        async with Call(lambda: connect("token", url), **options) as call:
            yield call, ear


class Foreign:
    """A device that is not derived from ours, and does not mute itself."""

    muted = False

    def __init__(self) -> None:
        self._device = WavDevice(VOICE)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)


@pytest.mark.parametrize("device", [WavDevice(VOICE), Foreign()])
async def test_a_muted_microphone_sends_silence_at_its_pace(device: Any, tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    async with calling(audio=device, record=path) as (call, ear):
        await ear.until(lambda: VOICE[:960] in ear.blocks)
        call.mute()
        await ear.until(lambda: ear.blocks[-5:] == [SILENCE] * 5)
        call.mute(False)
        await ear.until(lambda: ear.blocks[-1] == VOICE[:960])
    first = ear.blocks.index(SILENCE)
    silent = ear.blocks.count(SILENCE)
    assert ear.blocks[first : first + silent] == [SILENCE] * silent
    with wave.open(str(path)) as file:
        left = file.readframes(file.getnframes())[::4]
    assert 0 in left  # silence is recorded, as it was sent


async def test_own_audio_goes_out_instead_of_the_microphones(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    async with calling(record=path) as (call, ear):
        await asyncio.gather(call.say_audio(OWN), call.say_audio(OWN), call.say_audio(b""))
        await ear.until(lambda: len(ear.blocks) > 10)
    said = [block for block in ear.blocks if block[:2] == OWN[:2]]
    assert [len(block) for block in said] == [960] * 8
    assert b"".join(said) == 2 * OWN.ljust(4 * 960, b"\0")
    first = ear.blocks.index(said[0])
    assert ear.blocks[first : first + 8] == said
    with wave.open(str(path)) as file:
        frames = memoryview(file.readframes(file.getnframes())).cast("h")
    assert list(frames[0::2]).count(2000) == len(OWN)  # twice, two bytes per sample


async def test_own_audio_is_heard_also_while_the_microphone_is_muted() -> None:
    async with calling() as (call, ear):
        call.mute()
        await call.say_audio(OWN)
        await ear.until(lambda: ear.blocks[-1:] == [SILENCE] and OWN[:960] in ear.blocks)


async def test_own_audio_is_whole_samples() -> None:
    async with calling() as (call, _):
        with pytest.raises(AudioFormatError, match="3 bytes"):
            await call.say_audio(b"abc")


async def test_cancelling_leaves_the_rest_unsaid() -> None:
    async with calling() as (call, ear):
        saying = asyncio.create_task(call.say_audio(OWN[:960] * 500))
        await ear.until(lambda: OWN[:960] in ear.blocks)
        saying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await saying
        await ear.until(lambda: ear.blocks[-1] == VOICE[:960])


async def test_own_audio_that_the_end_cuts_off() -> None:
    async with calling() as (call, ear):
        saying = asyncio.create_task(call.say_audio(OWN[:960] * 500))
        await ear.until(lambda: OWN[:960] in ear.blocks)
        await ear.hang_up()
        with pytest.raises(ConnectionClosed, match="over"):
            await saying
        with pytest.raises(ConnectionClosed, match="over"):
            await call.say_audio(OWN)
        assert (await call.wait()).reason == "agent_hung_up"


async def test_devices_that_count_nothing() -> None:
    class Plain(BaseDevice):
        """What a device must implement, and no more."""

        async def start(self) -> None: ...

        async def read(self) -> bytes:
            await asyncio.sleep(0.005)
            return SILENCE

        def play(self, pcm: bytes) -> None: ...

        def clear(self) -> float:
            return 0.0

        async def drain(self) -> None: ...

        async def close(self) -> None: ...

    async with calling(audio=Plain()) as (call, ear):
        await call.say_audio(OWN)
        call.interrupt()
        await ear.hang_up()
        await call.wait()
    assert (call.report.underruns, call.report.dropped_blocks) == (0, 0)
    assert call.report.bytes_sent > len(OWN)


async def test_what_was_captured_before_own_audio_is_sent_before_it() -> None:
    sent: list[bytes] = []

    class Slow:
        """A connection whose socket is full until the test reads its queue."""

        def __init__(self) -> None:
            self.queue = AudioQueue()
            self.queue_audio = self.queue.put
            self.drain_queued_audio = self.queue.emptied

        async def send_speech(self, pcm: bytes) -> None:
            sent.append(pcm)

    class Blocks(SilentDevice):
        async def read(self) -> bytes:
            await asyncio.sleep(0)
            if connection.queue._pieces:
                begun.set()
            return VOICE[:960]

    connection, microphone, begun = Slow(), Microphone(Blocks()), asyncio.Event()
    sending = asyncio.create_task(microphone.send_to(cast(Connection, connection)))
    await begun.wait()
    saying = asyncio.create_task(microphone.say(OWN[:960]))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not sent
    waiting = len(connection.queue._pieces)
    for _ in range(waiting):
        piece = await connection.queue.get()
        assert piece is not None
        await connection.send_speech(piece)
    await saying
    sending.cancel()
    await asyncio.wait({sending})
    assert sent == [VOICE[:960]] * waiting + [OWN[:960]]
    assert connection.queue.dropped_ms == 0
