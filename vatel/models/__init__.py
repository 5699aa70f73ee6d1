"""The models of the REST operations and the messages of a voice session."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vatel.models.rest import *  # noqa: F403
    from vatel.models.ws import *  # noqa: F403


def __getattr__(name: str) -> Any:
    if name == "__all__":
        homes = (import_module("vatel.models.rest"), import_module("vatel.models.ws"))
        return sorted(name for home in homes for name in home.__all__)
    home = "vatel.models.ws" if name in import_module("vatel.models.ws").__all__ else _REST
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return list(__getattr__("__all__"))


_REST = "vatel_rest.models"
