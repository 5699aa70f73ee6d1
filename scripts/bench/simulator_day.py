"""A day of audio through one session of a simulator, as fast as it goes: does its memory stay flat?

The simulator runs in a process of its own. One caller sends sentences and pauses, in frames of
a second, until the hours asked for are through; each hour is a line with the memory then.

    python scripts/bench/simulator_day.py --hours 24

Exit code 1: after the first tenth of the hours the memory grew by more than 10 MB.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from simulator_load import memory, simulator
from websockets.asyncio.client import connect

from vatel.simulator import caller_clip
from vatel_rt.audio.pcm import bytes_of, silence

SECOND = bytes_of(1000)
SCENARIO = {
    "greeting": {"says": ""},
    "turns": [{"hears": "What are your opening hours?", "says": ""}],
    "after_last_turn": "repeat",
}
ALLOWED_MB = 10


def frames() -> Iterator[str]:
    """The caller's speech and pauses without end, a second at a time."""
    speech = caller_clip() + silence(2000)
    pieces = [speech[at : at + SECOND] for at in range(0, len(speech), SECOND)]
    texts = [b64encode(piece).decode() for piece in pieces]
    for text in cycle(texts):
        yield json.dumps({"type": "input_audio", "data": {"audio": text}})


async def call(url: str, token: str, pid: int, hours: int) -> list[float]:
    """Hold the call; gives the memory after each hour."""
    used = []
    address = f"{url.replace('http', 'ws')}/v1/connection?token={token}"
    async with connect(address, compression=None, max_queue=None) as socket:
        reading = asyncio.create_task(_drop(socket))
        source, began, audio = frames(), time.monotonic(), 0.0
        for hour in range(1, hours + 1):
            while audio < 3600 * hour:
                await socket.send(next(source))
                audio += 1
            used.append(memory(pid)[0])
            speed = audio / (time.monotonic() - began)
            print(f"hour {hour:3}  {used[-1]:7.1f} MB  {speed:6.0f} x real time", flush=True)
        reading.cancel()
    return used


async def _drop(socket: object) -> None:
    async for _ in socket:  # type: ignore[attr-defined]
        pass


def main() -> int:
    """Run it; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=int, default=24)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        scenario = Path(folder, "scenario.yaml")
        scenario.write_text(json.dumps(SCENARIO))
        with simulator(scenario) as (process, url):
            key = {"Authorization": "Bearer simulator-key"}
            with httpx.Client(base_url=url, headers=key) as rest:
                agent = rest.get("/v1/agents").json()[0]["id"]
                token = rest.post("/v1/session-token", json={"agent_id": agent}).json()["token"]
            used = asyncio.run(call(url, token, process.pid, options.hours))
    grown = used[-1] - used[len(used) // 10]
    print(f"grown since hour {len(used) // 10 + 1}: {grown:.1f} MB")
    return grown > ALLOWED_MB


if __name__ == "__main__":
    sys.exit(main())
