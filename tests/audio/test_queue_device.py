"""Audio that the program delivers and collects: both directions, full, empty, closed."""

from __future__ import annotations

import asyncio

import pytest

from vatel_rt.audio import playout, queue_device
from vatel_rt.audio.queue_device import QueueDevice
from vatel_rt.errors import AudioDeviceError, AudioFormatError

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]
SPEECH = bytes(range(1, 241)) * 40


async def test_bytes_are_microphone_and_speaker() -> None:
    device = QueueDevice()
    await device.start()
    await device.push(SPEECH)
    device.play(SPEECH)
    captured = played = b""
    async for block in device.speaker():
        played += block
        captured += await device.read()
        if SPEECH in captured and SPEECH in played:
            break
    assert device.unheard == 0
    await device.close()


async def test_who_pushes_too_much_waits() -> None:
    device = QueueDevice(ahead_ms=100)
    await device.start()
    pushing = asyncio.ensure_future(device.push(bytes(960 * 20)))
    for _ in range(4):
        await device.read()
        assert not pushing.done()
    await asyncio.wait_for(pushing, 60)
    await device.close()


async def test_nothing_that_is_pushed_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playout, "LONGEST_MS", 100)
    monkeypatch.setattr(queue_device, "LONGEST_MS", 100)
    device = QueueDevice(ahead_ms=1000)
    await device.start()
    pushing = asyncio.ensure_future(device.push(SPEECH))
    captured = b"".join([await device.read() for _ in range(2 * len(SPEECH) // 960)])
    assert SPEECH in captured
    await pushing
    await device.close()


async def test_closing_ends_both_sides() -> None:
    device = QueueDevice(ahead_ms=20)
    with pytest.raises(AudioDeviceError, match="not open"):
        await device.push(SPEECH)
    await device.start()
    pushing = asyncio.ensure_future(device.push(bytes(960 * 1000)))
    blocks: list[bytes] = []

    async def listen() -> None:
        async for block in device.speaker():
            blocks.append(block)

    listening = asyncio.ensure_future(listen())
    await device.read()
    await device.close()
    await asyncio.wait_for(listening, 60)
    with pytest.raises(AudioDeviceError, match="not open"):
        await asyncio.wait_for(pushing, 60)
    assert set(blocks) == {bytes(960)}


async def test_what_nobody_takes_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_device, "UNHEARD_BLOCKS", 2)
    device = QueueDevice()
    await device.start()
    for _ in range(5):
        await device.read()
    await device.close()
    assert device.unheard >= 2
    assert [block async for block in device.speaker()] == [bytes(960)] * 2


async def test_half_a_sample_is_refused() -> None:
    with pytest.raises(AudioFormatError, match="3 bytes"):
        await QueueDevice().push(b"abc")
