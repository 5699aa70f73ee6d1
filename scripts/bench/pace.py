"""Both ways at real pace, 50 blocks a second each: what a call costs, how many a core holds.

A core holds calls as long as 99 of 100 blocks are less than 20 ms late, coming and going, and
none is missing. The client has one core to itself, the server another.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import lab
from figures import Figure, Target, interleaved
from peers import JSON_PEERS, NOTES

TOGETHER = 10
"""Calls at once where the cost of one is measured."""
VARIANTS = ["vatel", "websockets", "by hand", *JSON_PEERS, "deepgram"]
COST, HELD = "both ways at pace, a second of a call", "simultaneous calls on one core"
LATE_MS, COMPLETE = 20, 0.97
STEP, NARROW = 1.3, 1.06


def times(seconds: float) -> dict[str, float]:
    """How long to measure, and to let it settle before."""
    return {"seconds": seconds, "warmup": min(1, seconds / 3)}


def cost(variant: str, seconds: float) -> float:
    """Milliseconds of processor time for a second of a call."""
    answer = lab.client(variant).ask("pace", url=lab.server(), calls=TOGETHER, **times(seconds))
    return float(answer["ms"])


def held(variant: str, calls: int, seconds: float) -> bool:
    """Whether one core holds so many calls; asked twice, for the machine may have been busy."""
    return any(_held_once(variant, calls, seconds) for _ in range(2))


def _held_once(variant: str, calls: int, seconds: float) -> bool:
    found = lab.client(variant).ask("pace", url=lab.server(), calls=calls, **times(seconds))
    late: float = max(found["heard_p99_ms"], found["sent_p99_ms"])
    return late < LATE_MS and float(found["share"]) > COMPLETE


def capacity(variant: str, first: float, seconds: float, probes: int) -> float:
    """The largest number of calls that was held, while that of the next step was not.

    Args:
        variant: the client.
        first: the number with which the search begins.
        seconds: how long each number is tried.
        probes: how many numbers are tried, if one of them was held.
    """
    lab.hold_to_cores(lab.client(variant))
    good, bad, calls = 0.0, 0.0, max(first, 1)
    while probes > 0 or (not good and calls >= 1):
        probes -= 1
        if held(variant, int(calls), seconds):
            good = calls
            calls = (good + bad) / 2 if bad else good * STEP
        else:
            bad = calls
            calls = (good + bad) / 2 if good else bad / STEP
        if good and bad and bad / good < NARROW:
            break
    return int(good)


def figures(quick: bool) -> Iterator[Figure]:
    """The rows of this topic."""
    lab.hold_to_cores(None)
    costs = interleaved(
        COST,
        "ms",
        {each: partial(cost, each, 1 if quick else 4) for each in VARIANTS},
        1 if quick else 3,
    )
    for figure in costs:
        figure.note = NOTES.get(figure.variant, "")
        yield figure
    # Many calls at once cost less each than few: the search goes up from what few would allow.
    seconds, probes, guess = (1, 1, 300) if quick else (3, 6, 1200)
    measures = {
        each.variant: partial(capacity, each.variant, guess / each.median, seconds, probes)
        for each in costs
        if each.variant in ("vatel", *JSON_PEERS) or (not quick and each.variant != "websockets")
    }
    apart = lab.hold_to_cores(None)
    for figure in interleaved(HELD, "calls", measures, 1 if quick else 2):
        figure.more_is_better = True
        figure.note = apart or NOTES.get(figure.variant, "")
        yield figure
    lab.hold_to_cores(None)


TARGETS = [Target(HELD, 3, against=peer, at_least=True) for peer in JSON_PEERS]
