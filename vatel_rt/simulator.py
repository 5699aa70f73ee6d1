"""Compatibility with 0.1.0: the simulator is `vatel.simulator`."""

import sys
from typing import TYPE_CHECKING

import vatel.simulator

if TYPE_CHECKING:
    from vatel.simulator import *  # noqa: F403

__all__ = vatel.simulator.__all__  # pyright: ignore[reportUnsupportedDunderAll]
caller_clip = vatel.simulator.caller_clip
__getattr__ = vatel.simulator.__getattr__  # each other name is loaded when it is first used

if __name__ == "__main__":
    from vatel.simulator.__main__ import run

    sys.exit(run())
