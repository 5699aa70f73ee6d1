"""The demo with the microphone and speaker of a virtual sound card."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

import pytest
from platforms import STARTED, in_thread, platform
from virtual import DATA, Listener, last_loud_ms, say, sound_server
from websockets.asyncio.server import ServerConnection

from vatel.cli.demo.run import main
from vatel_rt.audio.pcm import BLOCK_MS, bytes_of, duration_ms
from vatel_rt.audio.wav import read_wav

pytestmark = [pytest.mark.usefixtures("sound"), pytest.mark.xdist_group("sound")]
MOMENTS = [round(moment, 2) for moment in map(random.Random(6).uniform, [0] * 10, [5] * 10)]
CLIPS = {path.stem: read_wav(path) for path in DATA.glob("*.wav")}


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the demo in a new process session, and check that no process is left."""
    with subprocess.Popen(
        [sys.executable, "-m", "vatel_rt.demo", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as running:
        try:
            yield running
        finally:
            if running.poll() is None:
                running.kill()
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)


def wait_for(running: subprocess.Popen[str], part: str) -> None:
    assert running.stdout is not None
    for line in running.stdout:
        if part in line:
            return
    raise AssertionError(f"it never said {part!r}")


class Conversation:
    """Both ends of the virtual sound card, on one clock."""

    def __init__(self, microphone: Listener, speaker: Listener) -> None:
        self._microphone = microphone
        self._speaker = speaker
        self._apart = len(speaker.heard) - len(microphone.heard)

    def hear(self, clip: str) -> None:
        self._speaker.wait_until_loud()
        self._speaker.wait_ms(duration_ms(len(CLIPS[clip])) + 300)

    def gap_ms(self, question: str, answer: str) -> Optional[float]:
        gap = gap_ms(self._microphone.heard, question, self._speaker.heard, answer)
        return None if gap is None else gap - duration_ms(self._apart)


def gap_ms(microphone: bytes, question: str, speaker: bytes, answer: str) -> Optional[float]:
    """Return the time from a question to its answer; None if one is not found."""
    asked, answered = begin(microphone, question), begin(speaker, answer)
    return duration_ms(answered - asked) if asked >= 0 <= answered else None


def begin(heard: bytes, clip: str) -> int:
    """Return where 100 ms of the clip begin: an underrun is less likely there than in all of it."""
    return heard.find(CLIPS[clip][bytes_of(300) : bytes_of(400)])


def recorded(path: Path) -> tuple[bytes, bytes]:
    with wave.open(str(path)) as file:
        both = memoryview(file.readframes(file.getnframes())).cast("h")
    return both[0::2].tobytes(), both[1::2].tobytes()


def test_a_whole_call(tmp_path: Path, capsys: Any) -> None:
    """Like `make demo`, aloud: greeting, two questions, an interruption, the agent hangs up."""
    options = ["--simulate", "--microphone", "--events", "call.jsonl"]
    with Listener("vmic.monitor") as microphone, Listener() as speaker:
        world = Conversation(microphone, speaker)
        with demo(tmp_path, *options) as running:
            wait_for(running, "You speak: microphone and speaker of this machine are used")
            world.hear("greeting")
            say(CLIPS["caller_hours"])
            world.hear("hours")
            say(CLIPS["caller_order"])
            speaker.wait_until_loud()
            speaker.wait_ms(1500)
            speaking = threading.Thread(target=say, args=[CLIPS["caller_thanks"]])
            speaking.start()
            wait_for(running, "(interrupts the agent)")
            before = len(speaker.heard)
            speaker.wait_ms(400)
            silent_ms = last_loud_ms(speaker.heard[before : before + bytes_of(400)])
            speaking.join()
            out, err = running.communicate(timeout=30)
        speaker.wait_ms(200)
    assert (running.returncode, err) == (0, "")
    assert "The call ended: agent hung up" in out
    events = [json.loads(line) for line in (tmp_path / "call.jsonl").read_text().splitlines()]
    report = events[-1]["data"]
    assert (report["caller_turns"], report["interruptions"]) == (3, 1)
    assert len(report["answer_ms"]) == 3
    caller, agent = recorded(tmp_path / "call.wav")
    for clip in ("caller_hours", "caller_order", "caller_thanks"):
        spoken = CLIPS[clip] in microphone.heard  # else the sound server itself was late
        assert CLIPS[clip] in caller or report["dropped_blocks"] or not spoken
    if not report["underruns"]:  # of a machine that is too busy
        for clip in ("greeting", "hours", "welcome", "goodbye"):
            assert CLIPS[clip] in speaker.heard
            assert CLIPS[clip] in agent
    late = []
    for pair in (("caller_hours", "hours"), ("caller_thanks", "welcome")):
        gaps = world.gap_ms(*pair), gap_ms(caller, pair[0], agent, pair[1])
        if gaps[0] is not None and gaps[1] is not None:
            late.append(gaps[0] - gaps[1])
    assert late or report["underruns"]
    with capsys.disabled():
        print(
            f"\nsilent {silent_ms:.0f} ms after an interruption (as the record: "
            f"{report['silence_ms']}); the record is ahead of the air by "
            f"{[round(ms, 1) for ms in late]} ms; underruns {report['underruns']}"
        )
    # two of the blocks are the listeners'; an underrun makes the air later than the record
    assert report["underruns"] or all(abs(ms) <= 3 * BLOCK_MS for ms in late)
    assert silent_ms < 3 * 60  # 60 where the machine is idle


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_at_any_moment(moment: float, tmp_path: Path, capsys: Any) -> None:
    with demo(tmp_path, "--simulate", "--microphone") as running:
        wait_for(running, "Calling the built-in simulator")
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(moment)
        began = time.monotonic()
        os.killpg(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=60)
        took = time.monotonic() - began
    with capsys.disabled():
        print(f"\nCtrl-C after {moment:.2f} s: ended within {took:.2f} s", end="")
    assert (running.returncode, err) == (130, "")
    assert ("The call ended: caller hung up" in out) == ("started: " in out)
    assert took < 3 + 2  # the second number is for a busy machine


def test_a_sound_server_that_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sound_server(tmp_path / "sound") as env:
        monkeypatch.setenv("PULSE_SERVER", env["PULSE_SERVER"])
        with demo(tmp_path, "--simulate", "--microphone") as running:
            wait_for(running, "started: ")
            os.kill(int((tmp_path / "sound" / "pid").read_text()), signal.SIGKILL)
            out, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "Traceback" not in err  # PortAudio itself has something to say there
    _, ended = out.split("The call ended: ")
    lost, *advice = ended.splitlines()
    assert lost.startswith("device failed (the sound device stopped working")
    assert advice[0].startswith("  Debian/Ubuntu: ")
    assert "  Check the audio device or file that the text names, then call again." in advice


def test_the_list_of_devices(capsys: Any) -> None:
    assert main(["--list-devices"]) == 0
    columns, *rows = capsys.readouterr().out.splitlines()
    assert columns.split() == ["index", "inputs", "outputs", "Hz", "name"]
    assert [row.split()[0] for row in rows] == [str(index) for index in range(len(rows))]
    (default,) = (row for row in rows if ": default" in row)
    assert default.endswith("default (ALSA): default microphone and speaker")
    assert any(row.endswith("  pulse (ALSA)") for row in rows)


@pytest.mark.parametrize("option", ["--input-device", "--output-device"])
@pytest.mark.parametrize("device", ["no such", "99"])
def test_no_such_device(
    option: str, device: str, capsys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--simulate", option, device]) == 2
    what = "microphone" if "input" in option else "speaker"
    error, *advice = capsys.readouterr().err.splitlines()
    meant = device if device == "99" else repr(device)
    assert error.startswith(f"error: there is no such sound device ({meant} {what}; found: 0 '")
    assert len(advice) == 4


def test_a_real_agent_hears_the_microphone(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent is called with a token, and the connection is lost at once."""
    monkeypatch.chdir(tmp_path)
    with in_thread(platform(drop)) as url:
        assert main(["--token", "t", "--base-url", url]) == 1
        assert main(["--token", "t", "--base-url", url, "--no-microphone"]) == 1
    spoken, clip = capsys.readouterr().out.split("The call ended: connection lost")[:2]
    assert "You speak: microphone and speaker" in spoken
    assert "No sound device is used: a clip" in clip


async def drop(caller: ServerConnection) -> None:
    await caller.send(STARTED)
    await caller.recv()
    caller.transport.abort()
