"""Tool calls that come twice, in masses, or with results that are hard to tell."""

from __future__ import annotations

import asyncio
import enum
import json
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy
import pytest
from platforms import ENDED, STARTED, frame, platform
from websockets.asyncio.server import ServerConnection

from vatel_rt.call import tools as tool_module
from vatel_rt.call.answered import KEPT, KEPT_CHARACTERS, AnsweredCalls
from vatel_rt.call.call import Call
from vatel_rt.call.tools import RunningTools, Tools
from vatel_rt.realtime.connection import connect

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_new_tasks")]


def asked(call_id: Any, **options: Any) -> str:
    return frame("tool_call", toolCallId=call_id, toolName="count", **options)


async def outputs_of(tools: Tools, *frames: str) -> list[tuple[str, str]]:
    """Send tool calls; return ids and outputs of as many answers."""
    answers: list[tuple[str, str]] = []

    async def asks(server: ServerConnection) -> None:
        await server.send(STARTED)
        for text in frames:
            await server.send(text)
        while len(answers) < len(frames):
            message = json.loads(await server.recv())
            if message["type"] == "tool_call_output":
                answers.append((message["data"]["toolCallId"], message["data"]["output"]))
        await server.send(ENDED)

    async with platform(asks) as url:
        async with Call(lambda: connect("token", url).__aenter__(), tools=tools) as call:
            await call.wait()
    return answers


class TestTwice:
    async def test_a_tool_runs_once_for_an_id(self) -> None:
        tools, runs = Tools(), []

        @tools.tool
        async def count() -> str:
            runs.append(1)
            number = len(runs)
            await asyncio.sleep(0.01)
            return str(number)

        answers = await outputs_of(tools, asked("1"), asked("1"), asked("2"), asked(1), asked(""))
        assert sorted(answers)[1:4] == [("1", "1")] * 3
        assert len(runs) == 3  # of "1", "2" and ""

    async def test_a_run_that_is_cancelled_is_forgotten(self) -> None:
        answered = AnsweredCalls()

        async def hang() -> str:
            await asyncio.sleep(1000)
            return ""

        first = asyncio.ensure_future(answered.output("1", hang))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])

        async def now() -> str:
            return "now"

        assert await answered.output("1", now) == "now"

    @pytest.mark.parametrize("size", [1, KEPT_CHARACTERS // 10])
    async def test_what_is_kept_is_bounded(self, size: int) -> None:
        answered, runs = AnsweredCalls(), []

        async def run() -> str:
            runs.append(1)
            return "x" * size

        for number in range(KEPT + 5):
            await answered.output(str(number), run)
        await answered.output(str(KEPT + 4), run)
        assert len(runs) == KEPT + 5
        await answered.output("0", run)
        assert len(runs) == KEPT + 6


class TestMasses:
    async def test_calls_beyond_the_limit_are_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tool_module, "MAX_WAITING", 2)
        tools = Tools(limit=1)
        began, goes_on = asyncio.Event(), asyncio.Event()

        @tools.tool
        async def count() -> str:
            began.set()
            await goes_on.wait()
            return "ran"

        running = RunningTools(tools)
        first = asyncio.ensure_future(running.run("count", {}))
        await began.wait()
        others = asyncio.gather(*(running.run("count", {}) for _ in range(4)))
        await asyncio.sleep(0)
        goes_on.set()
        outputs = [await first, *await others]
        assert outputs.count("ran") == 3
        assert sum("too many tools" in output for output in outputs) == 2

    async def test_a_call_that_ends_meanwhile_is_told(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        tools, began = Tools(), asyncio.Event()

        @tools.tool
        async def count() -> None:
            began.set()
            await asyncio.sleep(1000)

        async def asks(server: ServerConnection) -> None:
            await server.send(STARTED)
            await server.send(asked("1"))
            await server.wait_closed()

        async with platform(asks) as url:
            async with Call(lambda: connect("token", url).__aenter__(), tools=tools) as call:
                await began.wait()
                call.hang_up()
        assert "tool count: stopped because the call ended" in caplog.messages


class Colour(str, enum.Enum):
    RED = "red"


class Whole(int):
    pass


class Text(str):
    pass


@dataclass
class Order:
    number: Any


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (numpy.float64(1.5), 1.5),
        (numpy.int32(7), 7),
        (numpy.array([1, 2]), [1, 2]),
        ({"n": numpy.float32(0.5)}, {"n": 0.5}),
        (Whole(3), 3),
        ([Text("x")], ["x"]),
        (Colour.RED, "red"),
        ({None: 1, True: 2, 3: 4}, {"null": 1, "true": 2, "3": 4}),
        ({"x": "\ud800"}, {"x": "\ufffd"}),
        ([["\ud800", float("nan")]], [["\ufffd", None]]),
        (Decimal("1.5"), "1.5"),
        ({"o": Order(numpy.int64(1))}, {"o": {"number": 1}}),
        (OrderedDict(a=1), {"a": 1}),
        ({"s": {1}}, {"s": [1]}),
        ((1, (2,)), [1, [2]]),
    ],
)
async def test_results_that_can_be_told(result: Any, told: Any) -> None:
    tools = Tools()
    tools.tool(name="t")(lambda: result)
    output = await tools.call("t", {})
    assert (output if isinstance(told, str) else json.loads(output)) in (told, json.dumps(told))


@pytest.mark.parametrize("result", [object(), {"x": object()}, {(1, 2): 3}, [lambda: 1]])
async def test_results_that_cannot(result: Any) -> None:
    tools = Tools()
    tools.tool(name="t")(lambda: result)
    assert "the tool ran, but its result cannot be told" in await tools.call("t", {})


async def test_an_output_that_is_too_long() -> None:
    tools = Tools()
    tools.tool(name="t")(lambda: "x" * 30_000_000)
    output = await tools.call("t", {})
    assert "the tool ran, but its output is longer than 262144 characters" in output


@pytest.mark.parametrize(
    ("hint", "given", "problem"),
    [
        (str, None, "x is missing"),
        (int, None, "x is missing"),
        (float, "nan", "not a finite number"),
        (float, "-inf", "not a finite number"),
        (float, float("inf"), "not a finite number"),
    ],
)
async def test_values_that_are_none(hint: Any, given: Any, problem: str) -> None:
    def function(x: Any) -> str:
        return str(x)

    function.__annotations__["x"] = hint
    tools = Tools()
    tools.tool(name="t")(function)
    assert problem in await tools.call("t", {"x": given})
