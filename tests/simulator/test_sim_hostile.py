"""What hostile clients, files and machines do to the simulator."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from simulated_caller import SHORT, Caller, rest, scenario_of

from vatel.simulator import Scenario, SeenRequest, Simulator
from vatel.simulator.journal import observed_call as seen_calls
from vatel.simulator.journal.bounded_log import BoundedLog
from vatel.simulator.journal.memory import memory_of
from vatel.simulator.platform import platform as platforms
from vatel.simulator.platform.call_record import MAX_ROW_BYTES, CallRecord, now
from vatel.simulator.server import allowed_hosts, folder, listener, routes
from vatel_rt.errors import SimulatorError

pytestmark = pytest.mark.anyio


class TestMemory:
    def test_a_log_is_bounded_by_bytes(self) -> None:
        log: BoundedLog[str] = BoundedLog(10, 100)
        for index in range(5):
            log.add(str(index), 40)
        assert log.all() == ["3", "4"]
        log.add("huge", 101)
        assert (log.all(), log.bytes, log.dropped) == ([], 0, 6)
        log.add("grows", 1)
        log.add("last", 1)
        log.resize("grows", 99)
        assert log.all() == ["grows", "last"]
        log.resize("grows", 100)
        log.resize("gone", 1000)
        assert (log.all(), log.bytes) == (["last"], 1)

    @pytest.mark.parametrize("value", ["x" * 1000, {"k" * 500: "v" * 500}, [[["x" * 1000]]]])
    def test_the_size_of_a_value(self, value: Any) -> None:
        assert 1000 < memory_of(value) < 2000

    async def test_bodies_of_strangers(self) -> None:
        """Three hundred bodies of 60 kB whose values take fifty times that."""
        body = json.dumps([{} for _ in range(15_000)])
        async with Simulator(scenario_of(SHORT)) as simulator:
            async with httpx.AsyncClient(base_url=simulator.url) as stranger:
                for _ in range(80):
                    answer = await stranger.post("/v1/agents", content=body)
                    assert answer.status_code == 401
            kept = simulator.requests
            assert sum(memory_of(request.body) for request in kept) < 64 * 2**20
            assert len(kept) + simulator.dropped["requests"] == 80

    async def test_a_body_that_is_too_large(self, simulator: Simulator) -> None:
        async with rest(simulator) as client:
            answer = await client.post("/v1/agents", content=b" " * (routes.MAX_BODY + 1))
        assert answer.status_code == 400
        assert answer.json() == {"error": "the body is larger than 1048576 bytes"}

    async def test_messages(self, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(seen_calls, "MAX_MESSAGE_BYTES", 200_000)
        async with await Caller.dial(simulator) as caller:
            call = await simulator.wait_for_call_async()
            for number in range(10):
                await caller.send("tool_call_output", toolCallId=str(number), output="x" * 50_000)
            await simulator.wait_for_async(
                lambda: "9" in [m.data.get("toolCallId") for m in call.messages]
            )
            kept = [m for m in call.messages if m.type == "tool_call_output"]
            assert 1 <= len(kept) <= 4
            assert call.messages_dropped >= 6
            assert call.size < 300_000

    def test_a_transcript(self) -> None:
        call = CallRecord("agent", "organization")
        row = call.add("tool_call", "turn", toolCall={"arguments": ""})
        call.add_tool_output(row, "x" * (2 * MAX_ROW_BYTES))
        for _ in range(40):
            call.add("message", "turn", message="y" * 100_000)
        assert len(json.dumps(call.rows)) < 3 * MAX_ROW_BYTES

    async def test_the_history(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(platforms, "MAX_CALL_BYTES", 1000)
        async with Simulator(scenario_of(SHORT)) as simulator:
            platform = simulator.platform
            for number in range(4):
                call = CallRecord("agent", "organization", id=str(number))
                call.add("message", "turn", message="x" * 400)
                if number:
                    call.end("user_hangup")
                platform.add_call(call)
            platform.limit_transcripts()
            assert list(platform.calls) == ["0", "3"]
            platform.calls["0"].add("message", "turn", message="x" * 1000)
            platform.limit_transcripts()
            assert list(platform.calls) == ["0"]  # open calls stay

    async def test_entries(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(platforms, "MAX_ENTRIES", 2)
        async with Simulator(scenario_of(SHORT)) as simulator, rest(simulator) as client:
            answers = [await client.post("/v1/agents", json={"name": "a"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 400]


class TestHosts:
    ALLOWED = ("127.0.0.1", "127.0.0.1:80", "[::1]:80", "localhost", "LOCALHOST:1", "a.localhost")
    REFUSED = ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "", "[::1")

    async def get(self, simulator: Simulator, host: str) -> httpx.Response:
        headers = {"host": host, "authorization": f"Bearer {simulator.api_key}"}
        async with httpx.AsyncClient(base_url=simulator.url) as client:
            return await client.get("/v1/agents", headers=headers)

    @pytest.mark.parametrize("host", ALLOWED)
    async def test_names_of_this_machine(self, simulator: Simulator, host: str) -> None:
        assert (await self.get(simulator, host)).status_code == 200

    @pytest.mark.parametrize("host", REFUSED)
    async def test_foreign_names(self, simulator: Simulator, host: str) -> None:
        answer = await self.get(simulator, host)
        assert answer.status_code == allowed_hosts.MISDIRECTED
        assert answer.json()["error"].endswith("is not a name of this simulator: see allowed_hosts")
        assert simulator.requests[-1].status == allowed_hosts.MISDIRECTED

    async def test_a_voice_session(self, simulator: Simulator) -> None:
        async with httpx.AsyncClient(base_url=simulator.url) as client:
            headers = {
                "host": "evil.example",
                "connection": "upgrade",
                "upgrade": "websocket",
                "sec-websocket-version": "13",
                "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
            }
            answer = await client.get("/v1/connection?token=x", headers=headers)
        assert answer.status_code == allowed_hosts.MISDIRECTED

    @pytest.mark.parametrize("names", [["Simulator.Internal"], ["*"]])
    async def test_names_that_are_allowed(self, names: list[str]) -> None:
        async with Simulator(scenario_of(SHORT), allowed_hosts=names) as simulator:
            assert (await self.get(simulator, "simulator.internal:80")).status_code == 200

    async def test_a_string_is_no_list_of_names(self) -> None:
        with pytest.raises(TypeError, match="allowed_hosts"):
            Simulator(allowed_hosts="localhost")


class LogEvent(logging.Handler):
    """Sets an event at the first line."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.set()


@contextmanager
def no_more_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as taken:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        try:
            with suppress(OSError):
                while True:
                    taken.callback(os.close, os.dup(0))
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class TestClientsThatLeave:
    @pytest.fixture
    def stack(self) -> Iterator[ExitStack]:
        with ExitStack() as stack:
            yield stack

    async def test_in_the_middle_of_a_body(
        self, simulator: Simulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        host, port = simulator.url[7:].split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"POST /v1/agents HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
            b"Authorization: Bearer simulator-key\r\n\r\n{"
        )
        await writer.drain()
        writer.close()
        await simulator.wait_for_async(lambda: simulator.requests)
        assert simulator.requests[0].path == "/v1/agents"
        assert caplog.records == []
        async with rest(simulator) as client:
            assert (await client.get("/v1/agents")).status_code == 200

    async def test_without_descriptors(
        self, simulator: Simulator, stack: ExitStack, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Connections wait until there are descriptors again, and one line says so."""
        host, port = simulator.url[7:].split(":")
        clients = [stack.enter_context(socket.socket()) for _ in range(20)]
        log, logged = logging.getLogger("vatel.simulator.server"), LogEvent()
        log.addHandler(logged)
        stack.callback(log.removeHandler, logged)
        with no_more_descriptors():
            for client in clients:
                client.setblocking(False)
                with pytest.raises(BlockingIOError):
                    client.connect((host, int(port)))
            await asyncio.wait_for(logged.seen.wait(), 60)
        async with rest(simulator) as client:
            assert (await client.get("/v1/agents")).status_code == 200
        assert [r.getMessage() for r in caplog.records] == ["connections wait: Too many open files"]

    def test_a_lasting_lack_is_logged_again(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(listener, "_REMINDER", -1)
        with listener.listen("127.0.0.1", 0) as made:
            for _ in range(2):
                made._note(OSError(24, "Too many open files"))
        assert len(caplog.records) == 2

    def test_other_errors_of_accept(self) -> None:
        made = listener.listen("127.0.0.1", 0)
        made.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            made.accept()


class TestFolders:
    @pytest.fixture(autouse=True)
    def root(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr(tempfile, "tempdir", None)
        return tmp_path

    def test_a_killed_simulator(self, root: Path) -> None:
        command = [sys.executable, "-m", "vatel.simulator", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
            assert program.stdout is not None
            program.stdout.readline()
            killed = set(root.glob(f"{folder.PREFIX}*"))
            assert len(killed) == 1
            with folder.recordings_folder() as second:
                assert killed < set(root.glob(f"{folder.PREFIX}*"))  # it lives
                assert second.is_dir()
            program.send_signal(signal.SIGKILL)
        assert set(root.iterdir()) == killed
        with folder.recordings_folder() as third:
            assert set(root.iterdir()) == {third.parent}
        assert list(root.iterdir()) == []

    def test_folders_that_are_not_ours(self, root: Path) -> None:
        (root / "elsewhere").mkdir()
        (root / "elsewhere" / folder.LOCK).touch()
        link = root / f"{folder.PREFIX}link"
        link.symlink_to(root / "elsewhere", target_is_directory=True)
        new = root / f"{folder.PREFIX}new"  # not locked yet
        new.mkdir()
        with folder.recordings_folder():
            pass
        assert sorted(path.name for path in root.iterdir()) == ["elsewhere", link.name, new.name]

    def test_a_system_without_locks(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "fcntl", None)
        with folder.recordings_folder() as first, folder.recordings_folder() as second:
            assert first.is_dir()
            assert second.is_dir()
        assert list(root.iterdir()) == []


ALIASES = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} {{<<: [{','.join(['*' + chr(97 + n)] * 9)}]}}\n"
    for n in range(9)
)


class TestScenarioFiles:
    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            (ALIASES, "line 6: more than 100000 values"),
            (MERGES, "line 6: more than 100000 values"),
            ("turns: &a [*a]", "line 1: a value that contains itself"),
            ("turns: " + "[" * 500, "nested too deeply"),
            ("#" * (2**20 + 1), "is larger than 1048576 bytes"),
        ],
        ids=["aliases", "merges", "circle", "depth", "size"],
    )
    def test_files_that_take_too_much(self, tmp_path: Path, text: str, problem: str) -> None:
        path = tmp_path / "scenario.yaml"
        path.write_text(text)
        with pytest.raises(SimulatorError, match=f"^scenario {path}: {problem}$"):
            Scenario.load(path)

    def test_what_is_no_file(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        for path in (tmp_path, tmp_path / "fifo", Path("/dev/zero")):
            with pytest.raises(SimulatorError, match="is not a file"):
                Scenario.load(path)

    def test_aliases_are_fine(self, tmp_path: Path) -> None:
        path = tmp_path / "scenario.yaml"
        path.write_text("turns: [&a {hears: a, says: b}, *a, {<<: *a, hears: c}]")
        assert [turn.hears for turn in Scenario.load(path).turns] == ["a", "a", "c"]


def test_the_size_of_a_request() -> None:
    small = SeenRequest("GET", "/", {}, None, 200, now())
    large = SeenRequest("POST", "/", {}, "x" * 10_000, 200, now())
    assert 0 < small.size < 1000
    assert large.size > 10_000
