"""Every example runs against the simulator, as its users would run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from platforms import running_simulator

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
PRINTED = {
    "rest.py": ["organization: ", "published at ", "go to Example agent", "a session token of"],
}


def test_every_example_is_here() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(PRINTED)


@pytest.mark.parametrize("name", PRINTED)
def test_examples_run(name: str, tmp_path: Path) -> None:
    with running_simulator() as simulator:
        ran = subprocess.run(
            [sys.executable, str(EXAMPLES / name)],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={
                **os.environ,
                "VATEL_API_KEY": simulator.api_key,
                "VATEL_BASE_URL": simulator.url,
                "PYTHONWARNINGS": "error",
            },
        )
    assert (ran.returncode, ran.stderr) == (0, "")
    for text in PRINTED[name]:
        assert text in ran.stdout


def test_examples_are_short() -> None:
    for path in EXAMPLES.glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) < 90, path
