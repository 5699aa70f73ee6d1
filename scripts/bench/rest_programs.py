"""The first call of a program, and the memory of clients: new interpreters ask a simulator."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Callable

import environments
from figures import Figure, interleaved
from simulator_load import simulator, write_scenario

FIRST, MEMORY = "REST, first call of a program", "REST, memory of {} clients"
ASK = {
    "vatel": """
from vatel import Client
def ask(url):
    client = Client("simulator-key", url)
    client.agents.list()
    return client
""",
    "httpx + json": """
import httpx
def ask(url):
    client = httpx.Client(base_url=url, headers={"Authorization": "Bearer simulator-key"})
    client.get("/v1/agents").json()
    return client
""",
}
"""A program's clients; each has asked once."""
TIMED = """
from time import perf_counter
began = perf_counter()
{ask}
ask({url!r})
print((perf_counter() - began) * 1000)
"""
GROWN = """
from resource import getpagesize
{ask}
def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * getpagesize() / 1e6
kept = [ask({url!r})]
before = memory()
kept += [ask({url!r}) for _ in range({count})]
print(memory() - before)
"""


def figures(quick: bool) -> Iterator[Figure]:
    """Milliseconds from the first line to the first answer, and megabytes of further clients."""
    with TemporaryDirectory() as folder:
        write_scenario(Path(folder), 1)
        with simulator(Path(folder, "scenario.yaml")) as (_, url):
            variants = _variants(TIMED, url)
            for measure in variants.values():
                measure()  # the first time all comes from the disk
            yield from interleaved(FIRST, "ms", variants, 1 if quick else 15)
            for count in (1, 100):
                variants = _variants(GROWN, url, count)
                yield from interleaved(MEMORY.format(count), "MB", variants, 1 if quick else 3)


def _variants(program: str, url: str, count: int = 0) -> dict[str, Callable[[], float]]:
    return {
        name: partial(_printed, program.format(ask=ask, url=url, count=count))
        for name, ask in ASK.items()
    }


def _printed(program: str) -> float:
    python = str(environments.environment())
    return float(subprocess.check_output([python, "-I", "-c", program], text=True))
