"""Calls over a failing network: through a proxy in another process, and with lost packets."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from bad_network import BadNetwork, bad_network
from scenarios import GREETING, HOURS, scenario

from vatel.simulator import Scenario, Simulator
from vatel_rt import Client, WavDevice
from vatel_rt.audio.wav import read_wav
from vatel_rt.call.call import Call
from vatel_rt.errors import APIConnectionError
from vatel_rt.realtime.messages import ResponseAudio
from vatel_rt.realtime.options import ConnectionOptions

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]

HERE = Path(__file__).parent
OPTIONS = ConnectionOptions(ping_interval=0.2, ping_timeout=3, close_timeout=1)
TALKS = {"greeting": GREETING, "turns": [], "goodbye": HOURS}
SLOWLY = {"speed": 1, "chunk_max_ms": 40}


@asynccontextmanager
async def call_through(
    spoken: Scenario, device: WavDevice, options: ConnectionOptions = OPTIONS
) -> AsyncIterator[tuple[Call, BadNetwork, Simulator]]:
    async with Simulator(spoken) as simulator:
        with bad_network(simulator.url) as network:
            async with Client(simulator.api_key, network.url) as client:
                call = client.call(simulator.agent_id, audio=device, options=options)
                async with call:
                    yield call, network, simulator


async def first_audio(call: Call) -> None:
    async for message in call:
        if isinstance(message, ResponseAudio):
            return


@pytest.mark.parametrize(
    ("failure", "reason"), [("stop", "ping_timeout"), ("reset", "connection_lost")]
)
async def test_a_lost_network_ends_the_call(failure: str, reason: str) -> None:
    spoken = scenario(**TALKS, delivery=SLOWLY)
    async with call_through(spoken, WavDevice()) as (call, network, _):
        await first_audio(call)
        network.tell(failure)
        end = await call.wait()
        assert (end.reason, end.by, end.clean, end.retryable) == (reason, "network", False, True)
        assert end.session_id == call.report.session_id


async def test_a_stall_loses_no_audio_of_the_agent(tmp_path: Path) -> None:
    spoken = scenario(greeting=GREETING, turns=[], delivery=SLOWLY)
    device = WavDevice(output=tmp_path / "heard.wav")
    tolerant = ConnectionOptions(ping_interval=0.5, ping_timeout=10)
    async with call_through(spoken, device, tolerant) as (call, network, _):
        await first_audio(call)
        network.tell("stop")
        before = call.report.duration_ms
        while call.report.duration_ms < before + 2000:
            await device_block(device)
        network.tell("go")
        end = await call.wait()
    assert end.clean
    clip = read_wav(Path(spoken.folder, "greeting.wav"))
    heard = read_wav(tmp_path / "heard.wav").replace(bytes(2), b"")
    assert heard == clip.replace(bytes(2), b"")  # complete, apart from pauses


async def device_block(device: WavDevice) -> None:
    """Wait until the device has processed another block."""
    played, monitor = asyncio.Event(), device.monitor

    def tell(captured: bytes, sounded: bytes) -> None:
        monitor(captured, sounded)
        played.set()

    device.monitor = tell
    await played.wait()
    device.monitor = monitor


async def test_no_network() -> None:
    async with Simulator() as simulator:
        with bad_network(simulator.url) as network:
            network.tell("refuse")
            async with Client(simulator.api_key, network.url, max_retries=0) as client:
                with pytest.raises(APIConnectionError):
                    async with client.call(simulator.agent_id):
                        pass


async def test_lost_packets_only_cost_time(tmp_path: Path) -> None:
    spoken = scenario(greeting=GREETING, turns=[])
    device = WavDevice(output=tmp_path / "heard.wav")
    async with call_through(spoken, device, ConnectionOptions()) as (call, network, _):
        network.tell("jittery")
        end = await call.wait()
    assert end.clean
    clip = read_wav(Path(spoken.folder, "greeting.wav"))
    heard = read_wav(tmp_path / "heard.wav").replace(bytes(2), b"")
    assert heard == clip.replace(bytes(2), b"")


LOSSES = {
    "netem": "tc qdisc add dev lo root netem loss 5%",
    "iptables": "iptables -A INPUT -i lo -m statistic --mode random --probability 0.05 -j DROP",
}


def _possible_losses() -> list[str]:
    """Return the tools with which this machine can drop packets in a network namespace."""
    if os.name != "posix" or not shutil.which("unshare"):
        return []
    found = []
    for name, command in LOSSES.items():
        alone = ["unshare", "-n", "sh", "-c", f"ip link set lo up && {command}"]
        if subprocess.run(alone, capture_output=True, check=False).returncode == 0:
            found.append(name)
    return found


if WAYS := _possible_losses():  # no skip: elsewhere the test with jitter covers this

    @pytest.mark.parametrize("way", WAYS)
    def test_a_call_in_a_namespace_that_loses_one_packet_in_twenty(way: str) -> None:
        program = (HERE / "lossy_call.py").as_posix()
        lossy = f"ip link set lo up && {LOSSES[way]} && exec {sys.executable} {program}"
        done = subprocess.run(
            ["unshare", "-n", "sh", "-c", lossy], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, "agent_hung_up complete\n"), done.stderr
