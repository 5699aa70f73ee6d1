"""How long importing takes in a new interpreter, with nothing else installed."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Callable

import environments
from figures import Figure, Target, interleaved

BARE, HTTPX, VATEL, CLIENT = "bare interpreter", "import httpx", "import vatel", "vatel.Client()"
EVERYTHING = """
import vatel, vatel_rt
names = [getattr(home, name) for home in (vatel, vatel_rt) for name in dir(home)]
client = vatel.Client(api_key="k")
groups = [getattr(client, name) for name in dir(client) if not name.startswith("_")]
"""
PROGRAMS = {
    BARE: "",
    HTTPX: "import httpx",
    VATEL: "import vatel",
    CLIENT: "import vatel; vatel.Client(api_key='k')",
    "everything": EVERYTHING,
}
WALL, PROCESSOR = "import, wall time", "import, processor time"
OVER = "import, wall time over a bare interpreter"

TARGETS = [Target(WALL, 1.3, HTTPX, CLIENT), Target(OVER, 15, None, VATEL)]


def figures(quick: bool) -> Iterator[Figure]:
    """Milliseconds of programs that only import."""
    python, rounds = environments.environment(), 1 if quick else 25
    for measure in _variants(python, perf_counter).values():
        measure()  # the first time all comes from the disk
    walls = interleaved(WALL, "ms", _variants(python, perf_counter), rounds)
    yield from walls
    yield from interleaved(PROCESSOR, "ms", _variants(python, _children_seconds), rounds)
    bare, *others = walls
    for figure in others:
        over = [mine - without for mine, without in zip(figure.values, bare.values)]
        yield Figure(OVER, figure.variant, "ms", over)


def _variants(python: Path, clock: Callable[[], float]) -> dict[str, Callable[[], float]]:
    return {name: partial(_timed, python, code, clock) for name, code in PROGRAMS.items()}


def _timed(python: Path, code: str, clock: Callable[[], float]) -> float:
    began = clock()
    subprocess.run([str(python), "-I", "-c", code], check=True)
    return (clock() - began) * 1000


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
