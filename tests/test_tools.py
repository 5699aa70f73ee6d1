from __future__ import annotations

import asyncio
import dataclasses
import datetime
import enum
import functools
import json
import threading
from typing import Any, Optional

import pytest

from vatel_rt.tools import Tools

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


async def odd() -> object:
    return object()


@pytest.mark.parametrize(
    ("function", "arguments", "told"),
    [
        (fails, {}, "the tool failed"),
        (odd, {}, "the tool failed"),
        (hangs, {}, "the tool took too long"),
        (needs, {}, "the arguments do not fit: number is missing"),
        (needs, {"number": "many"}, "the arguments do not fit: number: Expected `int`, got `str`"),
    ],
)
async def test_every_failure_is_an_output(function: Any, arguments: Any, told: str) -> None:
    tools = Tools()
    tools.tool(name="t", timeout=0.05)(function)
    assert json.loads(await tools.call("t", arguments)) == {"error": told}


async def takes_by_position(*numbers: int) -> int:
    return sum(numbers)


async def not_yet_defined(value: Later) -> None:  # type: ignore[name-defined]  # noqa: F821
    raise AssertionError


@pytest.mark.parametrize("function", [takes_by_position, not_yet_defined, len, print, dict.get])
async def test_what_cannot_be_a_tool_is_refused_at_once(function: Any) -> None:
    with pytest.raises(TypeError, match="cannot be a tool"):
        Tools().tool(name="t")(function)


async def test_callables_without_a_name() -> None:
    class Double:
        async def __call__(self, number: int) -> int:
            return 2 * number

    with pytest.raises(TypeError, match="without a name"):
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
