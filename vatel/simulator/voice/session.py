"""One voice session: the caller's socket on one side, the agent on the other.

Two tasks run beside each other: one reads the caller's messages, the other is the agent's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, Optional

import anyio
import anyio.lowlevel

from vatel.simulator.platform.call_record import Reason
from vatel.simulator.voice.agent import Agent, CallSetup
from vatel.simulator.voice.caller_audio import CallerAudio, SpeechEvent
from vatel.simulator.voice.quirks import with_quirks
from vatel.simulator.voice.socket import HangUpError, Received, VoiceSocket
from vatel_rt.audio.pcm import SAMPLE_RATE, bytes_of
from vatel_rt.realtime import messages, payloads

NO_AUDIO_SECONDS = 1
"""Seconds without audio after which an utterance ends: a muted caller may send nothing at all."""
CLOSE_TIMEOUT, SHUTDOWN_CLOSE_TIMEOUT = 3, 0.5
"""Seconds to wait for the caller's close frame, and the same while the simulator shuts down."""
MIN_VAD_SECS, MAX_VAD_SECS = 0.02, 10
_ONE_SECOND = bytes_of(1000)
_NORMAL_CLOSURE = 1000
_HANGUPS = (_NORMAL_CLOSURE, 1001, 1005)
"""Close codes of a caller who hangs up. 1005: a browser's `close()` sends no code."""
_CLOSING = {
    "server_shutdown": (1001, ""),
    "slow_client": (1008, "the client reads too slowly"),
}

log = logging.getLogger("vatel.simulator")


class Session:
    """A voice session on a socket that is not yet accepted.

    Attributes:
        record: the call as the REST API shows it.
        agent: the agent's side of the call.
        finished: set once the call is stored and the socket is closed.
    """

    def __init__(self, socket: VoiceSocket, setup: CallSetup, agent: Agent) -> None:
        self.record = setup.record
        self.agent = agent
        self.finished = anyio.Event()
        self._socket = socket
        self._send = with_quirks(socket.send, setup.scenario.quirks)
        self._clock = setup.clock
        echoes = any(turn.echo for turn in setup.scenario.turns)
        self._audio = CallerAudio(setup.recording, **_vad(setup.profile), keeps=echoes)
        self._scope = anyio.CancelScope()
        self._reason: Optional[Reason] = None

    async def run(self) -> None:
        """Hold the call until one side ends it, then store it.

        Raises:
            HangUpError: the caller disconnected before the call began.
        """
        try:
            await self._accept()
            with self._scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(self._watch)
                    started = payloads.SessionStartedData(self.record.id)
                    await self._send(messages.SessionStarted(started))
                    group.start_soon(self._listen)
                    self.end(await self.agent.converse())
            is_shutdown = self._reason == "server_shutdown"
            # The caller may have stopped reading.
            with anyio.move_on_after(SHUTDOWN_CLOSE_TIMEOUT if is_shutdown else CLOSE_TIMEOUT):
                await self._close()
        finally:
            self._store()
            self.finished.set()

    def end(self, reason: Reason) -> None:
        """End the session. Only the first reason counts."""
        self._reason = self._reason or reason
        self._scope.cancel()

    async def _accept(self) -> None:
        try:
            await self._socket.accept()
        except HangUpError:
            self.end("connection_lost")
            raise

    async def _watch(self) -> None:
        self.end(await self._socket.wait_until_broken())

    async def _close(self) -> None:
        self._store()  # first: a client that asks for the call after its end finds it complete
        if self._reason in {"agent_hangup", "silence_timeout"}:
            await self._send(messages.SessionEnded())
        await self._socket.close(*_CLOSING.get(str(self._reason), (_NORMAL_CLOSURE, "")))

    def _store(self) -> None:
        if self.record.ended is None:
            self.record.end(self._reason or "server_shutdown")
            log.info("call %s ended: %s", self.record.id, self.record.reason)

    async def _listen(self) -> None:
        while True:
            message: Optional[Received] = None
            try:
                with anyio.move_on_after(NO_AUDIO_SECONDS if self._audio.speaking else None):
                    message = await self._socket.receive()
            except HangUpError as gone:
                return self.end("user_hangup" if gone.code in _HANGUPS else "connection_lost")
            if message is None:
                await self._report(self._audio.add_silence())
            else:
                await self._handle(message)

    async def _handle(self, message: Received) -> None:
        if isinstance(message, messages.InputAudio):
            pcm = message.data.pcm
            for start in range(0, len(pcm), _ONE_SECOND):
                at = int(self._clock() * SAMPLE_RATE)
                await self._report(self._audio.add_audio(pcm[start : start + _ONE_SECOND], at))
        elif isinstance(message, messages.ToolCallOutput):
            self.agent.add_output(message.data.tool_call_id, message.data.output)
        elif isinstance(message, messages.InvalidMessage):
            log.warning("call %s: ignored an invalid message: %s", self.record.id, message.error)
        else:
            kind = message.type
            log.warning("call %s: ignored a message of unknown type %.60r", self.record.id, kind)
        await anyio.lowlevel.checkpoint()

    async def _report(self, events: Iterator[SpeechEvent]) -> None:
        for event in events:
            await self.agent.hear(event, self._audio)


def _vad(profile: dict[str, Any]) -> dict[str, float]:
    """Return the agent's VAD settings, limited to usable values: the API documents no limits."""
    given = {"start_secs": 0.06, "stop_secs": 0.5, **profile.get("vad_settings", {})}
    return {
        key: min(max(given[key], MIN_VAD_SECS), MAX_VAD_SECS) for key in ("start_secs", "stop_secs")
    }
