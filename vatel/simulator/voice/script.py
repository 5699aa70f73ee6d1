"""What the caller says, as the scenario has it: its next turn, or one for that length of speech."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, cycle, repeat
from typing import Optional

from vatel.simulator.scenario.keys import Turn
from vatel.simulator.scenario.scenario import Scenario

UNSCRIPTED = "(not in the scenario)"
"""What is heard where the scenario has no turn."""


@dataclass
class Utterance:
    """What the caller says, as the scenario has it.

    Attributes:
        turn: None when the scenario has nothing, or it is not known yet.
        steps: how many interim transcripts are due.
        audio: what the caller really said, if the turn is an echo.
    """

    turn: Optional[Turn]
    turn_id: str
    began: str
    steps: int = 0
    audio: Optional[bytes] = None

    @property
    def text(self) -> str:
        """All of it."""
        return self.turn.hears if self.turn else UNSCRIPTED

    def interim(self) -> Optional[str]:
        """The interim transcript that is due; None if none is left."""
        if self.turn and self.turn.hears_interim is not None:
            return dict(enumerate(self.turn.hears_interim, 1)).get(self.steps)
        words = self.text.split()
        return " ".join(words[: self.steps]) if self.steps <= len(words) else None


class Script:
    """The turns of one call.

    Attributes:
        by_length: whether the length of speech tells the turn.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._turns = scenario.turns
        self.by_length = scenario.turns_by == "length"
        self._next: Iterator[Optional[Turn]] = (
            cycle(scenario.turns)
            if scenario.after_last_turn == "repeat"
            else chain(scenario.turns, repeat(None))
        )

    def begin(self) -> Optional[Turn]:
        """The caller begins to speak: the turn, if it is known from the order."""
        return None if self.by_length else next(self._next)

    def during(self, turn: Optional[Turn], secs: float) -> Optional[Turn]:
        """The turn, as far as it is known once the caller has spoken for so long."""
        if not self.by_length:
            return turn
        possible = [
            t for t in self._turns if t.speech_max_secs is None or t.speech_max_secs >= secs
        ]
        is_known = len(possible) == 1 or (possible and possible[0].speech_max_secs is None)
        return possible[0] if is_known and possible[0].speech_min_secs <= secs else None

    def end(self, turn: Optional[Turn], secs: float) -> Optional[Turn]:
        """The turn, once the caller has spoken for so long and stopped; None for no turn."""
        if not self.by_length:
            return turn
        return next((t for t in self._turns if _fits(t, secs)), None)


def _fits(turn: Turn, secs: float) -> bool:
    longest = turn.speech_max_secs
    return turn.speech_min_secs <= secs and (longest is None or secs <= longest)
