"""Calls as tests see them: their messages, the outputs of tools, what was said, how they ended.

They are written in the thread of the simulator and may be read in any. Messages are bounded: the
oldest go first, and are counted. Audio is kept by its length; the bytes are in the recording.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from threading import Lock
from typing import Any, Generic, Optional, TypeVar

from vatel.simulator.journal.waiting import Waiting
from vatel.simulator.platform.call_record import CallRecord
from vatel.simulator.platform.recording import Leg
from vatel.simulator.platform.tokens import Grant
from vatel_rt.audio.pcm import duration_ms
from vatel_rt.errors import SimulatorError
from vatel_rt.realtime import codec, messages
from vatel_rt.realtime.trace import Message, Sender, redacted

MOST_MESSAGES = 1_000
"""Messages of a call without audio that are kept."""
MOST_AUDIO = 1_000
"""Messages with audio: 20 seconds of a side that sends 20 ms at a time."""

T = TypeVar("T")


class Latest(Generic[T]):
    """The latest things of a kind, written in one thread and read in any.

    Attributes:
        count: how many there were, those that are gone included.
    """

    def __init__(self, most: int) -> None:
        self.count = 0
        self._kept: deque[T] = deque(maxlen=most)
        self._lock = Lock()

    def add(self, thing: T) -> None:
        """Keep a thing; the oldest may go for it."""
        with self._lock:
            self.count += 1
            self._kept.append(thing)

    def all(self) -> list[T]:
        """What is kept, the oldest first."""
        with self._lock:
            return list(self._kept)

    @property
    def dropped(self) -> int:
        """How many are gone."""
        with self._lock:
            return self.count - len(self._kept)


@dataclass(frozen=True)
class SeenMessage:
    """A message that has passed.

    Attributes:
        at_ms: milliseconds since the call began.
        sender: `platform` or `client`.
        type: its type.
        data: as it travelled, with `audio_ms`, the length in milliseconds, for `audio`.
    """

    at_ms: float
    sender: Sender
    type: str
    data: Any


@dataclass(frozen=True)
class ToolOutput:
    """What the application answered to a tool call.

    Attributes:
        name: the tool's; empty if the platform asked for no such call.
        arguments: what it was called with, by name.
        output: the answer as it came.
    """

    name: str
    arguments: dict[str, Any]
    output: str


_Entry = tuple[int, float, Sender, str, Any]
"""Number, time, sender, type, and the message; of one with audio, which would fill the memory in
a day, its length in milliseconds, and of the agent's turn id and finality.
"""


class SeenCall:
    """A voice session, while it lasts and afterwards.

    Attributes:
        grant: what its token was made for: `agent_id`, `version_id`, `first_message`, `prompt`,
            `chat`.
    """

    def __init__(self, grant: Grant, record: CallRecord, waiting: Waiting) -> None:
        self.grant = grant
        self._record = record
        self._waiting = waiting
        self._began = time.monotonic()
        self._over = False
        self._passed = 0
        self._messages: Latest[_Entry] = Latest(MOST_MESSAGES)
        self._audio: Latest[_Entry] = Latest(MOST_AUDIO)

    def __repr__(self) -> str:
        return f"<SeenCall {self.id} {self.reason or 'in progress'}>"

    @property
    def id(self) -> str:
        """Its id, as in `GET /v1/calls/{id}`."""
        return self._record.id

    @property
    def agent_id(self) -> str:
        """The agent that was called."""
        return self._record.agent_id

    @property
    def messages(self) -> list[SeenMessage]:
        """The messages both ways, in their order."""
        entries = sorted(chain(self._messages.all(), self._audio.all()), key=itemgetter(0))
        return [
            SeenMessage(round((at - self._began) * 1000, 1), sender, kind, _shown(kept))
            for _, at, sender, kind, kept in entries
        ]

    @property
    def messages_dropped(self) -> int:
        """Messages that `messages` has no more."""
        return self._messages.dropped + self._audio.dropped

    @property
    def tool_outputs(self) -> list[ToolOutput]:
        """What the application answered to the agent's tool calls, in the order of the answers."""
        asked: dict[str, tuple[str, dict[str, Any]]] = {}
        outputs = []
        for *_, message in self._messages.all():
            if isinstance(message, messages.ToolCall):
                arguments = {str(each.name): each.value for each in message.data.arguments}
                asked[message.data.tool_call_id] = message.data.tool_name, arguments
            elif isinstance(message, messages.ToolCallOutput):
                name, arguments = asked.get(message.data.tool_call_id, ("", {}))
                outputs.append(ToolOutput(name, arguments, message.data.output))
        return outputs

    @property
    def transcript(self) -> list[tuple[str, str]]:
        """Who (`user`, `assistant`) said what, as the platform has it; what was heard of it."""
        rows = [row for row in list(self._record.rows) if row["type"] == "message"]
        return [(row["role"], row["message"]) for row in rows]

    @property
    def audio_received(self) -> bytes:
        """What the caller said: PCM from the call's start, silence where nothing came.

        Raises:
            SimulatorError: the simulator has ended, and its files are gone.
        """
        return self._pcm("caller")

    @property
    def audio_heard(self) -> bytes:
        """What the caller heard of the agent: PCM from the call's start.

        Raises:
            SimulatorError: the simulator has ended, and its files are gone.
        """
        return self._pcm("agent")

    @property
    def ended(self) -> bool:
        """Whether it is over, so that nothing is added any more."""
        return self._over

    @property
    def reason(self) -> str:
        """Why it ended: `agent_hangup`, `silence_timeout`, `user_hangup`, ...; empty before."""
        return self._record.reason

    def wait(self, timeout: float = 5) -> str:
        """Block until the call is over; gives the reason.

        Raises:
            TimeoutError: that took more than `timeout` seconds.
            RuntimeError: the simulator runs in this event loop: use `wait_async`.
        """
        return self._waiting.wait(self._ending, timeout, "the call did not end")

    async def wait_async(self, timeout: float = 5) -> str:
        """`wait` for asynchronous code."""
        return await self._waiting.wait_async(self._ending, timeout, "the call did not end")

    def tell(self, sender: Sender, message: Message) -> None:
        """A message has passed."""
        at, lengths = time.monotonic(), _lengths(message)
        self._passed += 1
        kept_among = self._audio if lengths else self._messages
        kept_among.add((self._passed, at, sender, message.type, lengths or message))
        self._waiting.changed()

    def finish(self) -> None:
        """The session is over."""
        self._over = True
        self._waiting.changed()

    def _ending(self) -> str:
        return self.reason if self._over else ""

    def _pcm(self, leg: Leg) -> bytes:
        recording = self._record.recording
        assert recording is not None  # noqa: S101  (every voice session has one)
        try:
            return recording.pcm(leg)
        except FileNotFoundError as error:
            text = "the recording went with the simulator: read it while the simulator runs"
            raise SimulatorError(text) from error


def _lengths(message: Message) -> Optional[tuple[Any, ...]]:
    """What is kept of a message with audio."""
    if isinstance(message, messages.InputAudio):
        return (_length_ms(message.data.audio),)
    if isinstance(message, messages.ResponseAudio):
        return (_length_ms(message.data.audio), message.data.turn_id, message.data.is_final)
    return None


def _length_ms(audio: str) -> float:
    return duration_ms(len(audio) * 3 // 4 - audio[-2:].count("="))


def _shown(kept: Any) -> Any:
    """The data of a message, from what is kept of it."""
    if isinstance(kept, tuple):
        return dict(zip(("audio_ms", "turn_id", "is_final"), kept))
    if isinstance(kept, messages.InvalidMessage):
        return {"claimed": kept.claimed, "error": kept.error}
    return redacted(codec.to_wire(kept.data))
