"""The agent's turns: which one is playing, which were interrupted, how much of each was heard."""

from __future__ import annotations

import time
from typing import Optional


class Turns:
    """Tracks the agent's turns from the audio that is queued at the device and dropped again.

    Audio of an interrupted turn is refused, however late it arrives. `underruns` counts how often
    the device ran out of audio within a turn, if it reports `queued_ms`.
    """

    def __init__(self) -> None:
        self.underruns = 0
        self._turn_id = ""
        self._is_unfinished = self._is_queue_reported = False
        self._refused_turns: set[str] = set()
        self._queued: list[tuple[str, float]] = []
        self._silent_at = 0.0

    def heard_ms(self, queued_ms: float = 0) -> dict[str, float]:
        """Return how much of each turn has been played, given what is queued at the device."""
        heard: dict[str, float] = {}
        for turn_id, ms in reversed(self._queued):
            waiting = min(queued_ms, ms)
            queued_ms -= waiting
            heard[turn_id] = heard.get(turn_id, 0) + ms - waiting
        return {turn_id: round(ms, 2) for turn_id, ms in reversed(list(heard.items()))}

    @property
    def remaining(self) -> float:
        """Seconds until everything has been played, if the device plays in real time."""
        return max(0.0, self._silent_at - time.monotonic())

    def admit(self, turn_id: str, ms: float, *, is_final: bool, queued_ms: Optional[float]) -> bool:
        """Return whether a piece of audio must be played; it then counts as queued."""
        if turn_id in self._refused_turns:
            if is_final:
                self._refused_turns.discard(turn_id)  # a platform may use the same id for all turns
            return False
        self._is_queue_reported |= bool(queued_ms)
        if ms:
            ran_dry = self._is_queue_reported and queued_ms == 0
            self.underruns += self._is_unfinished and turn_id == self._turn_id and ran_dry
            self._silent_at = max(self._silent_at, time.monotonic()) + ms / 1000
            if self._queued and self._queued[-1][0] == turn_id:
                ms += self._queued.pop()[1]
            self._queued.append((turn_id, ms))
        self._turn_id = turn_id
        self._is_unfinished = not is_final
        return True

    def interrupt(self, dropped_ms: float) -> set[str]:
        """Cut the unfinished turn; return the ids of the turns that were not heard completely."""
        cut = self.drop(dropped_ms)
        self._silent_at = 0.0
        if self._is_unfinished:
            cut.add(self._turn_id)
            self._refused_turns |= {self._turn_id} - {""}
        self._is_unfinished = False
        return cut

    def drop(self, dropped_ms: float) -> set[str]:
        """Remove the last `dropped_ms` of the queued audio; return the ids of its turns."""
        turn_ids: set[str] = set()
        for index, (turn_id, ms) in reversed(list(enumerate(self._queued))):
            if dropped_ms <= 0:
                break
            turn_ids.add(turn_id)
            self._queued[index] = (turn_id, max(0.0, ms - dropped_ms))
            dropped_ms -= ms
        return turn_ids
