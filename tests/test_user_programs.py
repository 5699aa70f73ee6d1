"""Programs from the documentation of the earlier SDK run unchanged.

Only the values that a reader has to fill in (key, agent) are filled in.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from platforms import running_simulator
from scenarios import HOURS, scenario, silence_ends

from vatel.simulator import Simulator, caller_clip
from vatel_rt.audio.pcm import samples_of

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ROOT / "tests" / "fixtures" / "user_programs"
README = (PROGRAMS / "readme.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running_simulator(scenario=silence_ends(), api_key="your-api-key") as simulator:
        yield simulator


def filled_in(code: str, simulator: Simulator) -> str:
    code = code.replace("your-organization-api-key", simulator.api_key)
    code = re.sub("agent-uuid(-here)?", simulator.agent_id, code)
    return code.replace('agent_id="..."', f'agent_id="{simulator.agent_id}"')


def run(code: str, names: dict[str, Any]) -> Any:
    """Execute a snippet; return a coroutine if it awaits at its top level."""
    compiled = compile(code, "snippet", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return eval(compiled, names)


@pytest.mark.parametrize("code", [block for block in BLOCKS if "asyncio.run" in block])
def test_the_programs_of_the_readme(
    code: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("VATEL_BASE_URL", simulator.url)
    run(filled_in(code, simulator), {})
    printed = capsys.readouterr().out
    assert "Call started: " in printed
    assert "Agent: Hello, this is the demo agent. How can I help?" in printed


@pytest.mark.parametrize("code", [block for block in BLOCKS if "asyncio.run" not in block])
def test_the_snippets_of_the_readme(
    code: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VATEL_BASE_URL", simulator.url)

    async def use() -> dict[str, Any]:
        from vatel import Client
        from vatel_rt.realtime.messages import ToolCall, ToolCallData

        async with Client(simulator.api_key) as client:
            token = (await client.session.generate_token_async(simulator.agent_id)).token
            async with await client.connect(token=token) as conn:
                message = ToolCall(ToolCallData("1", "t"))
                names = {"Client": Client, "client": client, "conn": conn, "msg": message}
                result = run(filled_in(code, simulator), names)
                if inspect.isawaitable(result):
                    await result
                return names

    names = asyncio.run(use())
    if "agents" in names:
        assert [agent.id for agent in names["agents"]] == [simulator.agent_id]
    if "resp" in names:
        assert names["resp"].token


@pytest.mark.timeout(120)
def test_the_full_duplex_program(tmp_path: Path) -> None:
    """A thread captures and a callback plays, through a stand-in for the sound device."""
    script = scenario(turns=[{"hears": "What?", "tool": {"name": "look_up"}, **HOURS}])
    (tmp_path / "microphone").write_bytes(caller_clip(script))
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "tests" / "stand_ins"), *sys.path]),
        "VATEL_TEST_MICROPHONE": str(tmp_path / "microphone"),
        "VATEL_TEST_SPEAKER": str(tmp_path / "speaker"),
    }
    with running_simulator(scenario=script) as simulator:
        options = ["--api-key", simulator.api_key, "--agent-id", simulator.agent_id]
        ran = subprocess.run(
            [sys.executable, PROGRAMS / "run_session.py", *options, "--base-url", simulator.url],
            env=environment, capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    said = [line.split(":")[0] for line in ran.stdout.splitlines()]
    assert said[0] == "Session started"
    assert said[-1] == "Session ended."
    assert {"You", "Tool", "Agent"} <= set(said)
    assert max(samples_of((tmp_path / "speaker").read_bytes())) > 3000
