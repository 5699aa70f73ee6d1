from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from leftovers import leaves_nothing

# A shell starts what runs in the background with Ctrl-C ignored, and the programs of the tests
# would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """CI has all that the tests need: what is skipped there has failed."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, where CI can run it: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell which tests of sound needed more than one try."""
    for report in terminalreporter.stats.get("passed", []):
        tries = dict(report.user_properties).get("tries", 1)
        if tries > 1:
            terminalreporter.write_line(f"{tries} tries: {report.nodeid}")


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    text = resources.files("vatel_rest").joinpath("openapi.json").read_text(encoding="utf-8")
    return json.loads(text)


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Fails where a test leaves a task, a thread, a socket or a file open.

    For synchronous tests that run their own event loop; asynchronous ones use `no_new_tasks`.
    """
    with leaves_nothing():
        yield


def _tasks() -> set[asyncio.Task[Any]]:
    return {task for task in asyncio.all_tasks() if "TestRunner" not in repr(task.get_coro())}


@pytest.fixture
async def no_new_tasks(anyio_backend: str) -> Any:
    """Fails where an asynchronous test leaves a task."""
    before = _tasks()
    yield
    assert _tasks() <= before
