"""One client in many threads, tasks and event loops: no error, no socket left, one pool."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from platforms import running_simulator

from vatel import Client
from vatel_rt import pools
from vatel_rt.errors import ConfigurationError
from vatel_rt.simulator import Simulator


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running_simulator() as simulator:
        yield simulator


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What httpx clients are made."""
    kinds: list[str] = []
    for name in ("Client", "AsyncClient"):
        kind = getattr(httpx, name)

        def make(*args: object, kind: type = kind, **options: object) -> object:
            kinds.append(kind.__name__)
            return kind(*args, **options)

        monkeypatch.setattr(pools.httpx, name, make)
    return kinds


@pytest.mark.timeout(120)
def test_200_threads_with_50_requests_each(simulator: Simulator, made: list[str]) -> None:
    with Client(simulator.api_key, simulator.url, timeout=60) as client:

        def use(_: int) -> int:
            return sum(len(client.organization.get().name or "") > 0 for _ in range(50))

        with ThreadPoolExecutor(200) as threads:
            assert sum(threads.map(use, range(200))) == 10_000
    assert made == ["Client"]


@pytest.mark.timeout(120)
def test_2000_requests_at_once(simulator: Simulator, made: list[str]) -> None:
    async def use() -> None:
        async with Client(simulator.api_key, simulator.url, timeout=60) as client:
            found = await asyncio.gather(*(client.agents.list_async() for _ in range(2000)))
            assert all(agents[0].id == simulator.agent_id for agents in found)

    asyncio.run(use())
    assert made == ["AsyncClient"]


def test_one_event_loop_after_the_other(simulator: Simulator, made: list[str]) -> None:
    client = Client(simulator.api_key, simulator.url)
    for _ in range(3):
        assert asyncio.run(client.agents.list_async())
    gc.collect()  # a socket that was left open would warn here
    assert made == ["AsyncClient"] * 3
    assert len(client._pools._by_loop) == 0


def test_closing_and_going_on(simulator: Simulator, made: list[str]) -> None:
    client = Client(simulator.api_key, simulator.url)
    client.close()
    assert client.agents.list()
    client.close()
    client.close()
    assert client.agents.list()

    async def use() -> None:
        await client.agents.list_async()
        await client.aclose()
        await client.aclose()

    asyncio.run(use())
    assert made == ["Client", "Client", "AsyncClient"]


@pytest.mark.parametrize("proxy", ["nonsense://user:s3cret@host:1", "socks5://user:s3cret@h:1"])
def test_a_proxy_of_the_environment_that_cannot_be_used(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with Client("key", "https://api.vatel.ai") as client:
        with pytest.raises(ConfigurationError, match="HTTPS_PROXY") as caught:
            client.agents.list()
        with pytest.raises(ConfigurationError):
            asyncio.run(client.agents.list_async())
    assert "s3cret" not in str(caught.value) + repr(caught.value.__cause__)


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")
        await writer.drain()
        writer.close()

    async def use() -> None:
        server = await asyncio.start_server(proxy, "127.0.0.1", 0)
        async with server:
            monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:{}".format(*_port(server)))
            async with Client("key", "http://far.example", allow_http=True) as client:
                assert await client.agents.list_async() == []

    asyncio.run(use())
    assert asked == [b"GET http://far.example/v1/agents HTTP/1.1\r\n"]


def _port(server: asyncio.AbstractServer) -> tuple[int]:
    return (server.sockets[0].getsockname()[1],)  # type: ignore[attr-defined]
