"""Draw docs/demo.svg: the demo at a real terminal, calling the simulator.

A terminal (a pty) runs the demo, pyte keeps its screen, and rich draws that as it was at the last
moment at which the agent spoke and the meters showed it.

Usage: python scripts/picture.py [FILE.svg]
"""

from __future__ import annotations

import os
import pty
import sys
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pyte
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS, LINES = 100, 40
PICTURE = Path(__file__).resolve().parents[1] / "docs" / "demo.svg"
DEMO = [sys.executable, "-m", "vatel_rt.demo", "--simulate"]
COMMAND = "$ make demo"
SPEAKS = "dB  agent"
"""What the status line ends with while the agent speaks."""
FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>A call in the demo</title>
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px;
}}
{styles}
</style>
<defs>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""
"""The frame that rich has, less its fonts from the network."""


def recorded() -> list[str]:
    """The rows of the screen when the agent last spoke; runs a whole call."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    taken: list[str] = []

    def read(terminal: int) -> bytes:
        shown = os.read(terminal, 65536)
        stream.feed(shown)
        rows = [row.rstrip() for row in screen.display]
        if any(row.endswith(SPEAKS) for row in rows):
            taken[:] = rows
        return shown

    os.environ.update(COLUMNS=str(COLUMNS), LINES=str(LINES))
    if pty.spawn(DEMO, read) != 0 or not taken:
        raise SystemExit("the demo failed, or its agent never spoke")
    return taken


def drawn(rows: list[str]) -> str:
    """The rows, below the command, as SVG."""
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text("\n".join([COMMAND, *rows]).rstrip()))
    return console.export_svg(title="vatel", theme=MONOKAI, code_format=FRAME, unique_id="demo")


if __name__ == "__main__":
    target = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else PICTURE
    with TemporaryDirectory() as folder:
        os.chdir(folder)  # the demo leaves its record here
        target.write_text(drawn(recorded()), encoding="utf-8")
        os.chdir(target.parent)
