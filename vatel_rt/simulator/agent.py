"""The agent of one call: it follows the scenario, and speaks."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from itertools import chain, cycle, repeat
from typing import Any, Callable, Optional

import anyio
import anyio.lowlevel

from vatel_rt.messages import ResponseAudio, ResponseText, ServerMessage
from vatel_rt.payloads import ResponseTextData
from vatel_rt.simulator.playout import Playout
from vatel_rt.simulator.recording import Recording
from vatel_rt.simulator.records import (
    AGENT_HANGUP,
    SILENCE_TIMEOUT,
    CallRecord,
    new_id,
    now,
    stamp,
)
from vatel_rt.simulator.scenario import Scenario, Turn
from vatel_rt.simulator.speech import Speech
from vatel_rt.simulator.tooling import PendingTools, filled

UNSCRIPTED = "(not in the scenario)"
"""What is heard once the scenario has no more turns."""
MOST_UNANSWERED = 100
MOST_WORDS_AT_ONCE = 20
"""Texts that come with one piece of audio: a book as a first message is not sent word by word."""
DEFAULT_TIMEOUT, LONGEST_TIMEOUT = 20, 86_400


@dataclass
class Utterance:
    """What the caller says, as the scenario has it; `turn` is None when it has nothing."""

    turn: Optional[Turn]
    turn_id: str
    began: str
    words: int = 0

    @property
    def text(self) -> str:
        """All of it."""
        return self.turn.hears if self.turn else UNSCRIPTED


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
        send: Callable[[ServerMessage], Awaitable[None]],
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
        self._random = random.Random(setup.scenario.delivery.seed)  # noqa: S311
        self._turns = _script(setup.scenario)
        self._unanswered: deque[Utterance] = deque(maxlen=MOST_UNANSWERED)
        self._changed = anyio.Event()
        self._last_speech = 0.0
        self._playout: Optional[Playout] = None
        self._speaking = anyio.CancelScope()

    def caller_started(self) -> tuple[Utterance, bool]:
        """The caller begins to speak: what will be heard, and whether it is an interruption.

        After an interruption nothing more of the interrupted turn is sent.
        """
        self.listening_to = Utterance(next(self._turns), new_id(), stamp(now()))
        playout = self._playout
        if playout is None or self._clock() >= playout.until:
            return self.listening_to, False
        playout.cut(self._clock())
        self._speaking.cancel()
        return self.listening_to, True

    def caller_stopped(self, utterance: Utterance) -> None:
        """The caller has said it all."""
        columns = {"role": "user", "message": utterance.text, "createdAt": utterance.began}
        self._setup.record.add("message", utterance.turn_id, **columns)
        self.listening_to = None
        self._last_speech = self._clock()
        self._unanswered.append(utterance)
        self._changed.set()

    async def converse(self) -> str:
        """Hold the conversation; gives the reason why it is over."""
        await self._say(new_id(), self._setup.greeting)
        hangs_up = self._scenario.after_last_turn == "hang_up"
        for _ in self._scenario.turns if hangs_up else repeat(None):
            utterance = await self._next_utterance()
            if utterance is None:
                return SILENCE_TIMEOUT
            if utterance.turn:
                await self._answer(utterance.turn, utterance.turn_id)
        if self._scenario.goodbye:
            await self._say(new_id(), self._scenario.goodbye.says)
        return AGENT_HANGUP

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

    async def _answer(self, turn: Turn, turn_id: str) -> None:
        says = turn.says
        if turn.tool:
            request, result = self.tools.ask(turn.tool, turn_id)
            await self._send(request)
            output = await result
            says = turn.tool.on_timeout if output is None else filled(says, output)
        await anyio.sleep(self._scenario.delivery.thinking_ms / 1000)
        await self._say(turn_id, says)

    async def _say(self, turn_id: str, text: str) -> None:
        """Say `text`, until the caller has heard it or interrupts."""
        if not text.strip():
            return
        self.quiet = anyio.Event()
        pcm = await self._setup.speech.pcm(text)
        while self.listening_to:  # nobody begins to speak while the other one speaks
            await self._change()
        playout = Playout(text, pcm, self._clock(), self._setup.recording)
        row = self._setup.record.add("message", turn_id, role="assistant", message=playout.text)
        try:
            with anyio.CancelScope() as self._speaking:
                self._playout = playout
                await self._deliver(playout, turn_id)
                await anyio.sleep(playout.until - self._clock())
        finally:  # also when the call ends in the middle of it
            self._hush(playout, row)
        self._playout = None
        self._last_speech = self._clock()
        if playout.is_cut:
            self._setup.record.add("interruption", turn_id)

    def _hush(self, playout: Playout, row: dict[str, Any]) -> None:
        if self._clock() < playout.until:
            playout.cut(self._clock())
        row.update(message=playout.heard, durationMs=playout.heard_ms)
        self.quiet.set()

    async def _deliver(self, playout: Playout, turn_id: str) -> None:
        told = 0
        for piece in playout.pieces(self._scenario.delivery, self._random):
            for count in range(max(told, piece.words - MOST_WORDS_AT_ONCE) + 1, piece.words + 1):
                await self._send_text(playout, turn_id, count, is_final=False)
            told = piece.words
            if piece.is_final:
                await self._send_text(playout, turn_id, len(playout.words), is_final=True)
            await anyio.lowlevel.checkpoint_if_cancelled()
            playout.sent(piece, self._clock())
            await self._send(ResponseAudio.of(turn_id, piece.pcm, is_final=piece.is_final))
            await anyio.sleep(piece.seconds / self._scenario.delivery.speed)

    async def _send_text(self, playout: Playout, turn_id: str, words: int, is_final: bool) -> None:
        # A sleep or a send may have ended just when the interruption came: nothing follows it.
        await anyio.lowlevel.checkpoint_if_cancelled()
        text = " ".join(playout.words[:words])
        await self._send(ResponseText(ResponseTextData(turn_id, text, is_final)))


def _script(scenario: Scenario) -> Iterator[Optional[Turn]]:
    if scenario.after_last_turn == "repeat":
        return cycle(scenario.turns)
    return chain(scenario.turns, repeat(None))
