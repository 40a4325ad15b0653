"""The configs of a lab's switches as files of this machine."""

from __future__ import annotations

from pathlib import Path

from sonicfab.lab.inside import run_inside
from sonicfab.lab.state import LabState
from sonicfab.output import OutputFile, write_files
from sonicfab.ownership import record
from sonicfab.runner import run_all

_RUNNING = {"config_db.json": "sonic-cfggen -d --print-data", "frr.conf": "vtysh -c 'show running-config'"}
_STORED = {
    "config_db.json": "cat /etc/sonic/config_db.json",
    # without a mode that keeps it, a switch has no frr.conf
    "frr.conf": "if [ -e /etc/sonic/frr/frr.conf ]; then cat /etc/sonic/frr/frr.conf; fi",
}
_OURS = {record.FILE: f"f=/etc/sonic/sonicfab/{record.FILE}; if [ -e $f ]; then cat $f; fi"}
"""What of it was pushed: a lab that boots from the folder tells the operator's things from ours as this one does."""


def save_configs(state: LabState, folder: Path, *, stored: bool) -> tuple[list[str], list[str]]:
    """Write the configs of every switch below the folder, and the record of what of them was pushed.

    Returns those there are, and those that changed.

    They may hold secrets (an SNMP community), so they are for their owner alone.

    Raises:
        LabError: a switch does not tell; nothing is written then.
        OutputError: a file cannot be written.
    """

    def one(switch: str, _stop: object) -> dict[str, OutputFile]:
        commands = {**(_STORED if stored else _RUNNING), **_OURS}
        texts = {name: _frr_text(run_inside(state, switch, command)) for name, command in commands.items()}
        return {f"{switch}/{name}": OutputFile(text, secret=True) for name, text in texts.items() if text}

    files: dict[str, OutputFile] = {}
    for outcome in run_all(state.switches, one, workers=8):
        if outcome.error:
            raise outcome.error
        files |= outcome.value or {}
    return list(files), write_files(folder, files)


def _frr_text(text: str) -> str:
    """Without what vtysh says before the config itself, which is no line of FRR's language."""
    _, found, config = text.partition("Current configuration:\n!\n")
    return config if found else text
