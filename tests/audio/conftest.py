from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from virtual import SCRIPT, sound_server


@pytest.fixture(scope="session")
def sound_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """One server for all tests that do not change it; skips if sound is not available."""
    reason = "needs PyAudio: `make test` installs it if permitted"
    pytest.importorskip("pyaudio", reason=reason, exc_type=ImportError)
    asked = ["sh", "-c", f"command -v pulseaudio pactl jackd >&2 || sh '{SCRIPT}' packages"]
    missing = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    if missing:
        pytest.skip(f"needs the packages {missing}")
    with first_served(), sound_server(tmp_path_factory.mktemp("sound")) as env:
        yield env


@contextmanager
def first_served() -> Iterator[None]:
    """Raise the priority of this process and its sound server, if permitted."""
    try:
        before = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, before - 10)
    except OSError:  # requires root
        yield
        return
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, before)


@pytest.fixture
def sound(sound_session: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Make this process see the virtual sound card and no other."""
    for name, value in sound_session.items():
        monkeypatch.setenv(name, value)
    return {**os.environ}
