"""What a scenario may not say although its keys are right."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vatel_rt.audio.wav import read_wav
from vatel_rt.errors import AudioError, SimulatorError

if TYPE_CHECKING:
    from vatel_rt.simulator.scenario import Scenario

PLACEHOLDER = re.compile(r"\{(\w+)\}")
"""A place in an answer that the output of a tool fills."""
_SECONDS = 10


def check(scenario: Scenario) -> None:
    """Look for what cannot work.

    Raises:
        SimulatorError: the text names the place.
    """
    if scenario.delivery.chunk_min_ms > scenario.delivery.chunk_max_ms:
        raise SimulatorError("delivery: chunk_min_ms is over chunk_max_ms")
    if scenario.after_last_turn == "repeat" and not scenario.turns:
        raise SimulatorError("after_last_turn: there are no turns to repeat")
    for index, turn in enumerate(scenario.turns):
        place = PLACEHOLDER.search(turn.says)
        if place and not turn.tool:
            raise SimulatorError(f"turns[{index}].says: no tool fills {place[0]}")
    _check_clips(scenario)
    _check_voice(scenario)


def _check_clips(scenario: Scenario) -> None:
    for key, line in scenario.lines():
        try:
            if line.clip:
                read_wav(Path(scenario.folder, line.clip))
        except AudioError as error:
            raise SimulatorError(f"{key}.clip: {error}") from error


def _check_voice(scenario: Scenario) -> None:
    name, program = scenario.voice.name, shutil.which("espeak-ng")
    usual = type(scenario.voice)().name
    if program and name != usual and any(_texts_without_a_clip(scenario)):
        command = [program, "--stdin", "--stdout", "-v", name]
        try:
            done = subprocess.run(  # noqa: S603
                command, input=b"", capture_output=True, timeout=_SECONDS, check=False
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise SimulatorError(f"voice.name: espeak-ng failed: {error}") from error
        if done.returncode:
            raise SimulatorError(f"voice.name: espeak-ng has no voice {name!r}")


def _texts_without_a_clip(scenario: Scenario) -> Iterator[str]:
    for key, line in scenario.lines():
        if not line.clip and not key.startswith("caller"):
            yield line.says
    for turn in scenario.turns:
        if turn.tool:
            yield turn.tool.on_timeout
            yield from PLACEHOLDER.findall(turn.says)
