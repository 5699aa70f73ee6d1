"""Find threads, sockets and files that were left open."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_files() -> set[str]:
    """Return the open files and sockets of this process; empty outside Linux."""
    found = set()
    for link in Path("/proc/self/fd").glob("*"):
        try:
            found.add(f"{link.name} {os.readlink(link)}")
        except OSError:
            continue
    return {name for name in found if "/proc/" not in name}


def threads_beside(known: set[threading.Thread]) -> set[threading.Thread]:
    """Return the threads that are not `known`, after giving each 5 s to end."""
    for thread in set(threading.enumerate()) - known:
        thread.join(5)
    return set(threading.enumerate()) - known


@contextmanager
def leaves_nothing() -> Iterator[None]:
    """Fail if the block leaves a thread, a socket or a file open."""
    files, threads = open_files(), set(threading.enumerate())
    yield
    assert not threads_beside(threads)
    assert open_files() <= files
