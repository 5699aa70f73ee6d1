"""The agent's turns at the speaker: which is playing, which are cut off, what was heard of each."""

from __future__ import annotations

import time
from typing import Optional

from vatel_rt.audio.pcm import duration_ms
from vatel_rt.realtime.messages import ResponseAudioData


class Turns:
    """State of the agent's turns, from what is played and what the device drops again.

    Audio of a turn that was interrupted is not played, however late it comes; that of a new turn
    is played at once.

    Attributes:
        underruns: how often the device ran dry within a turn that went on, as far as it tells.
    """

    def __init__(self) -> None:
        self.underruns = 0
        self._turn = ""
        self._unfinished = False
        self._cut: set[str] = set()
        self._given: list[tuple[str, float]] = []
        self._silent_at = 0.0

    def heard_ms(self, queued_ms: float = 0) -> dict[str, float]:
        """Milliseconds played of each turn, to the sample where the device tells what it queues.

        Args:
            queued_ms: what waits at the device, and is therefore yet to be played.
        """
        heard: dict[str, float] = {}
        for turn, ms in reversed(self._given):
            waiting = min(queued_ms, ms)
            queued_ms -= waiting
            heard[turn] = heard.get(turn, 0) + ms - waiting
        return {turn: round(ms, 2) for turn, ms in reversed(list(heard.items()))}

    @property
    def remaining(self) -> float:
        """Seconds until all is played, if the device plays in real time."""
        return max(0.0, self._silent_at - time.monotonic())

    def admit(self, piece: ResponseAudioData, queued_ms: Optional[float] = None) -> bool:
        """Whether `piece`, which has come, is to be played.

        Args:
            piece: the payload of a `ResponseAudio`.
            queued_ms: what waits at the device, if that is known.
        """
        turn = piece.turn_id
        if turn in self._cut:
            if piece.is_final:
                self._cut.discard(turn)  # of platforms that give all turns the same id
            return False
        if piece.pcm:
            self.underruns += self._unfinished and turn == self._turn and queued_ms == 0
            self._add(turn, duration_ms(len(piece.pcm)))
        self._turn = turn
        self._unfinished = not piece.is_final
        return True

    def interrupt(self, dropped_ms: float) -> set[str]:
        """The agent is cut off; gives the turns of which something was not heard.

        Args:
            dropped_ms: how much the device dropped.
        """
        cut = self.drop(dropped_ms)
        self._silent_at = 0.0
        if self._unfinished:
            cut.add(self._turn)
            if self._turn:
                self._cut.add(self._turn)
        self._unfinished = False
        return cut

    def drop(self, dropped_ms: float) -> set[str]:
        """The device dropped the last `dropped_ms` that it was given; gives the turns of that."""
        losers: set[str] = set()
        for index in reversed(range(len(self._given))):
            if dropped_ms <= 0:
                break
            turn, ms = self._given[index]
            losers.add(turn)
            self._given[index] = (turn, max(0.0, ms - dropped_ms))
            dropped_ms -= ms
        return losers

    def _add(self, turn: str, ms: float) -> None:
        self._silent_at = max(self._silent_at, time.monotonic()) + ms / 1000
        if self._given and self._given[-1][0] == turn:
            ms += self._given.pop()[1]
        self._given.append((turn, ms))
