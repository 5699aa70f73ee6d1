from __future__ import annotations

import asyncio
import time
from typing import Callable

import pytest

from vatel_rt.audio import clocked_device
from vatel_rt.audio import device as devices
from vatel_rt.audio.clocked_device import SilentDevice
from vatel_rt.audio.device import BaseDevice
from vatel_rt.audio.levels import Levels
from vatel_rt.audio.queue_device import QueueDevice
from vatel_rt.audio.wav_device import WavDevice
from vatel_rt.errors import AudioDeviceError, ConfigurationError

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]


async def test_silence_at_real_pace() -> None:
    device = SilentDevice()
    await device.start()
    started = time.monotonic()
    blocks = [await device.read() for _ in range(11)]
    elapsed = time.monotonic() - started
    await device.close()
    assert set(blocks) == {bytes(960)}
    assert elapsed > 0.15  # ten pauses of 20 ms, less the first block's


async def test_the_monitor_gets_both_sides_of_each_block() -> None:
    device = SilentDevice()
    pairs: list[tuple[bytes, bytes]] = []
    device.attach(lambda captured, played: pairs.append((captured, played)))
    await device.start()
    device.play(b"\1\0" * 1000)
    assert device.queued_ms == pytest.approx(41.7, abs=0.1)
    await device.drain()
    await device.close()
    assert pairs[0] == (bytes(960), b"\1\0" * 480)
    assert pairs[2][1] == (b"\1\0" * 40).ljust(960, b"\0")
    assert (device.queued_ms, device.underruns, device.dropped) == (0, 0, 0)


async def test_a_device_serves_one_monitor_at_a_time() -> None:
    device = SilentDevice()
    first: list[bytes] = []
    second = asyncio.Event()
    device.detach()
    device.attach(lambda captured, _: first.append(captured))
    with pytest.raises(AudioDeviceError, match="serves another call"):
        device.attach(lambda *_: second.set())
    await device.start()
    await device.read()
    device.detach()
    assert len(first) == 1
    device.attach(lambda *_: second.set())
    await asyncio.wait_for(second.wait(), 60)
    await device.close()
    assert len(first) == 1


async def test_a_device_of_a_user_has_little_to_do() -> None:
    class Plain(BaseDevice):
        underruns = 0

        async def start(self) -> None:
            self.underruns += 1
            self._monitor_block(b"captured", b"played")

    device, other = Plain(), Plain()
    heard: list[tuple[bytes, bytes]] = []
    await device.start()
    device.attach(lambda *pair: heard.append(pair))
    device.muted = True
    await device.start()
    assert heard == [(b"captured", b"played")]
    assert (device.underruns, other.underruns, other.muted) == (2, 0, False)
    assert (device.dropped, device.queued_ms, device.refused_ms) == (0, 0, 0)
    assert device.levels == Levels()


async def test_a_cancelled_reader_loses_no_block() -> None:
    device = WavDevice(b"".join(bytes([number]) * 960 for number in range(1, 9)))
    await device.start()
    blocks = [await device.read()]
    for _ in range(3):
        reading = asyncio.ensure_future(device.read())
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait({reading})
        blocks.append(await device.read())
    await device.close()
    assert blocks == [bytes([number]) * 960 for number in range(1, 5)]


def test_a_device_is_used_in_one_event_loop_after_another() -> None:
    device = SilentDevice(speed=20)

    async def talk() -> None:
        await device.start()
        device.play(bytes(9600))
        await device.drain()
        await device.read()
        await device.close()

    asyncio.run(talk())
    asyncio.run(talk())


async def test_clear_says_how_much_was_dropped_and_ends_a_drain() -> None:
    device = SilentDevice()
    await device.start()
    device.play(bytes(24000 * 2 * 60))
    draining = asyncio.ensure_future(device.drain())
    await device.read()
    assert device.clear() > 59_000
    await asyncio.wait_for(draining, 60)
    await device.close()


@pytest.mark.parametrize("kind", [SilentDevice, WavDevice, QueueDevice])
async def test_a_device_is_opened_once(kind: Callable[[], SilentDevice]) -> None:
    device = kind()
    await device.start()
    with pytest.raises(AudioDeviceError, match="open already"):
        await device.start()
    await device.close()
    await device.start()
    await device.close()


async def test_close_in_any_state_and_twice() -> None:
    device = SilentDevice()
    await device.close()
    await device.start()
    device.play(bytes(960_000))
    draining = asyncio.ensure_future(device.drain())
    await device.read()
    await device.close()
    await device.close()
    await asyncio.wait_for(draining, 60)
    await device.drain()
    with pytest.raises(AudioDeviceError):
        for _ in range(100):
            await device.read()
    with pytest.raises(AudioDeviceError, match="closed"):
        await device.read()


async def test_a_device_that_is_used_again_begins_afresh() -> None:
    device = SilentDevice()
    played: list[bytes] = []
    device.attach(lambda _captured, block: played.append(block))
    await device.start()
    device.play(b"\1\0" * 24000)
    await device.read()
    await device.close()
    played.clear()
    await device.start()
    await device.read()
    await device.read()
    await device.close()
    assert not any(b"".join(played))


async def test_a_slow_reader_loses_the_oldest_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "CAPTURE_BLOCKS", 2)
    device = SilentDevice()
    seen = asyncio.Event()
    count = 0

    def monitor(_captured: bytes, _played: bytes) -> None:
        nonlocal count
        count += 1
        if count == 5:
            seen.set()

    device.attach(monitor)
    await device.start()
    await seen.wait()
    assert device.dropped == 3
    await device.close()


async def test_a_stalled_loop_is_not_made_up_by_a_rush(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocked_device, "LATE_BLOCKS", 0)
    device = SilentDevice()
    await device.start()
    await device.read()
    time.sleep(0.1)  # noqa: ASYNC251  (the stall is what is tested)
    started = time.monotonic()
    for _ in range(4):
        await device.read()
    assert time.monotonic() - started > 0.03
    await device.close()


async def test_a_device_that_fails_tells_its_reader(caplog: pytest.LogCaptureFixture) -> None:
    device = SilentDevice()

    def monitor(_captured: bytes, _played: bytes) -> None:
        raise OSError("disk full")

    device.attach(monitor)
    await device.start()
    await device.read()
    with pytest.raises(AudioDeviceError, match="disk full"):
        await device.read()
    assert "the audio device stopped" in caplog.text
    await device.close()


async def test_mute_is_silence_at_pace_and_the_meter_goes_on() -> None:
    device = WavDevice(b"\0\x40\0\xc0" * 24_000)
    await device.start()
    heard = await device.read()
    device.muted = True
    device.play(b"\0\x20\0\xe0" * 24_000)
    while any(await device.read()) or not device.queued_ms:
        pass
    assert not any(await device.read())
    assert device.levels.microphone.peak == pytest.approx(-6, abs=0.1)
    assert device.levels.speaker.rms == pytest.approx(-12, abs=0.1)
    device.muted = False
    while not any(await device.read()):
        pass
    await device.close()
    assert any(heard)


async def test_a_device_that_was_never_opened() -> None:
    device = SilentDevice()
    await device.drain()
    with pytest.raises(AudioDeviceError, match="not open"):
        await device.read()
    with pytest.raises(ConfigurationError, match="speed must be greater than 0, not 0"):
        SilentDevice(speed=0)


async def test_a_new_start_counts_afresh() -> None:
    device = SilentDevice()
    await device.start()
    device.play(bytes(2000))
    await device.drain()
    device.play(bytes(2000))
    assert device.underruns == 1
    await device.close()
    await device.start()
    assert device.underruns == 0
    await device.close()
