"""Whole calls through the virtual sound card, against the simulator."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from leftovers import leaves_nothing
from platforms import running_simulator
from scenarios import GREETING, QUESTION, scenario
from virtual import DATA, SPEECH, Listener, say, sound_server, succeeds

from vatel.simulator import Simulator
from vatel_rt import Call, Client, PyAudioDevice
from vatel_rt.audio.levels import level
from vatel_rt.audio.pcm import bytes_of
from vatel_rt.audio.playout import FADE_MS
from vatel_rt.audio.wav import read_wav
from vatel_rt.call.report import CallReport
from vatel_rt.errors import AudioDeviceError

pytestmark = [pytest.mark.usefixtures("sound"), pytest.mark.xdist_group("sound")]
GREETED = scenario(greeting=GREETING)
TALKATIVE = scenario(
    greeting=GREETING, turns=[{"hears": QUESTION["says"], **GREETING}], after_last_turn="repeat"
)
MOMENTS_MS = [round(moment) for moment in map(random.Random(6).uniform, [0] * 10, [1500] * 10)]
CAN_CANCEL = sys.version_info >= (3, 10)


async def held(call: Call, seconds: float) -> None:
    await asyncio.wait({asyncio.ensure_future(call.wait())}, timeout=seconds)


def test_a_call_through_microphone_and_speaker(
    tmp_path: Path, nothing_left: None, record_property: Any
) -> None:
    assert succeeds(lambda: is_complete_call(tmp_path), record_property)


def is_complete_call(tmp_path: Path) -> bool:
    """Make a call; return whether it was heard and recorded to the sample."""
    question, answer = read_wav(DATA / "caller_hours.wav"), read_wav(DATA / "hours.wav")
    sent = bytearray()

    async def talk(listener: Listener) -> tuple[Call, int]:
        loop = asyncio.get_running_loop()
        async with Simulator(GREETED) as simulator:
            async with Client(simulator.api_key, simulator.url) as client:
                device = PyAudioDevice()
                call = client.call(simulator.agent_id, audio=device, record=tmp_path / "call.wav")
                async with call:
                    async for message in call:
                        if message.type == "response_audio" and message.data.is_final:
                            break
                    await device.drain()
                    await loop.run_in_executor(None, listener.wait_ms, 300)
                    await loop.run_in_executor(None, say, question)
                    assert (await call.wait()).clean
                rest = await client.calls.download_recording_async(str(call.report.session_id))
                sent.extend(rest)
                assert device.dropped == 0
                return call, device.underruns

    with Listener() as listener:
        call, underruns = asyncio.run(talk(listener))
        listener.wait_ms(200)
    complete = read_wav(DATA / "greeting.wav") in listener.heard and answer in listener.heard
    assert complete or underruns
    assert call.report.interruptions == 0
    assert len(call.report.answer_ms) == 1
    (tmp_path / "platform.wav").write_bytes(sent)
    for name in ("platform.wav", "call.wav"):
        with wave.open(str(tmp_path / name)) as file:
            frames = memoryview(file.readframes(file.getnframes())).cast("h")
        complete &= question in frames[0::2].tobytes()
        complete &= answer in frames[1::2].tobytes()
    return complete


def test_what_was_heard_is_right_to_the_sample(nothing_left: None, record_property: Any) -> None:
    clip = read_wav(DATA / "greeting.wav")

    async def talk(listener: Listener) -> tuple[CallReport, int]:
        async with Simulator(GREETED) as simulator:
            async with Client(simulator.api_key, simulator.url) as client:
                device = PyAudioDevice()
                async with client.call(simulator.agent_id, audio=device) as call:
                    while sum(call.report.heard_ms.values()) < 700:  # noqa: ASYNC110  (a figure is no event)
                        await asyncio.sleep(0.02)
                    call.interrupt()
                    await asyncio.get_running_loop().run_in_executor(None, listener.wait_ms, 300)
                return call.report, device.underruns

    def is_exact() -> bool:
        with Listener() as listener:
            report, underruns = asyncio.run(talk(listener))
        (heard,) = (round(ms * 24) * 2 for ms in report.heard_ms.values())
        whole = heard - bytes_of(FADE_MS)
        begin = listener.heard.find(clip[:whole])
        assert underruns or begin >= 0
        assert underruns or not any(listener.heard[begin + heard :])
        return begin >= 0

    assert succeeds(is_exact, record_property)


@pytest.fixture
def echo(sound: dict[str, str]) -> Iterator[None]:
    """The speaker is heard in the microphone, 60 ms later and 10 dB weaker."""
    loop = ["load-module", "module-loopback", "source=vspk.monitor", "sink=vmic", "latency_msec=60"]
    module = subprocess.run(["pactl", *loop], capture_output=True, check=True).stdout.strip()
    listed = subprocess.run(
        ["pactl", "list", "short", "sink-inputs"], capture_output=True, check=True
    )
    (line,) = (row for row in listed.stdout.splitlines() if b"module-loopback" in row)
    subprocess.run(["pactl", "set-sink-input-volume", line.split()[0], "-10dB"], check=True)
    yield
    subprocess.run(["pactl", "unload-module", module], check=True)


def conversation(mode: Any) -> tuple[int, int]:
    """Return the interruptions and underruns of five seconds in which no caller speaks."""

    async def talk() -> tuple[int, int]:
        async with Simulator(TALKATIVE) as simulator:
            async with Client(simulator.api_key, simulator.url) as client:
                device = PyAudioDevice(mode=mode)
                async with client.call(simulator.agent_id, audio=device) as call:
                    await held(call, 5)
                return call.report.interruptions, device.underruns

    return asyncio.run(talk())


@pytest.mark.usefixtures("echo")
def test_an_agent_that_hears_itself(caplog: pytest.LogCaptureFixture) -> None:
    assert conversation("full")[0] >= 1
    assert caplog.text.count("the agent seems to hear itself") == 1
    caplog.clear()
    assert conversation("half")[0] == 0
    assert "hear itself" not in caplog.text


@pytest.mark.usefixtures("echo")
def test_cancelled_echo(
    caplog: pytest.LogCaptureFixture, capsys: Any, record_property: Any
) -> None:
    if not CAN_CANCEL:
        with pytest.raises(
            AudioDeviceError, match=r"Python 3.10 or later: pip install 'vatel\[aec"
        ):
            PyAudioDevice(mode="aec")
        return
    assert succeeds(is_undisturbed, record_property)
    assert "hear itself" not in caplog.text
    plain, cancelled = asyncio.run(echo_level("full")), asyncio.run(echo_level("aec"))
    with capsys.disabled():
        print(f"\necho {plain:.0f} dBFS, cancelled {cancelled:.0f}")
    assert plain - cancelled >= 20


def is_undisturbed() -> bool:
    """Return whether the agent was not interrupted; if it was, playback must have had underruns."""
    interruptions, underruns = conversation("aec")
    assert not interruptions or underruns
    return not interruptions


async def echo_level(mode: Any) -> float:
    device = PyAudioDevice(mode=mode)
    await device.start()
    device.play(SPEECH)
    captured = bytearray()
    while device.queued_ms:
        captured += await device.read()
    await device.close()
    return level(bytes(captured))


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
def test_a_call_ends_with_its_sound_server(
    blow: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def talk(server: int) -> float:
        async with Simulator(TALKATIVE) as simulator:
            async with Client(simulator.api_key, simulator.url) as client:
                with pytest.raises(AudioDeviceError):
                    async with client.call(simulator.agent_id, audio=PyAudioDevice()) as call:
                        async for message in call:
                            if message.type == "response_audio":
                                os.kill(server, blow)
                                break
                        started = time.monotonic()
                        async for _ in call:
                            pass
                return time.monotonic() - started

    with sound_server(tmp_path / "sound") as env:
        monkeypatch.setenv("PULSE_SERVER", env["PULSE_SERVER"])
        with leaves_nothing():  # while the server is still there, frozen
            took = asyncio.run(talk(int((tmp_path / "sound" / "pid").read_text())))
    assert took < 3 + 2  # the second number is for a busy machine


CALL = """
import asyncio, os
from vatel_rt import Client, PyAudioDevice

async def main():
    async with Client() as client:
        async with client.call(os.environ["VATEL_AGENT_ID"], audio=PyAudioDevice()) as call:
            print("open", flush=True)
            await call.wait()

try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("ended")
"""


@pytest.mark.parametrize("moment_ms", MOMENTS_MS)
def test_ctrl_c_ends_a_call(moment_ms: float) -> None:
    with running_simulator(scenario=TALKATIVE) as simulator:
        program = subprocess.Popen(
            [sys.executable, "-c", CALL],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "VATEL_API_KEY": simulator.api_key,
                "VATEL_AGENT_ID": simulator.agent_id,
                "VATEL_BASE_URL": simulator.url,
            },
        )
        assert program.stdout is not None
        assert program.stdout.readline() == "open\n"
        time.sleep(moment_ms / 1000)
        program.send_signal(signal.SIGINT)
        started = time.monotonic()
        assert program.communicate(timeout=60) == ("ended\n", "")
    assert time.monotonic() - started < 3 + 2  # the second number is for a busy machine


def test_hanging_up_while_the_agent_speaks(nothing_left: None) -> None:
    async def talk() -> float:
        async with Simulator(TALKATIVE) as simulator:
            async with Client(simulator.api_key, simulator.url) as client:
                async with client.call(simulator.agent_id, audio=PyAudioDevice()) as call:
                    async for message in call:
                        if message.type == "response_audio":
                            break
                    started = time.monotonic()
                return time.monotonic() - started

    assert asyncio.run(talk()) < 3 + 2  # the second number is for a busy machine
