"""Hold one call and print how it ended, for `test_network.py`, which starts it in a bad network."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from scenarios import GREETING, scenario

from vatel.simulator import Simulator
from vatel_rt import Client, WavDevice
from vatel_rt.audio.wav import read_wav


async def main() -> None:
    spoken = scenario(greeting=GREETING, turns=[])
    with tempfile.TemporaryDirectory() as folder:
        heard = Path(folder, "heard.wav")
        async with Simulator(spoken) as simulator:
            async with Client(simulator.api_key, simulator.url) as client:
                device = WavDevice(output=heard)
                async with client.call(simulator.agent_id, audio=device) as call:
                    end = await call.wait()
        complete = read_wav(Path(spoken.folder, "greeting.wav")) in read_wav(heard)
    print(end.reason, "complete" if complete else "with gaps")


asyncio.run(main())
