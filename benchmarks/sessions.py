"""Topics about voice sessions: receive, send, pace, latency and growth."""

from __future__ import annotations

from collections.abc import Iterator

from peers import FLOOR, JSON_PEERS, PEERS, SESSIONS
from processes import ask, server, variants
from report import Figure, Target, Topic, in_turn

RECEIVE, SEND = "receive, 20 ms", "send, 20 ms"
COST, HELD = "both ways at pace, a second of a call", "simultaneous calls on one core"
TOGETHER, LATE_MS, COMPLETE = 10, 20, 0.97
OTHER_CALLS = 100


def _url(mode: str, variant: str) -> str:
    return f"{server()}/{mode}/{variant if variant in PEERS else 'vatel'}/20"


def _received(variant: str, count: int) -> dict[str, float]:
    url = _url("flood", variant)
    return ask(variant, "receive", url=url, count=count, warmup=count // 8 + 1)


def receive(quick: bool) -> Iterator[Figure]:
    """Measure processor time per message of 20 ms, from the socket to PCM."""

    def us(variant: str) -> float:
        return _received(variant, 1000 if quick else 4000)["µs"]

    yield from in_turn(RECEIVE, "µs", variants(SESSIONS), us, 1 if quick else 7)


def send(quick: bool) -> Iterator[Figure]:
    """Measure processor time per block of 20 ms, from PCM to a socket that is not full."""
    count = 600 if quick else 4800

    def us(variant: str) -> float:
        return ask(variant, "send", url=server(), count=count, warmup=count // 10)["µs"]

    yield from in_turn(SEND, "µs", variants(SESSIONS), us, 1 if quick else 13)


def _paced(variant: str, calls: int, seconds: float, process: str = "") -> dict[str, float]:
    job = {"calls": calls, "seconds": seconds, "warmup": min(1, seconds / 3)}
    url = f"{_url('pace', variant)}/1000000"
    return ask(variant, "pace", process, url=url, one_core=process == "one core", **job)


def pace(quick: bool) -> Iterator[Figure]:
    """Measure calls at real-time pace: what one costs, and how many one core holds."""

    def ms(variant: str) -> float:
        return _paced(variant, TOGETHER, 1 if quick else 4)["ms"]

    costs = in_turn(COST, "ms", variants(SESSIONS), ms, 1 if quick else 3)
    yield from costs
    # Each of many calls costs less than each of a few, so the search begins with a low estimate.
    estimates = {each.variant: (300 if quick else 600) / each.median for each in costs}
    estimates.pop(FLOOR, None)

    def held(variant: str) -> float:
        return capacity(variant, estimates[variant], 1 if quick else 3, 2 if quick else 1.1)

    for figure in in_turn(HELD, "calls", estimates, held, 1 if quick else 2):
        figure.more_is_better = True
        yield figure


def capacity(variant: str, calls: float, seconds: float, step: float) -> int:
    """Return the most calls that one core held, in a search that begins with `calls`.

    A core holds calls if 99 % of the blocks are less than 20 ms late both ways, and none is
    missing. Each number is tried twice, in case the machine was busy.
    """

    def holds(calls: float) -> bool:
        tries = (_paced(variant, int(calls), seconds, "one core") for _ in range(2))
        return any(one["late_ms"] < LATE_MS and one["share"] > COMPLETE for one in tries)

    while calls >= 1 and not holds(calls):
        calls /= step
    while calls >= 1 and holds(calls * step):
        calls *= step
    return int(calls)


def latency(quick: bool) -> Iterator[Figure]:
    """Measure how long audio takes through the process, both ways."""
    found: dict[str, Figure] = {}
    for _ in range(1 if quick else 5):
        for others in (0, OTHER_CALLS):
            url, seconds = f"{_url('pace', 'vatel')}/1000000", 1.5 if quick else 8
            measured = ask("vatel", "latency", url=url, others=others, seconds=seconds)
            for name, value in measured.items():
                row = f"{name}, {others or 'no'} other calls"
                found.setdefault(row, Figure(row, "vatel", "ms")).values.append(value)
    yield from found.values()


def growth(quick: bool) -> Iterator[Figure]:
    """Measure cost per call by the number of calls, and per message by the length of a call.

    Cost that grows in proportion stays the same in all rows. Memory is measured in new processes,
    since used ones do not return it.
    """
    rounds = range(1 if quick else 3)
    for calls in (1, 10) if quick else (1, 10, 50, 100, 200, 400):
        found = [_paced("vatel", calls, 1 if quick else 4, f"{calls}, {n}") for n in rounds]
        for row, unit in ("calls at once", "ms"), ("memory per call, calls at once", "KB"):
            values = [each[unit] for each in found]
            yield Figure(f"{row}: {calls}", "vatel", unit, values)
    for seconds in (40,) if quick else (40, 400, 3600):
        found = [_received("vatel", seconds * 50) for _ in rounds]
        for row, unit in ("length of a call", "µs"), ("memory added by a call", "KB"):
            values = [each[unit] for each in found]
            yield Figure(f"{row}: {seconds} s", "vatel", unit, values)


FASTER = [Target(RECEIVE, 0.5, peer) for peer in JSON_PEERS]
WIRE = f"block to wire, p99, {OTHER_CALLS} other calls"
TOPICS: dict[str, Topic] = {
    "receive": (receive, [Target(RECEIVE, 1.25, FLOOR), *FASTER]),
    "send": (send, [Target(SEND, 1.25, FLOOR)]),
    "pace": (pace, [Target(HELD, 3, peer, at_least=True) for peer in JSON_PEERS]),
    "latency": (latency, [Target(WIRE, 5)]),
    "growth": (growth, []),
}
