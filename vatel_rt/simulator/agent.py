"""The agent of one call: it follows the scenario, and speaks."""

from __future__ import annotations

import random
import uuid
from collections import deque
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from itertools import chain, cycle, repeat
from typing import Callable, Optional

import anyio
import anyio.lowlevel

from vatel_rt.messages import ResponseAudio, ResponseText, ServerMessage
from vatel_rt.payloads import ResponseTextData
from vatel_rt.simulator import call as ending
from vatel_rt.simulator.call import Call, now, stamp
from vatel_rt.simulator.playout import Playout
from vatel_rt.simulator.recording import Recording
from vatel_rt.simulator.scenario import Scenario, Turn
from vatel_rt.simulator.speech import Speech
from vatel_rt.simulator.tooling import PendingTools, filled

UNSCRIPTED = "(not in the scenario)"
"""What is heard once the scenario has no more turns."""
MOST_UNANSWERED = 100


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


class Agent:
    """Says what the scenario says, when it is its turn.

    Args:
        timeout: seconds without speech after which it gives up.
        send: sends a message to the caller.
        clock: seconds since the call's start.

    Attributes:
        tools: the tool calls it waits for.
        listening_to: what the caller is saying right now, if anything.
    """

    def __init__(
        self,
        call: Call,
        recording: Recording,
        scenario: Scenario,
        speech: Speech,
        *,
        timeout: float,
        send: Callable[[ServerMessage], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self.tools = PendingTools(call)
        self.listening_to: Optional[Utterance] = None
        self._call = call
        self._recording = recording
        self._scenario = scenario
        self._speech = speech
        self._timeout = timeout
        self._send = send
        self._clock = clock
        self._random = random.Random(scenario.delivery.seed)  # noqa: S311
        self._turns = _script(scenario)
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
        self._call.add("message", utterance.turn_id, **columns)
        self.listening_to = None
        self._last_speech = self._clock()
        self._unanswered.append(utterance)
        self._changed.set()

    async def converse(self, greeting: str) -> str:
        """Hold the conversation; gives the reason why it is over."""
        await self._say(new_id(), greeting)
        hangs_up = self._scenario.after_last_turn == "hang_up"
        for _ in self._scenario.turns if hangs_up else repeat(None):
            utterance = await self._next_utterance()
            if utterance is None:
                return ending.SILENCE_TIMEOUT
            if utterance.turn:
                await self._answer(utterance.turn, utterance.turn_id)
        if self._scenario.goodbye:
            await self._say(new_id(), self._scenario.goodbye.says)
        return ending.AGENT_HANGUP

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
        pcm = await self._speech.pcm(text)
        while self.listening_to:  # nobody begins to speak while the other one speaks
            await self._change()
        playout = Playout(text, pcm, self._clock(), self._recording)
        row = self._call.add("message", turn_id, role="assistant", message=" ".join(playout.words))
        with anyio.CancelScope() as self._speaking:
            self._playout = playout
            await self._deliver(playout, turn_id)
            await anyio.sleep(playout.until - self._clock())
        self._playout = None
        self._last_speech = self._clock()
        row["durationMs"] = playout.heard_ms
        if playout.is_cut:
            row["message"] = playout.heard
            self._call.add("interruption", turn_id)

    async def _deliver(self, playout: Playout, turn_id: str) -> None:
        told = 0
        for piece in playout.pieces(self._scenario.delivery, self._random):
            for count in range(told + 1, piece.words + 1):
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


def new_id() -> str:
    """An id that nothing else has."""
    return str(uuid.uuid4())


def _script(scenario: Scenario) -> Iterator[Optional[Turn]]:
    if scenario.after_last_turn == "repeat":
        return cycle(scenario.turns)
    return chain(scenario.turns, repeat(None))
