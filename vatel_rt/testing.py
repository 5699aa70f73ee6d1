"""Compatibility with 0.1.0: the pytest plugin is `vatel.testing`."""

from vatel.testing import pytest_configure, vatel_simulator

__all__ = ["pytest_configure", "vatel_simulator"]
