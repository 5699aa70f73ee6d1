"""The demo, run as its users run it."""

from __future__ import annotations

import io
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

from vatel_rt.audio.pcm import bytes_of
from vatel_rt.audio.vad import VoiceActivity
from vatel_rt.audio.wav import WavWriter
from vatel_rt.demo.run import main
from vatel_rt.demo.view import EventFile, Screen
from vatel_rt.ending import CallEnd
from vatel_rt.messages import InvalidMessage, ResponseText, SessionStarted
from vatel_rt.payloads import ResponseTextData, SessionStartedData
from vatel_rt.report import CallReport
from vatel_rt.simulator import Simulator, caller_clip

NOBODY = "5e1f1a5c-0000-4000-8000-00000000dead"
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
        capture_output=True, text=True, timeout=50, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Calling the built-in simulator (set VATEL_API_KEY" in ran.stdout
    assert "No sound device is used" in ran.stdout
    assert "agent   We are open from nine to five." in ran.stdout
    assert "caller  Where is my order number forty two?" in ran.stdout
    assert "tool    order_status(order_id='42') -> {" in ran.stdout
    assert "(interrupts the agent)" in ran.stdout
    assert "The call ended: agent hung up" in ran.stdout
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
    code = main([*options, "--input", question, "--output", "heard.wav", "--events", "e.jsonl"])
    printed = capsys.readouterr()
    assert (code, printed.err) == (0, "")
    assert f"Calling an agent of {simulator.url}." in printed.out
    assert "No sound device" not in printed.out
    assert "heard.wav: what the speaker played" in printed.out
    with wave.open("heard.wav") as file:
        assert file.getnchannels() == 1
    outputs = [line for line in Path("e.jsonl").read_text().splitlines() if "_output" in line]
    assert json.loads(json.loads(outputs[0])["data"]["output"])["order_id"] == "42"


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


NO_HOST = "http://no.invalid"
NOBODY_THERE = "http://127.0.0.1:9"
BAD = {
    "a wrong key": (["--api-key", "wrong", "--agent-id", NOBODY], 3, "401"),
    "an unknown agent": (["--agent-id", NOBODY], 4, "404"),
    "no uuid": (["--agent-id", "../x"], 2, "400"),
    "no agent": ([], 2, "no agent to call: give --agent-id"),
    "a missing file": (["--input", "no.wav"], 2, "cannot read no.wav: No such file"),
    "a folder": (["--input", "."], 2, "cannot read .: Is a directory"),
    "no wav": (["--input", "text.wav"], 2, "it is not PCM: file does not start with RIFF"),
    "an empty file": (["--input", "empty.wav"], 2, "it has no audio"),
    "stereo": (["--input", "stereo.wav"], 2, "2 channels; convert it: ffmpeg -i stereo.wav"),
    "another rate": (["--input", "slow.wav"], 2, "it has 16000 Hz; convert"),
    "no place for the record": (["--agent-id", "AGENT", "--record", "no/x.wav"], 2, "cannot write"),
    "no place for the output": (["--agent-id", "AGENT", "--output", "no/x.wav"], 2, "cannot write"),
    "no place for the events": (["--events", "no/x.jsonl"], 2, "cannot write"),
    "a full disk": (["--agent-id", "AGENT", "--events", "/dev/full"], 2, "No space left"),
    "plain http": (["--agent-id", "x", "--base-url", "http://10.0.0.1"], 2, "unencrypted"),
    "an unknown host": (
        ["--agent-id", "x", "--allow-http", "--base-url", NO_HOST],
        5,
        "cannot reach http://no.invalid",
    ),
    "no url": (["--agent-id", NOBODY, "--base-url", "localhost"], 2, "not a URL"),
    "nobody there": (["--token", "x", "--base-url", NOBODY_THERE], 5, "cannot reach"),
    "a token that is none": (["--token", "x"], 2, "400"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_an_exit_code(
    case: str, simulator: Simulator, tmp_path: Path, capsys: Any
) -> None:
    options, code, told = BAD[case]
    (tmp_path / "text.wav").write_text("no audio")
    (tmp_path / "empty.wav").write_text("")
    (tmp_path / "call.wav").write_bytes(b"the last call")
    for name, channels, rate in (("stereo.wav", 2, 24000), ("slow.wav", 1, 16000)):
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(bytes(400))
    options = [simulator.agent_id if option == "AGENT" else option for option in options]
    assert main([*access(simulator), *options]) == code
    printed = capsys.readouterr()
    assert_one_line(printed.err, told)
    if case != "a full disk":
        assert (tmp_path / "call.wav").read_bytes() == b"the last call"


USAGE = {
    "an unknown option": (["--no-such-option"], "unrecognized arguments"),
    "an empty key": (["--api-key", ""], "argument --api-key: it is empty"),
    "a url without a key": (
        ["--base-url", "https://h.example"],
        "no API key for https://h.example",
    ),
    "one file twice": (["--record", "a.wav", "--output", "./a.wav"], "different files"),
    "the question as record": (["--input", "a.wav", "--record", "a.wav"], "different files"),
}


@pytest.mark.parametrize("case", USAGE)
def test_usage_errors(case: str, capsys: Any) -> None:
    options, told = USAGE[case]
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    printed = capsys.readouterr().err
    assert printed.startswith("usage: python -m vatel_rt.demo")
    assert told in printed


def test_help_tells_the_options_and_the_exit_codes(capsys: Any) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for part in ("--simulate", "--events", "VATEL_SESSION_TOKEN", "130  Ctrl-C"):
        assert part in text


def start_demo(folder: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
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
        out, err = demo.communicate(timeout=20)
    assert (demo.returncode, err) == (130, "")
    assert "The call ended: caller hung up" in out
    assert (tmp_path / "call.wav").stat().st_size > 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_before_the_call_is_open(number: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(20)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with start_demo(tmp_path, "--token", "t", "--base-url", url) as demo:
            accepted, _ = silent.accept()
            with accepted:
                demo.send_signal(number)
                _, err = demo.communicate(timeout=20)
    assert (demo.returncode, err) == (130, "")


def test_the_reader_of_the_output_may_leave(tmp_path: Path) -> None:
    with start_demo(tmp_path, "--simulate") as demo:
        assert demo.stdout is not None
        assert demo.stdout.readline()
        demo.stdout.close()
        _, err = demo.communicate(timeout=40)
    assert (demo.returncode, err) == (1, "")


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "yaml.py").write_text("raise ModuleNotFoundError('no yaml', name='yaml')")
    ran = subprocess.run(
        command(),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )
    assert ran.returncode == 2
    assert_one_line(ran.stderr, "pip install 'vatel[simulator]'")


def test_a_dropped_connection_is_told(capsys: Any) -> None:
    async def drop(caller: ServerConnection) -> None:
        await caller.send(STARTED)
        await caller.recv()
        caller.transport.abort()

    with in_thread(platform(drop)) as url:
        assert main(["--token", "t", "--base-url", url]) == 1
    assert "The call ended: connection lost (1006" in capsys.readouterr().out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_text_as_it_settles() -> None:
    out = Terminal()
    screen = Screen(out)
    screen.show(SessionStarted(SessionStartedData("c")))
    screen.show(ResponseText(ResponseTextData("1", "Hel", is_final=False)))
    screen.show(ResponseText(ResponseTextData("1", "Hello.", is_final=True)))
    lines = out.getvalue().split("\r\x1b[K")
    assert lines[2].endswith("agent   Hel ...")
    assert lines[3].endswith("agent   Hello.\n")


def test_the_summary_of_a_call_without_an_answer() -> None:
    out = io.StringIO()
    Screen(out).summary(CallReport(), CallEnd("connection_lost", 1006), [])
    assert "no answer was heard" in out.getvalue()
    assert "connection lost (1006)" in out.getvalue()


def test_broken_frames_are_among_the_events(tmp_path: Path) -> None:
    with EventFile(str(tmp_path / "events")) as events:
        events.message(InvalidMessage("raw", "no JSON"))
    assert json.loads((tmp_path / "events").read_text())["data"] == {"error": "no JSON"}
