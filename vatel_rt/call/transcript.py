"""What the caller and the agent said, as settled text."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, Optional

Role = Literal["user", "assistant"]


@dataclass(frozen=True)
class TranscriptRow:
    """A settled text.

    Attributes:
        role: `user` for the caller, `assistant` for the agent.
        text: what was said. For an interrupted turn of the agent, its full text as far as the
            platform sent it.
        turn_id: the platform's id of the turn; empty if it has none.
        at_ms: when the text was settled, in milliseconds since `session_started`.
        interrupted: whether the caller did not hear all of it.
    """

    role: Role
    text: str
    turn_id: str
    at_ms: float
    interrupted: bool = False


class Transcript:
    """Collects the settled texts of a call in `rows`, in the order in which they were settled."""

    def __init__(self) -> None:
        self.rows: list[TranscriptRow] = []
        self._started: Optional[float] = None
        self._interim: dict[str, str] = {}  # the latest one, by its turn
        self._last_rows: dict[str, int] = {}
        self._cut: set[str] = set()

    def session_started(self) -> None:
        """Start the clock of `at_ms`."""
        self._started = time.monotonic()

    def caller_said(self, turn_id: str, text: str) -> None:
        """Add a final transcript of the caller."""
        self._settle("user", text, turn_id)

    def agent_said(self, turn_id: str, text: str, *, is_final: bool) -> None:
        """Add a text of the agent; an interim text is replaced by the next one."""
        if turn_id not in self._cut:
            self._interim = {} if is_final else {turn_id: text}
            if is_final:
                self._settle("assistant", text, turn_id)
        elif is_final:
            self._cut.discard(turn_id)  # a platform may use the same id for all turns
            index = self._last_rows.get(turn_id)
            if index is None:
                self._settle("assistant", text, turn_id, interrupted=True)
            else:
                self.rows[index] = replace(self.rows[index], text=text)

    def interrupted(self, turn_ids: Iterable[str]) -> None:
        """Settle the interim texts of these turns, and mark their last rows as interrupted."""
        for turn_id in turn_ids:
            interim = self._interim.pop(turn_id, None)
            if interim is not None:
                self._settle("assistant", interim, turn_id)
            index = self._last_rows.get(turn_id)
            if index is not None:
                self.rows[index] = replace(self.rows[index], interrupted=True)
            if turn_id and (interim is not None or index is None):  # the final text is to come
                self._cut.add(turn_id)

    def _settle(self, role: Role, text: str, turn_id: str, interrupted: bool = False) -> None:
        if role == "assistant":
            self._last_rows[turn_id] = len(self.rows)
        now = time.monotonic()
        at_ms = round((now - (self._started or now)) * 1000, 1)
        self.rows.append(TranscriptRow(role, text, turn_id, at_ms, interrupted))
