"""Single keys pressed at the terminal, without Enter."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Callable, Optional

Pressed = Callable[[], str]
"""Returns the keys pressed since the last call. Never blocks."""


def keyboard() -> AbstractContextManager[Optional[Pressed]]:
    """Return a context manager for reading keys; its value is None if there are none to read.

    Inside the context, keys are not echoed, and Ctrl-C still sends a signal. Leaving the context
    always restores the terminal.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        return nullcontext()
    if os.name == "nt":
        return nullcontext(_console())
    descriptor = sys.stdin.fileno()
    return _terminal(descriptor) if _is_foreground(descriptor) else nullcontext()


def _is_foreground(descriptor: int) -> bool:
    """Return whether this process may use the terminal; the system stops one in the background."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # a terminal without job control
        return True


@contextmanager
def _terminal(descriptor: int) -> Iterator[Pressed]:
    import termios  # not on Windows
    import tty

    def pressed() -> str:
        keys = b""
        if select.select([descriptor], [], [], 0)[0]:
            keys = os.read(descriptor, 1024)
        return keys.decode("ascii", "ignore")

    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        yield pressed
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)


def _console() -> Pressed:
    import msvcrt  # only on Windows

    console: Any = msvcrt

    def pressed() -> str:
        keys = ""
        while console.kbhit():
            keys += console.getwch()
        return keys

    return pressed
