"""The file of events that the demo writes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Optional

from vatel_rt.audio.pcm import duration_ms
from vatel_rt.errors import ConfigurationError
from vatel_rt.files import open_private
from vatel_rt.realtime.codec import to_wire
from vatel_rt.realtime.messages import Incoming, InvalidMessage, ResponseAudio


class EventFile(AbstractContextManager["EventFile"]):
    """Writes the events of a call as JSON lines: time in milliseconds, type, and data.

    Audio is replaced by its length. An existing file is overwritten at the first event.

    Args:
        path: the file; None writes nothing.

    Raises:
        ConfigurationError: the file cannot be written; also raised by the methods.
    """

    def __init__(self, path: Optional[str]) -> None:
        self._path = path
        self._started = time.monotonic()
        self._is_new = True
        with self._errors():
            self._file = open_private(path, "a", encoding="utf-8") if path else None

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            with suppress(OSError):  # reported when the event was written
                self._file.close()

    def message(self, message: Incoming) -> None:
        """Write a message of the platform."""
        if isinstance(message, InvalidMessage):
            self.event(message.type, {"error": message.error})
        elif isinstance(message, ResponseAudio):
            data = to_wire(message.data)
            del data["audio"]
            self.event(message.type, {**data, "audio_ms": duration_ms(len(message.data.pcm))})
        else:
            self.event(message.type, to_wire(message.data))

    def event(self, kind: str, data: Any) -> None:
        """Write an event."""
        if self._file is None:
            return
        at_ms = round((time.monotonic() - self._started) * 1000, 1)
        line = json.dumps({"at_ms": at_ms, "type": kind, "data": data})
        with self._errors():
            if self._is_new and os.fstat(self._file.fileno()).st_size:
                self._file.truncate(0)
            self._is_new = False
            self._file.write(f"{line}\n")
            self._file.flush()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ConfigurationError(f"cannot write {self._path}: {error.strerror}") from error
