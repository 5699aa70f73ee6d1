"""The voice session: the caller's socket and audio, and the agent."""
