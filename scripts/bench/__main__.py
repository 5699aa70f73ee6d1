"""Measure the SDK beside other clients and bare libraries, and hold it against its targets.

    python scripts/bench                        # all topics, about twenty minutes
    python scripts/bench receive send --quick   # some, each row once
    python scripts/bench --json bench.json --chart docs/bench.svg --write docs/benchmarks.md

All variants of a row are measured in turn, round by round, so that a busy machine troubles all
alike: ratios mean more than times. Ctrl-C ends it and keeps what was measured. Exit code 1: a topic
could not run, or gave no figures. A target that is missed is shown, and is no failure.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path

import chart
import lab
import results
from figures import Figure, Target

TOPICS = [
    *("receive", "send", "pace", "latency", "growth"),
    *("rest", "imports", "footprint", "simulator_rows"),
]


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser("scripts/bench", description=(__doc__ or "").splitlines()[0])
    made.add_argument("topics", nargs="*", metavar="TOPIC", help=", ".join(TOPICS))
    made.add_argument("--quick", action="store_true", help="each row once, and small")
    made.add_argument("--json", type=Path, metavar="FILE", help="all values, targets, machine")
    made.add_argument("--chart", type=Path, metavar="FILE", help="the main rows, as SVG")
    made.add_argument("--write", type=Path, metavar="FILE", help="the tables, into that page")
    return made


def say(text: str) -> None:
    """Tell how far it is, on a line of its own: dots may follow."""
    print(f"\n{text}", end="", file=sys.stderr, flush=True)


def run(topics: list[str], quick: bool, figures: list[Figure], targets: list[Target]) -> list[str]:
    """Measure; fills `figures` as they come, and gives the topics that could not run."""
    failed = []
    for topic in topics:
        began = time.monotonic()
        say(f"{topic}:")
        try:
            module = import_module(topic)
            for figure in module.figures(quick):
                figures.append(figure)
                value = f"{results.number(figure.median)} {figure.unit}"
                say(f"  {figure.row}  {figure.variant}  {value}")
            targets.extend(module.TARGETS)
        except Exception:
            failed.append(topic)
            say(f"{topic} cannot run: {traceback.format_exc()}")
        say(f"  {time.monotonic() - began:.0f} s")
    return failed


def main() -> int:
    """Run it; gives the exit code."""
    options = parser().parse_args()
    unknown = set(options.topics) - set(TOPICS)
    if unknown:
        say(f"no such topic: {', '.join(unknown)}; there are {', '.join(TOPICS)}\n")
        return 2
    figures: list[Figure] = []
    targets: list[Target] = []
    wrong, interrupted = [], False
    try:
        failed = run(options.topics or TOPICS, options.quick, figures, targets)
        wrong = [f"{topic} could not run" for topic in failed]
    except KeyboardInterrupt:
        interrupted = True
        say("ended by Ctrl-C: this is what was measured until then")
    finally:
        lab.close()
    print(results.plain(results.lines(figures, targets)))
    found = results.as_json(figures, targets)
    if not interrupted:
        wrong += results.wrong_with(found)
    if interrupted or failed:  # the pages keep all rows
        options.chart = options.write = None
    write(options, figures, targets, found)
    say("\n".join(wrong) + "\n")
    return 130 if interrupted else bool(wrong)


def write(
    options: argparse.Namespace, figures: list[Figure], targets: list[Target], found: object
) -> None:
    """Write the files that were asked for."""
    if options.json:
        results.write_json(options.json, found)  # type: ignore[arg-type]
    if options.chart:
        chart.draw(figures, options.chart)
    if options.write:
        results.write_page(options.write, results.page(figures, targets))


if __name__ == "__main__":
    sys.exit(main())
