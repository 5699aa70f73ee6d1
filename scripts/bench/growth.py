"""Whether cost grows in a straight line: with calls at once, the length of a call, and messages.

Each row is the cost of one (call, message, second of audio). A line through the origin is a row
that stays the same; what the whole departs from it is a row of its own, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import lab
from figures import Figure, Target
from peers import wire_of

CALLS = [1, 10, 50, 100, 200, 400]
MESSAGES = [2_000, 20_000, 180_000]
"""Of 20 ms: 40 seconds, 7 minutes, an hour."""
SIZES_MS = [20, 100, 1000, 10_000]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The line through the origin that is nearest to `points`, each taken in proportion."""
    return sum(y / x for x, y in points) / len(points)


def line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """A fixed part and a slope: the nearest line, each point taken in proportion to its value."""
    weights = [1 / y**2 for _, y in points]
    total = sum(weights)
    x_mean = sum(w * x for w, (x, _) in zip(weights, points)) / total
    y_mean = sum(w * y for w, (_, y) in zip(weights, points)) / total
    above = sum(w * (x - x_mean) * (y - y_mean) for w, (x, y) in zip(weights, points))
    steepness = above / sum(w * (x - x_mean) ** 2 for w, (x, _) in zip(weights, points))
    return y_mean - steepness * x_mean, steepness


def deviation(points: Sequence[tuple[float, float]], fixed: float, steepness: float) -> float:
    """How far the point that is furthest from a line is from it, in percent."""
    return max(abs(y / (fixed + steepness * x) - 1) * 100 for x, y in points)


def straightness(row: str, points: Sequence[tuple[float, float]], unit: str) -> Iterator[Figure]:
    """How far `points` are from a line through the origin, and from one with a fixed part."""
    fixed, steepness = line(points)
    through = deviation(points, 0, slope(points))
    yield Figure(f"{row}: off a line through the origin", "vatel", "%", [through])
    yield Figure(
        f"{row}: off a line with a fixed part",
        "vatel",
        "%",
        [deviation(points, fixed, steepness)],
        f"{fixed:.3g} {unit} + {steepness:.3g} {unit} for each",
    )


def calls_at_once(quick: bool) -> Iterator[Figure]:
    """Processor time and memory by the number of calls."""
    points = []
    for calls in CALLS[: 2 if quick else None]:
        figure = Figure(f"calls at once: {calls}", "vatel", "ms")
        memory = Figure(f"memory for a call: {calls} at once", "vatel", "KB")
        for _ in range(1 if quick else 3):
            process = lab.Process("worker.py", "vatel")  # memory that was used is not given back
            found = process.ask("pace", url=lab.server(), calls=calls, seconds=1 if quick else 4)
            process.end()
            figure.values.append(found["ms"])
            memory.values.append(found["kb"])
        figure.note = "processor time for a second of one of them"
        points.append((float(calls), calls * figure.median))
        yield figure
        yield memory
    yield from straightness("calls at once", points, "ms")


def length_of_call(quick: bool) -> Iterator[Figure]:
    """Processor time for a message, and memory, by how many there were."""
    points = []
    for count in MESSAGES[: 1 if quick else None]:
        url = f"{lab.server()}/flood/{wire_of('vatel')}/20"
        rounds = [
            lab.client("vatel").ask("receive", url=url, count=count, warmup=500)
            for _ in range(1 if quick else 3)
        ]
        times = [each["us"] for each in rounds]
        figure = Figure(f"length of a call: {count * 0.02:.0f} s", "vatel", "µs", times)
        figure.note = "processor time for a message of 20 ms"
        points.append((float(count), count * figure.median))
        yield figure
        grown = [each["kb"] for each in rounds]
        yield Figure(f"memory that a call of {count * 0.02:.0f} s adds", "vatel", "KB", grown)
    if len(points) > 1:
        yield from straightness("length of a call", points, "µs")


def size_of_message(quick: bool) -> Iterator[Figure]:
    """Processor time by the audio in a message."""
    points = []
    for ms in SIZES_MS[: 2 if quick else None]:
        url = f"{lab.server()}/flood/{wire_of('vatel')}/{ms}"
        count = max(40, min(4000, 400_000 // ms)) // (4 if quick else 1)
        ask = {"url": url, "count": count, "warmup": count // 8 + 1}
        rounds = range(1 if quick else 5)
        times = [lab.client("vatel").ask("receive", **ask)["us"] for _ in rounds]
        figure = Figure(f"size of a message: {ms} ms", "vatel", "µs", times)
        points.append((float(ms), figure.median))
        yield figure
    yield from straightness("size of a message", points, "µs")


def figures(quick: bool) -> Iterator[Figure]:
    """The rows of this topic."""
    lab.hold_to_cores(None)
    yield from calls_at_once(quick)
    yield from length_of_call(quick)
    yield from size_of_message(quick)


TARGETS: list[Target] = []
