"""Make the spoken clips of the simulator's default scenario from its texts, with espeak-ng.

    python scripts/make_clips.py

The result depends on the version of espeak-ng only (the clips that are checked in: 1.51).
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import wave
from pathlib import Path

import yaml

from vatel.simulator.scenario.clips import DATA
from vatel.simulator.scenario.keys import Voice
from vatel.simulator.scenario.scenario import DEFAULT, Scenario
from vatel.simulator.voice.speech import EXCUSE, espeak
from vatel_rt.audio.pcm import SAMPLE_RATE, SAMPLE_WIDTH, duration_ms, pcm_of, samples_of

CALLER = Voice(name="en-gb+f3", words_per_minute=165)
NO_VOICE = "No voice is installed here."
INAUDIBLE = 40


def trimmed(pcm: bytes) -> bytes:
    """`pcm` without the silence at its ends."""
    samples = samples_of(pcm)
    loud = [i for i, sample in enumerate(samples) if abs(sample) > INAUDIBLE]
    return pcm_of(samples[loud[0] : loud[-1] + 1])


def write(path: Path, pcm: bytes) -> None:
    """Write `pcm` as a WAV file."""
    with wave.open(str(path), "wb") as clip:
        clip.setnchannels(1)
        clip.setsampwidth(SAMPLE_WIDTH)
        clip.setframerate(SAMPLE_RATE)
        clip.writeframes(pcm)
    print(f"{path.name:20} {duration_ms(len(pcm)) / 1000:5.2f} s")


async def make() -> None:
    """Make all clips."""
    keys = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))  # whose clips need not be there
    scenario = Scenario.of({**keys, "folder": str(DATA)})
    callers = {line.clip for line in scenario.caller}
    wanted = {path: text for text, path in scenario.clips().items()}
    for path, text in {**wanted, EXCUSE: NO_VOICE}.items():
        voice = CALLER if path.name in callers else scenario.voice
        write(path, trimmed(await espeak(text, voice)))
    total = sum(path.stat().st_size for path in DATA.iterdir())
    print(f"{total / 1000:.0f} kB in {DATA}")


if __name__ == "__main__":
    if not shutil.which("espeak-ng"):
        sys.exit("espeak-ng is missing; on Debian and Ubuntu: apt-get install espeak-ng")
    asyncio.run(make())
