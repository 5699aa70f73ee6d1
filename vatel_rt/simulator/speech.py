"""Text as speech: a clip that goes with the text, or `espeak-ng`, or an excuse.

`espeak-ng` runs as a process of its own, once for each text.
"""

from __future__ import annotations

import logging
import shutil
from array import array

import anyio
import anyio.lowlevel

from vatel_rt.audio.pcm import SAMPLE_RATE, SAMPLE_WIDTH, pcm_of, samples_of
from vatel_rt.audio.wav import read_wav
from vatel_rt.simulator.scenario import DATA, Scenario, Voice

EXCUSE = DATA / "no_voice.wav"
"""Says "No voice is installed here."."""
CACHED_TEXTS = 200
PATIENCE = 10
"""Seconds that espeak-ng has for a text. It speaks a minute in a tenth of one."""
_HEADER = 44
_RATE_FIELD = slice(24, 28)
_SLICE = SAMPLE_RATE // 10

log = logging.getLogger("vatel.simulator")


class Speech:
    """The voice of a scenario. Texts once spoken are kept, the last 200 of them."""

    def __init__(self, scenario: Scenario) -> None:
        self._voice = scenario.voice
        self._spoken = {text: read_wav(path) for text, path in scenario.clips().items()}
        self._clips = len(self._spoken)
        self._espeak = shutil.which("espeak-ng")
        self._excused = False

    async def pcm(self, text: str) -> bytes:
        """`text` as PCM in the platform's format; nothing for a text without words."""
        spoken = self._spoken.get(text)
        if spoken is None:
            spoken = await self._speak(text) if text.strip() else b""
            if len(self._spoken) >= self._clips + CACHED_TEXTS:
                del self._spoken[list(self._spoken)[self._clips]]
            self._spoken[text] = spoken
        return spoken

    async def _speak(self, text: str) -> bytes:
        if self._espeak:
            pcm = await espeak(text, self._voice, self._espeak)
            if pcm:
                return pcm
        if not self._excused:
            self._excused = True
            log.warning("no clip and no working espeak-ng for what the agent says: %.60r", text)
        return read_wav(EXCUSE)


async def espeak(text: str, voice: Voice, program: str = "espeak-ng") -> bytes:
    """`text` as PCM, spoken by espeak-ng; empty if it cannot, or takes longer than 10 s."""
    speed = str(voice.words_per_minute)
    command = [program, "--stdin", "--stdout", "-v", voice.name, "-s", speed]
    told = text.replace("\0", " ").encode(errors="replace")  # a NUL would end it
    problem = f"took more than {PATIENCE} s"
    with anyio.move_on_after(PATIENCE):
        try:
            done = await anyio.run_process(command, input=told, check=False)
        except Exception as error:  # no start, or (in a group) an end before it read the text
            problem = repr(error)
        else:
            if not done.returncode and len(done.stdout) > _HEADER:
                rate = int.from_bytes(done.stdout[_RATE_FIELD], "little")
                return await to_platform_rate(done.stdout[_HEADER:], rate)
            problem = done.stderr.decode(errors="replace").strip()
    log.warning("espeak-ng failed: %.200s", problem)
    return b""


async def to_platform_rate(pcm: bytes, rate: int) -> bytes:
    """Mono 16-bit `pcm` of `rate` at 24 000 Hz, by straight lines between its samples.

    Good enough for speech. Lets others run after each 100 ms of audio.
    """
    samples = samples_of(pcm[: len(pcm) // SAMPLE_WIDTH * SAMPLE_WIDTH])
    samples.append(0)
    count = (len(samples) - 1) * SAMPLE_RATE // rate
    result = array("h")
    for start in range(0, count, _SLICE):
        for index in range(start, min(start + _SLICE, count)):
            whole, part = divmod(index * rate, SAMPLE_RATE)
            here = samples[whole]
            result.append(here + (samples[whole + 1] - here) * part // SAMPLE_RATE)
        await anyio.lowlevel.checkpoint()
    return pcm_of(result)
