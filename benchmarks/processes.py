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
from typing import Any, Optional

HERE = Path(__file__).parent
ROOT = HERE.parent
REFERENCE = "reference"
reference: Optional[Path] = None
"""Another source tree to compare with, set by `--against`."""


def variants(names: Iterable[str]) -> list[str]:
    """Return `names`, or the two source trees if there is a reference."""
    return ["vatel", REFERENCE] if reference else list(names)


def tree_of(variant: str) -> Path:
    return reference if reference and variant == REFERENCE else ROOT


def start(script: str, variant: str = "vatel") -> subprocess.Popen[str]:
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
    """Return the address of the WebSocket server."""
    process = start("server.py")
    assert process.stdout
    return process.stdout.readline().strip()


@cache
def _client(variant: str, _process: str) -> subprocess.Popen[str]:
    return start("worker.py", variant)


def ask(variant: str, job: str, process: str = "", **arguments: Any) -> dict[str, float]:
    """Have a client run a job, and return the result.

    Clients are kept for later jobs, since some take seconds to import; another value of `process`
    starts a new one.
    """
    client = _client(variant, process)
    assert client.stdin
    assert client.stdout
    client.stdin.write(json.dumps({"job": job, **arguments}) + "\n")
    client.stdin.flush()
    print(".", end="", file=sys.stderr, flush=True)
    answer: dict[str, Any] = json.loads(client.stdout.readline() or '{"error": "the process died"}')
    if "error" in answer:
        raise RuntimeError(f"{variant}: {job} {arguments}: {answer['error']}")
    return answer


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
def installed(extra: str, variant: str) -> Path:
    """Install a source tree with an extra and its dependencies into a folder, and return that.

    Raises:
        subprocess.CalledProcessError: the installation failed; `stderr` is the installer's text.
    """
    folder = tempfile.TemporaryDirectory(prefix="vatel-bench-")
    atexit.register(folder.cleanup)
    package = f"{tree_of(variant)}[{extra}]" if extra else str(tree_of(variant))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder.name, package]
    subprocess.run(command, capture_output=True, text=True, check=True)
    return Path(folder.name)


def run_program(code: str, packages: Path) -> None:
    """Run a program with the packages of a folder, and no others.

    Others would be measured too: httpx, for one, imports rich and click if it finds them.
    """
    command, environment = (
        [sys.executable, "-S", "-c", code],
        {**os.environ, "PYTHONPATH": str(packages)},
    )
    subprocess.run(command, check=True, env=environment, cwd=packages)
