"""Simultaneous calls against one simulator: its pace, its memory, and whether anything is lost.

The simulator runs in a process of its own, the callers in this one. Every caller sends 20 ms
blocks at real pace, each with a number in it, while the agent speaks at the scenario's pace.
Afterwards each recording is compared with what was sent, and what each caller heard with what
the agent said.

    python scripts/bench/simulator_load.py --calls 200 --seconds 30

Lateness is that of the agent's audio: how long after its place in the scenario's schedule a
message came, seen from the first message of its utterance. Exit code 1: something was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import time
import wave
from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import httpx
from websockets.asyncio.client import connect

RATE, BLOCK = 24_000, 480
SPEED = 1
"""Of the agent's audio, times real time: it speaks as long as the callers do."""
QUIET = 100
"""Amplitude of what the callers send: below speech, so that nobody interrupts."""


@dataclass
class Caller:
    """One call: what was sent and heard."""

    number: int
    id: str = ""
    sent: int = 0
    heard: list[bytes] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    send_late: list[float] = field(default_factory=list)

    def block(self, index: int) -> bytes:
        """The block `index` of this caller; no two are alike."""
        mark = [index % QUIET, index // QUIET % QUIET, self.number % QUIET, self.number // QUIET]
        return array("h", mark * (BLOCK // 4)).tobytes()


async def call(caller: Caller, url: str, key: str, agent: str, seconds: float) -> None:
    """Hold one call for `seconds`."""
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}) as rest:
        answer = await rest.post("/v1/session-token", json={"agent_id": agent}, timeout=60)
    address = f"{url.replace('http', 'ws')}/v1/connection?token={answer.json()['token']}"
    async with connect(address, compression=None, open_timeout=60) as socket:
        listening = asyncio.create_task(listen(caller, socket))
        start = time.monotonic()
        for index in range(int(seconds * RATE / BLOCK)):
            due = start + index * BLOCK / RATE
            await asyncio.sleep(max(0, due - time.monotonic()))
            caller.send_late.append(time.monotonic() - due)
            audio = b64encode(caller.block(index)).decode()
            await socket.send(json.dumps({"type": "input_audio", "data": {"audio": audio}}))
            caller.sent += 1
        await asyncio.wait({listening}, timeout=30)  # the agent says its last
        listening.cancel()


async def listen(caller: Caller, socket: object) -> None:
    """Take what the agent sends, until its utterance is complete."""
    first, before = 0.0, 0
    async for text in socket:  # type: ignore[attr-defined]
        message = json.loads(text)
        if message["type"] == "session_started":
            caller.id = message["data"]["id"]
        elif message["type"] == "response_audio":
            pcm = b64decode(message["data"]["audio"])
            now = time.monotonic()
            first = first or now
            caller.late.append(now - first - before / SPEED / RATE)
            caller.heard.append(pcm)
            before += len(pcm) // 2
            if message["data"]["is_final"]:
                return


@contextmanager
def simulator(scenario: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A simulator in a process of its own; gives it and its URL."""
    command = [sys.executable, "-m", "vatel.simulator", "--port", "0"]
    command += ["--scenario", str(scenario)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process, process.stdout.readline().split()[-1]  # type: ignore[union-attr]
    finally:
        process.terminate()
        process.wait()


def write_scenario(folder: Path, seconds: float) -> bytes:
    """A scenario whose agent speaks for `seconds` of playing time; gives what it says."""
    noise = random.Random(1)  # noqa: S311
    speech = array("h", (noise.randrange(-3000, 3000) for _ in range(int(seconds * RATE))))
    with wave.open(str(folder / "speech.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(speech.tobytes())
    text = " ".join(f"word{n}" for n in range(int(seconds * 2)))
    greeting = {"says": text, "clip": "speech.wav"}
    rules = {"greeting": greeting, "after_last_turn": "wait", "delivery": {"speed": SPEED}}
    rules["agent"] = {"timeout_settings": {"default_timeout": 600}}
    (folder / "scenario.yaml").write_text(json.dumps(rules))
    return speech.tobytes()


def memory(pid: int) -> tuple[float, float]:
    """Resident memory of a process now and at its most, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(facts["VmRSS"].split()[0]) / 1024, int(facts["VmHWM"].split()[0]) / 1024


def processor_seconds(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def check(caller: Caller, rest: httpx.Client, speech: bytes) -> list[str]:
    """What was lost or came in another order in a call."""
    wrong = []
    if b"".join(caller.heard) != speech:
        wrong.append(f"caller {caller.number} did not hear what was said")
    while rest.get(f"/v1/calls/{caller.id}").json()["status"] != "ended":
        time.sleep(0.1)  # what was sent is not all heard yet
    answer = rest.get(f"/v1/calls/{caller.id}/recording", timeout=60)
    left = array("h", answer.content[44:])[0::2].tobytes()
    missing, end = 0, 0
    for index in range(caller.sent):  # a pause of the network is silence in between
        found = left.find(caller.block(index), end)
        missing += found < 0
        end = max(end, found + 2 * BLOCK)
    if missing:
        wrong.append(f"caller {caller.number}: {missing} of {caller.sent} blocks not in order")
    return wrong


def p(values: list[float]) -> str:
    """Median, 99th percentile and maximum, in milliseconds."""
    cuts = quantiles(values, n=100)
    return f"p50 {cuts[49] * 1000:.1f}  p99 {cuts[98] * 1000:.1f}  max {max(values) * 1000:.1f} ms"


async def hold(callers: list[Caller], url: str, agent: str, seconds: float) -> None:
    """Hold all the calls at once, begun within two seconds."""

    async def later(caller: Caller) -> None:
        await asyncio.sleep(2 * caller.number / len(callers))
        await call(caller, url, "simulator-key", agent, seconds)

    await asyncio.gather(*map(later, callers))


@dataclass
class Load:
    """What a number of calls did to the simulator; memory in MB, `busy` in seconds of a core."""

    callers: list[Caller]
    idle: float
    most: float
    busy: float
    wrong: list[str]

    @property
    def late(self) -> list[float]:
        """Lateness of the agent's audio, in seconds."""
        return [late for caller in self.callers for late in caller.late]

    @property
    def send_late(self) -> list[float]:
        """Lateness of what the callers sent, in seconds."""
        return [late for caller in self.callers for late in caller.send_late]


def load(calls: int, seconds: float) -> Load:
    """Hold so many calls at once against a new simulator."""
    callers = [Caller(number) for number in range(calls)]
    with TemporaryDirectory() as folder:
        speech = write_scenario(Path(folder), SPEED * seconds)
        with simulator(Path(folder, "scenario.yaml")) as (process, url):
            key = {"Authorization": "Bearer simulator-key"}
            with httpx.Client(base_url=url, headers=key) as rest:
                agent = rest.get("/v1/agents").json()[0]["id"]
                idle, _ = memory(process.pid)
                busy = -processor_seconds(process.pid)
                asyncio.run(hold(callers, url, agent, seconds))
                busy += processor_seconds(process.pid)
                _, most = memory(process.pid)
                wrong = [line for caller in callers for line in check(caller, rest, speech)]
    return Load(callers, idle, most, busy, wrong)


def main() -> int:
    """Run it; gives the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    found = load(options.calls, options.seconds)
    print(f"calls                  {options.calls} for {options.seconds:g} s")
    print(f"messages to agent      {sum(c.sent for c in found.callers)}")
    print(f"audio messages from it {sum(len(c.heard) for c in found.callers)}")
    print(f"lateness, from agent   {p(found.late)}")
    print(f"lateness of our sends  {p(found.send_late)}")
    print(f"processor              {found.busy / options.seconds:.2f} of a core")
    grown = (found.most - found.idle) / options.calls
    print(f"memory per call        {grown:.2f} MB ({found.idle:.0f} -> {found.most:.0f})")
    print("\n".join(found.wrong[:20]) or "nothing lost, nothing reordered")
    return bool(found.wrong)


if __name__ == "__main__":
    sys.exit(main())
