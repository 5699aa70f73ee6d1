"""The agent of one call: it follows the scenario, and speaks."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Callable, Optional

import anyio
import anyio.lowlevel
import msgspec

from vatel.simulator.platform.call_record import CallRecord, Reason, new_id, now, randomness, stamp
from vatel.simulator.platform.recording import Recording
from vatel.simulator.scenario.keys import Line, Turn
from vatel.simulator.scenario.scenario import Scenario
from vatel.simulator.voice.frame_faults import Message
from vatel.simulator.voice.playout import Playout
from vatel.simulator.voice.script import Script, Utterance
from vatel.simulator.voice.speech import Speech
from vatel.simulator.voice.tool_calls import PendingTools, chosen
from vatel_rt.realtime.messages import ResponseAudio, ResponseText, UnknownMessage
from vatel_rt.realtime.payloads import ResponseTextData

MOST_UNANSWERED = 100
MOST_TEXTS_AT_ONCE = 20
"""Texts that come with one piece of audio: a book as a first message is not sent word by word."""
DEFAULT_TIMEOUT, LONGEST_TIMEOUT = 20, 86_400


@dataclass(frozen=True)
class CallSetup:
    """What a call is held with.

    Attributes:
        profile: the agent, as the REST side shows it.
        greeting: what it says first.
    """

    record: CallRecord
    recording: Recording
    scenario: Scenario
    speech: Speech
    profile: dict[str, Any]
    greeting: str


class Agent:
    """Says what the scenario says, when it is its turn.

    Args:
        send: sends a message to the caller.
        clock: seconds since the call's start.

    Attributes:
        tools: the tool calls it waits for.
        listening_to: what the caller is saying right now, if anything.
        quiet: set once the caller has heard all that was said; another one for each text.
    """

    def __init__(
        self,
        setup: CallSetup,
        send: Callable[[Message], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self.tools = PendingTools(setup.record)
        self.listening_to: Optional[Utterance] = None
        self.quiet = anyio.Event()
        self._setup = setup
        self._scenario = setup.scenario
        self._send = send
        self._clock = clock
        timeouts = setup.profile.get("timeout_settings", {})
        self._timeout = min(timeouts.get("default_timeout") or DEFAULT_TIMEOUT, LONGEST_TIMEOUT)
        # Apart, since the order in which both sides take from them depends on time.
        self._chunks = randomness(setup.record.id, "chunks")
        self._ids = randomness(setup.record.id, "turns of the agent")
        self._callers_ids = randomness(setup.record.id, "turns of the caller")
        self._script = Script(setup.scenario)
        self._unanswered: deque[Utterance] = deque(maxlen=MOST_UNANSWERED)
        self._changed = anyio.Event()
        self._last_speech = 0.0
        self._playout: Optional[Playout] = None
        self._spoken_until = 0.0
        self._speaking = anyio.CancelScope()
        self._lets_interrupt = True

    def caller_started(self) -> tuple[Utterance, bool]:
        """The caller begins to speak: what will be heard, and whether it is an interruption.

        After an interruption nothing more of the interrupted turn is sent.
        """
        turn_id = new_id(self._callers_ids)
        self.listening_to = Utterance(self._script.begin(), turn_id, stamp(now()))
        playout = self._playout
        if playout is None or not self._lets_interrupt or self._clock() >= playout.until:
            return self.listening_to, False
        playout.cut(self._clock())
        self._speaking.cancel()
        return self.listening_to, True

    def caller_goes_on(self, utterance: Utterance, secs: float) -> Optional[str]:
        """The caller has spoken for so long: the interim transcript that is due, if one is."""
        utterance.steps += 1
        utterance.turn = self._script.during(utterance.turn, secs)
        return utterance.interim() if utterance.turn or not self._script.by_length else None

    def caller_ends(self, utterance: Utterance, secs: float) -> None:
        """The caller has spoken for so long and stopped: now it is known what was said."""
        utterance.turn = self._script.end(utterance.turn, secs)

    def caller_stopped(self, utterance: Utterance) -> None:
        """The caller has said it all."""
        columns = {"role": "user", "message": utterance.text, "createdAt": utterance.began}
        self._setup.record.add("message", utterance.turn_id, **columns)
        self.listening_to = None
        self._last_speech = self._clock()
        self._unanswered.append(utterance)
        self._changed.set()

    async def converse(self) -> Reason:
        """Hold the conversation; gives the reason why it is over."""
        with anyio.move_on_after(self._scenario.hang_up_after):
            if not await self._talk():
                return "silence_timeout"
            if self._scenario.goodbye:
                await self._say(new_id(self._ids), self._scenario.goodbye)
        return "agent_hangup"

    async def _talk(self) -> bool:
        """Greet and answer; gives whether it is for the agent to hang up."""
        greeting = self._greeting()
        await self._say(new_id(self._ids), greeting)
        if greeting.then:
            return True
        ends = self._scenario.after_last_turn == "hang_up" and not self._script.by_length
        for _ in self._scenario.turns if ends else repeat(None):
            utterance = await self._next_utterance()
            if utterance is None:
                return False
            if utterance.turn and await self._answer(utterance, utterance.turn):
                return True
        return True

    def _greeting(self) -> Line:
        line, says = self._scenario.greeting, self._setup.greeting
        if says == line.says:
            return line
        return msgspec.structs.replace(line, says=says, clip=None, interim=None)

    async def _next_utterance(self) -> Optional[Utterance]:
        """The caller's next utterance; None if nothing is said for too long."""
        while not self._unanswered:
            patience = self._last_speech + self._timeout - self._clock()
            if patience <= 0 and not self.listening_to:
                return None
            with anyio.move_on_after(max(patience, 0.1)):
                await self._change()
        return self._unanswered.popleft()

    async def _change(self) -> None:
        self._changed = anyio.Event()
        await self._changed.wait()

    async def _answer(self, utterance: Utterance, turn: Turn) -> bool:
        """Do what a turn says; gives whether the agent hangs up then."""
        line: Line = turn
        if turn.tools:
            line = chosen(turn, await self.tools.ask(turn.tools, utterance.turn_id, self._send))
        delay = self._scenario.delivery.thinking_ms
        await anyio.sleep((delay if line.thinking_ms is None else line.thinking_ms) / 1000)
        if turn.echo:
            line = msgspec.structs.replace(line, says=line.says or turn.hears)
        await self._say(utterance.turn_id, line, utterance.audio)
        return line.then is not None

    async def _say(self, turn_id: str, line: Line, pcm: Optional[bytes] = None) -> None:
        """Say a line (`pcm`, if given), until the caller has heard it or interrupts."""
        for raw in line.send:
            await self._send(UnknownMessage(raw.type, raw.data))
        if not (line.says.strip() or line.clip or pcm):
            return
        self.quiet = anyio.Event()
        if pcm is None:
            pcm = await self._setup.speech.pcm(line.says, line.clip)
        while self.listening_to:  # nobody begins to speak while the other one speaks
            await self._change()
        begin = max(self._clock(), self._spoken_until)
        playout = Playout(line.says, pcm, begin, self._setup.recording, line.interim)
        row = self._setup.record.add("message", turn_id, role="assistant", message=playout.text)
        self._lets_interrupt = self._scenario.barge_in if line.barge_in is None else line.barge_in
        try:
            with anyio.CancelScope() as self._speaking:
                self._playout = playout
                await self._deliver(playout, turn_id, line)
                if self._scenario.delivery.speed != "max":
                    await self._sleep_until(playout.until)
                self._playout = None
        finally:  # also when the call ends in the middle of it
            self._hush(playout, row)
        self._last_speech = self._clock()
        if playout.is_cut:
            self._setup.record.add("interruption", turn_id)

    def _hush(self, playout: Playout, row: dict[str, Any]) -> None:
        if self._playout and self._clock() < playout.until:
            playout.cut(self._clock())
        self._playout = None
        self._spoken_until = playout.until
        row.update(message=playout.heard, durationMs=playout.heard_ms)
        self.quiet.set()

    async def _deliver(self, playout: Playout, turn_id: str, line: Line) -> None:
        told, delivery, due = 0, self._scenario.delivery, self._clock()
        for piece in playout.pieces(delivery, self._chunks, line.pauses):
            due += piece.wait
            await self._sleep_until(due)
            for step in range(max(told, piece.steps - MOST_TEXTS_AT_ONCE) + 1, piece.steps + 1):
                await self._send_text(turn_id, playout.interim(step), is_final=False)
            told = piece.steps
            if piece.is_final and playout.words:
                await self._send_text(turn_id, playout.text, is_final=True)
            await anyio.lowlevel.checkpoint_if_cancelled()
            playout.sent(piece, self._clock())
            await self._send(ResponseAudio.of(turn_id, piece.pcm, is_final=piece.is_final))
            due += 0 if delivery.speed == "max" else piece.seconds / delivery.speed
        await self._sleep_until(due)

    async def _sleep_until(self, time: float) -> None:
        await anyio.sleep(max(0, time - self._clock()))

    async def _send_text(self, turn_id: str, text: str, is_final: bool) -> None:
        # A sleep or a send may have ended just when the interruption came: nothing follows it.
        await anyio.lowlevel.checkpoint_if_cancelled()
        await self._send(ResponseText(ResponseTextData(turn_id, text, is_final)))
