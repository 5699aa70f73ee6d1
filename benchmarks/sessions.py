"""Topics about voice sessions: receive, send, pace, latency and growth."""

from __future__ import annotations

from collections.abc import Iterator

from peers import FLOOR, JSON_PEERS, NOTES, SESSIONS, messages_of
from processes import ask, server, variants
from report import Figure, Target, Topic, in_turn

SEND = "send, 20 ms"
COST, HELD = "both ways at pace, a second of a call", "simultaneous calls on one core"
TOGETHER, LATE_MS, COMPLETE, STEP, NARROW = 10, 20, 0.97, 1.3, 1.06
OTHER_CALLS = 100


def _received(variant: str, ms: int, count: int) -> dict[str, float]:
    url = f"{server()}/flood/{messages_of(variant)}/{ms}"
    return ask(variant, "receive", url=url, count=count, warmup=count // 8 + 1)


def receive(quick: bool) -> Iterator[Figure]:
    """Measure processor time per message, from the socket to PCM."""
    for row, ms, count in (("receive, 20 ms", 20, 4000), ("receive, 1 s", 1000, 300)):

        def us(variant: str, ms: int = ms, count: int = count) -> float:
            return _received(variant, ms, count // (4 if quick else 1))["us"]

        yield from in_turn(row, "µs", variants(SESSIONS), us, 1 if quick else 7, NOTES)


def send(quick: bool) -> Iterator[Figure]:
    """Measure processor time per block of 20 ms, from PCM to a socket that is not full."""
    count = 600 if quick else 4800

    def us(variant: str) -> float:
        return ask(variant, "send", url=server(), count=count, warmup=count // 10)["us"]

    yield from in_turn(SEND, "µs", variants(SESSIONS), us, 1 if quick else 13, NOTES)


def _paced(variant: str, calls: int, seconds: float, process: str = "") -> dict[str, float]:
    job = {"calls": calls, "seconds": seconds, "warmup": min(1, seconds / 3)}
    url = f"{server()}/pace/{messages_of(variant)}/20/1000000"
    return ask(variant, "pace", process, url=url, one_core=process == "one core", **job)


def pace(quick: bool) -> Iterator[Figure]:
    """Measure calls at real-time pace: what one costs, and how many one core holds."""

    def ms(variant: str) -> float:
        return _paced(variant, TOGETHER, 1 if quick else 4)["ms"]

    costs = in_turn(COST, "ms", variants(SESSIONS), ms, 1 if quick else 3, NOTES)
    yield from costs
    # Each of many calls costs less than each of a few, so the search begins with a low estimate.
    seconds, probes, estimate = (1, 1, 300) if quick else (3, 6, 1200)
    first = {figure.variant: estimate / figure.median for figure in costs}
    for name in (FLOOR, "by hand", "deepgram") if quick else (FLOOR,):
        first.pop(name, None)

    def held(variant: str) -> float:
        return capacity(variant, first[variant], seconds, probes)

    for figure in in_turn(HELD, "calls", first, held, 1 if quick else 2, NOTES):
        figure.more_is_better = True
        yield figure


def capacity(variant: str, calls: float, seconds: float, probes: int) -> float:
    """Return the most calls that one core held, in a search that begins with `calls`.

    A core holds calls if 99 % of the blocks are less than 20 ms late both ways, and none is
    missing. Each number is tried twice, in case the machine was busy.
    """
    good, bad, calls = 0.0, 0.0, max(calls, 1)
    while (probes > 0 or (not good and calls >= 1)) and not (good and 0 < bad < good * NARROW):
        probes -= 1
        tries = (_paced(variant, int(calls), seconds, "one core") for _ in range(2))
        if any(found["late_ms"] < LATE_MS and found["share"] > COMPLETE for found in tries):
            good = calls
        else:
            bad = calls
        calls = (good + bad) / 2 if good and bad else calls * STEP if good else calls / STEP
    return int(good)


def latency(quick: bool) -> Iterator[Figure]:
    """Measure how long audio takes through the process, both ways."""
    found: dict[str, Figure] = {}
    for _ in range(1 if quick else 5):
        for others in (0, OTHER_CALLS):
            url, seconds = f"{server()}/pace/vatel/20/1000000", 1.5 if quick else 8
            found_now = ask("vatel", "latency", url=url, others=others, seconds=seconds)
            for name, value in found_now.items():
                row = f"{name}, {others or 'no'} other calls"
                unit = "%" if name == "processor" else "ms"
                found.setdefault(row, Figure(row, "vatel", unit)).values.append(value)
    yield from found.values()


def growth(quick: bool) -> Iterator[Figure]:
    """Measure cost per call by the number of calls, and per message by number and size.

    Cost that grows in proportion stays the same in all rows. Memory is measured in new processes,
    since used ones do not return it.
    """
    rounds = range(1 if quick else 3)
    for calls in (1, 10) if quick else (1, 10, 50, 100, 200, 400):
        found = [_paced("vatel", calls, 1 if quick else 4, f"{calls}, {n}") for n in rounds]
        yield Figure(f"calls at once: {calls}", "vatel", "ms", [each["ms"] for each in found])
        memory = [each["kb"] for each in found]
        yield Figure(f"memory per call: {calls} at once", "vatel", "KB", memory)
    for seconds in (40,) if quick else (40, 400, 3600):
        found = [_received("vatel", 20, seconds * 50) for _ in rounds]
        times = [each["us"] for each in found]
        yield Figure(f"length of a call: {seconds} s", "vatel", "µs", times)
        memory = [each["kb"] for each in found]
        yield Figure(f"memory added by a call of {seconds} s", "vatel", "KB", memory)
    for ms in (20, 100) if quick else (20, 100, 1000, 10_000):
        count = max(40, min(4000, 400_000 // ms))
        times = [_received("vatel", ms, count // (4 if quick else 1))["us"] for _ in rounds]
        yield Figure(f"size of a message: {ms} ms", "vatel", "µs", times)


RECEIVE_PEERS = [Target("receive, 20 ms", 0.5, against=peer) for peer in JSON_PEERS]
WIRE = f"block to wire, p99, {OTHER_CALLS} other calls"
TOPICS: dict[str, Topic] = {
    "receive": (receive, [Target("receive, 20 ms", 1.25, against=FLOOR), *RECEIVE_PEERS]),
    "send": (send, [Target(SEND, 1.25, against=FLOOR)]),
    "pace": (pace, [Target(HELD, 3, against=peer, at_least=True) for peer in JSON_PEERS]),
    "latency": (latency, [Target(WIRE, 5)]),
    "growth": (growth, []),
}
