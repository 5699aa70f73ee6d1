"""The agent's hearing: the caller's speech becomes the utterances of the scenario."""

from __future__ import annotations

from collections import deque
from typing import Optional

import anyio

from vatel.simulator.platform.call_record import new_id, now, randomness, stamp
from vatel.simulator.voice.agent import CallSetup, Send
from vatel.simulator.voice.caller_audio import CallerAudio
from vatel.simulator.voice.script import Script, Utterance
from vatel_rt.realtime.messages import InputAudioTranscript, SpeechStopped
from vatel_rt.realtime.payloads import InputAudioTranscriptData

MAX_UNANSWERED = 100
"""Utterances that wait for an answer; the oldest ones are dropped."""
_MIN_WAIT = 0.1


class Listener:
    """Follows the caller's utterances, sends their transcripts, and queues them for answers.

    Attributes:
        utterance: what the caller is saying now; None while the caller is silent.
        last_speech: when the caller last stopped, in seconds since the call began.
    """

    def __init__(self, setup: CallSetup, send: Send) -> None:
        self.script = Script(setup.scenario)
        self.utterance: Optional[Utterance] = None
        self.last_speech = 0.0
        self._record = setup.record
        self._clock = setup.clock
        self._send = send
        # Not shared with the agent's ids: the order of the two sides depends on timing.
        self._ids = randomness(setup.record.id, "turns of the caller")
        self._unanswered: deque[Utterance] = deque(maxlen=MAX_UNANSWERED)
        self._stopped = anyio.Event()

    def start(self) -> Utterance:
        """Begin an utterance, and return it."""
        self.utterance = Utterance(self.script.begin(), new_id(self._ids), stamp(now()))
        return self.utterance

    async def add_word(self, utterance: Utterance, audio: CallerAudio) -> None:
        """Extend the utterance by a word, and send the interim transcript that is due, if any."""
        utterance.steps += 1
        utterance.turn = self.script.during(utterance.turn, audio.speech_secs)
        if utterance.turn or not self.script.by_length:
            text = utterance.interim()
            if text is not None:
                await self._send_transcript(utterance, text, is_final=False)

    async def stop(self, utterance: Utterance, audio: CallerAudio) -> None:
        """End the utterance: send its final transcript, and queue it for an answer."""
        utterance.turn = self.script.end(utterance.turn, audio.speech_secs)
        if utterance.turn and utterance.turn.echo:
            utterance.audio = audio.utterance
        await self._send(SpeechStopped())
        await self._send_transcript(utterance, utterance.text, is_final=True)
        columns = {"role": "user", "message": utterance.text, "createdAt": utterance.began}
        self._record.add("message", utterance.turn_id, **columns)
        self.utterance = None
        self.last_speech = self._clock()
        self._unanswered.append(utterance)
        self._stopped.set()

    async def next_utterance(self, silence: float, since: float) -> Optional[Utterance]:
        """Return the caller's next utterance.

        Args:
            silence: seconds without speech from either side after which None is returned.
            since: when the agent last spoke, in seconds since the call began.
        """
        while not self._unanswered:
            left = max(since, self.last_speech) + silence - self._clock()
            if left <= 0 and not self.utterance:
                return None
            with anyio.move_on_after(max(left, _MIN_WAIT)):
                await self._wait_for_stop()
        return self._unanswered.popleft()

    async def wait_for_silence(self) -> None:
        """Wait until the caller is not speaking."""
        while self.utterance:
            await self._wait_for_stop()

    async def _wait_for_stop(self) -> None:
        self._stopped = anyio.Event()
        await self._stopped.wait()

    async def _send_transcript(self, utterance: Utterance, text: str, *, is_final: bool) -> None:
        data = InputAudioTranscriptData(text, is_final, utterance.turn_id)
        await self._send(InputAudioTranscript(data))
