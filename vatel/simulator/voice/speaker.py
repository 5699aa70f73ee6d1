"""The agent's voice: lines are sent as text and audio until they are heard or interrupted."""

from __future__ import annotations

from typing import Any, Optional

import anyio
import anyio.lowlevel

from vatel.simulator.platform.call_record import randomness
from vatel.simulator.scenario.keys import Line
from vatel.simulator.voice.agent import CallSetup, Send
from vatel.simulator.voice.playout import Playout
from vatel_rt.realtime.messages import ResponseAudio, ResponseText
from vatel_rt.realtime.payloads import ResponseTextData

MAX_TEXTS_PER_CHUNK = 20
"""Interim texts sent with one chunk of audio, so that a very long line is not sent word by word."""


class Speaker:
    """Sends the agent's lines, one at a time.

    Attributes:
        last_speech: when the caller last finished hearing a line, in seconds since the call began.
    """

    def __init__(self, setup: CallSetup, send: Send) -> None:
        self.last_speech = 0.0
        self._record = setup.record
        self._recording = setup.recording
        self._scenario = setup.scenario
        self._clock = setup.clock
        self._send = send
        self._chunks = randomness(setup.record.id, "chunks")
        self._playout: Optional[Playout] = None
        self._spoken_until = 0.0
        self._scope = anyio.CancelScope()
        self._is_interruptible = True

    def interrupt(self) -> bool:
        """Stop the current line; return False if there is none, or if it has no barge-in.

        After an interruption, nothing more of the line is sent.
        """
        playout = self._playout
        if playout is None or not self._is_interruptible or self._clock() >= playout.until:
            return False
        playout.cut(self._clock())
        self._scope.cancel()
        return True

    async def say(self, turn_id: str, line: Line, pcm: bytes) -> None:
        """Send a line, and wait until the caller has heard it or interrupts."""
        begin = max(self._clock(), self._spoken_until)
        playout = Playout(line.says, pcm, begin, self._recording, line.interim)
        row = self._record.add("message", turn_id, role="assistant", message=playout.text)
        barge_in = self._scenario.barge_in if line.barge_in is None else line.barge_in
        self._is_interruptible = barge_in
        try:
            with anyio.CancelScope() as self._scope:
                self._playout = playout
                await self._deliver(playout, turn_id, line)
                if self._scenario.delivery.speed != "max":
                    await self._sleep_until(playout.until)
                self._playout = None
        finally:  # also when the call ends during the line
            self._finish(playout, row)
        self.last_speech = self._clock()
        if playout.is_cut:
            self._record.add("interruption", turn_id)

    def _finish(self, playout: Playout, row: dict[str, Any]) -> None:
        if self._playout and self._clock() < playout.until:
            playout.cut(self._clock())
        self._playout = None
        self._spoken_until = playout.until
        row.update(message=playout.heard, durationMs=playout.heard_ms)

    async def _deliver(self, playout: Playout, turn_id: str, line: Line) -> None:
        sent, delivery, due = 0, self._scenario.delivery, self._clock()
        for chunk in playout.chunks(delivery, self._chunks, line.pauses):
            due += chunk.wait
            await self._sleep_until(due)
            for step in range(max(sent, chunk.steps - MAX_TEXTS_PER_CHUNK) + 1, chunk.steps + 1):
                await self._send_text(turn_id, playout.interim(step), is_final=False)
            sent = chunk.steps
            if chunk.is_final and playout.words:
                await self._send_text(turn_id, playout.text, is_final=True)
            await anyio.lowlevel.checkpoint_if_cancelled()
            playout.add_chunk(chunk, self._clock())
            await self._send(ResponseAudio.of(turn_id, chunk.pcm, is_final=chunk.is_final))
            due += 0 if delivery.speed == "max" else chunk.seconds / delivery.speed
        await self._sleep_until(due)

    async def _sleep_until(self, time: float) -> None:
        await anyio.sleep(max(0, time - self._clock()))

    async def _send_text(self, turn_id: str, text: str, *, is_final: bool) -> None:
        # The interruption may have come while a sleep or a send was about to return.
        await anyio.lowlevel.checkpoint_if_cancelled()
        await self._send(ResponseText(ResponseTextData(turn_id, text, is_final)))
