"""The file of a recording, which replaces what is there only when it is complete."""

from __future__ import annotations

import os
import secrets
import stat
import struct
import tempfile
from contextlib import suppress
from typing import IO, Optional

from vatel_rt.errors import APIConnectionError
from vatel_rt.files import open_private
from vatel_rt.validation import Path

LONGEST_NAME = 255
"""Bytes of a file name, on all usual file systems."""
_RIFF = struct.Struct("<4sI4s")
_UNKNOWN = (0, 0xFFFFFFFF)


class RecordingFile:
    """A new file beside `path` that replaces it in the end.

    A symbolic link stays one, and its target is replaced. The mode of an existing file is kept; a
    new file can be read by its owner only. What is no file (a FIFO, a device) is written to.

    Raises:
        OSError: the file cannot be written; it names `path`.
    """

    def __init__(self, path: Path) -> None:
        self._path = os.path.realpath(os.fspath(path))
        self._part: Optional[str] = None
        try:
            kind = _mode(self._path)
            if kind is not None and stat.S_ISDIR(kind):
                raise IsADirectoryError(21, os.strerror(21), os.fspath(path))
            if kind is None or stat.S_ISREG(kind):
                self._part = _beside(self._path)
                self._file: IO[bytes] = open_private(self._part, "x+b")
            else:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115  (copied by `finish`)
        except OSError as error:
            raise type(error)(error.errno, error.strerror, os.fspath(path)) from None

    def restart(self) -> None:
        """Remove what was written."""
        self._file.seek(0)
        self._file.truncate()

    def write(self, piece: bytes) -> None:
        """Append a piece."""
        self._file.write(piece)

    def check(self, have: int, total: Optional[int]) -> None:
        """Raise APIConnectionError unless the recording is complete, also by its own header."""
        if total is None:
            self._file.seek(0)
            total = _length(self._file.read(_RIFF.size))
            is_whole = total is None or have >= total
        else:
            is_whole = have == total
        if not is_whole:
            raise APIConnectionError(f"the recording ended at {have} of {total} bytes")

    def finish(self) -> None:
        """Give the file its name."""
        if self._part is None:
            self._file.seek(0)
            with open(self._path, "wb") as target:
                while piece := self._file.read(2**16):
                    target.write(piece)
            self._file.close()
            return
        self._file.close()
        kind = _mode(self._path)
        if kind is not None:
            os.chmod(self._part, stat.S_IMODE(kind))
        os.replace(self._part, self._path)

    def close(self) -> None:
        """Close and delete the new file, unless it was given its name."""
        self._file.close()
        if self._part is not None:
            with suppress(FileNotFoundError):
                os.unlink(self._part)


def _mode(path: str) -> Optional[int]:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _beside(path: str) -> str:
    folder, name = os.path.split(path)
    suffix = f".{secrets.token_hex(4)}.part"
    encoded = os.fsencode(name)[: LONGEST_NAME - len(suffix)]
    return os.path.join(folder, os.fsdecode(encoded).rstrip("\ufffd") + suffix)


def _length(head: bytes) -> Optional[int]:
    """Return the length of a WAV file that its header tells, if it does."""
    if len(head) < _RIFF.size:
        return None
    tag, size, kind = _RIFF.unpack(head)
    is_told = tag == b"RIFF" and kind == b"WAVE" and size not in _UNKNOWN
    return size + 8 if is_told else None
