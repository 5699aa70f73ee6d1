"""Compatibility with 0.1.0: the simulator is `vatel.simulator`."""

import sys
from typing import TYPE_CHECKING

from vatel import simulator

if TYPE_CHECKING:
    from vatel.simulator import *  # noqa: F403

__all__ = simulator.__all__  # pyright: ignore[reportUnsupportedDunderAll]
caller_clip = simulator.caller_clip
__getattr__ = simulator.__getattr__  # each other name is loaded when it is first used

if __name__ == "__main__":
    from vatel.simulator.__main__ import run

    sys.exit(run())
