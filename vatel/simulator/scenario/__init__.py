"""Scenario files: their keys, how they are read, and what is checked."""
