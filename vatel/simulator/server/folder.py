"""The temporary folder of a simulator's recordings."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "vatel-simulator-"
LOCK = "lock"
"""A file that is locked while its simulator lives; the system unlocks it when the process ends."""


@contextmanager
def recordings_folder() -> Iterator[Path]:
    """Create a folder, and delete it at the end.

    Folders of simulators that were killed are deleted as well. (Not on Windows, which has no
    such locks.)
    """
    root = Path(tempfile.gettempdir())
    for old in root.glob(f"{PREFIX}*"):
        with suppress(OSError):
            _delete_if_abandoned(old)
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        unlocked = Path(folder, "unlocked")
        with open(unlocked, "wb") as lock:
            with suppress(OSError):
                _lock(lock.fileno())
            unlocked.rename(Path(folder, LOCK))
            recordings = Path(folder, "recordings")
            recordings.mkdir()
            yield recordings


def _delete_if_abandoned(folder: Path) -> None:
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        return
    with open(folder / LOCK, "rb") as lock:
        _lock(lock.fileno())
        shutil.rmtree(folder, ignore_errors=True)


def _lock(descriptor: int) -> None:
    """Lock a file.

    Raises:
        OSError: another process, or another simulator of this one, has locked it.
    """
    try:
        import fcntl
    except ModuleNotFoundError as error:
        raise OSError("no locks on this system") from error
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
