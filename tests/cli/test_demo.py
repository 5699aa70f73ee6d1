"""The demo, run as its users run it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from platforms import STARTED, in_thread, platform, running_simulator
from scenarios import HOURS, QUESTION, TOOL, scenario
from websockets.asyncio.server import ServerConnection

from vatel.cli.demo.events import EventFile
from vatel.cli.demo.run import main
from vatel.simulator import Simulator, caller_clip
from vatel.simulator.voice.trace_reader import read_trace
from vatel_rt.audio.pcm import bytes_of
from vatel_rt.audio.vad import VoiceActivity
from vatel_rt.audio.wav import WavWriter
from vatel_rt.realtime.messages import InvalidMessage

TURN = {"hears": QUESTION["says"], "tool": TOOL, **HOURS}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("VATEL_API_KEY", "VATEL_AGENT_ID", "VATEL_BASE_URL", "VATEL_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running_simulator(scenario=scenario(turns=[TURN])) as simulator:
        yield simulator


@pytest.fixture
def question(tmp_path: Path) -> str:
    writer = WavWriter(tmp_path / "question.wav")
    writer.write(caller_clip(scenario()))
    writer.close()
    return "question.wav"


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "vatel_rt.demo", *options]


def access(simulator: Simulator) -> list[str]:
    return ["--api-key", simulator.api_key, "--base-url", simulator.url]


def speech(samples: memoryview) -> list[tuple[float, float]]:
    """Where there is speech, in seconds."""
    voice = VoiceActivity(stop_ms=1000)
    found = []
    for event in voice.push(samples.tobytes() + bytes(bytes_of(1500))):
        found.append(event.at / 24000)
    return list(zip(found[::2], found[1::2]))


def test_the_whole_call_without_anything(tmp_path: Path) -> None:
    """`make demo`: no key, no sound device; both sides and the events are kept."""
    ran = subprocess.run(
        command("--record", "call.wav", "--events", "call.jsonl"),
        capture_output=True, text=True, timeout=100, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "\x1b" not in ran.stdout
    assert "Keys:" not in ran.stdout
    assert "answers after" not in ran.stdout
    assert "Calling the built-in simulator (set VATEL_API_KEY" in ran.stdout
    assert "No sound device is used" in ran.stdout
    assert "agent   We are open from nine to five." in ran.stdout
    assert "caller  Where is my order number forty two?" in ran.stdout
    assert "tool    order_status(order_id='42') -> {" in ran.stdout
    assert "(interrupts the agent)" in ran.stdout
    assert "The call ended: agent hung up\n  duration" in ran.stdout
    assert "end of speech to answer     p50 " in ran.stdout
    lines = (tmp_path / "call.jsonl").read_text(encoding="utf-8").splitlines()
    check_events([json.loads(line) for line in lines])
    check_record(tmp_path / "call.wav")


def check_events(events: list[dict[str, Any]]) -> None:
    kinds = [event["type"] for event in events]
    assert kinds[0] == "session_started"
    assert kinds[-3:] == ["session_ended", "call_end", "call_report"]
    assert kinds.count("interruption") == kinds.count("tool_call_output") == 1
    assert [event["at_ms"] for event in events] == sorted(event["at_ms"] for event in events)
    report = events[-1]["data"]
    assert report["caller_turns"] == 3
    assert report["tool_calls"] == ["order_status"]
    assert len(report["answer_ms"]) == 3
    assert all(500 <= ms < 5000 for ms in report["answer_ms"])
    assert events[-2]["data"]["reason"] == "agent_hung_up"


def check_record(path: Path) -> None:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 24000)
        both = memoryview(file.readframes(file.getnframes())).cast("h")
    caller, agent = speech(both[0::2]), speech(both[1::2])
    assert len(caller) == 3
    assert [round(start) for start, _ in caller] == [5, 10, 17]
    greeting, hours, order, goodbye = agent
    assert greeting[0] < 2 < greeting[1] < caller[0][0]
    assert caller[0][1] < hours[0] < hours[1] < caller[1][0]
    assert caller[1][1] < order[0] < caller[2][0] < order[1] < caller[2][0] + 1
    assert caller[2][1] < goodbye[0]


def test_a_call_with_key_agent_and_files(simulator: Simulator, question: str, capsys: Any) -> None:
    options = [*access(simulator), "--agent-id", simulator.agent_id]
    files = ["--output", "heard.wav", "--events", "e.jsonl", "--trace", "trace.jsonl"]
    code = main([*options, "--input", question, *files])
    printed = capsys.readouterr()
    assert (code, printed.err) == (0, "")
    assert f"Calling an agent of {simulator.url}." in printed.out
    assert "No sound device" not in printed.out
    assert "heard.wav: what the speaker played" in printed.out
    with wave.open("heard.wav") as file:
        assert file.getnchannels() == 1
    outputs = [line for line in Path("e.jsonl").read_text().splitlines() if "_output" in line]
    assert json.loads(json.loads(outputs[0])["data"]["output"])["order_id"] == "42"
    assert "trace.jsonl: a trace for Simulator.replay" in printed.out
    trace = list(read_trace("trace.jsonl"))
    assert "session_ended" in [line.type for line in trace[-100:]]  # then the last words play
    assert {line.sender for line in trace if "audio" in line.data} == {"platform", "client"}


def token(simulator: Simulator) -> str:
    from vatel import Client

    with Client(simulator.api_key, simulator.url) as client:
        return client.session.generate_token(simulator.agent_id).token


def test_a_token_is_enough_and_opens_one_call(
    simulator: Simulator, question: str, capsys: Any
) -> None:
    options = ["--base-url", simulator.url, "--token", token(simulator), "--input", question]
    assert main(options) == 0
    assert main(options) == 3
    assert_one_line(capsys.readouterr().err, "used")


def test_an_expired_token(capsys: Any) -> None:
    with running_simulator(token_ttl=-1) as simulator:
        assert main(["--base-url", simulator.url, "--token", token(simulator)]) == 3
    assert_one_line(capsys.readouterr().err, "expired")


def assert_one_line(text: str, part: str) -> None:
    assert part in text
    assert text.startswith("error: ")
    assert text.count("\n") == 1


def test_help_tells_the_options_and_the_exit_codes(capsys: Any) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for part in (
        *("--simulate", "--events", "--list-devices", "--no-meter", "--mode {full,half,aec}"),
        *("VATEL_SESSION_TOKEN", "130  Ctrl-C", "`m` mutes the microphone"),
    ):
        assert part in text


def start_demo(folder: Path, *options: str, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **settings},
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_hang_up_cleanly(number: int, tmp_path: Path) -> None:
    with start_demo(tmp_path, "--simulate") as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "started: " in line:
                for _ in range(3):
                    demo.send_signal(number)
                break
        out, err = demo.communicate(timeout=100)
    assert (demo.returncode, err) == (130, "")
    assert "The call ended: caller hung up" in out
    assert (tmp_path / "call.wav").stat().st_size > 0


def test_the_simulator_needs_nothing_of_a_real_account(tmp_path: Path) -> None:
    """The settings of one may be there: it has an agent of its own."""
    settings = {"VATEL_API_KEY": "real", "VATEL_AGENT_ID": "5e1f1a5c-0000-4000-8000-00000000dead"}
    with start_demo(tmp_path, "--simulate", **settings) as demo:
        assert demo.stdout is not None
        assert demo.stdout.readline() == "Calling the built-in simulator.\n"
        for line in demo.stdout:
            if "started: " in line:
                demo.send_signal(signal.SIGINT)
                break
        out, err = demo.communicate(timeout=100)
    assert (demo.returncode, err) == (130, "")
    assert "The call ended: caller hung up" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_before_the_call_is_open(number: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(100)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with start_demo(tmp_path, "--token", "t", "--base-url", url) as demo:
            accepted, _ = silent.accept()
            with accepted:
                demo.send_signal(number)
                _, err = demo.communicate(timeout=100)
    assert (demo.returncode, err) == (130, "")


def test_the_reader_of_the_output_may_leave(tmp_path: Path) -> None:
    with start_demo(tmp_path, "--simulate") as demo:
        assert demo.stdout is not None
        assert demo.stdout.readline()
        demo.stdout.close()
        _, err = demo.communicate(timeout=100)
    assert (demo.returncode, err) == (1, "")


async def drop(caller: ServerConnection) -> None:
    await caller.send(STARTED)
    await caller.recv()
    caller.transport.abort()


def test_a_dropped_connection_is_told(capsys: Any) -> None:
    with in_thread(platform(drop)) as url:
        assert main(["--token", "t", "--base-url", url, "--no-microphone"]) == 1
    told = capsys.readouterr().out
    assert "The call ended: connection lost (1006" in told
    assert "\n  Check the network, then call again: a call cannot be resumed.\n" in told


NO_PYAUDIO = "import sys; sys.modules['pyaudio'] = None"


def run_without_pyaudio(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "sitecustomize.py").write_text(NO_PYAUDIO)
    return subprocess.run(
        command(*options),
        capture_output=True, text=True, timeout=100, check=False, cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
    )  # fmt: skip


@pytest.mark.parametrize("option", ["--list-devices", "--microphone", "--mode=half"])
def test_sound_without_what_it_needs(option: str, tmp_path: Path) -> None:
    ran = run_without_pyaudio(tmp_path, option)
    assert ran.returncode == 2
    error, *advice = ran.stderr.splitlines()
    assert error == "error: PyAudio is not installed; the sound device needs it"
    assert [line.split(":")[0].strip() for line in advice] == SYSTEMS


SYSTEMS = ["Debian/Ubuntu", "Fedora", "macOS", "Windows"]


def test_no_devices_to_list(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """The list itself is empty, as where there is no sound card."""
    monkeypatch.setattr("vatel.cli.demo.sound.list_devices", list)
    assert main(["--list-devices"]) == 2
    assert capsys.readouterr().err.startswith(
        "error: there is no such sound device (found: none)\n"
    )


def test_a_real_agent_hears_the_clip_where_there_is_no_device(tmp_path: Path) -> None:
    with in_thread(platform(drop)) as url:
        ran = run_without_pyaudio(tmp_path, "--token", "t", "--base-url", url)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert (
        "You cannot speak here: PyAudio is not installed; the sound device needs it. "
        "Run with --microphone to see how to fix this.\n"
        "No sound device is used: a clip from the package speaks.\n"
    ) in ran.stdout


def test_broken_frames_are_among_the_events(tmp_path: Path) -> None:
    with EventFile(str(tmp_path / "events")) as events:
        events.message(InvalidMessage("raw", "no JSON"))
    assert json.loads((tmp_path / "events").read_text())["data"] == {"error": "no JSON"}
