"""For the tests and the examples: the plugin without its entry point.

pytest loads entry points before coverage begins, so pyproject.toml turns ours off.
"""

pytest_plugins = ["vatel_rt.testing", "pytester"]
