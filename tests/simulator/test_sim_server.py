"""The simulator inside another program, and as a command."""

from __future__ import annotations

import asyncio
import contextlib
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

import anyio
import pytest
from simulated_caller import SHORT, Caller, scenario_of

from vatel.simulator import Simulator, caller_clip
from vatel.simulator.platform.call_record import CallRecord
from vatel.simulator.platform.recording import Recording
from vatel.simulator.server.cli import main
from vatel_rt.errors import SimulatorError

COMMAND = [sys.executable, "-W", "error", "-m", "vatel.simulator", "--port", "0"]


@pytest.fixture
def taken_port() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_nothing_is_left(nothing_left: None) -> None:
    async def visit() -> None:
        async with Simulator(scenario_of(SHORT)) as simulator:
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
        assert program.wait(60) == 0
        assert (program.stdout.read(), program.stderr.read()) == ("", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_any_time(number: int) -> None:
    """Most of its start is imports: send a signal during several of them."""
    for module in ("argparse", "vatel.simulator.server.cli", "vatel_rt.errors", "uvicorn"):
        code = f"""
import os, signal, sys
class Signals:
    def find_spec(self, name, *_):
        if name == {module!r}:
            os.kill(os.getpid(), {int(number)})
sys.meta_path.insert(0, Signals())
from vatel.simulator.__main__ import run
sys.argv = ["simulator", "--port", "0"]
for name in {module!r}, "vatel_rt.errors":
    sys.modules.pop(name, None)
sys.exit(run())
"""
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, check=False, capture_output=True, timeout=100)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), module


def test_it_leaves_the_handlers_of_the_program_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    monkeypatch.setattr(asyncio.Event, "wait", _kill_after(asyncio.Event.wait))
    assert main(["--port", "0"]) == 0
    assert [signal.getsignal(number) for number in numbers] == before
    assert capsys.readouterr().out.startswith("listening on ")


def _kill_after(wait: Any) -> Any:
    async def waiting(event: asyncio.Event) -> bool:
        if "cli.py" in str(sys._getframe(1).f_code.co_filename):
            signal.raise_signal(signal.SIGTERM)
        return bool(await wait(event))

    return waiting


async def is_open(url: str) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


@pytest.mark.anyio
@pytest.mark.usefixtures("no_new_tasks")
async def test_a_cancelled_program_leaves_no_port_open() -> None:
    simulator = Simulator(scenario_of(SHORT))
    with anyio.CancelScope() as scope:
        async with simulator:
            folder = simulator.platform.folder
            caller = await Caller.dial(simulator)
            scope.cancel()
            await anyio.sleep_forever()
    assert not await is_open(simulator.url)
    await caller.socket.wait_closed()
    assert caller.socket.close_code == 1001
    assert folder is not None
    assert not folder.exists()


@pytest.mark.anyio
async def test_a_program_cancelled_again_and_again_leaves_no_port_open() -> None:
    simulator = Simulator(scenario_of(SHORT))
    entered = asyncio.Event()

    async def program() -> None:
        async with simulator:
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(program())
    await entered.wait()
    assert simulator._server
    assert simulator._server._task
    serving = simulator._server._task
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.01)
    assert not await is_open(simulator.url)
    await asyncio.wait([serving])


@pytest.mark.anyio
async def test_a_client_that_does_not_read_does_not_hold_it_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vatel.simulator.server.asgi_server.SHUTDOWN_TIMEOUT", 0.1)
    async with Simulator(scenario_of(SHORT)) as simulator:
        platform = simulator.platform
        call = CallRecord(simulator.agent_id, platform.organization["id"])
        assert platform.folder
        call.recording = Recording(platform.folder, call.id)
        call.recording.write("agent", 20_000_000, bytes(2))
        call.end("user_hangup")
        platform.calls[call.id] = call
        port = int(simulator.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        request = f"GET /v1/calls/{call.id}/recording HTTP/1.1\r\nHost: a\r\n"
        writer.write(f"{request}Authorization: Bearer simulator-key\r\n\r\n".encode())
        assert await reader.read(5) == b"HTTP/"
    writer.transport.abort()
    with contextlib.suppress(ConnectionResetError):
        await writer.wait_closed()


@pytest.mark.anyio
async def test_a_port_that_is_none() -> None:
    with pytest.raises(SimulatorError, match="ports are 0 to 65535"):
        await Simulator(port=70_000).__aenter__()


@pytest.mark.anyio
@pytest.mark.usefixtures("no_new_tasks")
async def test_a_server_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    async def startup(*_: Any, **__: Any) -> None:
        raise OSError("no more sockets")

    monkeypatch.setattr("uvicorn.Server.startup", startup)
    simulator = Simulator(scenario_of(SHORT))
    with pytest.raises(SimulatorError, match=r"cannot serve: OSError.*no more sockets"):
        await simulator.__aenter__()
    assert not await is_open(simulator.url)


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for option, text in (("--help", "exit codes:"), ("--version", "vatel ")):
        with pytest.raises(SystemExit, match="0"):
            main([option])
        assert text in capsys.readouterr().out


@pytest.mark.parametrize("package", ["uvicorn", "yaml", "jsonschema", "jwt", "starlette"])
def test_a_missing_package(package: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None\n"
    code += "from vatel.simulator.server.cli import main; sys.exit(main([]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == f"the simulator needs {package}: pip install 'vatel[simulator]'\n"


def test_a_missing_package_and_the_callers_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n.startswith("vatel.simulator.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(SimulatorError, match="the simulator needs yaml"):
        caller_clip()


def test_a_package_that_is_missing_for_another_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    import vatel.simulator

    monkeypatch.setitem(vatel.simulator._HOMES, "Simulator", "nowhere")
    with pytest.raises(ModuleNotFoundError):
        vatel.simulator.__getattr__("Simulator")
    with pytest.raises(AttributeError):
        vatel.simulator.Nothing  # noqa: B018


def test_in_a_thread_nothing_is_left(nothing_left: None) -> None:
    simulator = Simulator(scenario_of(SHORT))
    with simulator:
        asyncio.run(_a_word(simulator))
        with pytest.raises(RuntimeError, match="this simulator is already running"):
            simulator.__enter__()
    with simulator:  # again
        assert asyncio.run(is_open(simulator.url))
    assert not asyncio.run(is_open(simulator.url))
    gc.collect()


async def _a_word(simulator: Simulator) -> None:
    caller = await Caller.dial(simulator)
    await caller.until("response_audio")
    await caller.socket.close()


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_in_a_thread_an_error_comes_out(error: type[BaseException], nothing_left: None) -> None:
    with pytest.raises(error):
        with Simulator(scenario_of(SHORT)) as simulator:
            raise error
    assert not asyncio.run(is_open(simulator.url))


def test_in_a_thread_a_start_that_fails(taken_port: int, nothing_left: None) -> None:
    with pytest.raises(SimulatorError, match="cannot listen on"):
        Simulator(port=taken_port).__enter__()


def test_in_a_thread_ctrl_c_ends_it() -> None:
    code = """
from vatel.simulator import Simulator
try:
    with Simulator() as simulator:
        print(simulator.url, flush=True)
        simulator.wait_for_call(timeout=60)
except KeyboardInterrupt:
    import threading
    print(threading.active_count())
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout
        url = program.stdout.readline().strip()
        program.send_signal(signal.SIGINT)
        assert program.stdout.read() == "1\n"
        assert program.wait(60) == 0
    assert not asyncio.run(is_open(url))


def test_open_calls_end_with_it_in_a_thread(nothing_left: None) -> None:
    with Simulator(scenario_of(SHORT)) as simulator:
        loop = asyncio.new_event_loop()
        caller = loop.run_until_complete(Caller.dial(simulator))
    loop.run_until_complete(caller.socket.wait_closed())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    assert caller.socket.close_code == 1001
    assert simulator.calls[0].reason == "server_shutdown"


@pytest.mark.anyio
async def test_beginning_and_ending_take_no_time() -> None:
    """Tests start and stop many simulators, so neither may pause (uvicorn pauses three times)."""
    begin = time.monotonic()
    for _ in range(10):
        async with Simulator(scenario_of(SHORT)) as simulator, await Caller.dial(simulator) as it:
            await it.next()
    print(f"{(time.monotonic() - begin) * 100:.0f} ms each, with a call")


def test_scenarios_by_path_and_by_keys(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text("greeting: {says: From a file.}", encoding="utf-8")
    for given in (path, str(path), {"greeting": {"says": "From a file."}}):
        assert Simulator(given).platform.scenario.greeting.says == "From a file."
    with pytest.raises(SimulatorError, match="greetings: unknown key; the keys are seed"):
        Simulator({"greetings": {}})
    with pytest.raises(SimulatorError, match="there are no turns to repeat"):
        Simulator({"after_last_turn": "repeat"})


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, vatel.simulator as s; print(*sys.modules)"
    loaded = subprocess.check_output(
        [sys.executable, "-c", code], text=True, env=os.environ
    ).split()
    assert not {"starlette", "uvicorn", "yaml", "jsonschema", "jwt", "httpx"} & set(loaded)
