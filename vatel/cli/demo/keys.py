"""Keys as they are pressed at the terminal, without Enter."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from typing import Callable, Optional

Pressed = Callable[[], str]
"""Gives the keys that were pressed since it was last asked; never waits."""


def keyboard() -> AbstractContextManager[Optional[Pressed]]:
    """The keys while the context is open, or None where nobody can press any.

    What is pressed does not appear meanwhile; Ctrl-C goes on to be a signal. Whichever way the
    context is left, the terminal is as it was before.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        return nullcontext()
    if os.name == "nt":
        return nullcontext(_console())
    descriptor = sys.stdin.fileno()
    return _terminal(descriptor) if _is_ours(descriptor) else nullcontext()


def _is_ours(descriptor: int) -> bool:
    """Whether this is in the foreground: it would be stopped for touching the terminal, if not."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # a terminal that knows no foreground
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
    msvcrt = import_module("msvcrt")

    def pressed() -> str:
        keys = ""
        while msvcrt.kbhit():
            keys += msvcrt.getwch()
        return keys

    return pressed
