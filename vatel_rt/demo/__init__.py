"""The terminal program: `python -m vatel_rt.demo` makes a live call."""
