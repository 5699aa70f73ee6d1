"""Checks of a scenario's values against each other, and of its clips and voice."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import msgspec

from vatel.simulator.scenario import tables
from vatel.simulator.scenario.clips import read_clip
from vatel.simulator.scenario.errors import Place, Problems, ScenarioError
from vatel.simulator.scenario.keys import PLACEHOLDER, ScenarioKeys, Voice
from vatel_rt.errors import AudioError

_VOICE_TIMEOUT = 10
"""Seconds."""


def check(scenario: ScenarioKeys) -> None:
    """Check what the types of the keys cannot express.

    Raises:
        ScenarioError: for the first problem found.
    """
    for problems in (_settings, _faults, _turns, _values, _clips, tables.problems, _voice):
        for place, text in problems(scenario):
            raise ScenarioError(place, text)


def _settings(scenario: ScenarioKeys) -> Problems:
    if scenario.delivery.chunk_min_ms > scenario.delivery.chunk_max_ms:
        yield ("delivery", "chunk_min_ms"), "must not exceed chunk_max_ms"
    if scenario.after_last_turn == "repeat" and not scenario.turns:
        yield ("after_last_turn",), "there are no turns to repeat"


def _faults(scenario: ScenarioKeys) -> Problems:
    yield from ((("faults", name), problem) for name, problem in scenario.faults.problems())


def _turns(scenario: ScenarioKeys) -> Problems:
    ordered, unused = scenario.turns_by == "order", "has an effect only with `turns_by: length`"
    for index, turn in enumerate(scenario.turns):
        least, most = turn.speech_min_secs, turn.speech_max_secs
        most = math.inf if most is None else most
        unfilled = None if turn.tools else PLACEHOLDER.search(turn.says)
        rules = (
            ("says", unfilled, f"no tool has a value for {unfilled and unfilled[0]}"),
            ("answers", not turn.tools and turn.answers, "needs a tool, whose output selects one"),
            ("speech_min_secs", ordered and least, unused),
            ("speech_max_secs", ordered and most < math.inf, unused),
            ("speech_max_secs", most < least, "must not be less than speech_min_secs"),
            ("clip", turn.echo and turn.clip, "cannot be combined with `echo`"),
            ("tool", turn.echo and turn.tool, "cannot be combined with `echo`"),
        )
        yield from ((("turns", index, key), text) for key, wrong, text in rules if wrong)


def _values(value: Any, place: Place = ()) -> Problems:
    """Find values that JSON does not have, where the keys allow any JSON value."""
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
            yield place, f"not a JSON value: {error}"


def _clips(scenario: ScenarioKeys) -> Problems:
    for place, line in scenario.spoken():
        try:
            if line.clip:
                read_clip(scenario.path(line.clip))
        except AudioError as error:
            yield (*place, "clip"), str(error)


def _voice(scenario: ScenarioKeys) -> Problems:
    name, program = scenario.voice.name, shutil.which("espeak-ng")
    if program and name != Voice().name and any(_texts_without_a_clip(scenario)):
        command = [program, "--stdin", "--stdout", "-v", name]
        try:
            done = subprocess.run(  # noqa: S603
                command, input=b"", capture_output=True, timeout=_VOICE_TIMEOUT, check=False
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            yield ("voice", "name"), f"espeak-ng failed: {error}"
        else:
            if done.returncode:
                yield ("voice", "name"), f"espeak-ng has no voice {name!r}; see espeak-ng --voices"


def _texts_without_a_clip(scenario: ScenarioKeys) -> Iterator[str]:
    yield from (line.says for _, line in scenario.lines() if not line.clip)
    for tool in (tool for turn in scenario.turns for tool in turn.tools):
        yield from (tool.on_timeout, tool.on_error or "")
