"""What happened in the simulator, for tests to assert on and wait for."""
