"""Processor time for a block of audio, from PCM bytes to a socket that is not full."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import lab
from figures import Figure, Target, interleaved
from peers import NOTES, SESSIONS

COUNT, WARMUP = 4800, 480
VARIANTS = [each for each in SESSIONS if each != "websockets, inflating"]


def cost(variant: str, quick: bool) -> float:
    """Microseconds for a block of 20 ms."""
    part = 8 if quick else 1
    answer = lab.client(variant).ask(
        "send", url=lab.server(), ms=20, count=COUNT // part, warmup=WARMUP // part
    )
    return float(answer["us"])


def figures(quick: bool) -> Iterator[Figure]:
    """The rows of this topic."""
    lab.hold_to_cores(None)
    measures = {each: partial(cost, each, quick) for each in VARIANTS}
    for figure in interleaved("send, 20 ms", "µs", measures, 1 if quick else 13):
        figure.note = NOTES.get(figure.variant, "")
        yield figure


TARGETS = [Target("send, 20 ms", 1.25, against="websockets")]
