"""Text of others, made safe to show and to log."""

from __future__ import annotations

import unicodedata

LONGEST = 200
_HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode's categories of what moves the cursor, hides or reorders text, or cannot be encoded."""


def printable(text: str, limit: int = LONGEST) -> str:
    """Return `text` in one line of at most `limit` characters, with escapes for what is not shown.

    Control characters, line breaks, marks of direction and lone surrogates are escaped.
    """
    shortened = text if len(text) <= limit else f"{text[: limit - 1]}…"
    if shortened.isascii() and shortened.isprintable():
        return shortened
    return "".join(map(_shown, shortened))


def _shown(character: str) -> str:
    if unicodedata.category(character) in _HARMFUL:
        return character.encode("unicode_escape", "surrogatepass").decode("ascii")
    return character
