"""System packages are announced before they are installed, and can be declined."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "setup-system"
COMMAND = "apt-get install -y --no-install-recommends lib-b lib-c"
PROGRAMS = {
    "id": 'echo "${TEST_UID:-0}"',
    "dpkg-query": 'case "$*" in *lib-a) echo "install ok installed" ;; *) exit 1 ;; esac',
    "apt-get": 'echo "$*" >>"$TEST_LOG"; [ -z "${TEST_BROKEN:-}" ]',
    "sudo": 'case "${TEST_SUDO:-}$*" in -n*) exit 1 ;; esac; shift; "$@"',
}


class Machine:
    """A folder of programs that stand in for those of the system."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        for name, script in PROGRAMS.items():
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        self.env = {"PATH": path, "TEST_LOG": str(self.log)}

    def run(self, *packages: str, typed: str = "", **settings: str) -> str:
        """Run the script, on a terminal if something is typed; return what it says."""
        ours, theirs = os.openpty()
        os.write(ours, typed.encode())
        try:
            ran = subprocess.run(
                ["sh", SCRIPT, *packages], env={**self.env, **settings}, check=True, timeout=30,
                stdin=theirs if typed else subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
        finally:
            os.close(ours)
            os.close(theirs)
        return ran.stderr

    def installed(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


INSTALLED = ["update -qq", f"{COMMAND[8:]} -qq"]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_nothing_is_missing(machine: Machine) -> None:
    assert machine.run("lib-a") == ""
    assert machine.installed() == []


def test_missing_packages_are_announced_and_installed(machine: Machine) -> None:
    said = machine.run("lib-a", "lib-b", "lib-c")
    assert said == f"setup: installing system packages with root rights: {COMMAND}\n"
    assert machine.installed() == INSTALLED


@pytest.mark.parametrize(("settings", "why"), [
    ({"SYSTEM_PACKAGES": "no"}, "SYSTEM_PACKAGES=no"),
    ({"SYSTEM_PACKAGES": "no", "CI": "true"}, "SYSTEM_PACKAGES=no"),
    ({"TEST_UID": "1000"}, "no root rights without a password"),
])  # fmt: skip
def test_packages_are_not_installed(machine: Machine, settings: dict[str, str], why: str) -> None:
    assert machine.run("lib-a", "lib-b", "lib-c", **settings) == (
        f"setup: system packages are missing ({why}). To install them, run as root: {COMMAND}\n"
    )
    assert machine.installed() == []


@pytest.mark.parametrize(("typed", "settings", "asked", "done"), [
    ("n\n", {}, True, False),
    ("No\n", {"SYSTEM_PACKAGES": "ask"}, True, False),
    ("\x04", {}, True, False),
    ("\n", {}, True, True),
    ("y\n", {}, True, True),
    ("n\n", {"SYSTEM_PACKAGES": "yes"}, False, True),
    ("n\n", {"CI": "true"}, False, True),
])  # fmt: skip
def test_a_person_is_asked(
    machine: Machine, typed: str, settings: dict[str, str], asked: bool, done: bool
) -> None:
    said = machine.run("lib-b", "lib-c", typed=typed, **settings)
    assert said.startswith(f"setup: installing system packages with root rights: {COMMAND}\n")
    assert ("continue? [Y/n]" in said) == asked
    assert machine.installed() == (INSTALLED if done else [])


def test_sudo_without_a_password_is_used(machine: Machine) -> None:
    said = machine.run("lib-b", "lib-c", TEST_UID="1000", TEST_SUDO="yes")
    assert said.endswith(f": sudo -n {COMMAND}\n")
    assert machine.installed() == INSTALLED


def test_a_failure_is_told_and_not_fatal(machine: Machine) -> None:
    assert machine.run("lib-b", TEST_BROKEN="1").endswith("setup: could not install: lib-b\n")
