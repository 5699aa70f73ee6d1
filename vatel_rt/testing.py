"""The pytest plugin; its home is `vatel.testing`."""

from vatel.testing import pytest_configure, vatel_simulator

__all__ = ["pytest_configure", "vatel_simulator"]
