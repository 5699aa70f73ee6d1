"""The caller's utterances in the scenario: in order, or chosen by the length of speech."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, cycle, repeat
from typing import Optional

from vatel.simulator.scenario.keys import Turn
from vatel.simulator.scenario.scenario import Scenario

UNSCRIPTED = "(not in the scenario)"
"""The transcript of an utterance for which the scenario has no turn."""


@dataclass
class Utterance:
    """One utterance of the caller, with the words that the scenario has for it.

    Attributes:
        turn: the turn of the scenario; None if there is none, or it is not known yet.
        steps: number of interim transcripts due so far.
        audio: the caller's audio, if the turn is an echo.
    """

    turn: Optional[Turn]
    turn_id: str
    began: str
    steps: int = 0
    audio: Optional[bytes] = None

    @property
    def text(self) -> str:
        """The final transcript."""
        return self.turn.hears if self.turn else UNSCRIPTED

    def interim(self) -> Optional[str]:
        """Return the interim transcript that is due; None if there are no more."""
        if self.turn and self.turn.hears_interim is not None:
            return dict(enumerate(self.turn.hears_interim, 1)).get(self.steps)
        words = self.text.split()
        return " ".join(words[: self.steps]) if self.steps <= len(words) else None


class Script:
    """Chooses the turns of one call.

    Attributes:
        by_length: whether the length of speech chooses the turn.
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
        """Return the turn when the caller begins to speak, if turns come in order."""
        return None if self.by_length else next(self._next)

    def during(self, turn: Optional[Turn], secs: float) -> Optional[Turn]:
        """Return the turn after `secs` of speech; None while several are still possible."""
        if not self.by_length:
            return turn
        possible = [
            t for t in self._turns if t.speech_max_secs is None or t.speech_max_secs >= secs
        ]
        is_known = len(possible) == 1 or (possible and possible[0].speech_max_secs is None)
        return possible[0] if is_known and possible[0].speech_min_secs <= secs else None

    def end(self, turn: Optional[Turn], secs: float) -> Optional[Turn]:
        """Return the turn of an utterance that was `secs` long; None if no turn fits."""
        if not self.by_length:
            return turn
        return next((t for t in self._turns if _fits(t, secs)), None)


def _fits(turn: Turn, secs: float) -> bool:
    longest = turn.speech_max_secs
    return turn.speech_min_secs <= secs and (longest is None or secs <= longest)
