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
from vatel.simulator import Simulator
from vatel_rt.errors import ClientClosedError, ConfigurationError
from vatel_rt.rest import pools
from vatel_rt.rest import transport as rest


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


@pytest.mark.timeout(300)
def test_200_threads_with_50_requests_each(simulator: Simulator, made: list[str]) -> None:
    with Client(simulator.api_key, simulator.url, timeout=200) as client:

        def use(_: int) -> int:
            return sum(len(client.organization.get().name or "") > 0 for _ in range(50))

        with ThreadPoolExecutor(200) as threads:
            assert sum(threads.map(use, range(200))) == 10_000
    assert made == ["Client"]


@pytest.mark.timeout(300)
def test_2000_requests_at_once(simulator: Simulator, made: list[str]) -> None:
    async def use() -> None:
        async with Client(simulator.api_key, simulator.url, timeout=200) as client:
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


def test_a_closed_client_says_so(simulator: Simulator, made: list[str]) -> None:
    with Client(simulator.api_key, simulator.url) as client:
        assert client.agents.list()
    twin = client.with_options(timeout=1)
    for closed in (client, twin):
        closed.close()
        with pytest.raises(ClientClosedError, match="the client is closed"):
            closed.agents.list()
        with pytest.raises(ClientClosedError):
            asyncio.run(closed.agents.list_async())
    assert made == ["Client"]


def test_a_client_that_is_closed_in_one_event_loop_is_closed_in_all(
    simulator: Simulator, made: list[str]
) -> None:
    client = Client(simulator.api_key, simulator.url)

    async def use() -> None:
        assert await client.agents.list_async()
        await client.aclose()
        await client.aclose()
        with pytest.raises(RuntimeError):  # as httpx raises, for existing code
            await client.agents.list_async()

    asyncio.run(use())
    with pytest.raises(ClientClosedError):
        client.agents.list()
    with pytest.raises(ClientClosedError):
        asyncio.run(client.agents.list_async())
    assert made == ["AsyncClient"]


def test_a_closed_client_does_not_use_the_given_ones_but_leaves_them_open() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=[]))
    own, own_async = httpx.Client(transport=transport), httpx.AsyncClient(transport=transport)
    with Client("key", None, own, own_async) as client:
        assert client.agents.list() == asyncio.run(client.agents.list_async()) == []
    with pytest.raises(ClientClosedError):
        client.agents.list()
    with pytest.raises(ClientClosedError):
        asyncio.run(client.agents.list_async())
    assert not own.is_closed
    assert not own_async.is_closed
    own.close()
    asyncio.run(own_async.aclose())


def test_a_request_that_waits_to_be_repeated_ends_with_its_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(503)

    with httpx.Client(transport=httpx.MockTransport(refuse)) as own:
        client = Client("key", None, own)
        monkeypatch.setattr(rest.time, "sleep", lambda _: client.close())
        with pytest.raises(ClientClosedError):
            client.agents.list()
    assert asked == ["/v1/agents"]


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
