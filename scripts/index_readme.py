"""The README for a package index, where links and pictures of this repository lead nowhere.

hatchling runs it for each wheel and sdist (`tool.hatch.metadata.hooks` in pyproject.toml).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

CODE = re.compile(r"(```.*?```)", re.DOTALL)
TARGET = r"\((?!https?:|mailto:)[^()\s]*\)"
PICTURE = re.compile(rf"!\[[^\]]*\]{TARGET}\n*")
LINK = re.compile(rf"\[([^\]]+)\]{TARGET}")


def for_index(readme: str) -> str:
    """Leave out pictures that are files here, and keep the text alone of links to files."""
    parts = CODE.split(readme)
    parts[::2] = [LINK.sub(r"\1", PICTURE.sub("", prose)) for prose in parts[::2]]
    return "".join(parts)


class IndexReadme(MetadataHookInterface):  # type: ignore[misc]  # hatchling is not there for mypy
    """Gives the project's metadata its README."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Put the README into `metadata`."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": for_index(text)}
