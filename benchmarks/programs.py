"""Topics about REST requests, import times and what an installation takes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from time import perf_counter
from typing import Any

import processes
from processes import ask, installed, run_program
from report import Figure, Target, Topic, in_turn
from wire import DATA

BARE = "httpx + json"
AGENT, CALL = DATA["agent"], DATA["call"]
CALL["transcript"]["entries"] *= 20
PAGE = {"calls": [CALL] * 100, "pagination": DATA["pagination"]}
REST = {
    "REST, get an agent": ("agents.get", [AGENT["id"]], AGENT, 200),
    "REST, list 50 agents": ("agents.list", [], [AGENT] * 50, 30),
    "REST, list 100 calls with transcripts": ("calls.list", [], PAGE, 3),
}
"""Method of the client, its arguments, the answer, and the number of requests per round."""

PROGRAMS = {
    "bare interpreter": "",
    "import httpx": "import httpx",
    "import vatel": "import vatel",
    "vatel.Client()": "import vatel; vatel.Client(api_key='k')",
}
WALL = "import, wall time"
OVER_BARE = f"{WALL} over a bare interpreter"


def rest(quick: bool) -> Iterator[Figure]:
    """Measure processor time per request over httpx's mock transport: no sockets, no server."""
    for row, operation in REST.items():

        def us(variant: str, operation: Any = operation) -> float:
            return ask(variant, "rest", operation=operation)["µs"]

        yield from in_turn(row, "µs", processes.variants(["vatel", BARE]), us, 1 if quick else 15)


def imports(quick: bool) -> Iterator[Figure]:
    """Measure programs that only import, each in a new interpreter."""
    rounds, trees = 1 if quick else 25, processes.variants(["vatel"])

    def ms(name: str, variant: str = "vatel") -> float:
        packages, began = installed(variant), perf_counter()
        run_program(PROGRAMS[name], packages)
        return (perf_counter() - began) * 1000

    for name in PROGRAMS:
        for tree in trees:
            ms(name, tree)  # the first run reads from the disk
    if processes.reference:
        for name in list(PROGRAMS)[2:]:
            yield from in_turn(f"{WALL}: {name}", "ms", trees, partial(ms, name), rounds)
        return
    bare, *others = in_turn(WALL, "ms", PROGRAMS, ms, rounds)
    yield from [bare, *others]
    for figure in others:
        over = [ours - theirs for ours, theirs in zip(figure.values, bare.values)]
        yield Figure(OVER_BARE, figure.variant, "ms", over)


def footprint(_quick: bool) -> Iterator[Figure]:
    """Measure size and number of the installed distributions, without extras."""
    folder = installed("vatel")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    yield Figure("footprint, installed size", "vatel", "MB", [size])
    count = len(list(folder.glob("*.dist-info")))
    yield Figure("footprint, distributions", "vatel", "", [count])


REST_TARGETS = [Target("REST, get an agent", 1.25, BARE), Target("REST, list 50 agents", 2, BARE)]
IMPORT_TARGETS = [
    Target(WALL, 1.3, "import httpx", "vatel.Client()"),
    Target(OVER_BARE, 15, None, "import vatel"),
]
TOPICS: dict[str, Topic] = {
    "rest": (rest, REST_TARGETS),
    "imports": (imports, IMPORT_TARGETS),
    "footprint": (footprint, []),
}
