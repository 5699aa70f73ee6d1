"""Print the lowest versions of our dependencies that we admit, as constraints for pip.

Extras are among them, the groups of development are not, but for the `TOOLS`. Reads the metadata
of the installed package, so it runs on any Python, in an environment that has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import metadata

# The last of the tests' tools that go with these versions; pip takes minutes to find none.
TOOLS = ["fastapi==0.115.4", "pydantic==2.9.2"]


def constraints(requirements: Iterable[str]) -> list[str]:
    """Turn each requirement into its lower bound, without its marker: constraints install nothing.

    Raises:
        ValueError: a requirement has no lower bound.
    """
    found = set()
    for requirement in requirements:
        match = re.match(r"([\w.-]+)>=([\d.]+)(;|$)", requirement.replace(" ", ""))
        if not match:
            raise ValueError(f"{requirement} is not of the form name>=version")
        found.add(f"{match[1]}=={match[2]}")
    return sorted(found)


if __name__ == "__main__":
    print("\n".join([*constraints(metadata.requires("vatel") or ()), *TOOLS]))
