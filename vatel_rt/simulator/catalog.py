"""What there is on the platform without anybody making it: organization, models, voices."""

from __future__ import annotations

from vatel_rt.simulator.operations import Asked, Handler, Json
from vatel_rt.simulator.platform import LLMS, VOICES


async def get_organization(asked: Asked) -> Json:
    """The organization whose key it is."""
    return next(o for o in asked.platform.organizations.values() if o["id"] == asked.owner)


async def list_llms(_: Asked) -> Json:
    """The language models."""
    return {"llms": LLMS}


async def list_voices(_: Asked) -> Json:
    """The voices."""
    return {"voices": VOICES}


OPERATIONS: dict[str, Handler] = {
    "getOrganization": get_organization,
    "listLLMs": list_llms,
    "listVoices": list_voices,
}
