"""`python -m vatel.simulator`: see `terminal`. A signal ends it from the first moment on."""

from __future__ import annotations

import os
import signal
import sys

from vatel_rt.version import NOT_INSTALLED


def run() -> int:
    """Run the program; gives the exit code.

    While it serves, a signal makes it end its calls; before and after that it holds nothing
    which would need an end, so that it just goes.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    try:
        from vatel.simulator.server.cli import main
    except ModuleNotFoundError as error:
        print(NOT_INSTALLED.format(error.name), file=sys.stderr)  # noqa: T201
        return 2
    return main()


if __name__ == "__main__":
    sys.exit(run())
