"""Processor time for a message of audio, from the socket to PCM in the caller's hand.

The server sends ready frames as fast as the socket takes them, each by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import lab
from figures import Figure, Target, interleaved
from peers import JSON_PEERS, NOTES, SESSIONS, wire_of

COUNTS = {20: (4000, 500), 1000: (300, 30)}
"""Messages that are measured, and before them, by their milliseconds."""
FLOOR = "websockets"
INFLATING = "websockets, inflating"


def cost(variant: str, mode: str, ms: int, quick: bool) -> float:
    """Microseconds for a message."""
    count, warmup = (each // (4 if quick else 1) for each in COUNTS[ms])
    url = f"{lab.server()}/{mode}/{wire_of(variant)}/{ms}"
    answer = lab.client(variant).ask("receive", url=url, count=count, warmup=warmup)
    return float(answer["us"])


def row(name: str, mode: str, ms: int, quick: bool) -> list[Figure]:
    """All variants of a row."""
    variants = [each for each in SESSIONS if mode == "deflate" or each != INFLATING]
    measures = {each: partial(cost, each, mode, ms, quick) for each in variants}
    figures = interleaved(name, "µs", measures, 1 if quick else 7)
    for figure in figures:
        figure.note = NOTES.get(figure.variant, "")
    return figures


def figures(quick: bool) -> Iterator[Figure]:
    """The rows of this topic."""
    lab.hold_to_cores(None)
    yield from row("receive, 20 ms", "flood", 20, quick)
    yield from row("receive, 1 s", "flood", 1000, quick)
    yield from row("receive, 20 ms, server offers compression", "deflate", 20, quick)


TARGETS = [
    Target("receive, 20 ms", 1.25, against=FLOOR),
    *(Target("receive, 20 ms", 0.5, against=peer) for peer in JSON_PEERS),
]
