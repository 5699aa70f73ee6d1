"""What the demo shows and keeps of a call."""

from __future__ import annotations

import io
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Optional, TextIO

from vatel_rt.audio.pcm import duration_ms
from vatel_rt.ending import CallEnd
from vatel_rt.errors import ConfigurationError
from vatel_rt.messages import (
    Incoming,
    InputAudioTranscript,
    Interruption,
    InvalidMessage,
    ResponseAudio,
    ResponseText,
    SessionStarted,
    SpeechStarted,
    to_wire,
)
from vatel_rt.report import CallReport


class Screen:
    """Shows a call as it runs: a line an event, and on a terminal unsettled text in between."""

    def __init__(self, out: Optional[TextIO] = None) -> None:
        self._out: TextIO = out or sys.stdout or io.StringIO()  # a closed stdout is None
        self._live = self._out.isatty()
        if isinstance(self._out, io.TextIOWrapper):
            self._out.reconfigure(errors="replace")  # what an agent says fits any terminal
        self._started = time.monotonic()

    def say(self, text: str) -> None:
        """Show a line that belongs to no side."""
        self._line(text)

    def show(self, message: Incoming) -> None:
        """Show a message of the platform, if a person wants to see it."""
        if isinstance(message, SessionStarted):
            self._started = time.monotonic()
            self._event("call", f"started: {message.data.id}")
        elif isinstance(message, ResponseText):
            self._text("agent", message.data.text, settled=message.data.is_final)
        elif isinstance(message, InputAudioTranscript):
            self._text("caller", message.data.transcript, settled=message.data.is_final)
        elif isinstance(message, SpeechStarted):
            self._event("caller", "(speaks)")
        elif isinstance(message, Interruption):
            self._event("caller", "(interrupts the agent)")

    def tool(self, name: str, arguments: dict[str, Any], output: str) -> None:
        """Show a tool that was run."""
        given = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        self._event("tool", f"{name}({given}) -> {output}")

    def summary(self, report: CallReport, end: CallEnd, kept: list[str]) -> None:
        """Show how the call was."""
        self._line("")
        self._line(f"The call ended: {end}")
        for label, value in _figures(report):
            self._line(f"  {label:<28}{value}")
        for line in kept:
            self._line(f"  {line}")

    def _text(self, who: str, text: str, *, settled: bool) -> None:
        if settled:
            self._event(who, text)
        elif self._live:
            self._out.write(f"\r\x1b[K{self._stamp()}  {who:<7} {text} ...")
            self._out.flush()

    def _event(self, who: str, text: str) -> None:
        self._line(f"{self._stamp()}  {who:<7} {text}")

    def _stamp(self) -> str:
        return f"{time.monotonic() - self._started:6.1f} s"

    def _line(self, text: str) -> None:
        start = "\r\x1b[K" if self._live else ""
        self._out.write(f"{start}{text}\n")
        self._out.flush()


def _figures(report: CallReport) -> list[tuple[str, str]]:
    answers = [f"{ms:.0f}" for ms in report.answer_ms]
    answered = "no answer was heard"
    if answers:
        median = statistics.median(report.answer_ms)
        answered = f"{median:.0f} ms in the middle ({', '.join(answers)})"
    tools = f"{len(report.tool_calls)}"
    if report.tool_calls:
        tools = f"{tools} ({', '.join(report.tool_calls)})"
    return [
        ("duration", f"{report.duration_ms / 1000:.1f} s"),
        ("turns of the caller", str(report.caller_turns)),
        ("end of speech to answer", answered),
        ("tool calls", tools),
        ("interruptions", str(report.interruptions)),
    ]


class EventFile(AbstractContextManager["EventFile"]):
    """The events of a call as JSON lines: milliseconds, type and data; audio by its length.

    A file that is there keeps what it has until the first event.

    Raises:
        ConfigurationError: (also when an event is written) the file cannot be written.
    """

    def __init__(self, path: Optional[str]) -> None:
        self._path = path
        self._started = time.monotonic()
        self._is_new = True
        with self._errors():
            self._file = open(path, "a", encoding="utf-8") if path else None  # noqa: SIM115

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            with suppress(OSError):  # told when it was written
                self._file.close()

    def message(self, message: Incoming) -> None:
        """Keep a message of the platform."""
        if isinstance(message, InvalidMessage):
            self.event(message.type, {"error": message.error})
        elif isinstance(message, ResponseAudio):
            data = to_wire(message.data)
            del data["audio"]
            self.event(message.type, {**data, "audio_ms": duration_ms(len(message.data.pcm))})
        else:
            self.event(message.type, to_wire(message.data))

    def event(self, kind: str, data: Any) -> None:
        """Keep an event."""
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
