"""Files that only their owner may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from vatel_rt.files import open_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_private(tmp_path: Path) -> None:
    with open_private(tmp_path / "new") as file:
        file.write(b"1")
    assert mode(tmp_path / "new") == 0o600
    assert (tmp_path / "new").read_bytes() == b"1"


def test_an_existing_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"old text")
    path.chmod(0o644)
    with open_private(path, "w", encoding="utf-8") as file:
        file.write("new")
    assert (mode(path), path.read_text()) == (0o644, "new")


def test_a_fifo_without_a_reader_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="No such device"):
        open_private(tmp_path / "fifo")
