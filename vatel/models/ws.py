"""Public names of the messages of a voice session."""

from vatel_rt.realtime import messages, payloads
from vatel_rt.realtime.messages import *  # noqa: F403
from vatel_rt.realtime.payloads import *  # noqa: F403

__all__: list[str] = []
__all__ += messages.__all__
__all__ += payloads.__all__
