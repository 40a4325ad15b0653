"""systemd-run, as far as transient timers go: --on-active, --on-unit-inactive, in seconds."""

from __future__ import annotations

import sys

from sonicfab.lab.sonic import units


def main(arguments: list[str]) -> int:
    """The program."""
    options: dict[str, str] = {}
    words = list(arguments)
    while words and words[0].startswith("--"):
        name, _, value = words.pop(0).removeprefix("--").partition("=")
        options[name] = value
    unit = options.get("unit", "")
    if not words or not unit or "on-active" not in options:
        print(f"systemd-run {' '.join(arguments)}: this lab switch does not do that", file=sys.stderr)
        return 1
    again = options.get("on-unit-inactive")
    try:
        units.start_timer(f"{unit}.timer", float(options["on-active"]), float(again) if again else None, words)
    except units.UnitError as err:
        print(f"Failed to start transient timer unit: {err}", file=sys.stderr)
        return 1
    if "quiet" not in options:
        print(f"Running timer as unit: {unit}.timer\nWill run service as unit: {unit}.service", file=sys.stderr)
    return 0
