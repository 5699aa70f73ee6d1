"""What a scenario may not say although its keys are right."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import msgspec

from vatel.simulator.platform import seeding as state
from vatel.simulator.scenario.errors import MistakeError, Place
from vatel.simulator.scenario.scenario import PLACEHOLDER, Scenario, Voice
from vatel_rt.audio.wav import read_wav
from vatel_rt.errors import AudioError

_SECONDS = 10
Found = Iterator[tuple[Place, str]]


def check(scenario: Scenario) -> None:
    """Look for what cannot work.

    Raises:
        MistakeError: the first that is found.
    """
    for find in (_settings, _faults, _turns, _values, _clips, state.mistakes, _voice):
        for place, text in find(scenario):
            raise MistakeError(place, text)


def _settings(scenario: Scenario) -> Found:
    if scenario.delivery.chunk_min_ms > scenario.delivery.chunk_max_ms:
        yield ("delivery", "chunk_min_ms"), "it is over chunk_max_ms"
    if scenario.after_last_turn == "repeat" and not scenario.turns:
        yield ("after_last_turn",), "there are no turns to repeat"


def _faults(scenario: Scenario) -> Found:
    yield from ((("faults", name), problem) for name, problem in scenario.faults.idle())


def _turns(scenario: Scenario) -> Found:
    ordered, counts = scenario.turns_by == "order", "it counts with `turns_by: length` only"
    for index, turn in enumerate(scenario.turns):
        least, most = turn.speech_min_secs, turn.speech_max_secs
        most = math.inf if most is None else most
        unfilled = None if turn.tools else PLACEHOLDER.search(turn.says)
        rules = (
            ("says", unfilled, f"no tool fills {unfilled and unfilled[0]}"),
            ("answers", not turn.tools and turn.answers, "there is no tool whose output chooses"),
            ("speech_min_secs", ordered and least, counts),
            ("speech_max_secs", ordered and most < math.inf, counts),
            ("speech_max_secs", most < least, "it is less than speech_min_secs"),
            ("clip", turn.echo and turn.clip, "the answer is an echo, which has none"),
            ("tool", turn.echo and turn.tool, "the answer is an echo, which has none"),
        )
        yield from ((("turns", index, key), text) for key, wrong, text in rules if wrong)


def _values(value: Any, place: Place = ()) -> Found:
    """What JSON does not have, among what may be any of its values."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _values(getattr(value, name), (*place, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _values(item, (*place, index))
    else:
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            yield place, f"no JSON value: {error}"


def _clips(scenario: Scenario) -> Found:
    for place, line in scenario.spoken():
        try:
            if line.clip:
                read_wav(scenario.path(line.clip))
        except AudioError as error:
            yield (*place, "clip"), str(error)


def _voice(scenario: Scenario) -> Found:
    name, program = scenario.voice.name, shutil.which("espeak-ng")
    if program and name != Voice().name and any(_texts_without_a_clip(scenario)):
        command = [program, "--stdin", "--stdout", "-v", name]
        try:
            done = subprocess.run(  # noqa: S603
                command, input=b"", capture_output=True, timeout=_SECONDS, check=False
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            yield ("voice", "name"), f"espeak-ng failed: {error}"
        else:
            if done.returncode:
                yield ("voice", "name"), f"espeak-ng has no voice {name!r}; see espeak-ng --voices"


def _texts_without_a_clip(scenario: Scenario) -> Iterator[str]:
    yield from (line.says for _, line in scenario.lines() if not line.clip)
    for tool in (tool for turn in scenario.turns for tool in turn.tools):
        yield from (tool.on_timeout, tool.on_error or "")
