from __future__ import annotations

import asyncio
import contextlib
import contextvars
import dataclasses
import datetime
import decimal
import enum
import functools
import json
import subprocess
import sys
import threading
import uuid
from typing import Any, Optional, Union

import attrs
import pydantic
import pytest
from typing_extensions import TypedDict

from vatel_rt.call.tools import RunningTools, Tools

pytestmark = pytest.mark.anyio


async def test_plain_functions_run_in_threads_and_coroutines_in_the_loop() -> None:
    tools = Tools()
    here = threading.current_thread()

    @tools.tool
    def plain() -> bool:
        return threading.current_thread() is here

    @tools.tool(name="coroutine")
    async def other() -> bool:
        return threading.current_thread() is here

    assert "plain" in tools
    assert "coroutine" in tools
    assert "other" not in tools
    assert await tools.call("plain", {}) == "false"
    assert await tools.call("coroutine", {}) == "true"
    assert plain() is True


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    when: datetime.date = datetime.date(2026, 1, 2)


class Model(pydantic.BaseModel):
    when: datetime.date
    tags: list[str] = []


@attrs.define
class Plain:
    number: int


class Typed(TypedDict):
    number: int


@pytest.mark.parametrize(
    ("result", "output"),
    [
        ("as it is", "as it is"),
        ("", ""),
        (0, "0"),
        (False, "false"),
        ([], "[]"),
        (None, "null"),
        ({"a": [1.5]}, '{"a":[1.5]}'),
        (Point(1), '{"x":1,"when":"2026-01-02"}'),
        (Color.RED, '"red"'),
        ({"red"}, '["red"]'),
        ((1, None), "[1,null]"),
        (datetime.datetime(2026, 1, 2, 3, 4), '"2026-01-02T03:04:00"'),
        (decimal.Decimal("1.50"), '"1.50"'),
        (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (Model(when=datetime.date(2026, 1, 2)), '{"when":"2026-01-02","tags":[]}'),
        ([Plain(1)], '[{"number":1}]'),
    ],
)
async def test_results_become_text(result: Any, output: str) -> None:
    tools = Tools()
    tools.tool(name="t")(lambda: result)
    assert await tools.call("t", {}) == output


async def test_arguments_come_in_the_types_that_are_asked_for() -> None:
    tools = Tools()

    @tools.tool
    async def take(
        a: int,
        b: float,
        c: bool,
        d: list[str],
        color: Color,
        point: Point,
        free: Any,
        e: Optional[str] = None,
        f: str = "default",
    ) -> str:
        return repr((a, b, c, d, color, point.x, free, e, f))

    given = {
        "a": "1",
        "b": 2,
        "c": "true",
        "d": ["x"],
        "color": "red",
        "point": {"x": 3},
        "free": {"y": None},
    }
    expected = (1, 2.0, True, ["x"], Color.RED, 3, {"y": None}, None, "default")
    assert await tools.call("take", given) == repr(expected)


@pytest.mark.parametrize(
    ("hint", "given", "got"),
    [
        (int, "42", 42),
        (int, 42.0, 42),
        (float, "1.5", 1.5),
        (bool, "false", False),
        (str, 42, "42"),
        (str, {"a": 1}, '{"a":1}'),
        (Optional[str], 42, "42"),
        (Optional[int], None, None),
        (list[int], "[1, 2]", [1, 2]),
        (dict[str, int], '{"a": "1"}', {"a": 1}),
        (Point, '{"x": 3}', Point(3)),
        (Typed, {"number": "3"}, {"number": 3}),
        (Color, "red", Color.RED),
        (Plain, {"number": 1}, Plain(1)),
        (Model, '{"when": "2026-01-02"}', Model(when=datetime.date(2026, 1, 2))),
        (Model, Model(when=datetime.date(2026, 1, 2)), Model(when=datetime.date(2026, 1, 2))),
    ],
)
async def test_arguments_in_other_forms(hint: Any, given: Any, got: Any) -> None:
    taken = []

    async def take(value: Any) -> None:
        taken.append(value)

    take.__annotations__["value"] = hint
    tools = Tools()
    tools.tool(take)
    assert await tools.call("take", {"value": given}) == "null"
    assert taken == [got]


async def test_null_is_as_absent_where_there_is_a_default() -> None:
    tools = Tools()

    @tools.tool
    async def take(
        number: int = 7, text: str = "text", it: Optional[int] = 8, free: Any = 9
    ) -> str:
        return repr((number, text, it, free))

    given = {"number": None, "text": None, "it": None, "free": None}
    assert await tools.call("take", given) == "(7, 'text', None, None)"
    assert await tools.call("take", {}) == "(7, 'text', 8, 9)"


async def test_methods_and_keyword_arguments() -> None:
    class Shop:
        def order(self, order_id: str, **more: Any) -> str:
            return f"{order_id} {more}"

    tools = Tools()
    tools.tool(Shop().order)
    assert await tools.call("order", {"order_id": "A", "extra": 1}) == "A {'extra': 1}"


async def test_arguments_that_nobody_takes_are_dropped(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "vatel.tools")
    tools = Tools()
    tools.tool(name="t")(lambda: "ok")
    assert await tools.call("t", {"extra": "secret"}) == "ok"
    assert "extra" in caplog.text
    assert "secret" not in caplog.text


async def fails() -> None:
    raise RuntimeError("the password is 1234")


async def hangs() -> None:
    await asyncio.Event().wait()


async def needs(number: int) -> None:
    raise AssertionError


class Odd:
    pass


async def needs_odd(it: Odd) -> None:
    raise AssertionError


class Fragile(pydantic.BaseModel):
    number: int

    @pydantic.field_validator("number")
    @classmethod
    def look_up(cls, value: int) -> int:
        raise KeyError(value)


async def needs_fragile(it: Fragile) -> None:
    raise AssertionError


def exits() -> None:
    sys.exit(3)


def stops() -> None:
    raise StopIteration


async def odd() -> object:
    return object()


async def test_a_tool_that_will_not_end_does_not_hold_up_its_output(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("vatel_rt.call.tools.CANCEL_TIMEOUT", 0.05)
    release, ended, tools = asyncio.Event(), asyncio.Event(), Tools()

    async def stubborn() -> None:
        while not release.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await release.wait()
        ended.set()

    tools.tool(timeout=0.05)(stubborn)
    assert json.loads(await tools.call("stubborn", {})) == {"error": "the tool took too long"}
    assert not ended.is_set()
    assert "tool stubborn does not stop when it is cancelled" in caplog.text
    release.set()
    await ended.wait()


async def test_a_tool_has_time_to_clean_up_before_its_output() -> None:
    cleaned, tools = [], Tools()

    async def tidy() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    tools.tool(timeout=0.05)(tidy)
    assert "too long" in await tools.call("tidy", {})
    assert cleaned == [True]


@pytest.mark.parametrize(
    ("function", "arguments", "told"),
    [
        (fails, {}, "the tool failed"),
        (odd, {}, "the tool ran, but its result cannot be told: do not run it again"),
        (hangs, {}, "the tool took too long"),
        (needs, {}, "invalid arguments: number is missing"),
        (needs, {"number": "many"}, "invalid arguments: number: Expected `int`, got `str`"),
        (needs, {"number": "[1]"}, "invalid arguments: number: Expected `int`, got `str`"),
        (needs_odd, {"it": 1}, "invalid arguments: it: cannot be converted to Odd"),
        (needs_fragile, {"it": {"number": 1}}, "the tool failed"),
        (exits, {}, "the tool failed"),
        (stops, {}, "the tool failed"),
    ],
)
async def test_every_failure_is_an_output(function: Any, arguments: Any, told: str) -> None:
    tools = Tools()
    tools.tool(name="t", timeout=0.05)(function)
    assert json.loads(await tools.call("t", arguments)) == {"error": told}


async def test_what_does_not_fit_is_logged_without_values(caplog: pytest.LogCaptureFixture) -> None:
    """The usual mistake is the name of a parameter, which must be that of the agent's tool."""
    tools = Tools()
    tools.tool(name="t")(needs)
    await tools.call("t", {"count": 1})
    await tools.call("t", {"number": "secret"})
    assert [record.getMessage() for record in caplog.records] == [
        "tool t: invalid arguments: number is missing; given: ['count']",
        "tool t: invalid arguments: number; given: ['number']",
    ]


async def takes_by_position(*numbers: int) -> int:
    return sum(numbers)


async def not_yet_defined(value: Later) -> None:  # type: ignore[name-defined]  # noqa: F821
    raise AssertionError


async def takes_one_of_two(it: Union[Odd, Fragile, None] = None) -> None:
    raise AssertionError


@pytest.mark.parametrize(
    "function",
    [takes_by_position, not_yet_defined, takes_one_of_two, len, print, dict.get],
)
async def test_what_cannot_be_a_tool_is_refused_at_once(function: Any) -> None:
    with pytest.raises(TypeError, match="cannot be a tool"):
        Tools().tool(name="t")(function)


async def test_callables_without_a_name() -> None:
    class Double:
        async def __call__(self, number: int) -> int:
            return 2 * number

    with pytest.raises(TypeError, match="needs a name"):
        Tools().tool(Double())
    tools = Tools()
    tools.tool(name="double")(Double())
    assert await tools.call("double", {"number": "2"}) == "4"
    tools.tool(name="fixed")(functools.partial(Double().__call__, number=3))
    assert await tools.call("fixed", {}) == "6"


async def test_a_tools_own_timeout_is_its_failure(caplog: pytest.LogCaptureFixture) -> None:
    async def impatient() -> None:
        raise TimeoutError

    tools = Tools()
    tools.tool(impatient)
    assert json.loads(await tools.call("impatient", {})) == {"error": "the tool failed"}
    assert "tool impatient failed" in caplog.text


async def test_text_that_cannot_travel_is_mended() -> None:
    tools = Tools()
    tools.tool(name="t")(lambda: "half a pair: \ud83d")
    assert await tools.call("t", {}) == "half a pair: ?"


async def test_an_unknown_tool_is_an_output() -> None:
    assert json.loads(await Tools().call("x", {})) == {"error": "there is no tool 'x'"}


async def test_a_thread_that_hangs_does_not_hold_the_agent_up() -> None:
    release = threading.Event()
    tools = Tools()
    tools.tool(name="t", timeout=0.05)(release.wait)
    try:
        assert "too long" in await tools.call("t", {})
    finally:
        release.set()


async def test_a_thread_sees_the_context_of_the_call() -> None:
    user: contextvars.ContextVar[str] = contextvars.ContextVar("user")
    user.set("me")
    tools = Tools()
    tools.tool(name="t")(lambda: user.get())
    assert await tools.call("t", {}) == "me"


def test_a_thread_that_hangs_does_not_hold_the_program_up() -> None:
    program = """
import asyncio, threading
from vatel_rt.call.tools import Tools
tools = Tools()
tools.tool(name="t", timeout=0.05)(lambda: threading.Event().wait())
print(asyncio.run(tools.call("t", {})))
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert b"too long" in done.stdout


def test_a_thread_that_ends_after_the_loop_is_silent() -> None:
    release, tools = threading.Event(), Tools()
    tools.tool(name="t", timeout=0.05)(release.wait)
    asyncio.run(tools.call("t", {}))
    threads = [thread for thread in threading.enumerate() if thread.name == "vatel tool"]
    release.set()
    for thread in threads:
        thread.join()  # an error in the thread fails the test, because warnings are errors


async def test_the_values_of_arguments_are_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "vatel.tools")
    tools = Tools()
    tools.tool(needs)
    tools.tool(fails)
    await tools.call("needs", {"number": ["secret"]})
    await tools.call("fails", {"more": "secret"})
    assert "secret" not in caplog.text
    assert "called with ['number']" in caplog.text
    assert len(caplog.records) == 5


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Tools(limit=0)


class Meter:
    """A tool that waits for `go`, and counts how many run at once."""

    def __init__(self) -> None:
        self.most = self.now = 0
        self.go, self.began = asyncio.Event(), asyncio.Semaphore(0)

    async def run(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        self.began.release()
        await self.go.wait()
        self.now -= 1


async def test_no_more_than_the_limit_run_at_once_in_a_call() -> None:
    tools, meter = Tools(limit=2), Meter()
    tools.tool(meter.run)
    first, other = RunningTools(tools), RunningTools(tools)
    tasks = [asyncio.create_task(first.run("run", {})) for _ in range(5)]
    await meter.began.acquire()
    await meter.began.acquire()
    elsewhere = asyncio.create_task(other.run("run", {}))  # another call has its own limit
    await meter.began.acquire()
    assert meter.now == 3
    meter.go.set()
    assert await asyncio.gather(*tasks, elsewhere) == ["null"] * 6
    assert meter.most == 3


async def test_an_interruption_cancels_the_tools_that_want_it() -> None:
    tools, patient, hasty = Tools(), Meter(), Meter()
    tools.tool(name="patient")(patient.run)
    tools.tool(name="hasty", cancel_on_interruption=True)(hasty.run)
    running, other = RunningTools(tools), RunningTools(tools)
    one = asyncio.create_task(running.run("patient", {}))
    two = asyncio.create_task(running.run("hasty", {}))
    elsewhere = asyncio.create_task(other.run("hasty", {}))
    await patient.began.acquire()
    await hasty.began.acquire()
    await hasty.began.acquire()
    running.cancel_interruptible()
    assert "interrupted" in json.loads(await two)["error"]
    assert not one.done()
    assert not elsewhere.done()
    patient.go.set()
    hasty.go.set()
    assert await asyncio.gather(one, elsewhere) == ["null", "null"]
    running.cancel_interruptible()  # nothing is running
