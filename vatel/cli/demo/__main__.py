"""The entry point of the demo. It handles signals before it loads the other modules."""

from __future__ import annotations

import signal
import sys

from vatel.cli.demo import INTERRUPTED
from vatel_rt.version import NOT_INSTALLED


def start() -> None:
    """Run the demo, and exit with its exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from vatel.cli.demo.run import main

        code = main()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except ModuleNotFoundError as error:
        print(NOT_INSTALLED.format(error.name), file=sys.stderr)  # noqa: T201
        code = 2
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from here on, it could only print a traceback
    sys.exit(code)


if __name__ == "__main__":
    start()
