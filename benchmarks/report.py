"""Figures, the targets they are compared with, and both as table, JSON, chart and page."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import distributions
from pathlib import Path
from statistics import median
from typing import Any, Optional

BEGIN = "<!-- made by python benchmarks --write -->\n"
LIBRARIES = ["vatel", "websockets", "msgspec", "httpx", "pydantic"]
LIBRARIES += ["openai", "elevenlabs", "hume", "deepgram-sdk"]
HEADER = ["row", "variant", "median", "min to max", "to vatel", "target", "reached"]
CHART = ["receive, 20 ms", "send, 20 ms", "both ways at pace, a second of a call"]
CHART += ["simultaneous calls on one core"]
LONGEST_BAR = 8
"""As a multiple of vatel's figure. Longer bars are cut; the number stands beside them."""


@dataclass
class Figure:
    """One variant of one row: the values of all rounds, and a note for readers."""

    row: str
    variant: str
    unit: str
    values: list[float] = field(default_factory=list)
    note: str = ""
    more_is_better: bool = False

    @property
    def median(self) -> float:
        return median(self.values)


@dataclass(frozen=True)
class Target:
    """Upper limit of `ours` divided by `against`, or of `ours` alone if `against` is None.

    With `at_least`, the limit is a lower limit.
    """

    row: str
    limit: float
    against: Optional[str] = None
    ours: str = "vatel"
    at_least: bool = False

    def value(self, figures: Iterable[Figure]) -> Optional[float]:
        """Return what is compared with the limit; None if a figure is missing."""
        ours = find(figures, self.row, self.ours)
        other = find(figures, self.row, self.against)
        if ours is None or (self.against and other is None):
            return None
        return ratio(ours.median, other.median) if other else ours.median

    def is_reached(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        limit = f"{'≥' if self.at_least else '≤'} {number(self.limit)}"
        return f"{self.ours} {limit} x" if self.against else limit


Topic = tuple[Callable[[bool], Iterator[Figure]], list[Target]]
"""A function that measures rows, called with `quick`, and the targets of the rows."""


def in_turn(
    row: str, unit: str, variants: Iterable[str], measure: Callable[[str], float], rounds: int
) -> list[Figure]:
    """Measure every variant once per round, so that a busy machine slows all of them alike."""
    figures = [Figure(row, name, unit) for name in variants]
    for _ in range(rounds):
        for figure in figures:
            figure.values.append(measure(figure.variant))
    return figures


def find(figures: Iterable[Figure], row: str, variant: Optional[str]) -> Optional[Figure]:
    return next((each for each in figures if (each.row, each.variant) == (row, variant)), None)


def ratio(one: float, other: float) -> float:
    return one / other if other else math.inf


def number(value: float) -> str:
    if not math.isfinite(value):
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(figures: list[Figure], targets: list[Target]) -> list[list[str]]:
    """Return the cells of each line; a target is shown beside the variant it compares with."""
    lines = []
    for figure in figures:
        ours = find(figures, figure.row, "vatel") or figure
        place = (figure.row, figure.variant)
        here = [each for each in targets if (each.row, each.against or each.ours) == place]
        judged = [(each, value) for each in here if (value := each.value(figures)) is not None]
        values = [number(min(figure.values)), number(max(figure.values))]
        cells = [
            f"{number(figure.median)} {figure.unit}",
            " to ".join(values) if len(figure.values) > 1 else "",
            "" if figure is ours else f"{number(ratio(figure.median, ours.median))} x",
            ", ".join(str(each) for each, _ in judged),
            ", ".join(f"{'yes' if t.is_reached(v) else 'NO'}, {number(v)}" for t, v in judged),
        ]
        lines.append([*place, *cells])
    return lines


def plain(lines: list[list[str]]) -> str:
    lines = [HEADER, *lines]
    widths = [max(map(len, column)) for column in zip(*lines)]
    padded = (map(str.ljust, line, widths) for line in lines)
    return "\n".join("  ".join(line).rstrip() for line in padded)


def machine() -> dict[str, Any]:
    """Describe the machine, without its name and without paths."""
    installed = {each.metadata["Name"]: each.version for each in distributions()}
    libraries = {name: installed.get(name, "not installed") for name in LIBRARIES}
    system, python = f"{platform.system()} {platform.machine()}", platform.python_version()
    return {"cores": os.cpu_count(), "system": system, "python": python, "libraries": libraries}


def as_json(figures: list[Figure], targets: list[Target]) -> dict[str, Any]:
    judged = []
    for target in targets:
        value = target.value(figures)
        reached = None if value is None else target.is_reached(value)
        finite = None if value == math.inf else value
        judged.append({**asdict(target), "value": finite, "reached": reached})
    found = [{**asdict(figure), "median": figure.median} for figure in figures]
    return {"machine": machine(), "figures": found, "targets": judged}


def problems(found: dict[str, Any]) -> list[str]:
    """Return what is missing, or not a finite number, in the JSON of a run."""
    wrong = [
        f"{each['row']}, {each['variant']}: {each['values']}"
        for each in found["figures"]
        if not each["values"] or not all(map(math.isfinite, each["values"]))
    ]
    unjudged = (each["row"] for each in found["targets"] if each["reached"] is None)
    return wrong + [f"{row}: no figure to compare with its target" for row in unjudged]


def page(figures: list[Figure], targets: list[Target]) -> str:
    facts = machine()
    libraries = ", ".join(map(" ".join, facts["libraries"].items()))
    about = f"{facts['cores']} cores, {facts['system']}, Python {facts['python']}; {libraries}."
    lines = [HEADER, ["---"] * len(HEADER), *table(figures, targets)]
    notes = [f"- {each.row}, {each.variant}: {each.note}\n" for each in figures if each.note]
    rows = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return f"{about}\n\n{rows}\n{''.join(notes)}"


def write_page(path: Path, generated: str) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(text.partition(BEGIN)[0] + BEGIN + "\n" + generated, encoding="utf-8")


def write_json(path: Path, found: dict[str, Any]) -> None:
    """Write the JSON of a run; infinite numbers raise ValueError."""
    text = json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def draw(figures: list[Figure], path: Path) -> None:
    """Draw the rows of `CHART` that were measured, as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    # Text stays text and names stay the same, so that the file is small and changes little.
    mpl.rcParams.update({"svg.hashsalt": "vatel", "svg.fonttype": "none"})
    from matplotlib import pyplot

    rows = {row: found.median for row in CHART if (found := find(figures, row, "vatel"))}
    if not rows:
        return
    drawn, axes = pyplot.subplots(1, len(rows), figsize=(3.2 * len(rows), 2.6), squeeze=False)
    for axis, (row, ours) in zip(axes[0], rows.items()):
        bars = [figure for figure in figures if figure.row == row][::-1]
        names, lengths = zip(*((f.variant, min(f.median, LONGEST_BAR * ours)) for f in bars))
        colors = ["#1f6f54" if name == "vatel" else "#7fa6c9" for name in names]
        texts = [f" {f.median:.3g} {f.unit} ({ratio(f.median, ours):.2g} x)" for f in bars]
        axis.bar_label(axis.barh(names, lengths, color=colors), texts, fontsize=6)
        axis.set_title(row, fontsize=8)
        axis.margins(x=0.5)
        axis.tick_params(labelsize=7)
        axis.set_xticks([])
        axis.spines[["top", "right", "bottom"]].set_visible(False)
    drawn.tight_layout()
    drawn.savefig(path, metadata={"Date": None, "Creator": None})
    pyplot.close(drawn)
