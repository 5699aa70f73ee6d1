from enum import Enum


class SessionTransport(str, Enum):
    """How the audio of a session travels: over the voice WebSocket, which is the default, or
    over WebRTC.
    """

    WEBSOCKET = "websocket"
    WEBRTC = "webrtc"

    def __str__(self) -> str:
        return self.value
