"""The agent that follows the scenario: it greets, answers each utterance, and hangs up."""

from __future__ import annotations

from itertools import repeat
from typing import Optional

import anyio
import msgspec

from vatel.simulator.platform.call_record import Reason, new_id, randomness
from vatel.simulator.scenario.keys import Line, Turn
from vatel.simulator.voice.agent import CallSetup, Send
from vatel.simulator.voice.caller_audio import CallerAudio, SpeechEvent
from vatel.simulator.voice.listener import Listener
from vatel.simulator.voice.quirks import with_quirks
from vatel.simulator.voice.script import Utterance
from vatel.simulator.voice.speaker import Speaker
from vatel.simulator.voice.tool_calls import PendingTools, chosen_line
from vatel_rt.realtime.messages import Interruption, SpeechStarted, UnknownMessage
from vatel_rt.realtime.payloads import SpeechStartedData

DEFAULT_TIMEOUT, MAX_TIMEOUT = 20, 86_400
"""Seconds of silence that end a call, where the agent has no such setting; and the limit of it."""


class ScriptedAgent:
    """An `Agent` that says the lines of the scenario.

    Attributes:
        quiet: set once the caller has heard the current line. Each line has a new event.
    """

    def __init__(self, setup: CallSetup, send: Send) -> None:
        self.quiet = anyio.Event()
        self._setup = setup
        self._scenario = setup.scenario
        self._send = with_quirks(send, setup.scenario.quirks)
        self._tools = PendingTools(setup.record)
        self._listener = Listener(setup, self._send)
        self._speaker = Speaker(setup, self._send)
        timeouts = setup.profile.get("timeout_settings", {})
        self._timeout = min(timeouts.get("default_timeout") or DEFAULT_TIMEOUT, MAX_TIMEOUT)
        self._ids = randomness(setup.record.id, "turns of the agent")

    async def hear(self, event: SpeechEvent, audio: CallerAudio) -> None:
        """Report the caller's speech, and stop speaking if it interrupts."""
        utterance = self._listener.utterance
        if utterance is None:
            turn = self._listener.start().turn
            interrupts = self._speaker.interrupt()
            is_emulated = turn is not None and turn.emulated
            await self._send(SpeechStarted(SpeechStartedData(is_emulated)))
            if interrupts:
                await self._send(Interruption())
        elif event == "word":
            await self._listener.add_word(utterance, audio)
        else:
            await self._listener.stop(utterance, audio)

    def add_output(self, tool_call_id: str, output: str) -> None:
        """Pass the output of a tool call to the turn that waits for it."""
        self._tools.add_output(tool_call_id, output)

    async def converse(self) -> Reason:
        """Follow the scenario; return why the agent ended the call."""
        with anyio.move_on_after(self._scenario.hang_up_after):
            if not await self._talk():
                return "silence_timeout"
            if self._scenario.goodbye:
                await self._say(new_id(self._ids), self._scenario.goodbye)
        return "agent_hangup"

    async def _talk(self) -> bool:
        """Greet and answer; return False if the caller was silent for too long."""
        greeting = self._greeting()
        await self._say(new_id(self._ids), greeting)
        if greeting.then:
            return True
        by_length = self._listener.script.by_length
        ends = self._scenario.after_last_turn == "hang_up" and not by_length
        for _ in self._scenario.turns if ends else repeat(None):
            since = self._speaker.last_speech
            utterance = await self._listener.next_utterance(self._timeout, since)
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

    async def _answer(self, utterance: Utterance, turn: Turn) -> bool:
        """Play a turn of the scenario; return whether the agent hangs up after it."""
        line: Line = turn
        if turn.tools:
            outputs = await self._tools.call_tools(turn.tools, utterance.turn_id, self._send)
            line = chosen_line(turn, outputs)
        delay = self._scenario.delivery.thinking_ms
        await anyio.sleep((delay if line.thinking_ms is None else line.thinking_ms) / 1000)
        if turn.echo:
            line = msgspec.structs.replace(line, says=line.says or turn.hears)
        await self._say(utterance.turn_id, line, utterance.audio)
        return line.then is not None

    async def _say(self, turn_id: str, line: Line, pcm: Optional[bytes] = None) -> None:
        """Say a line once the caller is silent; `pcm` replaces the synthesized speech."""
        for raw in line.send:
            await self._send(UnknownMessage(raw.type, raw.data))
        if not (line.says.strip() or line.clip or pcm):
            return
        self.quiet = anyio.Event()
        try:
            if pcm is None:
                pcm = await self._setup.speech.pcm(line.says, line.clip)
            await self._listener.wait_for_silence()
            await self._speaker.say(turn_id, line, pcm)
        finally:
            self.quiet.set()
