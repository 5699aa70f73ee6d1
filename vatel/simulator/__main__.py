"""`python -m vatel.simulator`; `server.cli` has its options. A signal ends it at any time."""

from __future__ import annotations

import os
import signal
import sys

from vatel_rt.lazy import install_hint


def run() -> int:
    """Run the command, and return its exit code.

    A signal during the imports exits at once; while it serves, the command ends its calls first.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    try:
        from vatel.simulator.server.cli import main
    except ModuleNotFoundError as error:
        print(install_hint(error), file=sys.stderr)  # noqa: T201
        return 2
    return main()


if __name__ == "__main__":
    sys.exit(run())
