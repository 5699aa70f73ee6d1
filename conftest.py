"""For the tests and the examples: the plugin without its entry point.

pytest loads entry points before coverage begins, so pyproject.toml turns ours off.
"""

import pytest


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Let pytest run the examples' tests where pytest-timeout, whose setting it is, is missing."""
    if not pluginmanager.hasplugin("timeout"):
        parser.addini("timeout", "not heeded without pytest-timeout")


pytest_plugins = ["vatel.testing", "pytester"]
