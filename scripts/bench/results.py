"""What was measured, as a table, as JSON, and as the tables of a page."""

from __future__ import annotations

import json
import math
import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Optional

from figures import Figure, Target

BEGIN = "<!-- made by python scripts/bench --write -->\n"
LIBRARIES = [
    *("vatel", "websockets", "msgspec", "httpx"),
    *("openai", "elevenlabs", "hume", "deepgram-sdk", "pydantic"),
]
OURS = "vatel"
HEADER = ["row", "variant", "median", "min to max", "to vatel", "target", "reached"]


@dataclass(frozen=True)
class Verdict:
    """What became of a target.

    Attributes:
        value: what is held against its limit: a ratio, or the median itself.
    """

    target: Target
    value: float

    @property
    def reached(self) -> bool:
        """Whether the value is within the limit."""
        limit = self.target.limit
        return self.value >= limit if self.target.at_least else self.value <= limit


def find(figures: list[Figure], row: str, variant: str) -> Optional[Figure]:
    """The figure of a variant of a row."""
    return next((f for f in figures if f.row == row and f.variant == variant), None)


def ratio(one: float, other: float) -> float:
    """How many times `other` is `one`; nothing is infinitely much of nothing."""
    return one / other if other else math.inf


def judge(target: Target, figures: list[Figure]) -> Optional[Verdict]:
    """Hold figures against a target; None where one of them is missing."""
    ours = find(figures, target.row, target.ours)
    if ours is None:
        return None
    if target.against is None:
        return Verdict(target, ours.median)
    other = find(figures, target.row, target.against)
    return None if other is None else Verdict(target, ratio(ours.median, other.median))


def number(value: float) -> str:
    """Three digits, as one reads them."""
    if not math.isfinite(value):
        return "-"
    if abs(value) >= 100:  # noqa: PLR2004
        return f"{value:.0f}"
    return f"{value:.3g}"


def lines(figures: list[Figure], targets: list[Target]) -> list[list[str]]:
    """The table, a list of cells a line; a target stands where its other side is."""
    verdicts = [verdict for target in targets if (verdict := judge(target, figures))]
    table = []
    for figure in figures:
        ours = find(figures, figure.row, OURS)
        to_ours = f"{number(ratio(figure.median, ours.median))} x" if ours else ""
        # A row may have two targets at one place: fast enough, and so much faster.
        own = [v for v in verdicts if _stands_at(v.target, figure)]
        spread = f"{number(min(figure.values))} to {number(max(figure.values))}"
        table.append(
            [
                figure.row,
                figure.variant,
                f"{number(figure.median)} {figure.unit}",
                spread if len(figure.values) > 1 else "",
                "" if figure is ours else to_ours,
                ", ".join(_text(v.target) for v in own),
                ", ".join(f"{'yes' if v.reached else 'NO'}, {number(v.value)}" for v in own),
            ]
        )
    return table


def _stands_at(target: Target, figure: Figure) -> bool:
    return target.row == figure.row and (target.against or target.ours) == figure.variant


def _text(target: Target) -> str:
    bound = f"{'≥' if target.at_least else '≤'} {number(target.limit)}"
    return bound if target.against is None else f"{target.ours} {bound} x"


def plain(table: list[list[str]]) -> str:
    """The table for a screen."""
    rows = [HEADER, *table]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADER))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows
    )


def markdown(table: list[list[str]]) -> str:
    """The table for a page."""
    rows = [HEADER, ["---"] * len(HEADER), *table]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def machine() -> dict[str, Any]:
    """What it was measured on, without a name of the machine or a path."""
    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            versions[library] = "not here"
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": versions,
    }


def as_json(figures: list[Figure], targets: list[Target]) -> dict[str, Any]:
    """Everything, with all values."""
    verdicts = [judge(target, figures) for target in targets]
    return {
        "machine": machine(),
        "figures": [{**asdict(figure), "median": figure.median} for figure in figures],
        "targets": [
            {
                **asdict(target),
                "value": verdict.value if verdict and math.isfinite(verdict.value) else None,
                "reached": verdict.reached if verdict else None,
            }
            for target, verdict in zip(targets, verdicts)
        ],
    }


def wrong_with(found: dict[str, Any]) -> list[str]:
    """What is missing or no number in the JSON of a run."""
    wrong = []
    for figure in found["figures"]:
        if not figure["values"] or not all(map(math.isfinite, figure["values"])):
            wrong.append(f"{figure['row']}, {figure['variant']}: {figure['values']}")
    for target in found["targets"]:
        if target["reached"] is None:
            wrong.append(f"{target['row']}: nothing to hold against a target")
    return wrong


def page(figures: list[Figure], targets: list[Target]) -> str:
    """The part of a page that is made: machine, table, notes."""
    facts = machine()
    libraries = ", ".join(f"{name} {number}" for name, number in facts["libraries"].items())
    about = f"{facts['cores']} cores, {facts['system']}, Python {facts['python']}; {libraries}."
    notes: dict[str, None] = {}
    for figure in figures:
        if figure.note:
            own = figure.variant if figure.variant != OURS else figure.row
            notes[f"- {own}: {figure.note}\n"] = None
    return f"{about}\n\n{markdown(lines(figures, targets))}\n{''.join(notes)}"


def write_page(path: Path, made: str) -> None:
    """Put it into a page, after what is written there by hand."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.partition(BEGIN)[0] + BEGIN + "\n" + made, encoding="utf-8")


def write_json(path: Path, found: dict[str, Any]) -> None:
    """Write it; infinite and missing numbers are refused."""
    text = json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
