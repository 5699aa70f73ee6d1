"""Live calls: messages, microphone, tools, transcript and report."""
