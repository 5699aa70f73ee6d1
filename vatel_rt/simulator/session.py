"""One voice session: the caller's socket on one side, the scenario's agent on the other.

Two tasks: one hears what the caller sends and reports it at once, the other is the agent's.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any, Optional, Union

import anyio
import anyio.lowlevel
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from vatel_rt.audio.pcm import SAMPLE_RATE, bytes_of
from vatel_rt.messages import (
    InputAudio,
    InputAudioTranscript,
    Interruption,
    ServerMessage,
    SessionEnded,
    SessionStarted,
    SpeechStarted,
    SpeechStopped,
    ToolCallOutput,
    decode,
    encode,
)
from vatel_rt.payloads import InputAudioTranscriptData, SessionStartedData
from vatel_rt.simulator.agent import Agent, CallSetup, Utterance
from vatel_rt.simulator.hearing import Event, Hearing
from vatel_rt.simulator.records import (
    AGENT_HANGUP,
    CONNECTION_LOST,
    SHUTDOWN,
    SILENCE_TIMEOUT,
    USER_HANGUP,
)

NO_AUDIO_SECONDS = 1
"""A caller who is muted may send nothing at all, in the middle of a word."""
PATIENCE = 3
"""Seconds that the caller has to take its leave."""
SHORTEST_VAD, LONGEST_VAD = 0.02, 10
_ONE_SECOND = bytes_of(1000)
_NORMAL_CLOSURE, _GOING_AWAY, _NO_STATUS = 1000, 1001, 1005
_HANGUPS = (_NORMAL_CLOSURE, _GOING_AWAY, _NO_STATUS)
"""Close codes of a caller who hangs up; a browser's `close()` gives none."""

log = logging.getLogger("vatel.simulator")


class Session:
    """A voice session on a socket that is yet to be accepted.

    Attributes:
        record: the call, as the REST side shows it.
        agent: who talks to the caller.
        finished: set once the call is stored and the socket closed.
    """

    def __init__(self, socket: WebSocket, setup: CallSetup) -> None:
        self.record = setup.record
        self.finished = anyio.Event()
        self._socket = socket
        self._hearing = Hearing(setup.recording, **_vad(setup.profile))
        self.agent = Agent(setup, self._send, self._clock)
        self._scope = anyio.CancelScope()
        self._reason = ""
        self._origin = anyio.current_time()

    async def run(self) -> None:
        """Hold the conversation until one side ends it; the call is stored then.

        Raises:
            WebSocketDisconnect: the caller is gone before it begins.
        """
        try:
            await self._socket.accept()
            with self._scope:
                async with anyio.create_task_group() as group:
                    await self._send(SessionStarted(SessionStartedData(self.record.id)))
                    group.start_soon(self._listen)
                    self.end(await self.agent.converse())
            with anyio.move_on_after(PATIENCE):  # the caller may read nothing any more
                await self._close()
        finally:
            self._store()
            self.finished.set()

    def end(self, reason: str) -> None:
        """End the session; the first reason given is the one that counts."""
        self._reason = self._reason or reason
        self._scope.cancel()

    async def _close(self) -> None:
        self._store()  # who asks for the call once the session has ended finds it complete
        if self._reason in {AGENT_HANGUP, SILENCE_TIMEOUT}:
            await self._send(SessionEnded())
        code = _GOING_AWAY if self._reason == SHUTDOWN else _NORMAL_CLOSURE
        with contextlib.suppress(WebSocketDisconnect):
            if self._is_open:
                await self._socket.close(code)

    def _store(self) -> None:
        if self.record.ended is None:
            self.record.end(self._reason or SHUTDOWN)
            log.info("call %s ended: %s", self.record.id, self.record.reason)

    def _clock(self) -> float:
        return anyio.current_time() - self._origin

    @property
    def _is_open(self) -> bool:
        both = {self._socket.application_state, self._socket.client_state}
        return both == {WebSocketState.CONNECTED}

    async def _send(self, message: ServerMessage) -> None:
        with contextlib.suppress(WebSocketDisconnect):  # which is received, too, with the reason
            if self._is_open:
                await self._socket.send_text(encode(message))

    async def _listen(self) -> None:
        while True:
            message: Optional[Any] = None
            with anyio.move_on_after(NO_AUDIO_SECONDS if self._hearing.speaking else None):
                message = await self._socket.receive()
            if message is None:
                await self._report(self._hearing.pause())
            elif message["type"] == "websocket.disconnect":
                hung_up = message["code"] in _HANGUPS
                return self.end(USER_HANGUP if hung_up else CONNECTION_LOST)
            else:
                await self._read(message.get("text") or message.get("bytes") or "")

    async def _read(self, frame: Union[str, bytes]) -> None:
        message = decode(frame, sender="client")
        if isinstance(message, InputAudio):
            pcm = message.data.pcm
            for start in range(0, len(pcm), _ONE_SECOND):
                at = int(self._clock() * SAMPLE_RATE)
                await self._report(self._hearing.push(pcm[start : start + _ONE_SECOND], at))
        elif isinstance(message, ToolCallOutput):
            self.agent.tools.answer(message.data.tool_call_id, message.data.output)
        else:
            log.warning("call %s: not a message of a client: %.200r", self.record.id, message)
        await anyio.lowlevel.checkpoint()

    async def _report(self, events: Iterator[Event]) -> None:
        for event in events:
            utterance = self.agent.listening_to
            if utterance is None:
                utterance, interrupts = self.agent.caller_started()
                await self._send(SpeechStarted())
                if interrupts:
                    await self._send(Interruption())
            elif event == "word":
                await self._send_word(utterance)
            else:
                await self._send(SpeechStopped())
                await self._send_transcript(utterance, utterance.text, True)
                self.agent.caller_stopped(utterance)

    async def _send_word(self, utterance: Utterance) -> None:
        words = utterance.text.split()
        if utterance.words < len(words):
            utterance.words += 1
            await self._send_transcript(utterance, " ".join(words[: utterance.words]), False)

    async def _send_transcript(self, utterance: Utterance, text: str, is_final: bool) -> None:
        data = InputAudioTranscriptData(text, is_final, utterance.turn_id)
        await self._send(InputAudioTranscript(data))


def _vad(profile: dict[str, Any]) -> dict[str, float]:
    """The agent's settings; the platform documents no limits, so what makes no sense is bounded."""
    given = {"start_secs": 0.06, "stop_secs": 0.5, **profile.get("vad_settings", {})}
    return {
        key: min(max(given[key], SHORTEST_VAD), LONGEST_VAD) for key in ("start_secs", "stop_secs")
    }
