"""What a benchmark gives: figures, a value a round, and the targets that they are held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Optional


@dataclass
class Figure:
    """One variant of one row of the table.

    Attributes:
        row: what is measured, such as "receive, 20 ms".
        variant: who does it: "vatel", a peer's name, or the bare library, such as "websockets".
        unit: of the values, such as "µs" or "MB"; less is better unless `more_is_better`.
        values: one a round.
        note: what a reader has to know of this variant.
    """

    row: str
    variant: str
    unit: str
    values: list[float] = field(default_factory=list)
    note: str = ""
    more_is_better: bool = False

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return median(self.values)


@dataclass(frozen=True)
class Target:
    """What a row has to reach: `ours` at most `limit` times `against`, or absolutely if None.

    With `at_least` it is the lower limit instead.
    """

    row: str
    limit: float
    against: Optional[str] = None
    ours: str = "vatel"
    at_least: bool = False


def interleaved(
    row: str, unit: str, variants: Mapping[str, Callable[[], float]], rounds: int
) -> list[Figure]:
    """Measure all variants once a round, in turn, so that a busy machine troubles all alike."""
    figures = [Figure(row, variant, unit) for variant in variants]
    for _ in range(rounds):
        for figure, measure in zip(figures, variants.values()):
            figure.values.append(measure())
    return figures
