"""Draw a run of `sonicfab ci` as a terminal shows it: picture.py FILE.svg [RECORDING]; without one it is run now.

What is drawn is what was printed: the push and all that follows, with an ellipsis where a long list was cut.
"""

from __future__ import annotations

import io
import os
import pty
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS = 100
RUN = ["sonicfab", "ci", "-i", "inventories/scs-lab.yml", "-t", "topologies/spine-leaf-1x2.yml", "-o", "build/demo"]
SHOWN_FROM = "--yes"
"""In the command of the first step that is drawn."""
KEPT = 7
"""Lines of a long list that are drawn, at its beginning and at its end."""
LONG = 24

FORMAT = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: {char_height}px;
  line-height: {line_height}px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
  <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own without its fonts from the web."""


def recorded() -> str:
    """What the run prints to a terminal; its progress is left out.

    Raises:
        SystemExit: the run failed.
    """
    heard = io.BytesIO()

    def read(terminal: int) -> bytes:
        data = os.read(terminal, 4096)
        heard.write(data)
        return data

    os.environ |= {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    program = str(Path(sys.executable).with_name(RUN[0]))
    status = pty.spawn(["sh", "-c", 'exec "$@" 2> /dev/null', "sh", program, *RUN[1:]], read)
    if status:
        raise SystemExit("the run failed: nothing is drawn")
    return heard.getvalue().decode().replace("\r\n", "\n")


def shown(recording: str) -> list[Text]:
    """The lines that are drawn."""
    blocks: list[list[Text]] = []
    for line in recording.splitlines():
        text = Text.from_ansi(line)
        if text.plain.startswith("$ ") or not blocks:
            blocks.append([])
        blocks[-1].append(text)
    first = next(number for number, block in enumerate(blocks) if SHOWN_FROM in block[0].plain)
    return [line for block in blocks[first:] for line in _cut(block)]


def _cut(block: list[Text]) -> list[Text]:
    if len(block) <= LONG + KEPT:
        return block
    return [*block[:KEPT], Text("  …"), *block[-KEPT - 1 :]]


if __name__ == "__main__":
    recording = Path(sys.argv[2]).read_text(encoding="utf-8") if sys.argv[2:] else recorded()
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in shown(recording):
        console.print(line)
    title = "$ sonicfab ci: from two files to a fabric that is proven"
    Path(sys.argv[1]).write_text(
        console.export_svg(title=title, theme=MONOKAI, code_format=FORMAT, unique_id="run"), encoding="utf-8"
    )
