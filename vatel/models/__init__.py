"""The models of the REST operations and the messages of a voice session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vatel_rt.lazy import exports

if TYPE_CHECKING:
    from vatel.models.rest import *  # noqa: F403
    from vatel.models.ws import *  # noqa: F403

__getattr__, __dir__ = exports(__name__, {}, "vatel.models.ws", "vatel_rest.models")
