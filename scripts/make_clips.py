"""Make the clips of the simulator's default scenario with espeak-ng (those in git: 1.51)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import yaml

from vatel.simulator.scenario.clips import DATA
from vatel.simulator.scenario.keys import Voice
from vatel.simulator.scenario.scenario import DEFAULT, Scenario
from vatel.simulator.voice.speech import EXCUSE, espeak
from vatel_rt.audio.pcm import pcm_of, samples_of
from vatel_rt.audio.wav import WavWriter

CALLER = Voice(name="en-gb+f3", words_per_minute=165)
INAUDIBLE = 40  # amplitude


def write(path: Path, pcm: bytes) -> None:
    """Write `pcm` as a WAV file, without the silence at its beginning and end."""
    samples = samples_of(pcm)
    loud = [i for i, sample in enumerate(samples) if abs(sample) > INAUDIBLE]
    if not loud:
        raise SystemExit("no speech; on Debian and Ubuntu: apt-get install espeak-ng")
    clip = WavWriter(path)
    clip.write(pcm_of(samples[loud[0] : loud[-1] + 1]))
    clip.close()


async def make() -> None:
    """Make all clips."""
    keys = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))  # clips may be missing
    scenario = Scenario.of({**keys, "folder": str(DATA)})
    callers = {line.clip for line in scenario.caller}
    wanted = {path: text for text, path in scenario.clips().items()}
    for path, text in {**wanted, EXCUSE: "No voice is installed here."}.items():
        write(path, await espeak(text, CALLER if path.name in callers else scenario.voice))


if __name__ == "__main__":
    asyncio.run(make())
