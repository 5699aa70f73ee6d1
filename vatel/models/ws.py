"""Public names of the messages of a voice session."""

from vatel_rt.realtime import messages
from vatel_rt.realtime.codec import parse_server_message
from vatel_rt.realtime.messages import *  # noqa: F403

__all__: list[str] = ["parse_server_message"]
__all__ += messages.__all__
