"""Programs written for the SDK that was there before run unchanged, and its names are told."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import todays_code
from pages import PAGES, ROOT
from platforms import running_simulator
from scenarios import HOURS, QUESTION, TOOL, scenario
from test_exports import REALTIME, REST

from vatel import Client

SOURCE = Path(todays_code.__file__).read_text(encoding="utf-8")
PROGRAMS = [
    program
    for name, program in vars(todays_code).items()
    if inspect.isfunction(program) and list(inspect.signature(program).parameters)[:1] == ["key"]
]
NAMES = (ROOT / "tests" / "fixtures" / "public_names.txt").read_text(encoding="utf-8").split()
GROUPS = (
    "organization", "llms", "voices", "agents", "calls", "session", "sip_trunks", "twilio_numbers",
)  # fmt: skip
TALK = scenario(
    turns=[{"hears": QUESTION["says"], "tool": TOOL, **HOURS}],
    calls=[
        {
            "created_at": "2026-01-31T09:30:00Z",
            "tags": ["important"],
            "transcript": {
                "entries": [
                    {"index": 0, "type": "message", "role": "user", "message": "Where is my order?"}
                ]
            },
        }
    ],
)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_programs_run(program: Any, nothing_left: None) -> None:
    with running_simulator(scenario=TALK, api_key="organization-key") as simulator:
        result = program(simulator.api_key, simulator.url, simulator.agent_id)
        if inspect.iscoroutine(result):
            asyncio.run(result)


def test_the_programs_use_only_what_was_there() -> None:
    for node in ast.walk(ast.parse(SOURCE)):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("vatel"):
            assert node.module in {
                "vatel", "vatel.connection", "vatel.models.rest", "vatel.models.ws",
            }  # fmt: skip
    assert "vatel_rt import" not in SOURCE


def methods() -> set[str]:
    client = Client(api_key="key")
    return {
        f"{group}.{name}"
        for group in GROUPS
        for name in vars(type(getattr(client, group)).__mro__[-2])
        if not name.startswith("_")
    }


def test_the_programs_call_every_method() -> None:
    """Each once at least, as it is or with `_async`; except through names of one's own."""
    used = {
        f"{group}.{re.sub('_async$', '', name)}"
        for group, name in re.findall(r"client\.(\w+)\.(\w+)\(", SOURCE)
    }
    assert {re.sub("_async$", "", name) for name in methods()} <= used | {
        "calls.download_recording"
    }


def test_the_page_has_every_name() -> None:
    page = PAGES["docs/moving.md"]
    named = set(re.findall(r"\w+", page))
    assert {*REST, *REALTIME, *NAMES} <= named
    for name in methods():
        group, method = name.split(".")
        (row,) = (line for line in page.splitlines() if line.startswith(f"| `client.{group}`"))
        assert f"`{method.replace('_async', '')}(" in row
