from enum import Enum


class TTSStrategy(str, Enum):
    """A provider of synthetic speech."""

    ELEVENLABS = "elevenlabs"
    OPENAI = "openai"
    CARTESIA = "cartesia"
    HUME = "hume"
    MINIMAX = "minimax"
    FISH = "fish"

    def __str__(self) -> str:
        return self.value
