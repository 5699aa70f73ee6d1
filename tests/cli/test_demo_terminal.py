"""The demo at a real terminal: output, keys, and the state it leaves behind."""

from __future__ import annotations

import io
import signal
import struct
import sys
import termios
import types
import wave
from pathlib import Path
from typing import Any

import pytest
from platforms import STARTED, in_thread, platform
from terminals import AT_TERMINAL, IN_BACKGROUND, WITHOUT_JOBS, Terminal, rows
from websockets.asyncio.server import ServerConnection

from vatel.cli.demo.keys import keyboard
from vatel.cli.demo.live import meter
from vatel.cli.demo.view import Screen
from vatel_rt.audio.levels import Level
from vatel_rt.audio.pcm import bytes_of
from vatel_rt.audio.wav import WavWriter
from vatel_rt.call.end import CallEnd
from vatel_rt.call.report import CallReport
from vatel_rt.realtime.messages import (
    Interruption,
    ResponseText,
    ResponseTextData,
    SessionStarted,
    SessionStartedData,
    SpeechStarted,
)

METERS = r"mic   \[[#|-]{10}\] +-?\d+ dB  speaker \[[#|-]{10}\] +-?\d+ dB"
RESTORED = signal.SIGTERM, "\x03", "q"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VATEL_API_KEY", "VATEL_AGENT_ID", "VATEL_BASE_URL", "VATEL_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")


def demo(folder: Path, *options: str, how: str = AT_TERMINAL) -> Terminal:
    return Terminal([sys.executable, "-m", "vatel_rt.demo", *options], folder, how)


@pytest.mark.parametrize("end", RESTORED)
def test_the_terminal_is_as_it_was_after_every_end(end: Any, tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_for("Keys: m mutes the microphone, q hangs up.")
        terminal.wait_for(METERS)
        assert not terminal.settings[3] & (termios.ECHO | termios.ICANON)
        if isinstance(end, str):
            terminal.press(end)
        else:
            terminal.process.send_signal(end)
        code = terminal.ended()
        assert terminal.settings == terminal.before
    assert code == (0 if end == "q" else 130)
    left = rows(terminal.shown)
    assert "The call ended: caller hung up" in left
    assert not any("dB" in row for row in left)
    assert left[-1] == ""


def test_what_a_terminal_shows(tmp_path: Path) -> None:
    """The first answer of the packaged call: who speaks, and how long it took."""
    with demo(tmp_path) as terminal:
        terminal.wait_for(rf"{METERS}  agent")
        terminal.wait_for(rf"{METERS}  caller")
        terminal.wait_for(r"agent   \(answers after \d+ ms\)")
        terminal.press("x")  # is no key of ours
        terminal.press("q")
        assert terminal.ended() == 0
    left = "\n".join(rows(terminal.shown))
    assert "caller  What are your opening hours?\n" in left
    assert "end of speech to answer     p50 " in left


def test_without_meters(tmp_path: Path) -> None:
    with demo(tmp_path, "--no-meter") as terminal:
        terminal.wait_for(r"agent   Hello, this is the demo agent\. How can I help\?\r\n")
        terminal.press("q")
        assert terminal.ended() == 0
    assert " dB" not in terminal.shown


def test_mute_is_silence_for_as_long_as_it_lasts(tmp_path: Path) -> None:
    writer = WavWriter(tmp_path / "tone.wav")
    writer.write(struct.pack("<2h", 3000, -3000) * (bytes_of(20_000) // 4))
    writer.close()
    with demo(tmp_path, "--simulate", "--input", "tone.wav") as terminal:
        terminal.wait_for(METERS)
        terminal.press("m")
        terminal.wait_for(r"\(is muted\)")
        for _ in range(8):
            terminal.wait_for(r"MUTED \[[#|-]{10}\] +-\d+ dB")
        terminal.press("m")
        terminal.wait_for(r"\(is no longer muted\)")
        for _ in range(3):
            terminal.wait_for(METERS)
        terminal.press("q")
        assert terminal.ended() == 0
    with wave.open(str(tmp_path / "call.wav")) as file:
        caller = memoryview(file.readframes(file.getnframes())).cast("h")[0::2].tolist()
    silent = [not any(caller[at : at + 480]) for at in range(0, len(caller), 480)]
    first, last = silent.index(True), len(silent) - 1 - silent[::-1].index(True)
    assert 0 < first < last < len(silent) - 1
    assert last - first >= 10  # blocks, of 20 ms
    assert all(silent[first : last + 1])


async def drop(caller: ServerConnection) -> None:
    await caller.send(STARTED)
    await caller.recv()
    caller.transport.abort()


@pytest.mark.parametrize("how", [AT_TERMINAL, WITHOUT_JOBS, IN_BACKGROUND])
def test_a_call_that_breaks_off(how: str, tmp_path: Path) -> None:
    """In the background, too: it is not stopped for reading keys that belong to others."""
    with in_thread(platform(drop)) as url:
        options = ["--token", "t", "--base-url", url, "--no-microphone"]
        with demo(tmp_path, *options, how=how) as terminal:
            assert terminal.ended() == 1
            assert terminal.settings == terminal.before
    left = rows(terminal.shown)
    ended = next(i for i, row in enumerate(left) if row.startswith("The call ended: connection "))
    assert left[ended + 1] == "  Check the network, then call again: a call cannot be resumed."
    assert ("Keys: " in terminal.shown) == (how != IN_BACKGROUND)


def test_an_error_stands_below_the_call(tmp_path: Path) -> None:
    with demo(tmp_path, "--events", "/dev/full") as terminal:
        assert terminal.ended() == 2
        assert terminal.settings == terminal.before
    assert rows(terminal.shown)[-2] == "error: cannot write /dev/full: No space left on device"


def test_a_log_line_does_not_stop_the_meters(tmp_path: Path) -> None:
    with demo(tmp_path, "--record", "/dev/full") as terminal:
        terminal.wait_for("vatel.audio: recording of the call stopped: .*\r\n")
        terminal.wait_for(METERS)
        terminal.press("q")
        assert terminal.ended() == 0
    (log,) = (row for row in rows(terminal.shown) if "vatel.audio" in row)
    assert log.startswith("vatel.audio: recording of the call stopped")


class Output(io.StringIO):
    def isatty(self) -> bool:
        return True


def text(words: str, *, is_final: bool = False) -> ResponseText:
    return ResponseText(ResponseTextData("1", words, is_final=is_final))


def test_text_as_it_settles_above_the_status() -> None:
    out = Output()
    screen = Screen(out)
    screen.show(SessionStarted(SessionStartedData("c")))
    screen.show(text("Hel"))
    assert rows(out.getvalue())[-1].endswith("agent   Hel ...")
    screen.status("meters")
    screen.show(SpeechStarted())
    started, speaks, unsettled, status = rows(out.getvalue())
    assert started.endswith("call    started: c")
    assert speaks.endswith("caller  (speaks)")
    assert unsettled.endswith("agent   Hel ...")
    assert status.endswith("s  meters")
    screen.show(text("Hello.", is_final=True))
    assert [row[10:] for row in rows(out.getvalue())[2:]] == ["agent   Hello.", "meters"]
    screen.settle()
    assert [row[10:] for row in rows(out.getvalue())[2:]] == ["agent   Hello.", ""]


def test_text_that_never_settles_goes_with_its_turn() -> None:
    out = Output()
    screen = Screen(out)
    screen.show(text("I was about to"))
    screen.show(Interruption())
    assert [row[10:] for row in rows(out.getvalue())] == ["caller  (interrupts the agent)", ""]


def test_unsettled_text_shows_its_end_in_one_row() -> None:
    out = Output()
    screen = Screen(out)
    screen.show(text("Hello. " * 20 + "The end"))
    (row,) = rows(out.getvalue())
    assert len(row) == 99
    assert row.endswith("Hello. The end ...")
    screen.show(text("\u4f60\u597d" * 60))
    (row,) = rows(out.getvalue())
    assert len(row.encode("gbk")) in (98, 99)  # two cells each


def test_an_agent_cannot_move_the_cursor() -> None:
    out = Output()
    Screen(out).show(text("a\x1b[2Jb\nc", is_final=True))
    assert out.getvalue().endswith("agent   a [2Jb c\n")


def test_a_log_line_stands_above_what_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Output()
    monkeypatch.setattr(sys, "stderr", out)
    screen = Screen(out)
    screen.status("meters")
    screen.log("vatel.audio: the agent seems to hear itself")
    log, status = rows(out.getvalue())
    assert log == "vatel.audio: the agent seems to hear itself"
    assert status.endswith("s  meters")


@pytest.mark.parametrize(
    ("rms", "peak", "shown"),
    [
        (-120, -120, "[----------] -120 dB"),
        (-23, -12, "[######-|--]  -23 dB"),
        (-3, 0, "[#########|]   -3 dB"),
    ],
)
def test_a_meter(rms: float, peak: float, shown: str) -> None:
    assert meter(Level(rms, peak)) == shown


def test_the_summary_of_a_call_without_an_answer() -> None:
    out = io.StringIO()
    Screen(out).summary(CallReport(), CallEnd("connection_lost", 1006), [])
    assert "no answer was heard" in out.getvalue()
    assert "connection lost (1006)" in out.getvalue()


def test_the_keys_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The console of Windows is replaced by a stand-in."""
    waiting = ["m", "q"]
    console: Any = types.ModuleType("msvcrt")
    console.kbhit = lambda: bool(waiting)
    console.getwch = lambda: waiting.pop(0)
    monkeypatch.setitem(sys.modules, "msvcrt", console)
    monkeypatch.setattr("vatel.cli.demo.keys.os.name", "nt")
    monkeypatch.setattr(sys, "stdin", Output())
    with keyboard() as pressed:
        assert pressed is not None
        assert (pressed(), pressed()) == ("mq", "")


def test_no_keys_without_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with keyboard() as pressed:
        assert pressed is None
