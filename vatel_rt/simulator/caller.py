"""The caller of a scenario as one piece of audio, for a microphone that is a file."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from vatel_rt.audio.pcm import bytes_of
from vatel_rt.audio.wav import read_wav
from vatel_rt.simulator.scenario import Scenario


def caller_clip(scenario: Optional[Scenario] = None) -> bytes:
    """What the caller says, as PCM that begins with the call.

    Args:
        scenario: one whose `caller` has clips; the packaged one by default.
    """
    scenario = scenario or Scenario.default()
    audio = bytearray()
    for line in sorted(scenario.caller, key=lambda line: line.at):
        audio.extend(bytes(max(0, bytes_of(1000 * line.at) - len(audio))))
        if line.clip:
            audio.extend(read_wav(Path(scenario.folder, line.clip)))
    return bytes(audio)
