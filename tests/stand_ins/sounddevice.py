"""Stands in for `sounddevice`: a clip is the microphone, a file the speaker, at real pace.

VATEL_TEST_MICROPHONE and VATEL_TEST_SPEAKER name the files, raw PCM.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np


class PortAudioError(Exception):
    pass


class InputStream:
    def __init__(self, samplerate: int, channels: int, dtype: str, blocksize: int) -> None:
        assert (samplerate, channels, dtype) == (24000, 1, "int16")
        self._audio = Path(os.environ["VATEL_TEST_MICROPHONE"]).read_bytes()
        self._due = time.monotonic()

    def __enter__(self) -> InputStream:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def read(self, frames: int) -> tuple[Any, bool]:
        self._due += frames / 24000
        time.sleep(max(0.0, self._due - time.monotonic()))
        block, self._audio = self._audio[: 2 * frames], self._audio[2 * frames :]
        return np.frombuffer(block.ljust(2 * frames, b"\0"), dtype=np.int16).reshape(-1, 1), False


class OutputStream:
    def __init__(
        self, samplerate: int, channels: int, dtype: Any, blocksize: int, callback: Any
    ) -> None:
        assert (samplerate, channels, np.dtype(dtype)) == (24000, 1, np.dtype("int16"))
        self._blocksize, self._callback = blocksize, callback
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._play, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def close(self) -> None:
        pass

    def _play(self) -> None:
        with open(os.environ["VATEL_TEST_SPEAKER"], "wb") as speaker:
            while not self._stopped.wait(self._blocksize / 24000):
                block = np.zeros((self._blocksize, 1), dtype=np.int16)
                self._callback(block, self._blocksize, None, None)
                speaker.write(block.tobytes())


class _RawStream:
    """Calls back with a buffer of bytes for each block, in a thread of its own."""

    def __init__(
        self, samplerate: int, channels: int, dtype: str, blocksize: int, callback: Any
    ) -> None:
        assert (samplerate, channels, dtype) == (24000, 1, "int16")
        self._bytes, self._seconds = 2 * blocksize, blocksize / 24000
        self._callback = callback
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> _RawStream:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopped.is_set():
            due += self._seconds
            time.sleep(max(0.0, due - time.monotonic()))
            self._block()

    def _call(self, block: bytearray) -> None:
        self._callback(block, self._bytes // 2, None, None)


class RawInputStream(_RawStream):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._audio = Path(os.environ["VATEL_TEST_MICROPHONE"]).read_bytes()

    def _block(self) -> None:
        block, self._audio = self._audio[: self._bytes], self._audio[self._bytes :]
        self._call(bytearray(block.ljust(self._bytes, b"\0")))


class RawOutputStream(_RawStream):
    def _block(self) -> None:
        block = bytearray(self._bytes)
        self._call(block)
        with open(os.environ["VATEL_TEST_SPEAKER"], "ab") as speaker:
            speaker.write(block)
