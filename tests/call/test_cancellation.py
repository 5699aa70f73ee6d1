"""Cancel a call at every point where it suspends: nothing is left."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections import Counter
from collections.abc import Awaitable, Generator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Optional

import pytest
from scenarios import TOOL, scenario

from vatel import Client, Tools
from vatel.simulator import Simulator, caller_clip
from vatel_rt.audio.wav import WavWriter
from vatel_rt.audio.wav_device import WavDevice
from vatel_rt.call.call import Call
from vatel_rt.errors import VatelError
from vatel_rt.realtime.connection import Connection

pytestmark = pytest.mark.timeout(300)
AT_ONCE = 16
CALLER = bytes(960 * 12) + (b"\x40\x1f" * 10 + bytes(20)) * 24 * 6
"""Silence, from which the agent learns the noise floor, and 120 ms of sound."""
APPLICATION = "application"
CHILD = "Task"
"""Prefix of the coroutine in which anyio runs the children of a task group."""
HTTPX_CANNOT = sys.version_info < (3, 11)
"""anyio raises ValueError if httpx is cancelled while it connects, on these versions."""
ENDS = {"cancelled", "agent_hung_up", "caller_hung_up", "device_failed"}
Step = tuple[str, int]


class Steps:
    """Counts how often each task of a call suspends, and cancels one of them at a given point."""

    def __init__(self, cancel_at: Optional[Step] = None) -> None:
        self.counts: Counter[str] = Counter()
        self.tasks: list[asyncio.Task[Any]] = []
        self.cancelled = False
        self._cancel_at = cancel_at

    def suspended(self, name: str) -> None:
        task = asyncio.current_task()
        assert task is not None
        if name.startswith(CHILD):
            name = task.get_name()
        self.counts[name] += 1
        if (name, self.counts[name]) == self._cancel_at:
            self.cancelled = True
            asyncio.get_running_loop().call_soon(task.cancel)  # from outside, as usual


class Stepped(Awaitable[Any]):
    """Counts the suspensions of a coroutine."""

    def __init__(self, coroutine: Any, name: str, steps: Steps) -> None:
        self._coroutine, self._name, self._steps = coroutine, name, steps

    def __await__(self) -> Generator[Any, Any, Any]:
        inner = self._coroutine.__await__()
        try:
            waits_for = next(inner)
            while True:
                self._steps.suspended(self._name)
                try:
                    sent = yield waits_for
                except BaseException as error:
                    waits_for = inner.throw(error)
                else:
                    waits_for = inner.send(sent)
        except StopIteration as stop:
            return stop.value


OF_REST = ("_send_async",)  # see tests/rest/test_lifetimes.py
OF_CALL: ContextVar[Optional[Steps]] = ContextVar("OF_CALL", default=None)


def count_steps(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
    """Create a task; count its suspensions if it belongs to a call."""
    steps = OF_CALL.get()
    is_of_rest = getattr(coroutine, "__qualname__", "") in OF_REST
    if steps is None or not inspect.iscoroutine(coroutine) or is_of_rest:
        return asyncio.Task(coroutine, loop=loop, **options)

    async def stepped() -> Any:
        return await Stepped(coroutine, coroutine.__qualname__, steps)

    task = asyncio.Task(stepped(), loop=loop, **options)
    steps.tasks.append(task)
    return task


class Witness:
    """A call that counts how often its connection and its device are closed."""

    def __init__(self, simulator: Simulator, client: Client, folder: Path) -> None:
        self.closed: Counter[str] = Counter()
        self.opened: Counter[str] = Counter()
        self._simulator, self._client = simulator, client
        self._token = ""
        folder.mkdir()
        device = WavDevice(CALLER, folder / "heard.wav")
        self._watch("device", device)
        tools = Tools()

        @tools.tool
        async def order_status(order_id: str) -> str:
            await asyncio.sleep(0.001)
            return order_id

        self.call = Call(self._connect, audio=device, tools=tools, record=folder / "call.wav")

    async def prepare(self) -> None:
        """Get a token before the call, where httpx cannot be cancelled."""
        if HTTPX_CANNOT:
            self._token = await self._new_token()

    async def _new_token(self) -> str:
        made = await self._client.session.generate_token_async(self._simulator.agent_id)
        return made.token

    async def _connect(self) -> Connection:
        token = self._token or await self._new_token()
        connection = await self._client.connect(token=token)
        self.opened["connection"] += 1
        self._watch("connection", connection)
        return connection

    def _watch(self, name: str, thing: Any) -> None:
        close = thing.close

        async def counted() -> None:
            self.closed[name] += 1
            await close()

        thing.close = counted

    async def talk(self, until: str) -> None:
        async with self.call as call:
            async for message in call:
                if message.type == "speech_stopped":
                    await call.say_audio(bytes(960))
                if message.type == until:
                    return
            assert (await call.wait()) == call.end

    def is_closed(self) -> bool:
        opened = self.opened["connection"]
        return self.closed["connection"] == self.closed["device"] == opened


@asynccontextmanager
async def platform(folder: Path) -> Any:
    writer = WavWriter(folder / "here.wav")
    writer.write(b"\x40\x1f" * 960)
    writer.close()
    turn = {"hears": "Where is my order?", "says": "Here.", "clip": "here.wav", "tool": TOOL}
    script = scenario(
        turns=[turn],
        caller=[],
        folder=str(folder),
        agent={"vad_settings": {"start_secs": 0.02, "stop_secs": 0.02}},
        delivery={"thinking_ms": 0, "speed": 100},
    )
    asyncio.get_running_loop().set_task_factory(count_steps)
    async with Simulator(script) as simulator:
        async with Client(simulator.api_key, simulator.url) as client:
            yield simulator, client


async def held(witness: Witness, until: str, at: Optional[Step]) -> Any:
    """Hold one call; return its steps, its exception and the call."""
    await witness.prepare()
    steps = Steps(at)
    OF_CALL.set(steps)
    outcome: Optional[BaseException] = None
    try:
        await Stepped(witness.talk(until), APPLICATION, steps)
    except BaseException as error:
        outcome = error
    assert witness.is_closed(), (at, witness.opened, witness.closed)
    left = {task for task in steps.tasks if not task.done()}
    if at is not None and at[0] != APPLICATION and left:  # a cancelled task may outlive the call
        _, left = await asyncio.wait(left, timeout=60)
    assert not left, at
    assert not witness.opened or witness.call.end is not None
    return steps, outcome, witness.call


async def walk(folder: Path, until: str, of_application: bool) -> None:
    async with platform(folder) as (simulator, client):

        async def one(at: Optional[Step]) -> Any:
            witness = Witness(simulator, client, folder / ("-".join(map(str, at or ["whole"]))))
            return await held(witness, until, at)

        steps, outcome, call = await asyncio.create_task(one(None))
        assert outcome is None
        assert call.end.clean
        assert call.report.tool_calls == ["order_status"]
        names = [name for name in steps.counts if "connect_tcp" not in name]  # a task of httpx
        chosen = [name for name in names if (name == APPLICATION) == of_application]
        every = [(name, k + 1) for name in chosen for k in range(steps.counts[name])]
        assert len(every) > (8 if of_application else 60)
        gate = asyncio.Semaphore(AT_ONCE)
        check = check_application if of_application else check_inside

        async def cancelled(at: Step) -> bool:
            async with gate:
                return check(at, *await one(at))

        done = await asyncio.gather(*(cancelled(at) for at in every))
        # The number of suspensions differs a little between calls.
        assert sum(done) > 0.7 * len(every)


def check_application(at: Step, steps: Steps, outcome: Optional[BaseException], call: Call) -> bool:
    expected = asyncio.CancelledError if steps.cancelled else type(None)
    assert type(outcome) is expected, (at, outcome)
    assert call.end is not None
    assert call.end.reason in {"cancelled", "agent_hung_up", "caller_hung_up"}, at
    return steps.cancelled


def check_inside(at: Step, steps: Steps, outcome: Optional[BaseException], call: Call) -> bool:
    assert outcome is None or isinstance(outcome, VatelError), (at, outcome)
    assert call.end is not None
    assert call.end.reason in ENDS, (at, call.end)
    return steps.cancelled


@pytest.fixture(scope="module", autouse=True)
def _loaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Hold one call first: what is loaded once and kept is not a leak."""

    async def one(folder: Path) -> None:
        async with platform(folder) as (simulator, client):
            await held(Witness(simulator, client, folder / "first"), "session_ended", None)

    asyncio.run(one(tmp_path_factory.mktemp("first")))


@pytest.mark.parametrize("until", ["session_ended", "response_audio"])
def test_cancelled_at_every_suspension(until: str, tmp_path: Path, nothing_left: None) -> None:
    asyncio.run(walk(tmp_path, until, of_application=True))


@pytest.mark.parametrize("until", ["session_ended", "response_audio"])
def test_inner_tasks_cancelled_at_every_suspension(
    until: str, tmp_path: Path, nothing_left: None
) -> None:
    asyncio.run(walk(tmp_path, until, of_application=False))


def test_ctrl_c_in_a_task_of_a_call_is_no_noise(caplog: pytest.LogCaptureFixture) -> None:
    """Before Python 3.11, KeyboardInterrupt is raised wherever the event loop is."""
    tools = Tools()

    @tools.tool
    async def order_status(order_id: str) -> str:
        raise KeyboardInterrupt

    async def talk() -> None:
        async with Client(simulator.api_key, simulator.url) as client:
            device = WavDevice(caller_clip(script))
            async with client.call(simulator.agent_id, audio=device, tools=tools) as call:
                await call.wait()

    script = scenario(turns=[{"hears": "Where is it?", "tool": TOOL, "says": ""}])
    with Simulator(script) as simulator:
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(talk())
    assert [record for record in caplog.records if record.name == "asyncio"] == []
