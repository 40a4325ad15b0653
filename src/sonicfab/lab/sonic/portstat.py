"""The command `portstat`: frames and errors of the ports, out of the kernel's counters.

Follows sonic-utilities scripts/portstat and utilities_common/{portstat,netstat}.py of 202411. There are no rates: the
columns say N/A, as on a switch whose counters are not polled.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from sonicfab.lab.sonic import db

_HEADER = (
    *("STATE", "RX_OK", "RX_BPS", "RX_UTIL", "RX_ERR", "RX_DRP", "RX_OVR"),
    *("TX_OK", "TX_BPS", "TX_UTIL", "TX_ERR", "TX_DRP", "TX_OVR"),
)
_ERRORS = ("STATE", "RX_ERR", "RX_DRP", "RX_OVR", "TX_ERR", "TX_DRP", "TX_OVR")
_COLUMNS = {"RX_OK": 1, "RX_ERR": 2, "RX_DRP": 3, "RX_OVR": 4, "TX_OK": 9, "TX_ERR": 10, "TX_DRP": 11, "TX_OVR": 12}
"""Counter -> its column in /proc/net/dev, after the name."""


def main(arguments: list[str]) -> int:
    """The program: -j for JSON, -e for errors alone, -i PORT,...; it prints nothing when there is no such port."""
    only: list[str] = []
    words = list(arguments)
    as_json, errors = False, False
    while words:
        word = words.pop(0)
        if word == "-i" and words:
            only = words.pop(0).split(",")
        elif re.fullmatch("-[je]+", word) or word in ("--json", "--errors"):
            as_json = as_json or "j" in word
            errors = errors or "e" in word.replace("--json", "")
        else:
            print(f"portstat {' '.join(arguments)}: this lab switch does not do that", file=sys.stderr)
            return 2
    rows = {name: row for name, row in _rows().items() if not only or name in only}
    header = _ERRORS if errors else _HEADER
    if not rows:
        return 0
    if as_json:
        print(
            json.dumps(
                {name: {key: row[key] for key in header} for name, row in rows.items()}, indent=4, sort_keys=True
            )
        )
        return 0
    table = [("IFACE", *header), *((name, *(row[key] for key in header)) for name, row in rows.items())]
    widths = [max(len(line[column]) for line in table) for column in range(len(header) + 1)]
    table.insert(1, tuple("-" * width for width in widths))
    for line in table:
        print("  ".join(value.rjust(width) for value, width in zip(line, widths, strict=True)))
    return 0


def _rows() -> dict[str, dict[str, str]]:
    ports = db.read().get("PORT", {})
    lines = (line.partition(":") for line in Path("/proc/net/dev").read_text(encoding="utf-8").splitlines())
    kernel = {name.strip(): values.split() for name, colon, values in lines if colon}
    found: dict[str, dict[str, str]] = {}
    for name in sorted(ports, key=lambda one: int(re.sub(r"\D", "", one) or 0)):
        if name in kernel:
            row = dict.fromkeys(_HEADER, "N/A")
            row.update({key: f"{int(kernel[name][column]):,}" for key, column in _COLUMNS.items()})
            found[name] = {**row, "STATE": _state(name, ports[name].get("admin_status", "down"))}
    return found


def _state(name: str, admin: str) -> str:
    """get_port_state(): X for a port that is shut, U and D for one that is up and down."""
    if admin != "up":
        return "X"
    operstate = Path(f"/sys/class/net/{name}/operstate").read_text(encoding="utf-8").strip()
    return "U" if operstate == "up" else "D"
