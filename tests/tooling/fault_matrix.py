"""How a call ends for each fault of the simulator in each phase of the call, as a table.

    python tests/tooling/fault_matrix.py          # prints the table
    python tests/tooling/fault_matrix.py --write  # writes it into docs/faults.md

Each cell is a separate call; the fault is set when the call reaches the phase. The tests make the
same calls and compare them with the page.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import msgspec

from vatel import Client, Tools
from vatel.simulator import Scenario, Simulator
from vatel_rt import WavDevice
from vatel_rt.audio.pcm import bytes_of, samples_of
from vatel_rt.errors import VatelError
from vatel_rt.realtime.messages import ResponseAudio, SpeechStarted
from vatel_rt.realtime.options import ConnectionOptions

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
BEGIN = "<!-- made by tests/tooling/fault_matrix.py --write -->\n"

PHASES = ["handshake", "before it starts", "caller speaks", "tool runs", "agent speaks", "closing"]
FAULTS: dict[str, dict[str, Any]] = {
    "no token (503)": {"status": 503, "path": "/v1/session-token"},
    "expired token": {"expired_tokens": True},
    "refused (403)": {"handshake_status": 403},
    "refused once (503)": {"handshake_status": 503, "handshakes": 1},
    "no answer": {"handshake_delay": 60},
    "connection reset": {"drop_after_seconds": 0},
    "closed with 1001": {"drop_after_seconds": 0, "close_code": 1001},
    "closed with 1011": {"drop_after_seconds": 0, "close_code": 1011, "close_reason": "overload"},
    "closed with 4001": {"drop_after_seconds": 0, "close_code": 4001},
    "black hole": {"stall": 60, "no_pong": True},
    "stall of half a second": {"stall": 0.5},
    "frame cut in the middle": {"cut_frames": 1},
    "frame garbled": {"garble_frames": 1},
    "binary frame": {"binary_frames": 1},
    "frame of 10 MB": {"big_frames": 1},
    "audio is silence": {"silence": True},
    "no audio": {"mute": True},
    "audio twice": {"duplicate_audio": True},
    "audio out of order": {"reorder_audio": True},
    "reads slowly": {"slow_reading": 0.01},
}
# Short limits, so that timeouts are noticed soon.
OPTIONS = ConnectionOptions(
    open_timeout=5, close_timeout=1, ping_interval=0.4, ping_timeout=3, attempts=2
)
SCENARIO = {
    "greeting": {"says": ""},
    "turns": [
        {
            "hears": "What are your opening hours?",
            "tool": {"name": "hours", "timeout": 3},
            "says": "We are open from nine to five.",
            "clip": "hours.wav",
        }
    ],
    "delivery": {"thinking_ms": 0, "speed": 8, "chunk_max_ms": 100},
    "agent": {"timeout_settings": {"default_timeout": 15}},  # seconds, for a busy machine
    "caller": [{"at": 0.3, "says": "What are your opening hours?", "clip": "caller_hours.wav"}],
}
AUDIBLE = 330  # amplitude
CONCURRENT = 10  # calls
MAX_PLAYED = bytes_of(2000)  # of one piece of audio; 10 MB are two and a half minutes


class Ear(WavDevice):
    """A device that records which blocks were audible."""

    def __init__(self, speech: bytes) -> None:
        super().__init__(speech)
        self.audible: list[bool] = []

    def play(self, pcm: bytes) -> None:
        """Play the beginning of `pcm`."""
        super().play(pcm[:MAX_PLAYED])

    def _emit(self, block: bytes) -> None:
        super()._emit(block)
        self.audible.append(max(samples_of(block)) > AUDIBLE)


@dataclass
class Cell:
    """One call.

    Attributes:
        outcome: how it ended, as shown in the table.
        reached: whether it reached the phase.
        heard_after: audible blocks that were played after it had ended.
    """

    fault: str
    phase: str
    outcome: str = ""
    reached: bool = False
    heard_after: int = 0


async def run(cell: Cell) -> Cell:
    """Make the call of a cell."""
    scenario = msgspec.convert({**SCENARIO, "folder": Scenario.default().folder}, Scenario)
    faults = dict(FAULTS[cell.fault])
    if cell.phase == "before it starts" and "drop_after_seconds" in faults:
        faults["drop_after_messages"] = faults.pop("drop_after_seconds")
    async with Simulator(scenario) as simulator:

        def reach(phase: str) -> None:
            if phase == cell.phase:
                cell.reached = True
                simulator.faults.set(**faults)

        if cell.phase == "handshake" and "handshake_delay" not in faults:
            simulator.faults.handshake_delay = 0.2
        reach("handshake")
        reach("before it starts")
        device = Ear(scenario.caller_audio())
        async with Client(simulator.api_key, simulator.url) as client:
            try:
                await _hold(client, simulator.agent_id, device, reach, cell)
            except VatelError as error:
                cell.outcome = cell.outcome or f"`{type(error).__name__}`"
    return cell


async def _hold(
    client: Client, agent_id: str, device: Ear, reach: Callable[[str], None], cell: Cell
) -> None:
    tools = Tools()

    @tools.tool
    async def hours() -> str:
        reach("tool runs")
        return "nine to five"

    async with client.call(agent_id, audio=device, tools=tools, options=OPTIONS) as call:
        reading = asyncio.create_task(_read(call, reach))
        end = await call.wait()
        before = len(device.audible)
        await asyncio.wait({reading})
        reading.exception()
        cell.outcome = f"`{end.reason}`" + (f" {end.code}" if end.code and not end.clean else "")
    cell.heard_after = sum(device.audible[before:])


async def _read(call: Any, reach: Callable[[str], None]) -> None:
    speaking = False
    async for message in call:
        if isinstance(message, SpeechStarted):
            reach("caller speaks")
        elif isinstance(message, ResponseAudio):
            if not speaking:
                reach("agent speaks")
            speaking = True
            if message.data.is_final:
                reach("closing")


async def cells() -> list[Cell]:
    """Make all calls, some of them at the same time."""
    limit = asyncio.Semaphore(CONCURRENT)

    async def one(cell: Cell) -> Cell:
        async with limit:
            return await run(cell)

    return await asyncio.gather(*(one(Cell(fault, phase)) for fault in FAULTS for phase in PHASES))


def table(found: list[Cell]) -> str:
    """Return the cells as a Markdown table."""
    outcomes = {(cell.fault, cell.phase): cell.outcome for cell in found}
    lines = [["fault", *PHASES], ["---"] * (len(PHASES) + 1)]
    lines += [[fault, *(outcomes[fault, phase] for phase in PHASES)] for fault in FAULTS]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write it into docs/faults.md")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    options = parser.parse_args()
    text = table(asyncio.run(cells()))
    if options.write:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(page.partition(BEGIN)[0] + BEGIN + text, encoding="utf-8")
    else:
        print(text, end="")
