from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from virtual import SCRIPT, sound_server


@pytest.fixture(scope="session")
def sound_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """One server for all tests that leave it as it is; skips where sound cannot be had."""
    reason = "needs PyAudio: `make test` installs it where it may"
    pytest.importorskip("pyaudio", reason=reason, exc_type=ImportError)
    asked = ["sh", "-c", f"command -v pulseaudio pactl jackd >&2 || sh '{SCRIPT}' packages"]
    missing = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    if missing:
        pytest.skip(f"needs the packages {missing}")
    with first_served(), sound_server(tmp_path_factory.mktemp("sound")) as env:
        yield env


@contextmanager
def first_served() -> Iterator[None]:
    """Sound is played in time beside tests that compute, where the system allows it."""
    try:
        before = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, before - 10)
    except OSError:  # for root only
        yield
        return
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, before)


@pytest.fixture
def sound(sound_session: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """This process sees the virtual sound card, and nothing else."""
    for name, value in sound_session.items():
        monkeypatch.setenv(name, value)
    return {**os.environ}
