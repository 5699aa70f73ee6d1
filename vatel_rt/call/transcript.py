"""What both sides said, once it is settled."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, Optional

from vatel_rt.realtime.messages import Incoming, InputAudioTranscript, ResponseText, SessionStarted


@dataclass(frozen=True)
class TranscriptRow:
    """A settled text.

    Attributes:
        role: `user` for the caller, `assistant` for the agent.
        text: what was said; of an agent that was interrupted, what it was going to say, as far
            as the platform told.
        turn_id: the platform's id of the turn; empty where it gave none.
        at_ms: when it was settled, in milliseconds since `session_started`.
        interrupted: whether the caller did not hear all of it.
    """

    role: Literal["user", "assistant"]
    text: str
    turn_id: str
    at_ms: float
    interrupted: bool = False


class Transcript:
    """Makes rows of the texts that come.

    Attributes:
        rows: the settled texts so far, in the order in which they were settled.
    """

    def __init__(self) -> None:
        self.rows: list[TranscriptRow] = []
        self._started: Optional[float] = None
        self._unsettled: Optional[tuple[str, str]] = None
        self._cut: set[str] = set()

    def note(self, message: Incoming) -> None:
        """Take a message of the platform into account."""
        if isinstance(message, SessionStarted):
            self._started = time.monotonic()
        elif isinstance(message, InputAudioTranscript) and message.data.is_final:
            self._settle("user", message.data.transcript, message.data.turn_id or "")
        elif isinstance(message, ResponseText):
            self._hear_agent(message.data.turn_id, message.data.text, message.data.is_final)

    def interrupt(self, turns: Iterable[str]) -> None:
        """Of these turns of the agent not all was heard: their text is settled as it is."""
        for turn in turns:
            is_unsettled = self._unsettled is not None and self._unsettled[0] == turn
            if self._unsettled is not None and is_unsettled:
                self._settle("assistant", self._unsettled[1], turn)
                self._unsettled = None
            index = self._last_row(turn)
            if index is not None:
                self.rows[index] = replace(self.rows[index], interrupted=True)
            if turn and (is_unsettled or index is None):  # its final text is still to come
                self._cut.add(turn)

    def _hear_agent(self, turn: str, text: str, is_final: bool) -> None:
        if turn in self._cut:
            if is_final:
                self._amend(turn, text)
        elif is_final:
            self._unsettled = None
            self._settle("assistant", text, turn)
        else:
            self._unsettled = (turn, text)

    def _amend(self, turn: str, text: str) -> None:
        """The final text of a turn that was cut off, which comes late."""
        self._cut.discard(turn)  # of platforms that give all turns the same id
        index = self._last_row(turn)
        if index is None:
            self._settle("assistant", text, turn, interrupted=True)
        else:
            self.rows[index] = replace(self.rows[index], text=text)

    def _last_row(self, turn: str) -> Optional[int]:
        for index in reversed(range(len(self.rows))):
            row = self.rows[index]
            if row.role == "assistant" and row.turn_id == turn:
                return index
        return None

    def _settle(
        self, role: Literal["user", "assistant"], text: str, turn: str, interrupted: bool = False
    ) -> None:
        now = time.monotonic()
        at_ms = round((now - (self._started or now)) * 1000, 1)
        self.rows.append(TranscriptRow(role, text, turn, at_ms, interrupted))
