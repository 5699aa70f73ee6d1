"""Measure vatel beside other clients and bare libraries, and compare it with its targets.

    python benchmarks                          # every topic, about twenty minutes
    python benchmarks receive send --quick     # some topics, every row once
    python benchmarks --json bench.json --chart docs/bench.svg --write docs/benchmarks.md
    python benchmarks --against ../vatel-0.1   # this source tree and another one

The variants of a row are measured in turn, round by round: on a busy machine, trust the ratios,
not the times. Ctrl-C ends the run and keeps what was measured. Exit code 1: a topic failed, or a
figure is missing. Missed targets do not change the exit code.
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
SAME = 1.1
"""Ratio up to which two trees count as equally fast: a busy machine makes such differences."""


def options_parser() -> argparse.ArgumentParser:
    summary, _, details = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        "python benchmarks",
        description=summary,
        epilog=details,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=", ".join(TOPICS))
    parser.add_argument("--quick", action="store_true", help="measure every row once, and briefly")
    parser.add_argument(
        "--against",
        type=Path,
        metavar="TREE",
        help=f"compare with another source tree; topics: {', '.join(AGAINST)} (default), pace",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write values, targets, versions")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the main rows as SVG")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables into a page")
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
            for figure in TOPICS[topic].measure(quick):
                figures.append(figure)
                value = f"{report.number(figure.median)} {figure.unit}"
                say(f"  {figure.row}  {figure.variant}  {value}")
            targets.extend(TOPICS[topic].targets)
        except Exception:
            failed.append(topic)
            say(f"{topic} failed: {traceback.format_exc()}")
        say(f"  {time.monotonic() - began:.0f} s")
    return failed


def as_before(figures: list[Figure]) -> list[Target]:
    """Return a target for every row of the reference: this tree is not slower."""
    others = (figure for figure in figures if figure.variant.startswith(REFERENCE))
    return [
        Target(
            figure.row,
            1 / SAME if figure.more_is_better else SAME,
            figure.variant,
            figure.variant.replace(REFERENCE, "vatel"),
            figure.more_is_better,
        )
        for figure in others
    ]


def main() -> int:
    """Run the topics and write the files that were asked for; return the exit code."""
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
        targets = as_before(figures)
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
