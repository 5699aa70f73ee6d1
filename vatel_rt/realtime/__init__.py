"""The voice WebSocket: messages, codec, connection."""
