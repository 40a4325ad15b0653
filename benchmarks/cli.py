"""What one waits for at the prompt: `sonicfab --help`, and a cold render of three switches.

Beside them the floors of the same run: an empty Python, and Python with the libraries of each imported.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import SONICFAB, cost

ROOT = Path(__file__).resolve().parents[1]
FILES = ("-i", str(ROOT / "inventories/scs-lab.yml"), "-t", str(ROOT / "topologies/spine-leaf-1x2.yml"))
RUNS = 15

PROGRAMS = {
    "floor: python, nothing imported": (sys.executable, "-c", "pass"),
    "floor: typer and rich's help": (sys.executable, "-c", "import typer.rich_utils"),
    "sonicfab --help": (*SONICFAB, "--help"),
    "floor: the libraries of a render": (sys.executable, "-c", "import typer, pydantic, yaml, jinja2, rich.table"),
    "sonicfab render, 3 switches, cold": (*SONICFAB, "render", *FILES, "-o", "out"),
}


def main() -> None:
    """Measure, print."""
    print(f"{'':36}{'CPU s':>8}{'MB':>7}   median of {RUNS} runs")
    with tempfile.TemporaryDirectory() as folder:
        for name, command in PROGRAMS.items():
            spent = cost(command, Path(folder), RUNS)
            print(f"{name:36}{spent.cpu:>8.3f}{spent.peak:>7.0f}")


if __name__ == "__main__":
    main()
