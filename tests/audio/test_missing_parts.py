"""If a part of a sound device is missing, the error says what to install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vatel_rt.audio.portaudio import library as portaudio
from vatel_rt.audio.portaudio import problems
from vatel_rt.audio.portaudio.problems import Problem
from vatel_rt.errors import AudioDeviceError

START = """
import asyncio, sys
from vatel_rt import PyAudioDevice
from vatel_rt.errors import AudioDeviceError
try:
    asyncio.run(PyAudioDevice().start())
except AudioDeviceError as error:
    print(error)
"""
SYSTEMS = ["Debian/Ubuntu: ", "Fedora: ", "macOS: ", "Windows: "]
PROBLEMS = {name: p for name, p in vars(problems).items() if isinstance(p, Problem)}


def started(folder: Path, **env: str) -> str:
    """Return the output of a program that opens the device, with `folder` first on its path."""
    path = os.pathsep.join([str(folder), *filter(None, sys.path)])
    ran = subprocess.run(
        [sys.executable, "-c", START],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path, **env},
    )
    assert ran.stderr == ""
    return ran.stdout


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_problem_has_a_text_of_its_own_for_each_system(name: str) -> None:
    first, *lines = str(PROBLEMS[name].error("detail")).splitlines()
    assert "(detail)" in first
    assert [line.strip().startswith(system) for line, system in zip(lines, SYSTEMS)] == [True] * 4
    assert all(len(line) > 20 for line in lines)
    assert len({problem.summary for problem in PROBLEMS.values()}) == len(PROBLEMS)


def test_no_pyaudio(tmp_path: Path) -> None:
    """Block the import, as if nothing had been installed."""
    blocker = "import sys; sys.modules['pyaudio'] = None"
    (tmp_path / "sitecustomize.py").write_text(blocker)
    said = started(tmp_path)
    assert "PyAudio is not installed" in said
    assert "sudo apt install gcc python3-dev portaudio19-dev" in said


def test_no_portaudio(tmp_path: Path) -> None:
    """PyAudio's C module does not load, and PyAudio prints a message."""
    (tmp_path / "pyaudio").mkdir()
    (tmp_path / "pyaudio" / "__init__.py").write_text(
        "try:\n"
        "    import pyaudio._portaudio as pa\n"
        "except ImportError:\n"
        "    print('Could not import the PyAudio C module')\n"
        "    raise\n"
    )
    problem = "'libportaudio.so.2: cannot open shared object file', name='_portaudio'"
    (tmp_path / "pyaudio" / "_portaudio.py").write_text(f"raise ImportError({problem})\n")
    said = started(tmp_path)
    assert said.startswith("PyAudio is installed, but it cannot load the PortAudio library")
    assert "libportaudio.so.2: cannot open shared object file" in said
    assert "sudo apt install libportaudio2" in said


@pytest.fixture
def no_sound(sound: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the settings of the system, on a machine without card and sound server."""
    monkeypatch.setenv("ALSA_CONFIG_PATH", "/usr/share/alsa/alsa.conf")
    monkeypatch.setenv("PULSE_SERVER", "unix:/no/server")


@pytest.mark.usefixtures("no_sound")
def test_no_device(tmp_path: Path) -> None:
    """ALSA and JACK print nothing on standard error (by default, a hundred lines)."""
    said = started(tmp_path)
    assert said.startswith("there is no such sound device (default microphone; found: none)")


@pytest.mark.usefixtures("no_sound")
def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card exists for other users. Access is faked, because tests may run as root."""
    (tmp_path / "pcmC0D0c").touch()
    monkeypatch.setattr(portaudio, "SOUND_FILES", str(tmp_path / "pcm*"))
    monkeypatch.setattr(portaudio.os, "access", lambda *_: False)
    library = portaudio.PortAudio()
    with pytest.raises(AudioDeviceError, match="has no permission to use the sound devices"):
        library.choose(None, "input")
    library.close()


@pytest.mark.usefixtures("sound")
def test_a_rate_that_nothing_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    library = portaudio.PortAudio()
    monkeypatch.setattr(library._library, "is_format_supported", refuse)
    with pytest.raises(AudioDeviceError, match="supports none of the sample rates"):
        library.choose("pulse", "output")
    library.close()


def refuse(*_: object, **__: object) -> bool:
    raise ValueError("Invalid sample rate", -9997)


@pytest.mark.usefixtures("sound")
def test_a_library_that_is_busy_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portaudio, "CALL_SECONDS", 0.05)
    with portaudio._LOCK, pytest.raises(AudioDeviceError, match="does not respond"):
        portaudio.list_devices()
