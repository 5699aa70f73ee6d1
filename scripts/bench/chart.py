"""The chart of the README: the main rows, each client's cost as a multiple of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from figures import Figure
from results import OURS, find, ratio

ROWS = {
    "receive, 20 ms": "processor time to receive 20 ms",
    "send, 20 ms": "processor time to send 20 ms",
    "both ways at pace, a second of a call": "processor time for a second of a call",
    "simultaneous calls on one core": "simultaneous calls on one core",
}
COLORS = {OURS: "#1f6f54", "websockets": "#b0b0b0", "by hand": "#8c8c8c"}
OTHER = "#7fa6c9"
LONGEST = 8
"""Times ours; a longer bar is cut, for its number stands beside it."""


def draw(figures: list[Figure], path: Path) -> bool:
    """Draw those of `ROWS` that were measured; gives whether there were any."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "vatel"
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text, and the file small
    from matplotlib import pyplot

    rows = [row for row in ROWS if find(figures, row, OURS)]
    if not rows:
        return False
    drawn, axes = pyplot.subplots(1, len(rows), figsize=(3.2 * len(rows), 2.6), squeeze=False)
    for axis, row in zip(axes[0], rows):
        _panel(axis, [figure for figure in figures if figure.row == row])
        axis.set_title(ROWS[row], fontsize=8)
    drawn.tight_layout()
    drawn.savefig(path, metadata={"Date": None, "Creator": None})
    pyplot.close(drawn)
    return True


def _panel(axis: Any, figures: list[Figure]) -> None:
    ours = next(figure.median for figure in figures if figure.variant == OURS)
    bars = figures[::-1]
    colors = [COLORS.get(figure.variant, OTHER) for figure in bars]
    drawn = axis.barh(
        [figure.variant for figure in bars],
        [min(figure.median, LONGEST * ours) for figure in bars],
        color=colors,
    )
    texts = [f" {f.median:.3g} {f.unit} ({ratio(f.median, ours):.2g} x)" for f in bars]
    axis.bar_label(drawn, texts, fontsize=6)
    axis.margins(x=0.5)
    axis.tick_params(labelsize=7)
    axis.set_xticks([])
    for side in ("top", "right", "bottom"):
        axis.spines[side].set_visible(False)
