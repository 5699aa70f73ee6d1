"""Connections to hosts with several addresses, some of which are dead."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpcore
import pytest
from platforms import running_simulator

from vatel import Client
from vatel.simulator import Simulator
from vatel_rt.errors import APIConnectionError, APITimeoutError
from vatel_rt.rest import dialing

HOST = "several.example"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running_simulator(allowed_hosts=[HOST]) as simulator:
        yield simulator


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a listener that lets no connection through: its queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.2", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.2", port))
        yield port
        for filler in fillers:
            filler.close()


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let `HOST` have addresses and ports of the test's choice."""
    real = socket.getaddrinfo

    def give(*addresses: tuple[str, int]) -> None:
        def found(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
            if host not in (HOST, HOST.encode()):
                return real(host, port, *rest, **options)
            return [
                (
                    socket.AF_INET6 if ":" in address else socket.AF_INET,
                    socket.SOCK_STREAM,
                    socket.IPPROTO_TCP,
                    "",
                    (address, number),
                )
                for address, number in addresses
            ]

        monkeypatch.setattr(socket, "getaddrinfo", found)

    return give


def port_of(simulator: Simulator) -> int:
    return int(simulator.url.rpartition(":")[2])


async def call(client: Client, agent_id: str) -> str:
    async with client.call(agent_id) as call:
        async for message in call:
            return message.type
    return ""


def test_the_first_address_is_dead(simulator: Simulator, silent: int, resolve: Any) -> None:
    resolve(("127.0.0.2", silent), ("127.0.0.1", port_of(simulator)))
    url = f"http://{HOST}:{port_of(simulator)}"
    client = Client(simulator.api_key, url, allow_http=True, timeout=100, max_retries=0)
    with client:
        assert client.agents.list()


def test_all_addresses_are_dead(silent: int, resolve: Any) -> None:
    resolve(("127.0.0.2", silent), ("127.0.0.2", silent))
    client = Client("key", f"http://{HOST}", allow_http=True, timeout=0.6, max_retries=0)
    with pytest.raises(APITimeoutError):
        client.agents.list()


def test_addresses_that_refuse(simulator: Simulator, resolve: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        number = closed.getsockname()[1]
        resolve(("127.0.0.1", number), ("127.0.0.1", number))
        client = Client("key", f"http://{HOST}", allow_http=True, timeout=100, max_retries=0)
        with pytest.raises(APIConnectionError, match="connection refused"):
            client.agents.list()
        resolve(("127.0.0.1", number), ("127.0.0.1", port_of(simulator)))
        with client.with_options() as again:
            assert again.with_options(timeout=50).base_url == client.base_url
        with Client(simulator.api_key, f"http://{HOST}", allow_http=True, timeout=100) as other:
            assert other.agents.list()


def test_families_alternate() -> None:
    four, six = (socket.AF_INET,), (socket.AF_INET6,)
    found = [(*six, 1), (*six, 2), (*six, 3), (*four, 4)]
    assert [each[1] for each in dialing._interleaved(found)] == [1, 4, 2, 3]


def test_an_address_that_no_socket_can_have(
    simulator: Simulator, resolve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No IPv6 here, no descriptor: the next address is tried, and the last failure told."""
    real = dialing._begun

    def begun(found: Any, source: Any) -> socket.socket:
        if found[4][0] == "::1":
            raise OSError(errno.EAFNOSUPPORT, "no such family")
        return real(found, source)

    monkeypatch.setattr(dialing, "_begun", begun)
    with Client(simulator.api_key, f"http://{HOST}", allow_http=True, timeout=100) as client:
        resolve(("::1", 1), ("127.0.0.1", port_of(simulator)))
        assert client.agents.list()
    resolve(("::1", 1), ("::1", 2))
    with Client("key", f"http://{HOST}", allow_http=True, max_retries=0) as client:
        with pytest.raises(APIConnectionError, match="no such family"):
            client.agents.list()


def test_options_and_a_local_address(simulator: Simulator) -> None:
    dialer = dialing.Dialer()
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for host in ("127.0.0.1", "localhost"):
        stream = dialer.connect_tcp(
            host, port_of(simulator), 100, "127.0.0.1", socket_options=options
        )
        opened = stream.get_extra_info("socket")
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        stream.close()


def test_tls_that_is_interrupted(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    context = ssl.create_default_context()
    stream = dialing.Dialer().connect_tcp("127.0.0.1", port_of(simulator), 100)
    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", interrupt)
    with pytest.raises(KeyboardInterrupt):
        stream.start_tls(context, "localhost", 100)
    assert stream.get_extra_info("socket").fileno() == -1


def test_asynchronous_tls_that_is_cancelled() -> None:
    async def use() -> None:
        gone = asyncio.Event()

        async def until_gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError):
                await reader.read()
            writer.close()
            gone.set()

        server = await asyncio.start_server(until_gone, "127.0.0.1", 0)
        number = server.sockets[0].getsockname()[1]
        async with server:
            stream = await dialing.AsyncDialer().connect_tcp("127.0.0.1", number, 100)
            tls = stream.start_tls(ssl.create_default_context(), "localhost", 100)
            task = asyncio.ensure_future(tls)
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            assert dialing.transport_of(stream).is_closing()
            await gone.wait()

    asyncio.run(use())


def test_a_stream_without_a_transport() -> None:
    assert dialing.transport_of(httpcore.MockStream([])) is None
