"""The processes of the benchmarks: one server, and a client for each variant, as they are needed.

Each is kept for the next row, since some clients take seconds to import. Where there are two
cores, clients may be held to one and the server to the other. `close` ends all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, Optional

HERE = Path(__file__).parent


class Process:
    """A script of this folder in a process of its own, which is not reached by Ctrl-C."""

    running: list[Process] = []  # noqa: RUF012

    def __init__(self, script: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.pid = self._process.pid
        Process.running.append(self)

    def line(self) -> str:
        """What it says next."""
        assert self._process.stdout is not None  # noqa: S101
        said = self._process.stdout.readline()
        if not said:
            raise RuntimeError(f"a process of the benchmarks ended: {self._process.wait()}")
        return said

    def ask(self, job: str, **arguments: Any) -> Any:
        """Have a client do a job, and wait for what it found."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write(json.dumps({"job": job, **arguments}) + "\n")
        self._process.stdin.flush()
        print(".", end="", file=sys.stderr, flush=True)
        answer = json.loads(self.line())
        if "error" in answer:
            raise RuntimeError(f"{job} {arguments}: {answer['error']}")
        return answer

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.communicate()
        Process.running.remove(self)


@cache
def _feeder() -> tuple[Process, str]:
    process = Process("feeder.py")
    return process, process.line().strip()


def server() -> str:
    """The address of the server."""
    return _feeder()[1]


@cache
def client(variant: str) -> Process:
    """The client of that name."""
    return Process("worker.py", variant)


def hold_to_cores(process: Optional[Process]) -> str:
    """Hold a client to one core and the server to another, or with None none to any.

    Gives a note for the row where that is not possible here.
    """
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:  # noqa: PLR2004
        return "client and server share the cores: this machine cannot keep them apart"
    first, second, *_ = sorted(os.sched_getaffinity(0))
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(_feeder()[0].pid, {second} if process else everywhere)
    if process:
        os.sched_setaffinity(process.pid, {first})
    return ""


def close() -> None:
    """End all processes."""
    for process in list(Process.running):
        process.end()
    _feeder.cache_clear()
    client.cache_clear()
