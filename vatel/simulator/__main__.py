"""The entry point of `python -m vatel.simulator`. It handles signals before it loads the rest."""

from __future__ import annotations

import os
import signal
import sys

from vatel_rt.version import NOT_INSTALLED


def run() -> int:
    """Run the program; return the exit code.

    While the simulator serves, a signal ends its calls first. Before and after that, a signal
    ends the process at once: there is nothing to clean up.
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
