"""Scenarios: their keys, how files are read, and what is checked."""
