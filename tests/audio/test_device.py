from __future__ import annotations

import asyncio
import time

import pytest

from vatel_rt.audio import device as devices
from vatel_rt.audio.device import SilentDevice
from vatel_rt.errors import AudioDeviceError

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
    device.monitor = lambda captured, played: pairs.append((captured, played))
    await device.start()
    device.play(b"\1\0" * 500)
    await device.drain()
    await device.close()
    assert pairs[0] == (bytes(960), b"\1\0" * 480)
    assert pairs[1][1] == (b"\1\0" * 20).ljust(960, b"\0")


async def test_clear_says_how_much_was_dropped_and_ends_a_drain() -> None:
    device = SilentDevice()
    await device.start()
    device.play(bytes(24000 * 2 * 60))
    draining = asyncio.ensure_future(device.drain())
    await device.read()
    assert device.clear() > 59_000
    await asyncio.wait_for(draining, 5)
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
    await asyncio.wait_for(draining, 5)
    await device.drain()
    with pytest.raises(AudioDeviceError):
        for _ in range(100):
            await device.read()
    with pytest.raises(AudioDeviceError, match="closed"):
        await device.read()


async def test_a_device_that_is_used_again_begins_afresh() -> None:
    device = SilentDevice()
    played: list[bytes] = []
    device.monitor = lambda _captured, block: played.append(block)
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

    device.monitor = monitor
    await device.start()
    await seen.wait()
    assert device.dropped == 3
    await device.close()


async def test_a_stalled_loop_is_not_made_up_by_a_rush(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "LATE_BLOCKS", 0)
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

    device.monitor = monitor
    await device.start()
    await device.read()
    with pytest.raises(AudioDeviceError, match="disk full"):
        await device.read()
    assert "the audio device stopped" in caplog.text
    await device.close()
