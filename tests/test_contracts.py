"""The import contracts of `.importlinter` hold, and each of them fails when it is broken."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("vatel", "vatel_rt", "generated/vatel_rest")
PLANTED = [
    # between the packages
    ("vatel_rest.types", "vatel_rt.config"),
    ("vatel_rest.types", "vatel.models"),
    ("vatel_rt.config", "vatel.models"),
    # inside vatel_rt
    ("vatel_rt.errors", "vatel_rt.config"),
    ("vatel_rt.config", "vatel_rt.retry"),
    ("vatel_rt.retry", "vatel_rt.audio.pcm"),
    ("vatel_rt.audio.levels", "vatel_rt.realtime.codec"),
    ("vatel_rt.audio.levels", "vatel_rt.rest.transport"),
    ("vatel_rt.realtime.options", "vatel_rt.rest.pools"),
    ("vatel_rt.rest.pools", "vatel_rt.realtime.options"),
    ("vatel_rt.realtime.options", "vatel_rt.call.turns"),
    ("vatel_rt.rest.pools", "vatel_rt.call.turns"),
    ("vatel_rt.call.turns", "vatel_rt.client"),
    # inside vatel
    ("vatel.models.rest", "vatel.simulator"),
    ("vatel.simulator.voice.script", "vatel.testing"),
    ("vatel.simulator.voice.script", "vatel.cli.demo.keys"),
    ("vatel.testing", "vatel.cli.demo.keys"),
    # inside the simulator
    ("vatel.simulator.openapi.document", "vatel.simulator.scenario.faults"),
    ("vatel.simulator.scenario.yaml_file", "vatel.simulator.platform.tokens"),
    ("vatel.simulator.platform.tokens", "vatel.simulator.voice.script"),
    ("vatel.simulator.platform.tokens", "vatel.simulator.journal.waiting"),
    ("vatel.simulator.voice.script", "vatel.simulator.journal.waiting"),
    ("vatel.simulator.journal.waiting", "vatel.simulator.voice.script"),
    ("vatel.simulator.voice.script", "vatel.simulator.server.routes"),
    ("vatel.simulator.journal.waiting", "vatel.simulator.server.routes"),
    # libraries
    ("vatel_rt.realtime.options", "httpx"),
    ("vatel_rt.call.turns", "websockets"),
    ("vatel_rt.audio.levels", "pyaudio"),
    ("vatel.testing", "starlette"),
    ("vatel.cli.demo.keys", "uvicorn"),
]
CIRCLES = [
    ("vatel_rt.audio.pcm", "vatel_rt.audio.device"),
    ("vatel_rt.realtime.messages", "vatel_rt.realtime.codec"),
    ("vatel_rt.rest.pools", "vatel_rt.rest.transport"),
    ("vatel_rt.call.turns", "vatel_rt.call.dispatch"),
    ("vatel.simulator.scenario.errors", "vatel.simulator.scenario.scenario"),
    ("vatel.simulator.platform.call_record", "vatel.simulator.platform.platform"),
]


def copy_with(planted: list[tuple[str, str]], folder: Path) -> Path:
    """Copy the packages and the contracts to `folder`, and add the imports."""
    shutil.copy(ROOT / ".importlinter", folder)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / Path(package).name)
    for importer, imported in planted:
        with Path(folder, *importer.split(".")).with_suffix(".py").open("a") as module:
            module.write(f"\nimport {imported}\n")
    return folder


def lint(folder: Path) -> tuple[int, str]:
    """Run lint-imports in `folder`; return its exit code and what it printed."""
    command = "from importlinter.cli import lint_imports_command as run; run()"
    ran = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        capture_output=True, text=True, check=False, cwd=folder, timeout=100,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
    )  # fmt: skip
    return ran.returncode, ran.stdout + ran.stderr


# import-linter knows circles from the versions for Python 3.10 on.
if sys.version_info >= (3, 10):

    @pytest.fixture(scope="module")
    def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
        code, printed = lint(copy_with(PLANTED, tmp_path_factory.mktemp("planted")))
        assert code == 1
        return printed

    def test_contracts_hold(tmp_path: Path) -> None:
        code, printed = lint(copy_with([], tmp_path))
        assert code == 0, printed
        assert " 0 broken" in printed

    @pytest.mark.parametrize(("importer", "imported"), PLANTED)
    def test_an_import_against_an_arrow_is_found(broken: str, importer: str, imported: str) -> None:
        assert f"{importer} -> {imported} (l." in broken

    @pytest.mark.parametrize(("importer", "imported"), CIRCLES)
    def test_a_circle_is_found(tmp_path: Path, importer: str, imported: str) -> None:
        code, printed = lint(copy_with([(importer, imported)], tmp_path))
        assert code == 1
        package, _, module = importer.rpartition(".")
        other = imported.rpartition(".")[2]
        assert f"No cycles are allowed in {package}." in printed
        # The arrow that it advises to remove may be either of the two.
        assert re.search(rf"\.({module} -> \.{other}|{other} -> \.{module}) \(", printed)


MODULES = sorted(p for name in PACKAGES[:2] for p in (ROOT / name).rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_config_reads_the_environment(path: Path) -> None:
    is_config = path == ROOT / "vatel_rt" / "config.py"
    assert is_config or "os.environ" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_is_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300
