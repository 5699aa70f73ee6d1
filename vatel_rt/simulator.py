"""The simulator; its home is `vatel.simulator`."""

import sys

from vatel.simulator import *  # noqa: F403
from vatel.simulator import __all__ as __all__  # noqa: PLC0414

if __name__ == "__main__":
    from vatel.simulator.__main__ import run

    sys.exit(run())
