"""How long audio waits in the process on its way out and in, and how soon an interruption is heard.

Out: from the block's capture to the system call that sends it. In: from the server's sending it,
through the local network, until it is in the buffer from which the device plays.
"""

from __future__ import annotations

from collections.abc import Iterator

import lab
from figures import Figure, Target

OTHERS = 100
ROWS = {"out": "block to wire", "in": "wire to device"}
SILENCE = "interruption to silence"


def figures(quick: bool) -> Iterator[Figure]:
    """The rows of this topic."""
    lab.hold_to_cores(None)
    found: dict[str, Figure] = {}
    ours, rounds, seconds = lab.client("vatel"), 1 if quick else 5, 1.5 if quick else 8
    for _ in range(rounds):
        for others in (0, OTHERS):
            answer = ours.ask("latency", url=lab.server(), others=others, seconds=seconds)
            for way, name in ROWS.items():
                for part in ("p50", "p99"):
                    row = f"{name}, {part}, {others or 'no'} other calls"
                    figure = found.setdefault(row, Figure(row, "vatel", "ms"))
                    figure.values.append(answer[f"{way}_{part}"])
                    figure.note = f"processor {answer['busy']:.0%} busy"
    yield from found.values()
    count = 3 if quick else 20
    values = [ours.ask("interruption", url=lab.server(), count=count)["blocks"]]
    note = f"the most of {count}; 1: the next block is silent after a fade of 5 ms"
    yield Figure(SILENCE, "vatel", "blocks", values, note)


TARGETS = [
    Target(f"block to wire, p99, {OTHERS} other calls", 5),
    Target(SILENCE, 1),
]
