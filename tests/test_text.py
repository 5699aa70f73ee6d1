"""Text of others, as it is shown and logged."""

from __future__ import annotations

import pytest

from vatel_rt.text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("größer 你好 🎉", "größer 你好 🎉"),
        ("two\nlines\r\n", r"two\nlines\r\n"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\u202eb\u200bc\u2028d\ufeff", r"a\u202eb\u200bc\u2028d\ufeff"),
        ("\ud800", r"\ud800"),
        ("\x9b1m\x85", r"\x9b1m\x85"),
        ("\U000e0001", r"\U000e0001"),
        ("", ""),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown
    printable(text).encode()  # is possible


def test_it_is_shortened() -> None:
    assert printable("x" * 1_000_000, 5) == "xxxx…"
    assert printable("x" * 5, 5) == "xxxxx"
    assert len(printable("é" * 1000)) == 200
