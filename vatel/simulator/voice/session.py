"""One voice session: the caller's socket on one side, the scenario's agent on the other.

Two tasks: one hears what the caller sends and reports it at once, the other is the agent's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, Optional

import anyio
import anyio.lowlevel

from vatel.simulator.platform.call_record import Reason
from vatel.simulator.scenario.keys import Quirks
from vatel.simulator.voice.agent import Agent, CallSetup
from vatel.simulator.voice.caller_audio import Event, Hearing
from vatel.simulator.voice.frame_faults import Message
from vatel.simulator.voice.script import Utterance
from vatel.simulator.voice.socket import HangUpError, Received, Wire
from vatel_rt.audio.pcm import SAMPLE_RATE, bytes_of
from vatel_rt.realtime import messages, payloads

NO_AUDIO_SECONDS = 1
"""A caller who is muted may send nothing at all, in the middle of a word."""
PATIENCE, HURRY = 3, 0.5
"""Seconds that the caller has to take its leave, and in the simulator's own end."""
SHORTEST_VAD, LONGEST_VAD = 0.02, 10
_ONE_SECOND = bytes_of(1000)
_NORMAL_CLOSURE = 1000
_HANGUPS = (_NORMAL_CLOSURE, 1001, 1005)
"""Close codes of a caller who hangs up; a browser's `close()` gives none."""
_CLOSING = {
    "server_shutdown": (1001, ""),
    "slow_client": (1008, "the client reads too slowly"),
}

log = logging.getLogger("vatel.simulator")


class Session:
    """A voice session on a wire that is yet to be accepted.

    Attributes:
        record: the call, as the REST side shows it.
        agent: who talks to the caller.
        finished: set once the call is stored and the socket closed.
    """

    def __init__(self, wire: Wire, setup: CallSetup) -> None:
        self.record = setup.record
        self.finished = anyio.Event()
        self._wire = wire
        self._quirks = setup.scenario.quirks
        echoes = any(turn.echo for turn in setup.scenario.turns)
        self._hearing = Hearing(setup.recording, **_vad(setup.profile), keeps=echoes)
        self.agent = Agent(setup, self._send, self._clock)
        self._scope = anyio.CancelScope()
        self._reason: Optional[Reason] = None
        self._origin = anyio.current_time()

    async def run(self) -> None:
        """Hold the conversation until one side ends it; the call is stored then.

        Raises:
            HangUpError: the caller is gone before it begins.
        """
        try:
            await self._accept()
            with self._scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(self._watch)
                    await self._send(
                        messages.SessionStarted(payloads.SessionStartedData(self.record.id))
                    )
                    group.start_soon(self._listen)
                    self.end(await self.agent.converse())
            # The caller may read nothing any more.
            with anyio.move_on_after(HURRY if self._reason == "server_shutdown" else PATIENCE):
                await self._close()
        finally:
            self._store()
            self.finished.set()

    def end(self, reason: Reason) -> None:
        """End the session; the first reason given is the one that counts."""
        self._reason = self._reason or reason
        self._scope.cancel()

    async def _accept(self) -> None:
        try:
            await self._wire.accept()
        except HangUpError:
            self.end("connection_lost")
            raise

    async def _watch(self) -> None:
        self.end(await self._wire.broken())

    async def _close(self) -> None:
        self._store()  # who asks for the call once the session has ended finds it complete
        if self._reason in {"agent_hangup", "silence_timeout"}:
            await self._send(messages.SessionEnded())
        await self._wire.close(*_CLOSING.get(str(self._reason), (_NORMAL_CLOSURE, "")))

    def _store(self) -> None:
        if self.record.ended is None:
            self.record.end(self._reason or "server_shutdown")
            log.info("call %s ended: %s", self.record.id, self.record.reason)

    def _clock(self) -> float:
        return anyio.current_time() - self._origin

    async def _listen(self) -> None:
        while True:
            message: Optional[Received] = None
            try:
                with anyio.move_on_after(NO_AUDIO_SECONDS if self._hearing.speaking else None):
                    message = await self._wire.receive()
            except HangUpError as gone:
                return self.end("user_hangup" if gone.code in _HANGUPS else "connection_lost")
            if message is None:
                await self._report(self._hearing.pause())
            else:
                await self._take(message)

    async def _take(self, message: Received) -> None:
        if isinstance(message, messages.InputAudio):
            pcm = message.data.pcm
            for start in range(0, len(pcm), _ONE_SECOND):
                at = int(self._clock() * SAMPLE_RATE)
                await self._report(self._hearing.push(pcm[start : start + _ONE_SECOND], at))
        elif isinstance(message, messages.ToolCallOutput):
            self.agent.tools.answer(message.data.tool_call_id, message.data.output)
        else:
            log.warning("call %s: not a message of a client: %.200r", self.record.id, message)
        await anyio.lowlevel.checkpoint()

    async def _report(self, events: Iterator[Event]) -> None:
        for event in events:
            utterance, secs = self.agent.listening_to, self._hearing.speech_secs
            if utterance is None:
                utterance, interrupts = self.agent.caller_started()
                is_emulated = utterance.turn is not None and utterance.turn.emulated
                await self._send(messages.SpeechStarted(payloads.SpeechStartedData(is_emulated)))
                if interrupts:
                    await self._send(messages.Interruption())
            elif event == "word":
                text = self.agent.caller_goes_on(utterance, secs)
                if text is not None:
                    await self._send_transcript(utterance, text, False)
            else:
                self.agent.caller_ends(utterance, secs)
                if utterance.turn and utterance.turn.echo:
                    utterance.audio = self._hearing.utterance
                await self._send(messages.SpeechStopped())
                await self._send_transcript(utterance, utterance.text, True)
                self.agent.caller_stopped(utterance)

    async def _send(self, message: Message) -> None:
        await self._wire.send(_dressed(message, self._quirks))

    async def _send_transcript(self, utterance: Utterance, text: str, is_final: bool) -> None:
        data = payloads.InputAudioTranscriptData(text, is_final, utterance.turn_id)
        await self._send(messages.InputAudioTranscript(data))


def _dressed(message: Message, quirks: Quirks) -> Message:
    """`message` with the quirks; one that is unknown anyway stays as it is."""
    if isinstance(message, messages.UnknownMessage) or quirks == Quirks():
        return message
    data = {**messages.to_wire(message.data), **quirks.extra_fields}
    if quirks.omit_is_final:
        data.pop("is_final", None)
    return messages.UnknownMessage(message.type, data)


def _vad(profile: dict[str, Any]) -> dict[str, float]:
    """The agent's settings; the platform documents no limits, so what makes no sense is bounded."""
    given = {"start_secs": 0.06, "stop_secs": 0.5, **profile.get("vad_settings", {})}
    return {
        key: min(max(given[key], SHORTEST_VAD), LONGEST_VAD) for key in ("start_secs", "stop_secs")
    }
