"""Processes of the benchmarks: the WebSocket server, clients, simulators and installed programs."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Timer
from typing import Any, Optional

HERE = Path(__file__).parent
ROOT = HERE.parent
REFERENCE = "reference"
reference: Optional[Path] = None
"""Another source tree to compare with, set by `--against`."""
TIMEOUT = 240
"""Seconds after which a client without an answer is killed."""


def variants(names: Iterable[str]) -> list[str]:
    """Return `names`, or the two source trees if there is a reference."""
    return ["vatel", REFERENCE] if reference else list(names)


def tree_of(variant: str) -> Path:
    return reference if reference and variant == REFERENCE else ROOT


@cache
def start(script: str, variant: str = "vatel", _process: str = "") -> Any:
    """Start a script of this folder with the modules of a source tree.

    It does not receive Ctrl-C; it is killed when this process ends.
    """
    tree = tree_of(variant)
    process = subprocess.Popen(
        [sys.executable, HERE / script, "vatel" if variant == REFERENCE else variant],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{tree / 'generated'}"},
    )
    atexit.register(process.kill)
    return process


@cache
def server() -> str:
    return str(start("server.py").stdout.readline()).strip()


def ask(variant: str, job: str, process: str = "", **arguments: Any) -> dict[str, float]:
    """Have a client run a job, and return the result.

    Clients are kept for later jobs, since some take seconds to import; another value of `process`
    starts a new one. Raises RuntimeError if the job fails or takes longer than `TIMEOUT`.
    """
    client = start("worker.py", variant, process)
    timer = Timer(TIMEOUT, client.kill)
    timer.start()
    print(json.dumps({"job": job, **arguments}), file=client.stdin, flush=True)
    print(".", end="", file=sys.stderr, flush=True)
    line = client.stdout.readline()
    timer.cancel()
    if not line:
        start.cache_clear()  # the process is gone
    answer = json.loads(line or f'{{"error": "the process died, or needed more than {TIMEOUT} s"}}')
    if "error" in answer:
        raise RuntimeError(f"{variant}: {job} {arguments}: {answer['error']}")
    return dict(answer)


@contextmanager
def simulator(scenario: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Run a simulator; return its process id and its URL."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "scenario.yaml")
        file.write_text(json.dumps(scenario))
        command = [sys.executable, "-m", "vatel.simulator", "--port", "0", "--scenario", str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            try:
                yield process.pid, process.stdout.readline().split()[-1]
            finally:
                process.terminate()


@cache
def installed(variant: str) -> Path:
    """Install a source tree with its dependencies into a folder, and return that."""
    folder = tempfile.TemporaryDirectory(prefix="vatel-bench-")
    atexit.register(folder.cleanup)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder.name]
    subprocess.run([*pip, str(tree_of(variant))], check=True)
    return Path(folder.name)


def run_program(code: str, packages: Path) -> None:
    """Run a program with the packages of a folder, and no others.

    Others would be measured too: httpx, for one, imports rich and click if it finds them.
    """
    command, variables = [sys.executable, "-S", "-c", code], {"PYTHONPATH": str(packages)}
    subprocess.run(command, check=True, env={**os.environ, **variables}, cwd=packages)
