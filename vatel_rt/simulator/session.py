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
from vatel_rt.simulator import call as ending
from vatel_rt.simulator.agent import Agent, Utterance
from vatel_rt.simulator.call import Call
from vatel_rt.simulator.hearing import Event, Hearing
from vatel_rt.simulator.recording import Recording
from vatel_rt.simulator.scenario import Scenario
from vatel_rt.simulator.speech import Speech

NO_AUDIO_SECONDS = 1
"""A caller who is muted may send nothing at all, in the middle of a word."""
_ONE_SECOND = bytes_of(1000)
_NORMAL_CLOSURE, _GOING_AWAY = 1000, 1001
_HANGUPS = (_NORMAL_CLOSURE, _GOING_AWAY)

log = logging.getLogger("vatel.simulator")


class Session:
    """A voice session on an accepted socket.

    Args:
        profile: the agent, as the REST side shows it.
        greeting: what it says first.

    Attributes:
        finished: set once the call is stored and the socket closed.
    """

    def __init__(
        self,
        socket: WebSocket,
        call: Call,
        recording: Recording,
        scenario: Scenario,
        speech: Speech,
        *,
        profile: dict[str, Any],
        greeting: str,
    ) -> None:
        self.finished = anyio.Event()
        self._socket = socket
        self._call = call
        self._greeting = greeting
        vad = profile["vad_settings"]
        self._hearing = Hearing(recording, start_secs=vad["start_secs"], stop_secs=vad["stop_secs"])
        self._agent = Agent(
            call,
            recording,
            scenario,
            speech,
            timeout=profile["timeout_settings"]["default_timeout"],
            send=self._send,
            clock=self._clock,
        )
        self._scope = anyio.CancelScope()
        self._reason = ""
        self._origin = anyio.current_time()

    async def run(self) -> None:
        """Hold the conversation until one side ends it; the call is stored then."""
        try:
            with self._scope:
                async with anyio.create_task_group() as group:
                    await self._send(SessionStarted(SessionStartedData(self._call.id)))
                    group.start_soon(self._listen)
                    self.end(await self._agent.converse(self._greeting))
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
        if self._reason in {ending.AGENT_HANGUP, ending.SILENCE_TIMEOUT}:
            await self._send(SessionEnded())
        code = _GOING_AWAY if self._reason == ending.SHUTDOWN else _NORMAL_CLOSURE
        with contextlib.suppress(WebSocketDisconnect):
            if self._is_open:
                await self._socket.close(code)

    def _store(self) -> None:
        if self._call.ended is None:
            self._call.end(self._reason or ending.SHUTDOWN)
            log.info("call %s ended: %s", self._call.id, self._call.reason)

    def _clock(self) -> float:
        return anyio.current_time() - self._origin

    @property
    def _is_open(self) -> bool:
        both = {self._socket.application_state, self._socket.client_state}
        return both == {WebSocketState.CONNECTED}

    async def _send(self, message: ServerMessage) -> None:
        try:
            if self._is_open:
                await self._socket.send_text(encode(message))
        except WebSocketDisconnect:
            self.end(ending.CONNECTION_LOST)

    async def _listen(self) -> None:
        while True:
            message: Optional[Any] = None
            with anyio.move_on_after(NO_AUDIO_SECONDS if self._hearing.speaking else None):
                message = await self._socket.receive()
            if message is None:
                await self._report(self._hearing.pause())
            elif message["type"] == "websocket.disconnect":
                hung_up = message["code"] in _HANGUPS
                return self.end(ending.USER_HANGUP if hung_up else ending.CONNECTION_LOST)
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
            self._agent.tools.answer(message.data.tool_call_id, message.data.output)
        else:
            log.warning("call %s: not a message of a client: %.200r", self._call.id, message)
        await anyio.lowlevel.checkpoint()

    async def _report(self, events: Iterator[Event]) -> None:
        for event in events:
            utterance = self._agent.listening_to
            if utterance is None:
                utterance, interrupts = self._agent.caller_started()
                await self._send(SpeechStarted())
                if interrupts:
                    await self._send(Interruption())
            elif event == "word":
                await self._send_word(utterance)
            else:
                await self._send(SpeechStopped())
                await self._send_transcript(utterance, utterance.text, True)
                self._agent.caller_stopped(utterance)

    async def _send_word(self, utterance: Utterance) -> None:
        words = utterance.text.split()
        if utterance.words < len(words):
            utterance.words += 1
            await self._send_transcript(utterance, " ".join(words[: utterance.words]), False)

    async def _send_transcript(self, utterance: Utterance, text: str, is_final: bool) -> None:
        data = InputAudioTranscriptData(text, is_final, utterance.turn_id)
        await self._send(InputAudioTranscript(data))
