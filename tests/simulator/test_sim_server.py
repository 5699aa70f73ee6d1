"""The simulator as a guest in a program, and as a program of its own."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from simulated_caller import SHORT, Caller, scenario_of

from vatel_rt.errors import SimulatorError
from vatel_rt.simulator import Simulator
from vatel_rt.simulator.__main__ import main

COMMAND = [sys.executable, "-W", "error", "-m", "vatel_rt.simulator", "--port", "0"]


@pytest.fixture
def taken_port() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_nothing_is_left(nothing_left: None) -> None:
    async def visit() -> None:
        begin = time.monotonic()
        async with Simulator(scenario_of(SHORT)) as simulator:
            assert time.monotonic() - begin < 0.5
            folder = simulator.platform.folder
            caller = await Caller.dial(simulator)
            await caller.until("response_audio")
        await caller.socket.wait_closed()
        assert folder is not None
        assert not folder.exists()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    asyncio.run(visit())
    gc.collect()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


@pytest.mark.anyio
async def test_it_can_be_entered_again() -> None:
    simulator = Simulator(scenario_of(SHORT))
    for _ in range(2):
        async with simulator, await Caller.dial(simulator) as caller:
            await caller.until("response_audio")


@pytest.mark.anyio
async def test_a_port_in_use(taken_port: int) -> None:
    with pytest.raises(SimulatorError, match=f"cannot listen on 127.0.0.1:{taken_port}: Address"):
        await Simulator(port=taken_port).__aenter__()


@pytest.mark.anyio
async def test_ipv6() -> None:
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 here")
    async with Simulator(scenario_of(SHORT), host="::1") as simulator:
        assert simulator.url.startswith("http://[::1]:")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_program_starts_answers_and_ends(number: int) -> None:
    with subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout
        assert program.stderr
        first, second, third = (program.stdout.readline() for _ in range(3))
        url = first.removeprefix("listening on ").strip()
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{url}/v1/agents")
        assert "API key simulator-key, agent 5e1f1a5c-" in second
        assert f"VATEL_BASE_URL={url} VATEL_API_KEY=simulator-key" in third
        program.send_signal(number)
        assert program.wait(10) == 0
        assert (program.stdout.read(), program.stderr.read()) == ("", "")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--scenario", "nowhere.yaml"], 2, "scenario nowhere.yaml: No such file or directory\n"),
        (["--host", "203.0.113.1"], 1, "cannot listen on 203.0.113.1:0: "),
        (["--host", "no.such.host.invalid"], 1, "cannot listen on no.such.host.invalid:0: "),
        (["--port", "70000"], 1, "cannot listen on 127.0.0.1:70000: "),
        (["--port", "{taken}"], 1, "cannot listen on 127.0.0.1:{taken}: "),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    arguments: list[str],
    code: int,
    message: str,
    taken_port: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = [argument.format(taken=taken_port) for argument in arguments]
    assert main(["--port", "0", *arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(message.format(taken=taken_port))
    assert err.count("\n") == 1


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for option, text in (("--help", "exit codes:"), ("--version", "vatel ")):
        with pytest.raises(SystemExit, match="0"):
            main([option])
        assert text in capsys.readouterr().out


@pytest.mark.parametrize("package", ["uvicorn", "yaml", "jsonschema", "jwt", "starlette"])
def test_a_missing_package(package: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None\n"
    code += "from vatel_rt.simulator.__main__ import main; sys.exit(main([]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == f"the simulator needs {package}: pip install 'vatel[simulator]'\n"


def test_a_package_that_is_missing_for_another_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    import vatel_rt.simulator

    monkeypatch.setitem(vatel_rt.simulator._HOMES, "Simulator", "nowhere")
    with pytest.raises(ModuleNotFoundError):
        vatel_rt.simulator.__getattr__("Simulator")
    with pytest.raises(AttributeError):
        vatel_rt.simulator.Nothing  # noqa: B018


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, vatel_rt.simulator as s; print(*sys.modules)"
    loaded = subprocess.check_output(
        [sys.executable, "-c", code], text=True, env=os.environ
    ).split()
    assert not {"starlette", "uvicorn", "yaml", "jsonschema", "jwt"} & set(loaded)
