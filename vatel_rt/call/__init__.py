"""A live call: messages, microphone, tools, transcript, report."""
