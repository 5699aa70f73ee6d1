"""The name of `vatel.simulator` in version 0.1.0."""

import sys
from typing import TYPE_CHECKING

from vatel_rt.lazy import exports

if TYPE_CHECKING:
    from vatel.simulator import *  # noqa: F403

if __name__ == "__main__":
    from vatel.simulator.__main__ import run

    sys.exit(run())

__getattr__, __dir__ = exports(__name__, {}, "vatel.simulator")
