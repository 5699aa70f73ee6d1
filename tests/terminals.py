"""A real terminal for a program under test."""

from __future__ import annotations

import os
import re
import select
import subprocess
import termios
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

# A session leader that opens a terminal receives the signal of its Ctrl-C.
AT_TERMINAL = 'exec "$@" <"$0" >"$0" 2>&1'
WITHOUT_JOBS = 'exec setsid --wait "$@" <"$0" >"$0" 2>&1'
IN_BACKGROUND = 'exec <"$0" >"$0" 2>&1; set -m; "$@" & wait $!'


class Terminal(AbstractContextManager["Terminal"]):
    """Runs `command` in a new session at a terminal, and collects its output."""

    def __init__(self, command: list[str], folder: Path, how: str = AT_TERMINAL) -> None:
        self._ours, self._theirs = os.openpty()
        self.before = self.settings
        self.shown = ""
        self.process = subprocess.Popen(
            ["sh", "-c", how, os.ttyname(self._theirs), *command],
            cwd=folder,
            start_new_session=True,
        )

    @property
    def settings(self) -> list[Any]:
        return termios.tcgetattr(self._theirs)

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def wait_for(self, pattern: str) -> None:
        """Wait for a pattern in the output that follows the previous match."""
        start, until = len(self.shown), time.monotonic() + 60
        while not re.search(pattern, self.shown[start:]):
            assert time.monotonic() < until, self.shown
            assert self.process.poll() is None, self.shown
            self._read(0.1)

    def ended(self) -> int:
        """Wait until the program ends; return its exit code."""
        until = time.monotonic() + 60
        while self.process.poll() is None:
            assert time.monotonic() < until, self.shown
            self._read(0.05)
        while self._read(0):
            pass
        return self.process.returncode

    def _read(self, seconds: float) -> bool:
        if not select.select([self._ours], [], [], seconds)[0]:
            return False
        self.shown += os.read(self._ours, 65536).decode(errors="replace")
        return True

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)


def rows(shown: str) -> list[str]:
    """Return the final rows of the screen, given all output; the screen never scrolls."""
    screen = [""]
    at = 0
    for part in re.findall(r"\x1b\[K|\x1b\[A|\r|\n|[^\x1b\r\n]+", shown):
        if part == "\n":
            at += 1
            screen += [""] * (at + 1 - len(screen))
        elif part == "\x1b[A":
            at -= 1
        elif part == "\x1b[K":
            screen[at] = ""
        elif part != "\r":
            screen[at] += part
    return screen
