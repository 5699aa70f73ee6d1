"""The voice session: socket, scripted agent, caller audio."""
