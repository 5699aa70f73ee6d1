"""The demo: `python -m vatel_rt.demo` makes a live call at the terminal."""

INTERRUPTED = 130
"""Exit code after Ctrl-C. Defined here so that it is known before other modules are loaded."""
