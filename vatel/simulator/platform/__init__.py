"""The state of the simulated platform, and the REST operations on it."""
