"""A sound card while the program has 100 other calls."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import pytest
from test_portaudio import exact, opened, spoken_to
from virtual import SPEECH

from vatel_rt import Client, PyAudioDevice

pytestmark = [pytest.mark.usefixtures("sound"), pytest.mark.xdist_group("sound")]
CALLS = 100


@contextmanager
def simulator_process() -> Iterator[str]:
    """Run the simulator in another process, so that this one only has the calls to handle."""
    command = [sys.executable, "-m", "vatel.simulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


@pytest.mark.timeout(120)
def test_capture_is_complete_and_no_underrun_goes_uncounted(capsys: pytest.CaptureFixture) -> None:
    async def talk() -> tuple[bytes, PyAudioDevice]:
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(Client("simulator-key", url))
            agent = (await client.agents.list_async())[0].id
            for _ in range(CALLS):
                await stack.enter_async_context(client.call(agent))
            device = await stack.enter_async_context(opened())
            device.play(SPEECH)
            captured = await spoken_to(device, SPEECH)
            await device.drain()
        assert device.dropped == 0
        assert SPEECH in captured
        return captured, device

    with simulator_process() as url:
        complete = exact(talk)
    with capsys.disabled():
        print(f"\nbeside {CALLS} calls: {'exact' if complete else 'with counted underruns'}")
