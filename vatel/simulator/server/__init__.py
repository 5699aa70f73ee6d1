"""The HTTP server, and the command that runs it."""
