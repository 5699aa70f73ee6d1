"""Text as speech: a clip that goes with the text, or `espeak-ng`, or an excuse.

`espeak-ng` runs as a process of its own, once for each text.
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
PATIENCE = 10
"""Seconds that espeak-ng has for a text. It speaks a minute in a tenth of one."""
_HEADER = 44
_RATE_FIELD = slice(24, 28)

log = logging.getLogger("vatel.simulator")


class Speech:
    """The voice of a scenario. Texts once spoken are kept, the last 200 of them."""

    def __init__(self, scenario: Scenario) -> None:
        self._voice = scenario.voice
        lines = [line for _, line in scenario.spoken()]
        self._clips = {c: read_clip(scenario.path(c)) for c in {line.clip for line in lines} if c}
        self._spoken = {line.says: self._clips[line.clip] for line in lines if line.clip}
        self._lasting = len(self._spoken)
        self._espeak = shutil.which("espeak-ng")
        self._excused = False

    async def pcm(self, text: str, clip: Optional[str] = None) -> bytes:
        """`text` as PCM in the platform's format; nothing for a text without words.

        A `clip` of the scenario speaks whatever the text is.
        """
        if clip is not None:
            return self._clips[clip]
        spoken = self._spoken.get(text)
        if spoken is None:
            spoken = await self._speak(text) if text.strip() else b""
            if len(self._spoken) >= self._lasting + CACHED_TEXTS:
                del self._spoken[list(self._spoken)[self._lasting]]
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
        return read_clip(EXCUSE)


async def espeak(text: str, voice: Voice, program: str = "espeak-ng") -> bytes:
    """`text` as PCM, spoken by espeak-ng; empty if it cannot, or takes longer than 10 s."""
    speed = str(voice.words_per_minute)
    command = [program, "--stdin", "--stdout", "-v", voice.name, "-s", speed]
    told = text.replace("\0", " ").encode(errors="replace")  # a NUL would end it
    # In a thread: asyncio leaves the pipes of a process open whose task is cancelled.
    try:
        done = await anyio.to_thread.run_sync(_run, command, told)
    except subprocess.TimeoutExpired:
        problem = f"took more than {PATIENCE} s"
    except OSError as error:
        problem = repr(error)
    else:
        if not done.returncode and len(done.stdout) > _HEADER:
            rate = int.from_bytes(done.stdout[_RATE_FIELD], "little")
            return await to_platform_rate(done.stdout[_HEADER:], rate)
        problem = done.stderr.decode(errors="replace").strip()
    log.warning("espeak-ng failed: %.200s", problem)
    return b""


def _run(command: list[str], told: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=told, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603


async def to_platform_rate(pcm: bytes, rate: int) -> bytes:
    """Mono 16-bit `pcm` of `rate` at 24 000 Hz. Lets others run after each 100 ms of audio."""
    result = bytearray()
    for piece in by_straight_lines(pcm, rate):
        result += piece
        await anyio.lowlevel.checkpoint()
    return bytes(result)
