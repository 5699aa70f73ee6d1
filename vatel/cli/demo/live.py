"""Everything the demo does beside the messages of a call: keys, meters, and answer times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from vatel.cli.demo.keys import Pressed, keyboard
from vatel.cli.demo.sound import Device
from vatel.cli.demo.view import Screen
from vatel_rt.audio.levels import Level
from vatel_rt.call.call import Call

TICK_SECONDS = 0.1
CELLS = 10
CELL_DB = 6
"""Level of one cell in dB: a meter shows the upper 60 dB."""


class Live:
    """Shows the state of a call at a terminal, and handles keys.

    Args:
        call: a call that has been entered.
        device: the audio device of the call.
        screen: shows the call.
        meter: whether to show meters, if the screen is a terminal.
    """

    def __init__(self, call: Call, device: Device, screen: Screen, *, meter: bool) -> None:
        self._call = call
        self._device = device
        self._screen = screen
        self._meter = meter
        self._answers = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run inside the context: `m` mutes and unmutes, `q` hangs up."""
        with keyboard() as pressed:
            if pressed is not None:
                self._screen.hint("Keys: m mutes the microphone, q hangs up.")
            running = asyncio.create_task(self._run(pressed or str))
            try:
                yield
            finally:
                running.cancel()
                await asyncio.wait({running})
                self._screen.settle()
            if not running.cancelled():
                running.result()

    async def _run(self, pressed: Pressed) -> None:
        while True:
            for key in pressed():
                self._press(key)
            answers = self._call.report.answer_ms
            for ms in answers[self._answers :]:
                self._screen.answered(ms)
            self._answers = len(answers)
            if self._meter:
                self._screen.status(self._status())
            await asyncio.sleep(TICK_SECONDS)

    def _press(self, key: str) -> None:
        if key == "m":
            self._call.mute(not self._device.muted)
            self._screen.muted(self._device.muted)
        elif key == "q":
            self._call.hang_up()

    def _status(self) -> str:
        levels = self._device.levels
        speaking = [
            ("caller", self._screen.caller_speaks),
            ("agent", self._device.queued_ms > 0),
        ]
        speakers = " and ".join(who for who, speaks in speaking if speaks)
        microphone = "MUTED" if self._device.muted else "mic"
        meters = f"{microphone:<5} {meter(levels.microphone)}  speaker {meter(levels.speaker)}"
        return f"{meters}  {speakers}"


def meter(level: Level) -> str:
    """Return a level as a bar, with a mark at the peak, and in dB below full scale."""
    bar = ["#" if cell < _cells(level.rms) else "-" for cell in range(CELLS)]
    if _cells(level.peak):
        bar[_cells(level.peak) - 1] = "|"
    return f"[{''.join(bar)}] {level.rms:4.0f} dB"


def _cells(dbfs: float) -> int:
    return max(0, min(CELLS, CELLS + round(dbfs / CELL_DB)))
