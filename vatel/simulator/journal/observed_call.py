"""Calls as tests see them: messages, tool outputs, transcript, audio and end.

The simulator's thread writes them, any thread may read them. Messages are bounded: the oldest are
dropped and counted. Of audio only the length is kept; the samples are in the recording.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, Callable, Optional

from vatel.simulator.journal.bounded_log import BoundedLog
from vatel.simulator.journal.memory import memory_of
from vatel.simulator.journal.waiting import Waiting
from vatel.simulator.platform.call_record import CallRecord
from vatel.simulator.platform.recording import Leg
from vatel.simulator.platform.tokens import Grant
from vatel_rt.audio.pcm import duration_ms
from vatel_rt.errors import SimulatorError
from vatel_rt.realtime import codec, messages
from vatel_rt.realtime.trace import Message, Sender, redacted

MAX_MESSAGES = 1_000
"""Messages without audio that are kept of a call."""
MAX_MESSAGE_BYTES = 2**20
"""Their maximum size."""
MAX_AUDIO = 1_000
"""Messages with audio that are kept: 20 seconds of a sender with 20 ms blocks."""


@dataclass(frozen=True)
class SeenMessage:
    """A message that was sent or received.

    Attributes:
        at_ms: milliseconds since the call began.
        sender: `platform` or `client`.
        type: type of the message.
        data: data in the wire format, with `audio_ms` (length in milliseconds) for `audio`.
    """

    at_ms: float
    sender: Sender
    type: str
    data: Any


@dataclass(frozen=True)
class ToolOutput:
    """The application's output of a tool call.

    Attributes:
        name: name of the tool; empty if there was no such tool call.
        arguments: arguments of the call, by name.
        output: the output as it was sent.
    """

    name: str
    arguments: dict[str, Any]
    output: str


_Entry = tuple[int, float, Sender, str, Any]
"""Number, time, sender, type, message.

In place of a message with audio: its length in milliseconds and, from the agent, turn id and
finality.
"""


class SeenCall:
    """A voice session, during the call and after it.

    Attributes:
        grant: settings of the call's token: `agent_id`, `version_id`, `first_message`, `prompt`,
            `chat`.
        on_finish: is called with the call and its size in bytes when the call has ended.
    """

    def __init__(self, grant: Grant, record: CallRecord, waiting: Waiting) -> None:
        self.grant = grant
        self._record = record
        self._waiting = waiting
        self._began = time.monotonic()
        self._ended = False
        self._count = 0
        self.on_finish: Callable[[SeenCall, int], None] = lambda *_: None
        self._messages: BoundedLog[_Entry] = BoundedLog(MAX_MESSAGES, MAX_MESSAGE_BYTES)
        self._audio: BoundedLog[_Entry] = BoundedLog(MAX_AUDIO, MAX_MESSAGE_BYTES)

    def __repr__(self) -> str:
        return f"<SeenCall {self.id} {self.reason or 'in progress'}>"

    @property
    def id(self) -> str:
        """Id of the call, as in `GET /v1/calls/{id}`."""
        return self._record.id

    @property
    def agent_id(self) -> str:
        """Id of the agent that was called."""
        return self._record.agent_id

    @property
    def messages(self) -> list[SeenMessage]:
        """The messages of both sides, in order."""
        entries = sorted(chain(self._messages.all(), self._audio.all()), key=itemgetter(0))
        return [
            SeenMessage(round((at - self._began) * 1000, 1), sender, kind, _data(kept))
            for _, at, sender, kind, kept in entries
        ]

    @property
    def messages_dropped(self) -> int:
        """Number of messages that are no longer in `messages`."""
        return self._messages.dropped + self._audio.dropped

    @property
    def size(self) -> int:
        """Memory in bytes of what is kept: the messages without audio, and the transcript."""
        return self._messages.bytes + self._record.size

    @property
    def tool_outputs(self) -> list[ToolOutput]:
        """The application's outputs of the agent's tool calls, in the order of arrival."""
        calls: dict[str, tuple[str, dict[str, Any]]] = {}
        outputs = []
        for *_, message in self._messages.all():
            if isinstance(message, messages.ToolCall):
                arguments = {str(each.name): each.value for each in message.data.arguments}
                calls[message.data.tool_call_id] = message.data.tool_name, arguments
            elif isinstance(message, messages.ToolCallOutput):
                name, arguments = calls.get(message.data.tool_call_id, ("", {}))
                outputs.append(ToolOutput(name, arguments, message.data.output))
        return outputs

    @property
    def transcript(self) -> list[tuple[str, str]]:
        """Pairs of role (`user`, `assistant`) and text; of an interrupted text, the part heard."""
        rows = [row for row in list(self._record.rows) if row["type"] == "message"]
        return [(row["role"], row["message"]) for row in rows]

    @property
    def audio_received(self) -> bytes:
        """The caller's audio: PCM since the call began, with silence in the gaps.

        Raises:
            SimulatorError: the simulator has ended and deleted its recordings.
        """
        return self._pcm("caller")

    @property
    def audio_heard(self) -> bytes:
        """The agent's audio as the caller heard it: PCM since the call began.

        Raises:
            SimulatorError: the simulator has ended and deleted its recordings.
        """
        return self._pcm("agent")

    @property
    def ended(self) -> bool:
        """Whether the call has ended; nothing is added after that."""
        return self._ended

    @property
    def reason(self) -> str:
        """Why the call ended: `agent_hangup`, `silence_timeout`, `user_hangup`, ...

        Empty while it is in progress.
        """
        return self._record.reason

    def wait(self, timeout: float = 5) -> str:
        """Block until the call has ended; return the reason.

        Raises:
            TimeoutError: the call did not end within `timeout` seconds.
            RuntimeError: the simulator runs in this event loop: use `wait_async`.
        """
        return self._waiting.wait(self._final_reason, timeout, "the call did not end")

    async def wait_async(self, timeout: float = 5) -> str:
        """Like `wait`, for asynchronous code in any event loop."""
        problem = "the call did not end"
        return await self._waiting.wait_async(self._final_reason, timeout, problem)

    def add_message(self, sender: Sender, message: Message) -> None:
        """Add a message. Only the simulator calls this."""
        at, audio = time.monotonic(), _audio_facts(message)
        self._count += 1
        log = self._audio if audio else self._messages
        size = 0 if audio else memory_of(codec.to_wire(message.data))
        log.add((self._count, at, sender, message.type, audio or message), size)
        self._waiting.changed()

    def finish(self) -> None:
        """Mark the call as ended. Only the simulator calls this."""
        self._ended = True
        self.on_finish(self, self.size)
        self._waiting.changed()

    def _final_reason(self) -> str:
        return self.reason if self._ended else ""

    def _pcm(self, leg: Leg) -> bytes:
        recording = self._record.recording
        assert recording is not None  # noqa: S101  (every voice session has one)
        try:
            return recording.pcm(leg)
        except FileNotFoundError as error:
            text = "the recording was deleted when the simulator ended: read it before that"
            raise SimulatorError(text) from error


def _audio_facts(message: Message) -> Optional[tuple[Any, ...]]:
    """Return what is kept of a message with audio, None for other messages."""
    if isinstance(message, messages.InputAudio):
        return (_length_ms(message.data.audio),)
    if isinstance(message, messages.ResponseAudio):
        return (_length_ms(message.data.audio), message.data.turn_id, message.data.is_final)
    return None


def _length_ms(audio: str) -> float:
    return duration_ms(len(audio) * 3 // 4 - audio[-2:].count("="))


def _data(kept: Any) -> Any:
    """Return a message's `data` for users, given what is kept of the message."""
    if isinstance(kept, tuple):
        return dict(zip(("audio_ms", "turn_id", "is_final"), kept))
    if isinstance(kept, messages.InvalidMessage):
        return {"claimed": kept.claimed, "error": kept.error}
    return redacted(codec.to_wire(kept.data))
