"""REST: transport, connection pools, calls and recordings."""
