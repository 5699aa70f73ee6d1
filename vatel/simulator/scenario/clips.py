"""The WAV files of a scenario, and the packaged ones."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path

from vatel_rt.audio.wav import read_wav

DATA = Path(str(resources.files("vatel.simulator").joinpath("data")))
"""The folder of the packaged scenario and its clips."""
_CACHED = 32


def read_clip(path: Path) -> bytes:
    """Return a clip as PCM. A file that has not changed since is not read again.

    Raises:
        AudioError: the file cannot be read or is not a supported WAV file.
    """
    try:
        status = path.stat()
    except (OSError, ValueError):
        return read_wav(path)  # which raises with the reason
    return _read_version(path, status.st_mtime_ns, status.st_size)


@lru_cache(_CACHED)
def _read_version(path: Path, _modified_ns: int, _size: int) -> bytes:
    return read_wav(path)
