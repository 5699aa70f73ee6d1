"""Speech synthesis: the clip of a text, or `espeak-ng`, or an excuse.

`espeak-ng` runs as a process, once for each text.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
from typing import Optional

import anyio.lowlevel
import anyio.to_thread

from vatel.simulator.scenario.clips import DATA, read_clip
from vatel.simulator.scenario.keys import Voice
from vatel.simulator.scenario.scenario import Scenario
from vatel_rt.audio.resampling import by_straight_lines

EXCUSE = DATA / "no_voice.wav"
"""Says "No voice is installed here."."""
CACHED_TEXTS = 200
ESPEAK_TIMEOUT = 10
"""Seconds for one text. espeak-ng synthesizes a minute of speech in a tenth of a second."""
_HEADER = 44
_RATE_FIELD = slice(24, 28)

log = logging.getLogger("vatel.simulator")


class Speech:
    """The voice of a scenario. It caches the last 200 texts."""

    def __init__(self, scenario: Scenario) -> None:
        self._voice = scenario.voice
        lines = [line for _, line in scenario.spoken()]
        self._clips = {c: read_clip(scenario.path(c)) for c in {line.clip for line in lines} if c}
        self._spoken = {line.says: self._clips[line.clip] for line in lines if line.clip}
        self._permanent = len(self._spoken)
        self._espeak = shutil.which("espeak-ng")
        self._excused = False

    async def pcm(self, text: str, clip: Optional[str] = None) -> bytes:
        """Return `text` as PCM in the platform's format; empty for a text without words.

        With a `clip` of the scenario, return the clip, whatever the text is.
        """
        if clip is not None:
            return self._clips[clip]
        spoken = self._spoken.get(text)
        if spoken is None:
            spoken = await self._speak(text) if text.strip() else b""
            if len(self._spoken) >= self._permanent + CACHED_TEXTS:
                del self._spoken[list(self._spoken)[self._permanent]]
            self._spoken[text] = spoken
        return spoken

    async def _speak(self, text: str) -> bytes:
        if self._espeak:
            pcm = await espeak(text, self._voice, self._espeak)
            if pcm:
                return pcm
        if not self._excused:
            self._excused = True
            log.warning(
                "the agent cannot say a text: it has no clip, and espeak-ng is missing or failed"
            )
        return read_clip(EXCUSE)


async def espeak(text: str, voice: Voice, program: str = "espeak-ng") -> bytes:
    """Return `text` as PCM, spoken by espeak-ng; empty if it fails or takes longer than 10 s."""
    speed = str(voice.words_per_minute)
    command = [program, "--stdin", "--stdout", "-v", voice.name, "-s", speed]
    stdin = text.replace("\0", " ").encode(errors="replace")  # espeak-ng stops at a NUL
    # In a thread: asyncio leaks the pipes of a process whose task is cancelled.
    try:
        done = await anyio.to_thread.run_sync(_run, command, stdin)
    except subprocess.TimeoutExpired:
        problem = f"took more than {ESPEAK_TIMEOUT} s"
    except OSError as error:
        problem = repr(error)
    else:
        if not done.returncode and len(done.stdout) > _HEADER:
            rate = int.from_bytes(done.stdout[_RATE_FIELD], "little")
            return await to_platform_rate(done.stdout[_HEADER:], rate)
        problem = done.stderr.decode(errors="replace").strip()
    log.warning("espeak-ng failed: %.200s", problem)
    return b""


def _run(command: list[str], stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603
        command, input=stdin, capture_output=True, timeout=ESPEAK_TIMEOUT, check=False
    )


async def to_platform_rate(pcm: bytes, rate: int) -> bytes:
    """Return mono 16-bit `pcm`, resampled from `rate` to 24 kHz.

    Other tasks run after each 100 ms of audio.
    """
    result = bytearray()
    for block in by_straight_lines(pcm, rate):
        result += block
        await anyio.lowlevel.checkpoint()
    return bytes(result)
