"""Faults as values, and their effect on requests and handshakes."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets.exceptions
from faulty import ENDING, WAYS, simulator_with, until, whole_call
from simulated_caller import clip, dial, rest, token_of

from vatel.simulator import Faults, Scenario, Simulator
from vatel.simulator.platform.fault_control import FaultControl, Watch
from vatel.simulator.server.cli import _parser, _simulator, main
from vatel_rt.errors import SimulatorError

pytestmark = pytest.mark.anyio
ways = pytest.mark.parametrize("way", WAYS)


def unchecked(simulator: Simulator) -> httpx.AsyncClient:
    """Return a client that accepts answers of a gateway, which are not in the document."""
    client = rest(simulator)
    client.event_hooks = {}
    return client


async def refusal_of(simulator: Simulator) -> tuple[int, bytes]:
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        await dial(simulator, await token_of(simulator))
    return refused.value.response.status_code, bytes(refused.value.response.body or b"")


async def dial_by_hand(simulator: Simulator, token: str) -> asyncio.StreamWriter:
    """Send a handshake without waiting for the answer."""
    host, port = simulator.url.rpartition("/")[2].split(":")
    _, writer = await asyncio.open_connection(host, port)
    lines = [
        f"GET /v1/connection?token={token} HTTP/1.1",
        f"Host: {host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    return writer


def test_each_fault_is_documented_and_has_an_example() -> None:
    text = inspect.cleandoc(str(Faults.__doc__))
    for name in Faults.__struct_fields__:
        assert f"\n    {name}: " in text
        _, equals, example = text.partition(f"`{name}=")
        assert equals, name
        FaultControl().set(**Faults.parse(f"{name}={example.partition('`')[0]}"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", 200), ("status", "503"), ("status", True), ("requests", 0), ("delay", -1),
        ("delay", float("nan")), ("close_code", 1006), ("close_code", 999), ("close_code", 5000),
        ("close_reason", "é" * 62), ("cut_frames", -1), ("cut_frames", 1.5), ("silence", 1),
        ("path", None),
    ],
)  # fmt: skip
def test_values_that_cannot_be(name: str, value: Any) -> None:
    faults = FaultControl(Faults(mute=True))
    with pytest.raises(SimulatorError, match=name):
        setattr(faults, name, value)
    with pytest.raises(SimulatorError, match=name):
        faults.set(**{"no_pong": True, name: value})
    assert faults == Faults(mute=True), "all or nothing"


def test_names_that_there_are_not() -> None:
    with pytest.raises(SimulatorError, match="unknown fault 'drop'; the faults are status, req"):
        FaultControl().drop = 3
    with pytest.raises(SimulatorError, match="unknown fault 'life'"):
        FaultControl().life = 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("drop=3", "unknown fault 'drop'; the faults are status, requests,"),
        ("status", "status needs a value: status=..."),
        ("status=abc", "status: Expected a whole number, got text: 'abc'"),
        ("close_code=1005", "close_code: must be 1000-1003"),
        ("", "unknown fault ''"),
    ],
)
def test_faults_on_the_command_line_that_cannot_be(
    text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--fault", text])
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("python -m vatel.simulator: error: argument --fault: ")
    assert said in last


def test_the_help_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    shown = capsys.readouterr().out.replace(",", " ").split()
    assert set(Faults.__struct_fields__) <= set(shown)


@pytest.mark.parametrize("text", ["drop: 3", "status: 200", "close_code: 1006", "html: 1"])
def test_a_scenario_with_faults_that_cannot_be(text: str, tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(f"faults: {{{text}}}")
    with pytest.raises(SimulatorError, match=r"s\.yaml.*(faults|close_code)"):
        Scenario.load(file)


async def test_the_scenario_stays_as_it_is(tmp_path: Path) -> None:
    async with simulator_with("by scenario", tmp_path, status=503, requests=1) as simulator:
        async with unchecked(simulator) as client:
            answers = [(await client.get("/v1/agents")).status_code for _ in range(2)]
        assert answers == [503, 200]
        assert simulator.faults == Faults()
        assert simulator.platform.scenario.faults == Faults(status=503, requests=1)


@ways
async def test_requests_are_refused(way: str, tmp_path: Path) -> None:
    async with simulator_with(way, tmp_path, status=429, retry_after=7) as simulator:
        async with unchecked(simulator) as client:
            for path in ("/v1/agents", "/v1/calls", "/nowhere"):
                answer = await client.get(path)
                assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
                assert list(answer.json()) == ["error"]
            simulator.faults.clear()
            assert (await client.get("/v1/agents")).status_code == 200


@ways
async def test_only_the_next_requests_are_refused(way: str, tmp_path: Path) -> None:
    faults = {"status": 503, "requests": 37, "path": "/v1/c"}
    async with simulator_with(way, tmp_path, **faults) as simulator:
        async with unchecked(simulator) as client:
            paths = ["/v1/calls", "/v1/agents"] * 50
            answers = await asyncio.gather(*(client.get(path) for path in paths))
            refused = [a.url.path for a in answers if a.status_code == 503]
            assert refused == ["/v1/calls"] * 37
            assert all(a.status_code in (200, 503) for a in answers)
            assert simulator.faults == Faults(), "they are taken back"
            simulator.faults.status = 500
            codes = {(await client.get("/v1/agents")).status_code for _ in range(3)}
            assert codes == {500}


@ways
@pytest.mark.parametrize(("faults", "status"), [({}, 502), ({"status": 504}, 504)])
async def test_a_gateway_answers_with_a_page(
    way: str, faults: dict[str, Any], status: int, tmp_path: Path
) -> None:
    async with simulator_with(way, tmp_path, html=True, **faults) as simulator:
        async with unchecked(simulator) as client:
            answer = await client.get("/v1/agents")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<html>")


@ways
async def test_answers_are_delayed(way: str, tmp_path: Path) -> None:
    async with simulator_with(way, tmp_path, delay=0.3) as simulator, rest(simulator) as client:
        begin = time.monotonic()
        assert (await client.get("/v1/agents")).status_code == 200
        assert time.monotonic() - begin > 0.29


@pytest.mark.parametrize("change", [{"delay": 0}, {"delay": 0.01}])
async def test_a_delay_that_is_changed_holds_nobody_up(
    change: dict[str, Any], tmp_path: Path
) -> None:
    async with simulator_with("in process", tmp_path, delay=600) as simulator:
        async with rest(simulator) as client:
            asked = asyncio.ensure_future(client.get("/v1/agents"))
            await until(lambda: simulator.faults._watches)
            simulator.faults.set(**change)
            assert (await asked).status_code == 200
    assert not simulator.faults._watches


async def test_the_end_of_the_simulator_ends_delays(tmp_path: Path) -> None:
    async with simulator_with("in process", tmp_path, delay=600, handshake_delay=600) as simulator:
        client, watches = rest(simulator), simulator.faults._watches
        asked = asyncio.ensure_future(client.get("/v1/agents"))
        await until(lambda: watches)
    assert (await asked).status_code == 200
    await client.aclose()


@ways
async def test_tokens_that_have_expired(way: str, tmp_path: Path) -> None:
    async with simulator_with(way, tmp_path, ENDING, expired_tokens=True) as simulator:
        status, body = await refusal_of(simulator)
        assert (status, b"expired" in body) == (401, True)
        simulator.faults.clear()
        assert (await whole_call(simulator))[1].close_code == 1000


@ways
async def test_handshakes_are_refused(way: str, tmp_path: Path) -> None:
    faults = {"handshake_status": 503, "handshakes": 2}
    async with simulator_with(way, tmp_path, ENDING, **faults) as simulator:
        for _ in range(2):
            status, body = await refusal_of(simulator)
            assert (status, b'{"error":' in body) == (503, True)
        assert (await whole_call(simulator))[1].close_code == 1000
        assert len(simulator.platform.calls) == 1
        simulator.faults.handshake_status = 429
        assert [(await refusal_of(simulator))[0] for _ in range(3)] == [429] * 3
        simulator.faults.clear()
        assert (await whole_call(simulator))[1].close_code == 1000


@ways
@pytest.mark.parametrize("status", [None, 503])
async def test_handshakes_are_delayed(way: str, status: Any, tmp_path: Path) -> None:
    refused = {} if status is None else {"handshake_status": status}
    faults = {"handshake_delay": 0.3, "handshakes": 1, **refused}
    async with simulator_with(way, tmp_path, ENDING, **faults) as simulator:
        begin = time.monotonic()
        if status:
            assert (await refusal_of(simulator))[0] == status
        else:
            assert (await whole_call(simulator))[1].close_code == 1000
        assert time.monotonic() - begin > 0.29
        assert simulator.faults == Faults()


async def test_a_caller_who_does_not_wait_for_the_handshake(tmp_path: Path) -> None:
    async with simulator_with("in process", tmp_path, ENDING, handshake_delay=600) as simulator:
        watches = simulator.faults._watches
        dialling = asyncio.ensure_future(dial_by_hand(simulator, await token_of(simulator)))
        await until(lambda: watches)
        (await dialling).transport.abort()
        await until(lambda: not simulator._server.server_state.connections)
        simulator.faults.clear()
        await until(lambda: not watches)
        (call,) = simulator.platform.calls.values()
        assert call.reason == "connection_lost"
        assert (await whole_call(simulator))[1].close_code == 1000


async def test_another_thread_sets_them_and_wakes_who_waits() -> None:
    faults = FaultControl(Faults(stall=600))
    with Watch(faults) as watch:
        thread = threading.Thread(target=faults.clear)
        thread.start()
        await watch.wait(lambda: faults.stall)
        thread.join()
    assert faults == Faults()


def test_many_threads_count_each_once() -> None:
    faults, taken = FaultControl(Faults(cut_frames=500, status=503, requests=500)), []

    def take() -> None:
        for _ in range(300):
            taken.append(("frame", faults.take("cut_frames")))
            taken.append(("request", faults.take_request("/") is not None))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken.count(("frame", True)) == taken.count(("request", True)) == 500
    assert faults == Faults()


def test_a_loop_that_is_closed_is_not_told() -> None:
    faults = FaultControl()

    async def leave() -> Watch:
        return Watch(faults).__enter__()

    watch = asyncio.run(leave())
    faults.stall = 3
    watch.__exit__()


def test_options_of_the_program() -> None:
    given = ["--no-sip", "--token-ttl", "0.5", "--fault", "status=500", "--fault", "status=503"]
    simulator = _simulator(_parser().parse_args(given))
    assert simulator.faults == Faults(status=503)
    assert not simulator.platform.has_sip
    assert simulator.platform.tokens._ttl == 0.5


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "abc"])
def test_a_lifetime_of_tokens_that_cannot_be(text: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        _parser().parse_args(["--token-ttl", text])


def test_the_clip_is_long_enough() -> None:
    """The phases in the tests of sessions depend on it."""
    assert len(clip("order.wav")) > 4 * 48_000
