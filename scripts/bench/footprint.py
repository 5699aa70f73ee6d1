"""What an installation takes: size and number of distributions, with each extra."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import environments
from figures import Figure, Target

EXTRAS = {
    "audio": "on Linux PyAudio is compiled: gcc, python3-dev, portaudio19-dev",
    "aec": "from Python 3.10 on",
    "simulator": "",
    "demo": "",
}
SIZE, NUMBER = "footprint, installed size", "footprint, distributions"

TARGETS: list[Target] = []


def figures(quick: bool) -> Iterator[Figure]:
    """Without extras, and with each; an extra that cannot be installed is told and left out."""
    yield from _measured("vatel", environments.environment())
    for extra, note in () if quick else EXTRAS.items():
        try:
            python = environments.environment(extra)
        except environments.NotInstalledError as error:
            why = str(error).strip().splitlines()[-1]
            print(f"vatel[{extra}] cannot be had here ({note}): {why}", file=sys.stderr)
            continue
        yield from _measured(f"vatel[{extra}]", python, note)


def _measured(variant: str, python: Path, note: str = "") -> Iterator[Figure]:
    folder = environments.packages(python)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    yield Figure(SIZE, variant, "MB", [size], note)
    yield Figure(NUMBER, variant, "", [len(list(folder.glob("*.dist-info")))], note)
