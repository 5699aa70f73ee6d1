"""Topics about REST requests, import times and what an installation takes."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter

import processes
from processes import NotInstalledError, ask, installed, run_program
from report import Figure, Target, Topic, in_turn
from wire import DATA

BARE = "httpx + json"
AGENT, CALL = DATA["agent"], DATA["call"]
CALL["transcript"]["entries"] *= 20
REST = {
    "REST, get an agent": ("agents.get", [AGENT["id"]], AGENT, 200),
    "REST, list 50 agents": ("agents.list", [], [AGENT] * 50, 30),
    "REST, list 100 calls with transcripts": (
        "calls.list",
        [],
        {"calls": [CALL] * 100, "pagination": DATA["pagination"]},
        3,
    ),
}
"""Method of the client, its arguments, the answer, and the number of requests per round."""
GROWTH, SIZES = "REST, list agents, per agent", (10, 100, 1000)

PROGRAMS = {
    "bare interpreter": "",
    "import httpx": "import httpx",
    "import vatel": "import vatel",
    "vatel.Client()": "import vatel; vatel.Client(api_key='k')",
    "everything": """
import vatel, vatel_rt
names = [getattr(module, name) for module in (vatel, vatel_rt) for name in dir(module)]
client = vatel.Client(api_key="k")
groups = [getattr(client, name) for name in dir(client) if not name.startswith("_")]
""",
}
WALL, PROCESSOR = "import, wall time", "import, processor time"
OVER_BARE = f"{WALL} over a bare interpreter"
EXTRAS = {
    "audio": "on Linux, PyAudio is compiled: gcc, python3-dev, portaudio19-dev",
    "aec": "from Python 3.10 on",
    "simulator": "",
    "demo": "",
}


def rest(quick: bool) -> Iterator[Figure]:
    """Measure REST requests over httpx's mock transport: no sockets and no server."""

    def us(client: str, suffix: str, operation: tuple[str, list[str], object, int]) -> float:
        method, arguments, answer, times = operation
        job = {"method": method, "arguments": arguments, "times": times, "is_async": bool(suffix)}
        return ask(client, "rest", answer=json.dumps(answer), **job)["us"]

    clients, rounds = processes.variants(["vatel", BARE]), 1 if quick else 15
    for row, operation in REST.items():
        names = [(client, suffix) for suffix in ("", ", async") for client in clients]
        measures = {
            client + suffix: partial(us, client, suffix, operation) for client, suffix in names
        }
        yield from in_turn(row, "µs", measures, rounds)
    lists = {n: ("agents.list", [], [AGENT] * n, 1000 // n) for n in SIZES}
    per_agent = {f"{n} agents": partial(us, "vatel", "", each) for n, each in lists.items()}
    for figure, count in zip(in_turn(GROWTH, "µs", per_agent, rounds), SIZES):
        figure.values = [value / count for value in figure.values]
        yield figure


def imports(quick: bool) -> Iterator[Figure]:
    """Measure programs that only import, each in a new interpreter."""

    def ms(clock: Callable[[], float], name: str, variant: str = "vatel") -> float:
        packages, began = installed("", variant), clock()
        run_program(PROGRAMS[name], packages)
        return (clock() - began) * 1000

    for name in PROGRAMS:
        for variant in processes.variants(["vatel"]):
            ms(perf_counter, name, variant)  # the first run reads from the disk
    rounds = 1 if quick else 25
    if processes.reference:
        for name in list(PROGRAMS)[2:]:
            trees = {each: partial(ms, perf_counter, name, each) for each in processes.variants([])}
            yield from in_turn(f"{WALL}: {name}", "ms", trees, rounds)
        return
    walls = in_turn(
        WALL, "ms", {name: partial(ms, perf_counter, name) for name in PROGRAMS}, rounds
    )
    yield from walls
    used = {name: partial(ms, _children_seconds, name) for name in PROGRAMS}
    yield from in_turn(PROCESSOR, "ms", used, rounds)
    for figure in walls[1:]:
        over = [ours - bare for ours, bare in zip(figure.values, walls[0].values)]
        yield Figure(OVER_BARE, figure.variant, "ms", over)


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def footprint(quick: bool) -> Iterator[Figure]:
    """Measure size and number of the installed distributions, without and with each extra."""
    for extra, note in {"": "", **({} if quick else EXTRAS)}.items():
        variant = f"vatel[{extra}]" if extra else "vatel"
        try:
            folder = installed(extra)
        except NotInstalledError as error:
            reason = str(error).strip().splitlines()[-1]
            print(f"cannot install {variant} here ({note}): {reason}", file=sys.stderr)
            continue
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
        yield Figure("footprint, installed size", variant, "MB", [size], note)
        count = len(list(folder.glob("*.dist-info")))
        yield Figure("footprint, distributions", variant, "", [count], note)


TOPICS = {
    "rest": Topic(
        rest,
        [
            *(
                Target(row, limit, BARE + suffix, "vatel" + suffix)
                for row, limit in (("REST, get an agent", 1.25), ("REST, list 50 agents", 2))
                for suffix in ("", ", async")
            ),
            Target(GROWTH, 1.3, "100 agents", "1000 agents"),
        ],
    ),
    "imports": Topic(
        imports,
        [
            Target(WALL, 1.3, "import httpx", "vatel.Client()"),
            Target(OVER_BARE, 15, None, "import vatel"),
        ],
    ),
    "footprint": Topic(footprint, []),
}
