"""Files that hold what people said: only their owner may read them."""

from __future__ import annotations

import os
from typing import IO, Any

from vatel_rt.validation import Path

PRIVATE = 0o600


def open_private(path: Path, mode: str = "wb", **options: Any) -> IO[Any]:
    """Open a file like `open`; a new file can be read by its owner only, an existing one stays.

    Raises:
        OSError: the file cannot be opened. A FIFO without a reader is not waited for (ENXIO).
    """

    def opener(name: str, flags: int) -> int:
        descriptor = os.open(name, flags | getattr(os, "O_NONBLOCK", 0), PRIVATE)
        if hasattr(os, "set_blocking"):
            os.set_blocking(descriptor, True)
        return descriptor

    return open(path, mode, opener=opener, **options)
