"""The pages that users read, and what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")])
}


def blocks(page: str, language: str) -> list[str]:
    """The code of the fenced blocks in `language`."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGES[page], re.M | re.S)


def prose(page: str) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", PAGES[page], flags=re.M | re.S)


def commands(page: str) -> Iterator[str]:
    """The lines of its shell blocks, and its spans of code that are commands."""
    for block in blocks(page, "sh"):
        yield from (line.partition("  #")[0].strip() for line in block.splitlines())
    for span in spans(page):
        if re.match(r"([A-Z_]+=\S+ )*(make|pip|python|pytest|scripts/\S+) ", span):
            yield span


def spans(page: str) -> list[str]:
    """Its spans of code, outside of fenced blocks."""
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose(page))]
