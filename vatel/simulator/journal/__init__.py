"""The record of a simulator: its requests and calls, for tests to assert on."""
