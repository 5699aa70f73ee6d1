"""The names that users import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import vatel
import vatel.models
import vatel_rt


@pytest.mark.parametrize("package", [vatel, vatel_rt, vatel.models])
def test_every_listed_name_is_there(package) -> None:
    for name in dir(package):
        assert getattr(package, name) is not None or name.startswith("__")
    with pytest.raises(AttributeError):
        _ = package.no_such_name


@pytest.mark.parametrize("name", ["Client", "Tools", "connect", "connection_query", "Agent"])
def test_names_of_the_first_hour(name: str) -> None:
    assert name in dir(vatel)


def test_importing_loads_neither_audio_nor_simulator_nor_http() -> None:
    program = (
        "import sys, vatel\n"
        "heavy = ('httpx', 'websockets', 'starlette', 'yaml', 'vatel_rest', 'vatel_rt.audio')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
