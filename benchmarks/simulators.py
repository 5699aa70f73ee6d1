"""Topics about the simulator, which runs in a separate process; its callers run in this one."""

from __future__ import annotations

import asyncio
import resource
import time
import wave
from array import array
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles

from processes import simulator
from report import Figure, Target, Topic

from vatel import Client, Connection
from vatel.models.ws import ResponseAudio, SessionStarted
from vatel.simulator import Scenario, caller_clip
from vatel_rt.audio.pcm import BLOCK_BYTES, bytes_of, silence

KEY = "simulator-key"
QUIET = 100  # callers must not interrupt the agent
LATEST_MS, MAX_GROWTH_MB, ENDING_SECONDS = 100, 10, 30
PACE = f"simulator, calls at pace (p99 within {LATEST_MS} ms, nothing lost)"
DAY = "simulator, memory growth over a day of audio in one call"


def memory_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


class Caller:
    """One call: what it said and heard, and how late the agent's audio was."""

    def __init__(self, number: int, blocks: int) -> None:
        self.delay = number / 100  # calls begin one after the other
        self.heard, self.late_ms, self.id = b"", [0.0], ""
        marks = (array("h", [1 + at % QUIET, 1 + number % QUIET]) for at in range(blocks))
        self.blocks = [mark.tobytes() * (BLOCK_BYTES // 4) for mark in marks]

    async def call(self, client: Client, agent: str) -> None:
        await asyncio.sleep(self.delay)
        token, first = (await client.session.generate_token_async(agent)).token, 0.0
        async with client.connect(token) as connection:
            speaking = asyncio.create_task(self._speak(connection))
            async for message in connection:
                if isinstance(message, SessionStarted):
                    self.id = message.data.id
                elif isinstance(message, ResponseAudio):
                    first = first or time.monotonic()
                    due = first + len(self.heard) / bytes_of(1000)
                    self.late_ms.append((time.monotonic() - due) * 1000)
                    self.heard += message.data.pcm
                    if message.data.is_final:
                        break
            await speaking

    async def _speak(self, connection: Connection) -> None:
        due = time.monotonic()
        for block in self.blocks:
            await asyncio.sleep(due - time.monotonic())
            await connection.send_input_audio(block)
            due += 0.02

    def lost(self, client: Client, speech: bytes) -> bool:
        """Return whether audio is missing or out of order, at the caller or in the recording."""
        deadline = time.monotonic() + ENDING_SECONDS
        while client.calls.get(self.id).status != "ended" and time.monotonic() < deadline:
            time.sleep(0.1)  # the simulator may not have processed everything yet
        left = array("h", client.calls.download_recording(self.id)[44:])[0::2].tobytes()
        return self.heard != speech or left.replace(b"\0\0", b"") != b"".join(self.blocks)


def load(calls: int, clip: str) -> tuple[int, float]:
    """Hold calls at once; return how many lost audio, and the p99 of lateness in ms."""
    folder = str(Scenario.default().folder)
    with wave.open(str(Path(folder, clip))) as file:
        speech = file.readframes(file.getnframes())
    callers = [Caller(number, len(speech) // BLOCK_BYTES) for number in range(calls)]
    greeting = {"says": "one two three", "clip": clip}
    scenario = {"folder": folder, "greeting": greeting, "after_last_turn": "wait"}
    with simulator(scenario) as (_, url), Client(KEY, url) as client:
        agent = str(client.agents.list()[0].id)

        async def hold() -> None:
            await asyncio.gather(*(caller.call(client, agent) for caller in callers))

        asyncio.run(hold())
        lost = sum(caller.lost(client, speech) for caller in callers)
    return lost, quantiles([late for caller in callers for late in caller.late_ms], n=100)[98]


def at_pace(quick: bool) -> Iterator[Figure]:
    """Measure how many calls one simulator holds; each number twice."""
    held, note = 0, ""
    for calls in (5,) if quick else (50, 100, 200, 400):
        lost, late = min(load(calls, "hours.wav" if quick else "order.wav") for _ in range(2))
        if lost or late > LATEST_MS:
            note = f"with {calls}: p99 {late:.0f} ms, {lost} calls lost audio"
            break
        held = calls
    yield Figure(PACE, "vatel", "calls", [held], note, more_is_better=True)


def day(quick: bool) -> Iterator[Figure]:
    """Send 24 hours of speech and pauses through one call, as fast as the simulator accepts it."""
    hours, began = 0.2 if quick else 24, time.monotonic()
    turn = {"hears": "What are your opening hours?", "says": ""}
    scenario = {"greeting": {"says": ""}, "turns": [turn], "after_last_turn": "repeat"}
    with simulator(scenario) as (pid, url), Client(KEY, url) as client:
        used = asyncio.run(_send_hours(client, pid, hours))
    speed = hours * 3600 / (time.monotonic() - began)
    note = f"after the first tenth of {hours:g} hours, at {speed:.0f} times real time"
    yield Figure(DAY, "vatel", "MB", [used[-1] - used[len(used) // 10]], note)


async def _send_hours(client: Client, pid: int, hours: float) -> list[float]:
    """Return the simulator's memory after each of 20 parts of the call."""
    audio, second, used = caller_clip() + silence(2000), bytes_of(1000), []
    pieces = cycle([audio[at : at + second] for at in range(0, len(audio), second)])
    agent = str((await client.agents.list_async())[0].id)
    async with client.connect((await client.session.generate_token_async(agent)).token) as session:

        async def discard() -> None:
            async for _ in session:
                pass

        reading = asyncio.create_task(discard())
        for _ in range(20):
            for piece in islice(pieces, int(hours * 3600 / 20)):
                await session.send_input_audio(piece)
            used.append(memory_mb(pid))
        reading.cancel()
    return used


TOPICS: dict[str, Topic] = {
    "simulator": (at_pace, []),
    "simulator_day": (day, [Target(DAY, MAX_GROWTH_MB)]),
}
