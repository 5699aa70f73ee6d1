"""Measure vatel beside other clients and bare libraries, and compare it with its targets.

Ctrl-C ends the run and keeps what was measured. Exit code 1: a topic failed, or a figure is
missing; missed targets do not change it. See docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from pathlib import Path

import processes
import programs
import report
import sessions
import simulators
from processes import REFERENCE
from report import Figure, Target

TOPICS = {**sessions.TOPICS, **programs.TOPICS, **simulators.TOPICS}
AGAINST = ["receive", "send", "rest", "imports"]
FILES = {
    "against": f"compare with another source tree; topics: {', '.join(AGAINST)} (default), pace",
    "json": "write values, targets and versions",
    "chart": "draw the main rows as SVG",
    "write": "write the tables into a page",
}
SAME = 1.1
"""Ratio up to which two trees count as equally fast: a busy machine makes such differences."""


def options_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python benchmarks")
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=", ".join(TOPICS))
    parser.add_argument("--quick", action="store_true", help="measure every row once, and briefly")
    for option, text in FILES.items():
        parser.add_argument(f"--{option}", type=Path, metavar="PATH", help=text)
    return parser


def say(text: str) -> None:
    print(f"\n{text}", end="", file=sys.stderr, flush=True)


def run(topics: list[str], quick: bool, figures: list[Figure], targets: list[Target]) -> list[str]:
    """Measure; add to `figures` and `targets`, and return the topics that failed."""
    failed = []
    for topic in topics:
        began = time.monotonic()
        say(f"{topic}:")
        try:
            measure, its_targets = TOPICS[topic]
            for figure in measure(quick):
                figures.append(figure)
                value = f"{report.number(figure.median)} {figure.unit}"
                say(f"  {figure.row}  {figure.variant}  {value}")
            targets.extend(its_targets)
        except Exception:
            failed.append(topic)
            say(f"{topic} failed: {traceback.format_exc()}")
        say(f"  {time.monotonic() - began:.0f} s")
    return failed


def not_slower(figure: Figure) -> Target:
    """Return the target for a figure of the reference: this tree is not slower."""
    ours, more = figure.variant.replace(REFERENCE, "vatel"), figure.more_is_better
    return Target(figure.row, 1 / SAME if more else SAME, figure.variant, ours, more)


def main() -> int:
    options = options_parser().parse_args()
    unknown = set(options.topics) - set(TOPICS)
    if unknown:
        say(f"no such topic: {', '.join(unknown)}; there are {', '.join(TOPICS)}\n")
        return 2
    processes.reference = options.against and options.against.resolve()
    topics = options.topics or (AGAINST if options.against else list(TOPICS))
    figures: list[Figure] = []
    targets: list[Target] = []
    failed, interrupted = [], False
    try:
        failed = run(topics, options.quick, figures, targets)
    except KeyboardInterrupt:
        interrupted = True
        say("interrupted: the table holds what was measured so far")
    if options.against:
        targets = [not_slower(each) for each in figures if each.variant.startswith(REFERENCE)]
    print(report.plain(report.table(figures, targets)))
    found = report.as_json(figures, targets)
    problems = [f"{topic} failed" for topic in failed]
    problems += [] if interrupted else report.problems(found)
    if options.json:
        report.write_json(options.json, found)
    if not (interrupted or failed or options.against):  # the page shows every row
        if options.chart:
            report.draw(figures, options.chart)
        if options.write:
            report.write_page(options.write, report.page(figures, targets))
    say("\n".join(problems) + "\n")
    return 130 if interrupted else bool(problems)


if __name__ == "__main__":
    sys.exit(main())
