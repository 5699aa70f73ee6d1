"""Every example runs against the simulator, as its users would run it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from platforms import running_simulator
from scenarios import GREETING, HOURS, QUESTION, TOOL, scenario
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from vatel import Client
from vatel.simulator import Simulator, caller_clip
from vatel_rt.audio.pcm import samples_of
from vatel_rt.audio.wav import WavWriter, read_wav

TESTS = Path(__file__).resolve().parent
EXAMPLES = TESTS.parent / "examples"
TALK = scenario(turns=[{"hears": QUESTION["says"], "tool": TOOL, **HOURS}])
RUNS: dict[str, tuple[list[str], list[str]]] = {
    "quickstart.py": ([], [f"agent:  {HOURS['says']}", "ended:  agent hung up"]),
    "rest.py": ([], ["organization: ", "published at ", "a session token of", "saved "]),
    "run_session.py": ([], ["Session started: ", "Tool: order_status", "Session ended."]),
    "tools.py": (["question.wav"], [f"user: {QUESTION['says']}", "were called: order_status"]),
    "wav_call.py": (["question.wav", "question.wav"], ["agent hung up after", "answers after"]),
}
"""What each program is given, and what it prints."""
NO_TOOLS = "the agent called an unknown tool: 'order_status'\n"
CALLS = sorted(set(RUNS) - {"rest.py"})
SERVICES = {"bridge.py", "token_service.py"}
"""Run until they are stopped."""


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running_simulator(scenario=TALK) as simulator:
        yield simulator


def start(simulator: Simulator, folder: Path, *command: str, **env: str) -> subprocess.Popen[str]:
    """Run Python with `command`, where a question, a microphone and a speaker are files."""
    question = caller_clip(scenario())
    writer = WavWriter(folder / "question.wav")
    writer.write(question)
    writer.close()
    (folder / "microphone").write_bytes(question)
    return subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(TESTS / "stand_ins"), *sys.path]),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "error",
            "VATEL_API_KEY": simulator.api_key,
            "VATEL_AGENT_ID": simulator.agent_id,
            "VATEL_BASE_URL": simulator.url,
            "VATEL_TEST_MICROPHONE": str(folder / "microphone"),
            "VATEL_TEST_SPEAKER": str(folder / "speaker"),
            **env,
        },
    )  # fmt: skip


def example(
    simulator: Simulator, folder: Path, name: str, files: int = 2, **env: str
) -> subprocess.Popen[str]:
    return start(simulator, folder, str(EXAMPLES / name), *RUNS[name][0][:files], **env)


async def one_call(simulator: Simulator) -> None:
    async with Client(simulator.api_key, simulator.url) as client:
        async with client.call(simulator.agent_id) as call:
            await call.__anext__()


@pytest.mark.parametrize("name", RUNS)
def test_examples_run(name: str, simulator: Simulator, tmp_path: Path) -> None:
    asyncio.run(one_call(simulator))  # for those that look at past ones
    with example(simulator, tmp_path, name) as ran:
        printed, errors = ran.communicate(timeout=100)
    assert ran.returncode == 0
    assert errors == (2 * NO_TOOLS if name == "wav_call.py" else "")
    for text in RUNS[name][1]:
        assert text in printed
    if name == "run_session.py":
        assert max(samples_of((tmp_path / "speaker").read_bytes())) > 3000


@pytest.mark.parametrize("name", CALLS)
def test_ctrl_c_hangs_up(name: str, simulator: Simulator, tmp_path: Path) -> None:
    with example(simulator, tmp_path, name, files=1) as ran:
        call = simulator.wait_for_call(timeout=100)
        simulator.wait_for(lambda: any(m.type == "input_audio" for m in call.messages), timeout=100)
        ran.send_signal(signal.SIGINT)
        _, errors = ran.communicate(timeout=100)
    assert errors == ""
    # Before Python 3.11 a task may take it instead of the program, whose call is over then, too.
    assert ran.returncode == 130 or sys.version_info < (3, 11)
    assert call.wait() == "user_hangup"


@pytest.mark.parametrize("name", RUNS)
def test_errors_are_a_line(name: str, simulator: Simulator, tmp_path: Path) -> None:
    with example(simulator, tmp_path, name, VATEL_API_KEY="wrong") as ran:
        _, errors = ran.communicate(timeout=100)
    assert ran.returncode == 1
    assert all("401" in line and "check the API key" in line for line in errors.splitlines())
    assert len(errors.splitlines()) == max(1, RUNS[name][0].count("question.wav"))


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_breaks_off(name: str, simulator: Simulator, tmp_path: Path) -> None:
    simulator.faults.set(drop_after_messages=2)
    with example(simulator, tmp_path, name) as ran:
        printed, errors = ran.communicate(timeout=100)
    assert "Traceback" not in errors
    assert "connection lost" in printed or "voice session closed: 1006" in errors
    assert ran.returncode == (0 if name == "quickstart.py" else 1)


def test_without_the_sound_library(simulator: Simulator, tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    with example(simulator, tmp_path, "run_session.py", PYTHONPATH=paths) as ran:
        _, errors = ran.communicate(timeout=100)
    assert ran.returncode == 1
    assert errors == (
        "error: PortAudio library not found; examples/README.md says what to install\n"
    )


def test_the_first_call_needs_no_account(simulator: Simulator, tmp_path: Path) -> None:
    command = [str(EXAMPLES / "quickstart.py")]
    with start(simulator, tmp_path, *command, VATEL_API_KEY="") as ran:
        assert ran.stdout is not None
        assert ran.stdout.readline() == f"agent:  {GREETING['says']}\n"
        ran.send_signal(signal.SIGINT)
        _, errors = ran.communicate(timeout=100)
    assert (ran.returncode, errors) == (130, "")
    assert not simulator.requests


def test_the_tests_of_an_application_pass(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("pytest_plugins = ['vatel.testing']")
    pytester.makepyfile(test_my_app=(EXAMPLES / "test_my_app.py").read_text(encoding="utf-8"))
    begin = time.monotonic()
    options = ("-p", "no:vatel", "-p", "no:cacheprovider", "-W", "error")
    result = pytester.runpytest_subprocess(*options)
    print(f"{time.monotonic() - begin:.1f} s with the start of Python")
    result.assert_outcomes(passed=5)


def test_they_pass_in_the_clone_with_pytest_alone() -> None:
    """What else the tests of the SDK have, and configure, need not be there."""
    command = [sys.executable, "-m", "pytest", "-p", "no:timeout", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, str(EXAMPLES / "test_my_app.py")],
        capture_output=True, text=True, timeout=100, check=False, cwd=EXAMPLES.parent,
    )  # fmt: skip
    assert "5 passed" in ran.stdout, ran.stdout


@pytest.fixture
def service(simulator: Simulator, tmp_path: Path) -> Iterator[httpx.Client]:
    """A browser at the token service, signed in; it is stopped as Ctrl-C does."""
    options = ["--app-dir", str(EXAMPLES), "--ws", "none", "--port", "0", "token_service:app"]
    with start(simulator, tmp_path, "-m", "uvicorn", *options, SERVICE_PASSWORD="secret") as ran:
        assert ran.stderr is not None
        for line in ran.stderr:
            found = re.search(r"running on (http://[\d.:]+)", line)
            if found:
                break
        else:
            pytest.fail("it did not start")
        with httpx.Client(base_url=found[1], auth=("ada", "secret"), trust_env=False) as browser:
            yield browser
        ran.send_signal(signal.SIGINT)
        _, errors = ran.communicate(timeout=100)
    assert "Traceback" not in errors
    assert simulator.api_key not in errors


def test_a_browser_gets_a_token(service: httpx.Client, simulator: Simulator) -> None:
    answer = service.post("/voice-session")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert simulator.api_key not in str(answer.headers) + answer.text

    async def first_message() -> str:
        async with connect(answer.json()["url"]) as socket:
            return json.loads(await socket.recv())["type"]

    assert asyncio.run(first_message()) == "session_started"
    assert simulator.calls[0].agent_id == simulator.agent_id


@pytest.mark.parametrize(
    ("faults", "status"), [({"status": 503}, 502), ({"status": 401}, 502), ({"status": 429}, 503)]
)
def test_a_browser_is_told_little(
    service: httpx.Client, simulator: Simulator, faults: dict[str, int], status: int
) -> None:
    simulator.faults.set(**faults)
    answer = service.post("/voice-session")
    assert answer.status_code == status
    assert set(answer.json()) == {"detail"}
    assert "token" not in answer.text
    assert "key" not in answer.text


@pytest.mark.parametrize("password", ["", "Secret", "secret "])
def test_who_is_not_signed_in_gets_no_token(
    service: httpx.Client, simulator: Simulator, password: str
) -> None:
    given = base64.b64encode(f"ada:{password}".encode()).decode()
    service.auth = None
    for headers in ({}, {"Authorization": f"Basic {given}"}):
        answer = service.post("/voice-session", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
    assert not simulator.requests


@contextlib.contextmanager
def bridge(simulator: Simulator, folder: Path, **env: str) -> Iterator[tuple[str, Any]]:
    with start(simulator, folder, str(EXAMPLES / "bridge.py"), "0", **env) as ran:
        assert ran.stdout is not None
        yield ran.stdout.readline().strip(), ran.stdout
        ran.send_signal(signal.SIGINT)
        _, errors = ran.communicate(timeout=100)
    assert (ran.returncode, errors) == (0, "")


def test_a_browser_talks_through_the_bridge(tmp_path: Path) -> None:
    talk = scenario(greeting=GREETING)
    with running_simulator(scenario=talk) as simulator:
        with bridge(simulator, tmp_path) as (url, printed):
            texts, heard = asyncio.run(browse(url))
            ended = printed.readline()
    assert texts == [
        {"agent": GREETING["says"]},
        {"caller": QUESTION["says"]},
        {"agent": HOURS["says"]},
    ]
    assert read_wav(Path(talk.folder) / GREETING["clip"]) in heard
    assert read_wav(Path(talk.folder) / HOURS["clip"]) in heard
    assert ended == "call: agent hung up\n"


async def browse(url: str) -> tuple[list[Any], bytes]:
    """Ask a question once the agent has greeted; gives what comes back until the end."""
    question = caller_clip(scenario(caller=[{**QUESTION, "at": 0}]))
    texts, heard = [], bytearray()
    async with connect(url) as socket:
        greeted = 24_000 * 2 * 4
        with contextlib.suppress(ConnectionClosed):
            async for frame in socket:
                if isinstance(frame, str):
                    texts.append(json.loads(frame))
                    continue
                heard += frame
                if len(heard) >= greeted:
                    greeted = sys.maxsize
                    await socket.send(question)
    return texts, bytes(heard)


@pytest.mark.parametrize(
    ("env", "printed"),
    [({"VATEL_AGENT_ID": ""}, "no agent to call"), ({"VATEL_API_KEY": "wrong"}, "401")],
)
def test_a_bridge_that_cannot_call(
    env: dict[str, str], printed: str, simulator: Simulator, tmp_path: Path
) -> None:
    async def refused(url: str) -> Any:
        async with connect(url) as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            return closed.value.rcvd

    with bridge(simulator, tmp_path, **env) as (url, out):
        close = asyncio.run(refused(url))
        assert (close.code, close.reason) == (1011, "no call is possible at the moment")
        line = out.readline()
        assert line.startswith("no call: ")
        assert printed in line


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_examples_are_short_and_listed(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 80
    assert f"[`{path.name}`]({path.name})" in (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert path.name in {*RUNS, *SERVICES, "test_my_app.py"}, "it is not run"
