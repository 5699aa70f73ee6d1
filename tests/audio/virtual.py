"""The virtual sound card: start it, speak into its microphone, and listen to its speaker."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Callable

import vatel.simulator
from vatel_rt.audio.pcm import bytes_of, duration_ms
from vatel_rt.audio.wav import read_wav

DATA = Path(vatel.simulator.__file__).parent / "data"
SPEECH = read_wav(DATA / "caller_order.wav") + read_wav(DATA / "hours.wav")
RAW = ["--format=s16le", "--rate=24000", "--channels=1", "--raw"]
TRIES, MOST_TRIES = (1, 1) if "SOUND_RUNS" in os.environ else (3, 8)
"""A busy machine may be late, so tests are repeated, unless `SOUND_RUNS` is set."""
LOUD = 400
"""Amplitude (-38 dBFS) above which audio counts as heard."""


SCRIPT = Path(__file__).with_name("virtual-sound")


@contextmanager
def sound_server(folder: Path) -> Iterator[dict[str, str]]:
    """Run a private sound server with a virtual microphone and speaker; yield its environment."""
    subprocess.run(["sh", str(SCRIPT), "start", str(folder)], check=True)
    try:
        lines = (folder / "env").read_text().splitlines()
        yield dict(line.split("=", 1) for line in lines)
    finally:
        subprocess.run(["sh", str(SCRIPT), "stop", str(folder)], check=True)


def say(pcm: bytes, sink: str = "vmic") -> None:
    """Speak into the microphone; return when all of `pcm` has been spoken."""
    command = ["pacat", "--playback", f"--device={sink}", "--latency-msec=200", *RAW]
    subprocess.run(command, input=pcm, check=True)


class Listener(AbstractContextManager["Listener"]):
    """Records the output of the speaker in a thread."""

    def __init__(self, source: str = "vspk.monitor") -> None:
        command = ["parec", f"--device={source}", "--latency-msec=5", *RAW]
        self._heard = bytearray()
        self._changed = threading.Condition()
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        self.wait_ms(20)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while data := self._process.stdout.read1(65536):
            with self._changed:
                self._heard += data
                self._changed.notify_all()

    @property
    def heard(self) -> bytes:
        return bytes(self._heard)

    def wait_ms(self, ms: float) -> None:
        """Wait until `ms` more milliseconds have been recorded."""
        wanted = len(self._heard) + bytes_of(ms)
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._heard) >= wanted, 60)

    def wait_until_loud(self) -> None:
        start = len(self._heard)
        with self._changed:
            assert self._changed.wait_for(lambda: last_loud_ms(self.heard[start:]) > 0, 60)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._thread.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


def succeeds(attempt: Callable[[], bool], record_property: Callable[[str, object], None]) -> bool:
    """Return whether `attempt` succeeds within `TRIES`; record the number of attempts.

    An attempt during which processes waited for a processor for half of the time does not count:
    no program plays without gaps then. There are at most `MOST_TRIES`.
    """
    counted = 0
    for number in range(1, MOST_TRIES + 1):
        began, waited = time.monotonic(), waited_for_a_processor()
        succeeded = attempt()
        waited, took = waited_for_a_processor() - waited, time.monotonic() - began
        record_property("tries", number)
        counted += waited < took / 2
        if succeeded or counted == TRIES:
            return succeeded
    return False


def waited_for_a_processor() -> float:
    """Return the seconds in which a process waited for a processor; 0 if not reported."""
    try:
        some, *_ = Path("/proc/pressure/cpu").read_text().splitlines()
    except OSError:
        return 0
    return int(some.rpartition("total=")[2]) / 1_000_000


def last_loud_ms(pcm: bytes) -> float:
    """Return the time of the last loud sample in `pcm`; 0 if there is none."""
    samples = memoryview(pcm[: len(pcm) // 2 * 2]).cast("h")
    loud = next((i for i in range(len(samples) - 1, -1, -1) if abs(samples[i]) > LOUD), -1)
    return duration_ms(2 * (loud + 1))
