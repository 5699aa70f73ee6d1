"""The type of a file path in public signatures."""

from __future__ import annotations

from os import PathLike
from typing import Union

StrPath = Union[str, "PathLike[str]"]
