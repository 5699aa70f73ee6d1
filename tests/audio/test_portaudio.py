"""Microphone and speaker of a virtual sound card, sample for sample."""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import threading
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Callable

import pytest
from leftovers import leaves_nothing
from virtual import SPEECH, Listener, last_loud_ms, say, sound_server, succeeds

from vatel_rt import PyAudioDevice, list_devices
from vatel_rt.errors import AudioDeviceError, ConfigurationError

pytestmark = [pytest.mark.usefixtures("sound"), pytest.mark.xdist_group("sound")]
RUNS = int(os.environ.get("SOUND_RUNS", "1"))
TONE = b"\x10\x27" * 12 + b"\xf0\xd8" * 12  # a millisecond


@asynccontextmanager
async def opened(**options: Any) -> AsyncIterator[PyAudioDevice]:
    device = PyAudioDevice(**options)
    await device.start()
    try:
        yield device
    finally:
        await device.close()


async def collect(device: PyAudioDevice, into: bytearray) -> None:
    while True:
        into += await device.read()


async def spoken_to(device: PyAudioDevice, pcm: bytes) -> bytes:
    """Return what the device captures while `pcm` is spoken, and a little longer."""
    captured = bytearray()
    collecting = asyncio.ensure_future(collect(device, captured))
    await asyncio.get_running_loop().run_in_executor(None, say, pcm)
    end = len(captured) + 24_000
    while len(captured) < end:  # noqa: ASYNC110  (the other task fills it)
        await asyncio.sleep(0.02)
    collecting.cancel()
    await asyncio.wait({collecting})
    return bytes(captured)


def test_the_devices_are_listed() -> None:
    devices = {device.name: device for device in list_devices()}
    default = devices["default"]
    assert default.is_default_input
    assert default.is_default_output
    assert (default.host_api, devices["pulse"].is_default_input) == ("ALSA", False)
    assert min(default.inputs, default.outputs, default.default_rate) > 0


def exact(talk: Callable[[], Coroutine[Any, Any, tuple[bytes, PyAudioDevice]]]) -> bool:
    """Return whether `SPEECH` got through both ways; losses must have been counted."""
    with Listener("vmic.monitor") as microphone, Listener() as listener:
        captured, device = asyncio.run(talk())
        listener.wait_ms(200)
    assert SPEECH in captured or device.dropped or SPEECH not in microphone.heard
    assert SPEECH in listener.heard or device.underruns
    assert device.queued_ms == 0
    return SPEECH in captured and SPEECH in listener.heard


@pytest.mark.parametrize("run", range(RUNS))
def test_both_directions_are_exact_to_the_last_sample(
    run: int, nothing_left: None, record_property: Any
) -> None:
    async def talk() -> tuple[bytes, PyAudioDevice]:
        async with opened() as device:
            for start in range(0, len(SPEECH), 9602):
                device.play(SPEECH[start : start + 9602])
            captured = await spoken_to(device, SPEECH)
            await device.drain()
        return captured, device

    assert succeeds(lambda: exact(talk), record_property)


@pytest.mark.parametrize("which", ["pulse", "PULSE", 0])
def test_a_device_is_chosen_by_name_or_index(which: Any) -> None:
    async def talk() -> None:
        async with opened(input=which, output=which) as device:
            assert len(await device.read()) == 960

    asyncio.run(talk())


@pytest.mark.parametrize(("frames", "limit"), [(480, 60), (240, 35)])
def test_an_interruption_is_silence_soon(frames: int, limit: float, capsys: Any) -> None:
    async def talk(listener: Listener) -> list[float]:
        took = []
        loop = asyncio.get_running_loop()
        async with opened(frames=frames) as device:
            for _ in range(5):
                device.play(TONE * 2000)
                await loop.run_in_executor(None, listener.wait_until_loud)
                await loop.run_in_executor(None, listener.wait_ms, 200)
                before = len(listener.heard)
                assert device.clear() > 1000
                await loop.run_in_executor(None, listener.wait_ms, 300)
                took.append(last_loud_ms(listener.heard[before:]))
        return took

    with Listener() as listener:
        took = asyncio.run(talk(listener))
    with capsys.disabled():
        print(
            f"\nsilent after {statistics.median(took):.0f} ms, at most {max(took):.0f} ({frames})"
        )
    # what the listener hears is late itself by up to 20 ms, and machines are noisy
    assert min(took) < limit + 20
    assert statistics.median(took) < 3 * limit


def test_a_busy_event_loop_loses_nothing(record_property: Any) -> None:
    async def talk() -> tuple[bytes, PyAudioDevice]:
        async with opened() as device:
            captured = bytearray()
            collecting = asyncio.ensure_future(collect(device, captured))
            speaking = asyncio.get_running_loop().run_in_executor(None, say, SPEECH)
            device.play(SPEECH)
            busy_until = time.monotonic() + 2
            while time.monotonic() < busy_until:  # a tool that computes
                sum(range(1000))
            while not speaking.done():
                time.sleep(0.05)  # noqa: ASYNC251  (the stall is what is tested)
                await asyncio.sleep(0)
            await device.drain()
            await asyncio.sleep(0.3)
            collecting.cancel()
            await asyncio.wait({collecting})
        return bytes(captured), device

    assert succeeds(lambda: exact(talk), record_property)


def test_mute_is_silence_at_pace_and_levels_go_on() -> None:
    async def talk() -> None:
        pairs: list[tuple[bytes, bytes]] = []
        async with opened() as device:
            device.muted = True
            device.attach(lambda *pair: pairs.append(pair))
            speaking = asyncio.get_running_loop().run_in_executor(None, say, TONE * 1000)
            device.play(TONE * 1000)
            heard = [await device.read() for _ in range(40)]
            while device.levels.microphone.peak < -11:
                heard.append(await device.read())
            assert device.levels.speaker.peak == pytest.approx(-10.3, abs=0.1)
            await speaking
        assert set(heard) == {bytes(960)}
        assert {captured for captured, _ in pairs} == {bytes(960)}
        assert TONE * 20 in [played for _, played in pairs]

    asyncio.run(talk())


def test_half_duplex_hears_nothing_while_the_agent_speaks() -> None:
    async def talk() -> None:
        async with opened(mode="half") as device:
            speaking = asyncio.get_running_loop().run_in_executor(None, say, TONE * 2000)
            while not any(await device.read()):
                pass
            device.play(TONE * 500)
            while device.queued_ms:
                block = await device.read()
            assert not any(block)
            for _ in range(10):
                assert not any(await device.read())
            while not any(await device.read()):
                pass
            await speaking

    asyncio.run(talk())


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
def test_a_sound_server_that_fails_ends_it(
    blow: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def talk(server: int) -> None:
        async with opened() as device:
            device.play(TONE * 10_000)
            await device.read()
            os.kill(server, blow)
            started = time.monotonic()
            with pytest.raises(AudioDeviceError, match="the sound device stopped working"):
                while True:
                    await device.read()
            await asyncio.wait_for(device.drain(), 60)
        assert time.monotonic() - started < 3 + 2  # the second number is for a busy machine

    with sound_server(tmp_path / "sound") as env:
        monkeypatch.setenv("PULSE_SERVER", env["PULSE_SERVER"])
        with leaves_nothing():  # while the server is still there, frozen
            asyncio.run(talk(int((tmp_path / "sound" / "pid").read_text())))


def test_another_sound_server_can_take_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(server: int, second: str) -> None:
        async with opened(on_loss="reopen") as device:
            await device.read()
            os.kill(server, signal.SIGKILL)
            monkeypatch.setenv("PULSE_SERVER", second)
            while "lost" not in caplog.text:  # noqa: ASYNC110  (a log is no event)
                await asyncio.sleep(0.05)
            again = asyncio.Event()
            device.attach(lambda *_: again.set())
            await again.wait()  # it hears nothing until it is open again
            assert TONE in await spoken_to(device, TONE * 100)

    second = os.environ["PULSE_SERVER"]
    with sound_server(tmp_path / "sound") as env:
        monkeypatch.setenv("PULSE_SERVER", env["PULSE_SERVER"])
        asyncio.run(talk(int((tmp_path / "sound" / "pid").read_text()), second))


def test_nothing_comes_instead_of_a_lost_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vatel_rt.audio.portaudio.device.REOPEN_SECONDS", 0.7)

    async def talk(server: int) -> None:
        async with opened(on_loss="reopen", input="pulse") as device:
            os.kill(server, signal.SIGKILL)
            with pytest.raises(AudioDeviceError):
                while True:
                    await device.read()

    with sound_server(tmp_path / "sound") as env:
        monkeypatch.setenv("PULSE_SERVER", env["PULSE_SERVER"])
        asyncio.run(talk(int((tmp_path / "sound" / "pid").read_text())))


def test_a_frozen_sound_server_does_not_hang_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vatel_rt.audio.portaudio.device.CALL_SECONDS", 0.3)
    with sound_server(tmp_path / "sound") as env:
        monkeypatch.setenv("PULSE_SERVER", env["PULSE_SERVER"])
        server = int((tmp_path / "sound" / "pid").read_text())
        os.kill(server, signal.SIGSTOP)
        with leaves_nothing(), pytest.raises(AudioDeviceError, match="does not respond"):
            asyncio.run(PyAudioDevice().start())


def test_close_in_any_state(nothing_left: None) -> None:
    async def talk() -> None:
        device = PyAudioDevice()
        await device.close()
        await device.start()
        with pytest.raises(AudioDeviceError, match="open already"):
            await device.start()
        device.play(TONE * 10_000)
        await device.read()
        draining = asyncio.ensure_future(device.drain())
        await asyncio.gather(device.close(), device.close())
        await asyncio.wait_for(draining, 60)
        with pytest.raises(AudioDeviceError, match="closed"):
            while True:
                await device.read()
        starting = asyncio.ensure_future(device.start())
        await asyncio.sleep(0)
        starting.cancel()
        await asyncio.wait({starting})
        await device.close()
        async with opened():
            pass

    asyncio.run(talk())


def test_many_times_open_and_closed() -> None:
    async def cycle(times: int) -> None:
        device = PyAudioDevice()
        for _ in range(times):
            await device.start()
            await device.read()
            await device.close()

    def state() -> tuple[int, int, int]:
        memory = int(Path("/proc/self/statm").read_text().split()[1]) * 4096
        return len(os.listdir("/proc/self/fd")), threading.active_count(), memory

    asyncio.run(cycle(20))
    before = state()
    asyncio.run(cycle(int(os.environ.get("SOUND_CYCLES", "40"))))
    after = state()
    assert after[0] <= before[0]  # fewer, where what another test left has gone
    assert after[1] <= before[1]
    assert after[2] - before[2] < 2_000_000


def test_a_monitor_that_fails_ends_it(caplog: pytest.LogCaptureFixture) -> None:
    def monitor(_captured: bytes, _played: bytes) -> None:
        raise OSError("disk full")

    async def talk() -> None:
        async with opened() as device:
            device.attach(monitor)
            with pytest.raises(AudioDeviceError, match="disk full"):
                while True:
                    await device.read()

    asyncio.run(talk())
    assert "the audio device stopped" in caplog.text


def test_a_callback_that_fails_ends_it() -> None:
    async def talk() -> None:
        async with opened() as device:
            assert device._open is not None
            device._open.playback._playout = None  # type: ignore[assignment]
            with pytest.raises(AudioDeviceError, match="the audio callback failed: AttributeError"):
                while True:
                    await device.read()

    asyncio.run(talk())


def test_arguments_that_make_no_sense() -> None:
    for options in ({"frames": 0}, {"mode": "deaf"}, {"on_loss": "cry"}):
        with pytest.raises(ConfigurationError):
            PyAudioDevice(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("which", ["no such card", 99])
def test_a_device_that_is_not_there(which: Any, nothing_left: None) -> None:
    with pytest.raises(AudioDeviceError, match=r"no such sound device .*'pulse'"):
        asyncio.run(PyAudioDevice(output=which).start())
