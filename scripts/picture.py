"""Draw docs/demo.svg: the last screen of the demo with the agent speaking."""

from __future__ import annotations

import os
import pty
import re
import sys
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp

import pyte
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS, LINES = 100, 40
PICTURE = Path(__file__).resolve().parents[1] / "docs" / "demo.svg"
DEMO = [sys.executable, "-m", "vatel_rt.demo", "--simulate"]
SPEAKING = "dB  agent"  # end of the status line


def recorded() -> list[str]:
    """Run a whole call; return the rows of the screen at the last moment the agent spoke."""
    screen, last = pyte.Screen(COLUMNS, LINES), [""]
    stream = pyte.ByteStream(screen)

    def read(terminal: int) -> bytes:
        output = os.read(terminal, 65536)
        stream.feed(output)
        rows = [row.rstrip() for row in screen.display]
        if any(row.endswith(SPEAKING) for row in rows):
            last[:] = rows
        return output

    os.environ.update(COLUMNS=str(COLUMNS), LINES=str(LINES))
    if pty.spawn(DEMO, read) != 0 or not any(last):
        raise SystemExit("the demo failed, or its agent never spoke")
    return last


if __name__ == "__main__":
    os.chdir(mkdtemp())  # the demo writes its record here
    rows = recorded()
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text("\n".join(["$ make demo", *rows]).rstrip()))
    svg = console.export_svg(title="vatel", theme=MONOKAI, unique_id="demo")
    svg = re.sub(r"\s*@font-face {.*?}", "", svg, flags=re.DOTALL)  # fonts from the network
    svg = re.sub(r"<!-- .*? -->", "<title>A call in the demo</title>", svg)
    PICTURE.write_text(svg, encoding="utf-8")
