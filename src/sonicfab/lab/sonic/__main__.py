"""Runs one of the programs: `python3 run.py NAME [ARGUMENTS]`."""

from __future__ import annotations

import importlib
import sys

PROGRAMS = {
    "config": "config",
    "portstat": "portstat",
    "show": "show",
    "sonic-boot": "boot",
    "sonic-cfggen": "cfggen",
    "sonic-db-cli": "dbcli",
    "sonic-db-dump": "dbdump",
    "sonic-vlan-tagger": "tagger",
    "systemctl": "systemctl",
    "systemd-run": "systemdrun",
}
"""Program -> the module here that it is."""


def main() -> int:
    """Run the program that the first argument names."""
    name, *arguments = sys.argv[1:]
    program = importlib.import_module(f"sonicfab.lab.sonic.{PROGRAMS[name]}")
    return int(program.main(arguments))


if __name__ == "__main__":
    sys.exit(main())
