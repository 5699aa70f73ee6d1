"""The pytest plugin, run by pytest in other processes as users do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from platforms import running_simulator

from vatel import Client
from vatel.simulator import Simulator

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"httpx", "websockets", "starlette", "uvicorn", "jsonschema", "msgspec", "asyncio"}


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """An environment with the entry point of pyproject.toml, whether or not vatel is installed."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r"^\[project.entry-points.pytest11\]\n(.*?)\n\n", text, re.M | re.S)
    assert found
    info = tmp_path / "site" / "vatel-0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vatel\nVersion: 0\n")
    (info / "entry_points.txt").write_text("[pytest11]\n" + found[1].replace('"', ""))
    paths = [str(info.parent), str(ROOT), str(ROOT / "generated")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def run_tests(
    folder: Path, env: dict[str, str], program: str, *options: str
) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(program, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -W error\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    command.append("test_it.py")
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=100
    )


USED = """
import pytest
from vatel import Client

def test_by_default(vatel_simulator):
    with Client(vatel_simulator.api_key, vatel_simulator.url) as client:
        assert [agent.id for agent in client.agents.list()] == [vatel_simulator.agent_id]
    assert [request.status for request in vatel_simulator.requests] == [200]

@pytest.mark.vatel_simulator({"agent": {"name": "Mine"}}, api_key="mine", faults={"status": 503})
def test_options(vatel_simulator):
    assert (vatel_simulator.api_key, vatel_simulator.faults.status) == ("mine", 503)
    assert vatel_simulator.platform.scenario.agent.name == "Mine"

@pytest.mark.vatel_simulator(scenario="mine.yaml")
def test_a_file_beside_the_test(vatel_simulator):
    assert vatel_simulator.platform.scenario.greeting.says == "From a file."

@pytest.mark.vatel_simulator(replay="trace.jsonl", speed="max")
def test_a_trace(vatel_simulator):
    import asyncio

    async def talk():
        async with Client(vatel_simulator.api_key, vatel_simulator.url) as client:
            async with client.call(vatel_simulator.agent_id) as call:
                return [message.type async for message in call]

    assert asyncio.run(talk()) == ["session_started", "mood", "session_ended"]
"""
TRACE = """\
{"format": "vatel-trace", "version": 1}
{"call": "c", "at_ms": 1, "sender": "platform", "type": "mood", "data": 1}
{"call": "c", "at_ms": 2, "sender": "platform", "type": "session_ended", "data": {}}
"""


def test_pytest_finds_it(tmp_path: Path, installed: dict[str, str]) -> None:
    (tmp_path / "mine.yaml").write_text("greeting: {says: From a file.}", encoding="utf-8")
    (tmp_path / "trace.jsonl").write_text(TRACE, encoding="utf-8")
    done = run_tests(tmp_path, installed, USED)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


UNUSED = f"""
import sys

def test_nothing_is_loaded():
    assert "vatel.testing" in sys.modules
    assert not {HEAVY} & set(sys.modules)
    ours = {{name for name in sys.modules if name.split(".")[0] in ("vatel", "vatel_rt")}}
    assert ours == {{"vatel", "vatel.testing", "vatel_rt", "vatel_rt.lazy"}}
"""


def test_it_costs_nothing_unused(tmp_path: Path, installed: dict[str, str]) -> None:
    env = {**installed, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # others load what they like
    done = run_tests(tmp_path, env, UNUSED, "-p", "vatel.testing")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("marked", "problem"),
    [
        ("('none.yaml')", "none.yaml: No such file or directory"),
        ("({'greetings': 1})", "greetings: unknown key"),
        ("(replay='none.jsonl')", "none.jsonl: No such file or directory"),
        ("(faults={'stauts': 503})", "unknown fault 'stauts'"),
        (
            "(port=70_000)",
            "vatel_simulator: cannot listen on 127.0.0.1:70000: ports are 0 to",
        ),
        ("(scenari={})", "got an unexpected keyword argument 'scenari'"),
        ("(speed=2)", "got an unexpected keyword argument 'speed'"),
        ("({}, {})", "vatel_simulator: only the scenario may be positional"),
        ("(5)", "scenario is Scenario or str or PathLike or Mapping, not int"),
        ("(faults={'requests': 2})", "faults: requests: has no effect without status or"),
        ("(faults=['mute'])", "vatel_simulator: "),
    ],
)
def test_options_that_are_wrong(
    marked: str, problem: str, tmp_path: Path, installed: dict[str, str]
) -> None:
    program = f"import pytest\n@pytest.mark.vatel_simulator{marked}\n"
    done = run_tests(tmp_path, installed, f"{program}def test_it(vatel_simulator): pass\n")
    assert done.returncode == 1, done.stdout
    assert problem in done.stdout
    assert "Traceback" not in done.stdout
    assert "vatel_rt/" not in done.stdout  # where in our code it was found
    assert "vatel/" not in done.stdout


def test_a_missing_extra(tmp_path: Path, installed: dict[str, str]) -> None:
    program = "import sys\nsys.modules['uvicorn'] = None\ndef test_it(vatel_simulator): pass\n"
    done = run_tests(tmp_path, installed, program)
    assert "the simulator needs uvicorn: pip install 'vatel[simulator]'" in done.stdout
    assert "1 error" in done.stdout


def test_the_marker_is_documented(tmp_path: Path, installed: dict[str, str]) -> None:
    done = run_tests(tmp_path, installed, "", "--markers")
    assert "@pytest.mark.vatel_simulator(scenario=None, *, faults=None" in done.stdout


# Also in this process, where coverage sees it.


def test_the_fixture(vatel_simulator: Simulator) -> None:
    with Client(vatel_simulator.api_key, vatel_simulator.url) as client:
        assert client.organization.get().name


@pytest.mark.vatel_simulator({"agent": {"name": "Mine"}}, faults={"status": 500}, api_key="mine")
def test_the_marker(vatel_simulator: Simulator) -> None:
    assert (vatel_simulator.api_key, vatel_simulator.faults.status) == ("mine", 500)


@pytest.mark.anyio
async def test_asynchronous_tests(vatel_simulator: Simulator) -> None:
    async with Client(vatel_simulator.api_key, vatel_simulator.url) as client:
        async with client.call(vatel_simulator.agent_id, first_message="Hi.") as call:
            seen = await vatel_simulator.wait_for_call_async()
            call.hang_up()
        assert await seen.wait_async() == "user_hangup"
        assert seen.grant.first_message == "Hi."


def test_several_at_once() -> None:
    with running_simulator() as one, running_simulator() as other:
        assert one.url != other.url


def test_wrong_options_seen_by_coverage(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("pytest_plugins = ['vatel.testing']")
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.vatel_simulator(replay="none.jsonl")
        def test_it(vatel_simulator): pass
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:vatel", "-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*cannot read *none.jsonl: No such file or directory*"])
