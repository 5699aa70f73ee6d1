"""The scenario's quirks: odd fields in every message."""

from __future__ import annotations

from vatel.simulator.scenario.keys import Quirks
from vatel.simulator.voice.agent import Send
from vatel.simulator.voice.frame_faults import PlatformMessage
from vatel_rt.realtime.messages import UnknownMessage, to_wire


def with_quirks(send: Send, quirks: Quirks) -> Send:
    """Return a `send` that applies `quirks` to every message of a known type."""
    if quirks == Quirks():
        return send

    async def send_with_quirks(message: PlatformMessage) -> None:
        await send(_changed(message, quirks))

    return send_with_quirks


def _changed(message: PlatformMessage, quirks: Quirks) -> PlatformMessage:
    if isinstance(message, UnknownMessage):
        return message
    data = {**to_wire(message.data), **quirks.extra_fields}
    if quirks.omit_is_final:
        data.pop("is_final", None)
    return UnknownMessage(message.type, data)
