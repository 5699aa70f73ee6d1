"""Clients across processes, event loops and cancellations: no foreign answer, no socket left."""

from __future__ import annotations

import asyncio
import copy
import gc
import multiprocessing
import os
import pickle
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, NamedTuple

import anyio
import httpx
import pytest

from vatel import AgentCreateInput, Client
from vatel_rt.errors import APIConnectionError, ClientClosedError, ConfigurationError
from vatel_rt.rest import pools

CHILDREN, REQUESTS = 4, 25
CANCELLED, AT_ONCE = 60, 10
LOOPS = 30

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts by /proc")


class Server(NamedTuple):
    url: str
    api_key: str = "simulator-key"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Server]:
    """A simulator in another process, whose sockets are not counted."""
    command = [sys.executable, "-m", "vatel.simulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        yield Server(program.stdout.readline().split()[-1])
        program.terminate()


@pytest.fixture
def agents(simulator: Server) -> list[str]:
    """The ids of ten agents."""
    with Client(simulator.api_key, simulator.url) as client:
        return [str(client.agents.create(AgentCreateInput(name="a")).id) for _ in range(10)]


def sockets() -> int:
    """Return how many sockets this process has."""
    found = 0
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            found += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
    return found


def foreign_answers(client: Client, ids: list[str]) -> int:
    chosen = random.Random(os.getpid())
    asked = [chosen.choice(ids) for _ in range(REQUESTS)]
    return sum(client.agents.get(one).id != one for one in asked)


async def foreign_answers_async(client: Client, ids: list[str]) -> int:
    chosen = random.Random(os.getpid())
    asked = [chosen.choice(ids) for _ in range(REQUESTS)]
    found = await asyncio.gather(*(client.agents.get_async(one) for one in asked))
    return sum(agent.id != one for agent, one in zip(found, asked))


def in_child(act: Any) -> int:
    """Fork a process whose exit code is what `act` returns; return its id."""
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        code = act()
    finally:
        os._exit(code)


def codes(children: list[int]) -> list[int]:
    return [os.WEXITSTATUS(os.waitpid(child, 0)[1]) for child in children]


class TestFork:
    def test_children_beside_a_busy_parent(self, simulator: Server, agents: list[str]) -> None:
        client = Client(simulator.api_key, simulator.url)
        assert foreign_answers(client, agents) == 0
        stop, wrong = threading.Event(), []

        def work() -> None:
            while not stop.is_set():
                wrong.append(foreign_answers(client, agents))

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        children = [in_child(lambda: foreign_answers(client, agents)) for _ in range(CHILDREN)]
        assert codes(children) == [0] * CHILDREN
        stop.set()
        for thread in threads:
            thread.join()
        assert sum(wrong) == foreign_answers(client, agents) == 0
        client.close()

    def test_children_of_a_process_that_used_a_loop(
        self, simulator: Server, agents: list[str]
    ) -> None:
        client = Client(simulator.api_key, simulator.url)
        loop = asyncio.new_event_loop()
        assert loop.run_until_complete(foreign_answers_async(client, agents)) == 0

        def act() -> int:
            return asyncio.new_event_loop().run_until_complete(
                foreign_answers_async(client, agents)
            )

        children = [in_child(act) for _ in range(CHILDREN)]
        assert loop.run_until_complete(foreign_answers_async(client, agents)) == 0
        assert codes(children) == [0] * CHILDREN
        assert loop.run_until_complete(foreign_answers_async(client, agents)) == 0
        loop.run_until_complete(client.aclose())
        loop.close()

    def test_multiprocessing(self, simulator: Server, agents: list[str]) -> None:
        client = Client(simulator.api_key, simulator.url)
        assert foreign_answers(client, agents) == 0
        context = multiprocessing.get_context("fork")
        processes = [
            context.Process(target=lambda: sys.exit(foreign_answers(client, agents)))
            for _ in range(2)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0, 0]
        client.close()

    def test_the_parents_connections_stay_open(self, simulator: Server) -> None:
        client = Client(simulator.api_key, simulator.url)
        client.agents.list()
        before = sockets()

        def act() -> int:
            closed = before - sockets()
            client.close()  # of the child
            return 0 if closed == 1 else 1

        assert codes([in_child(act)]) == [0]
        client.agents.list()
        assert sockets() == before
        client.close()

    def test_locks_that_another_thread_holds(self, simulator: Server) -> None:
        client = Client(simulator.api_key, simulator.url)
        client.agents.list()
        with client._pools._threads.lock:
            child = in_child(lambda: 0 if client.agents.list() else 1)
        assert codes([child]) == [0]
        client.close()

    def test_a_group_that_another_thread_is_making(self, simulator: Server) -> None:
        client = Client(simulator.api_key, simulator.url)
        lock = getattr(vars(Client)["calls"], "lock", threading.Lock())  # until Python 3.11
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            with lock:
                held.set()
                done.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait()
        child = in_child(lambda: 0 if client.calls.list().calls == [] else 1)
        assert codes([child]) == [0]
        done.set()
        thread.join()
        client.close()

    def test_a_client_of_the_user_says_so(self) -> None:
        own = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=[])))
        used, unused = Client("key", None, own), Client("key", None, own)
        assert used.agents.list() == []

        def act() -> int:
            unused.agents.list()
            try:
                used.agents.list()
            except ConfigurationError as error:
                return 0 if "before this process was forked" in str(error) else 1
            return 2

        assert codes([in_child(act)]) == [0]
        assert used.agents.list() == []
        own.close()


class TestCancelling:
    @staticmethod
    async def rounds(client: Client, pattern: str) -> None:
        for number in range(CANCELLED):
            asked = [asyncio.ensure_future(client.agents.list_async()) for _ in range(AT_ONCE)]
            if pattern == "tasks":
                await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            else:
                for _ in range(number):
                    await asyncio.sleep(0)
            for task in asked:
                task.cancel()
            if pattern == "twice":
                await asyncio.sleep(0)
                for task in asked:
                    task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    @pytest.mark.parametrize("pattern", ["tasks", "twice", "at any step"])
    def test_tasks(self, simulator: Server, pattern: str, nothing_left: None) -> None:
        async def use() -> None:
            before = sockets()
            async with Client(simulator.api_key, simulator.url, timeout=60) as client:
                await self.rounds(client, pattern)
                assert sockets() - before <= pools.CONNECTIONS
                assert await asyncio.gather(*(client.agents.list_async() for _ in range(120)))
                kept = 20
                assert sockets() - before <= kept
            await asyncio.sleep(0)
            await asyncio.sleep(0)

        asyncio.run(use())

    def test_scopes_of_anyio(self, simulator: Server, nothing_left: None) -> None:
        async def use() -> None:
            before = sockets()
            async with Client(simulator.api_key, simulator.url, timeout=60) as client:
                for number in range(CANCELLED):
                    async with anyio.create_task_group() as group:
                        for _ in range(AT_ONCE):
                            group.start_soon(client.agents.list_async)
                        for _ in range(number):
                            await anyio.lowlevel.checkpoint()
                        group.cancel_scope.cancel()
                assert await client.agents.list_async()
                assert sockets() - before <= pools.CONNECTIONS

        asyncio.run(use())

    def test_recordings_that_are_left(self, simulator: Server, nothing_left: None) -> None:
        """Streamed answers, cancelled at every step."""

        async def read(client: Client) -> None:
            async with client.stream_async(method="get", url="/v1/agents") as response:
                async for _ in response.aiter_bytes(1):
                    await asyncio.sleep(0)

        async def use() -> None:
            before = sockets()
            async with Client(simulator.api_key, simulator.url, timeout=60) as client:
                for number in range(CANCELLED):
                    task = asyncio.ensure_future(read(client))
                    for _ in range(number):
                        await asyncio.sleep(0)
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
                assert await client.agents.list_async()
                assert sockets() - before <= 3

        asyncio.run(use())

    def test_ctrl_c(self, simulator: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        before = sockets()
        with Client(simulator.api_key, simulator.url) as client:
            client.agents.list()
            for _ in range(5):
                with monkeypatch.context() as patch:
                    patch.setattr(httpx.Response, "iter_raw", _interrupted)
                    with pytest.raises(KeyboardInterrupt):
                        client.agents.list()
            assert client.agents.list()
            assert sockets() - before <= 1
        assert sockets() == before


def _interrupted(_: httpx.Response) -> Iterator[bytes]:
    raise KeyboardInterrupt
    yield b""


class TestLoops:
    def test_loops_closed_without_their_generators(self, simulator: Server) -> None:
        before = sockets()
        client = Client(simulator.api_key, simulator.url)
        for _ in range(LOOPS):
            loop = asyncio.new_event_loop()
            of_loop = sockets()
            assert loop.run_until_complete(client.agents.list_async())
            assert sockets() <= of_loop + 1
            loop.close()
            gc.collect()
        assert sockets() <= before + 1
        client.close()
        assert sockets() == before

    def test_two_loops_at_once(self, simulator: Server) -> None:
        with Client(simulator.api_key, simulator.url) as client:
            meet, errors = threading.Barrier(2), []

            async def use() -> None:
                meet.wait()
                for _ in range(10):
                    await client.agents.list_async()

            def run() -> None:
                try:
                    asyncio.run(use())
                except BaseException as error:
                    errors.append(error)

            threads = [threading.Thread(target=run) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert errors == []

    def test_trio(self, monkeypatch: pytest.MonkeyPatch) -> None:
        trio: Any = SimpleNamespace(lowlevel=SimpleNamespace(in_trio_run=lambda: True))
        client = Client("key")
        for module, found in (
            (None, "no event loop runs in this thread"),
            (trio, "trio runs here"),
        ):
            monkeypatch.setitem(sys.modules, "trio", module)
            for coroutine in (
                client.agents.list_async(),
                client.aclose(),
                client.connect(token="t").__aenter__(),
                client.call("a").__aenter__(),
            ):
                with pytest.raises(RuntimeError, match=f"need asyncio, and {found}$"):
                    coroutine.send(None)


def test_closed_while_threads_use_it(simulator: Server) -> None:
    client = Client(simulator.api_key, simulator.url)
    outcomes: list[str] = []
    began = threading.Semaphore(0)

    def work() -> None:
        began.release()
        while True:
            try:
                client.agents.list()
            except (ClientClosedError, APIConnectionError) as error:
                outcomes.append(type(error).__name__)
                return

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
        began.acquire()
    client.close()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == 8


@pytest.mark.parametrize("make", [copy.deepcopy, pickle.dumps])
def test_clients_are_not_copied(make: Any) -> None:
    client = Client("secret-key")
    with pytest.raises(TypeError, match=r"create it in each process.*with_options") as caught:
        make(client)
    assert "secret-key" not in str(caught.value)
    with pytest.raises(TypeError):
        make(client.agents)


def test_a_copy_shares_the_connections() -> None:
    client = Client("key")
    twin = copy.copy(client)
    assert twin.base_url == client.base_url
    twin.close()
    with pytest.raises(ClientClosedError):
        client.agents.list()
