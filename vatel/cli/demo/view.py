"""The screen of the demo."""

from __future__ import annotations

import io
import logging
import shutil
import sys
import time
import unicodedata
from typing import Any, Optional, TextIO

from vatel_rt.call.end import CallEnd
from vatel_rt.call.report import CallReport
from vatel_rt.realtime.messages import (
    Incoming,
    InputAudioTranscript,
    Interruption,
    ResponseText,
    SessionStarted,
    SpeechStarted,
    SpeechStopped,
)


class Screen:
    """Shows a call: one line per event; on a terminal, text in progress and a status below them.

    Attributes:
        caller_speaks: whether the platform hears the caller speak now.
    """

    def __init__(self, out: Optional[TextIO] = None) -> None:
        self.caller_speaks = False
        self._out: TextIO = out or sys.stdout or io.StringIO()  # None if stdout is closed
        self._live = self._out.isatty()
        if isinstance(self._out, io.TextIOWrapper):
            self._out.reconfigure(errors="replace")  # not every terminal has all characters
        self._started = time.monotonic()
        self._in_progress: dict[str, str] = {}
        self._status = ""
        self._drawn = 0

    def say(self, text: str) -> None:
        """Show a line."""
        self._line(text)

    def log(self, text: str) -> None:
        """Write a line to standard error, which may be the same terminal."""
        self._write(self._erased())
        self._drawn = 0
        print(text, file=sys.stderr)  # noqa: T201
        self._draw()

    def show(self, message: Incoming) -> None:
        """Show a message of the platform, if it is of interest to a person."""
        if isinstance(message, SessionStarted):
            self._started = time.monotonic()
            self._event("call", f"started: {message.data.id}")
        elif isinstance(message, ResponseText):
            self._text("agent", message.data.text, settled=message.data.is_final)
        elif isinstance(message, InputAudioTranscript):
            self._text("caller", message.data.transcript, settled=message.data.is_final)
        elif isinstance(message, (SpeechStarted, SpeechStopped)):
            self._hear_caller(isinstance(message, SpeechStarted))
        elif isinstance(message, Interruption):
            self._in_progress.pop("agent", None)
            self._event("caller", "(interrupts the agent)")

    def tool(self, name: str, arguments: dict[str, Any], output: str) -> None:
        """Show a tool call with its output."""
        given = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        self._event("tool", f"{name}({given}) -> {output}")

    def muted(self, on: bool) -> None:
        """Show that the microphone was muted or unmuted."""
        self._event("caller", "(is muted)" if on else "(is no longer muted)")

    def answered(self, ms: float) -> None:
        """Show the time from the end of speech to the answer, on a terminal only."""
        if self._live:
            self._event("agent", f"(answers after {ms:.0f} ms)")

    def hint(self, text: str) -> None:
        """Show a line on a terminal only."""
        if self._live:
            self._line(text)

    def status(self, text: str) -> None:
        """Show `text` as the last line, until the next status or `settle`. On a terminal only."""
        if self._live:
            self._status = f"{self._stamp()}  {text}"
            self._draw()

    def settle(self) -> None:
        """Remove texts in progress and the status."""
        self._in_progress.clear()
        self._status = ""
        self._draw()

    def summary(self, report: CallReport, end: CallEnd, kept: list[str]) -> None:
        """Show the summary of a call; `kept` has a line for each file that was written."""
        self._line("")
        for line in f"The call ended: {end}".splitlines():  # device errors have several lines
            self._line(line)
        if not end.clean:
            self._line(f"  {end.hint}")
        for label, value in _figures(report):
            self._line(f"  {label:<28}{value}")
        for line in kept:
            self._line(f"  {line}")

    def _hear_caller(self, speaks: bool) -> None:
        self.caller_speaks = speaks
        if speaks:
            self._event("caller", "(speaks)")

    def _text(self, who: str, text: str, *, settled: bool) -> None:
        if settled:
            self._in_progress.pop(who, None)
            self._event(who, text)
        elif self._live:
            self._in_progress[who] = text
            self._draw()

    def _event(self, who: str, text: str) -> None:
        self._line(f"{self._stamp()}  {who:<7} {text}")

    def _stamp(self) -> str:
        return f"{time.monotonic() - self._started:6.1f} s"

    def _line(self, text: str) -> None:
        self._draw(f"{_printable(text)}\n")

    def _draw(self, permanent: str = "") -> None:
        """Write permanent text, and redraw the texts in progress and the status below it."""
        columns = shutil.get_terminal_size().columns - 1
        head = f"{self._stamp()}  "
        live_rows = [
            f"{head}{who:<7} {_end_of(f'{_printable(text)} ...', columns - len(head) - 8)}"
            for who, text in self._in_progress.items()
        ]
        if self._status:
            live_rows.append(self._status[:columns])
        self._write(self._erased() + permanent + "\n".join(live_rows))
        self._drawn = len(live_rows)

    def _erased(self) -> str:
        return "\x1b[A".join(["\r\x1b[K"] * self._drawn)

    def _write(self, text: str) -> None:
        if text:
            self._out.write(text)
            self._out.flush()


def _printable(text: str) -> str:
    """Return `text` without control characters: an agent must not move the cursor."""
    return "".join(char if char.isprintable() else " " for char in text)


def _end_of(text: str, cells: int) -> str:
    """Return the end of `text` that fits into `cells` terminal cells."""
    start = len(text)
    while start and cells >= _cells(text[start - 1]):
        start -= 1
        cells -= _cells(text[start])
    return text[start:]


def _cells(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


class ScreenLog(logging.Handler):
    """A log handler that writes to a screen."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def emit(self, record: logging.LogRecord) -> None:
        """Write a log record."""
        self._screen.log(self.format(record))


def _figures(report: CallReport) -> list[tuple[str, str]]:
    tools = f"{len(report.tool_calls)}"
    if report.tool_calls:
        tools = f"{tools} ({', '.join(report.tool_calls)})"
    return [
        ("duration", f"{report.duration_ms / 1000:.1f} s"),
        ("turns of the caller", str(report.caller_turns)),
        ("end of speech to answer", _times(report, "answer_ms") or "no answer was heard"),
        ("tool calls", tools),
        ("interruptions", str(report.interruptions)),
        ("interruption to silence", _times(report, "silence_ms") or "nothing was cut off"),
    ]


def _times(report: CallReport, name: str) -> str:
    if name not in report.p50:
        return ""
    each = ", ".join(f"{ms:.0f}" for ms in getattr(report, name))
    return f"p50 {report.p50[name]:.0f} ms, p95 {report.p95[name]:.0f} ms ({each})"
