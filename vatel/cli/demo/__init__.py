"""The terminal program: `python -m vatel_rt.demo` makes a live call."""

INTERRUPTED = 130
"""Exit code after Ctrl-C; here, where it is known before anything is loaded."""
