"""The logs of a lab: of its keeper, and of what runs in its switches and hosts."""

from __future__ import annotations

from pathlib import Path

from sonicfab.lab.inside import is_up, run_inside
from sonicfab.lab.state import LOG, LabState

_SHOW = """\
for file in $(find /var/log -type f -size +0 | sort); do
  printf '\\n\\036%s\\n' "$file"; tail -n "$1" "$file"
done
"""


def lab_logs(state: LabState, lines: int) -> dict[str, list[str]]:
    """The last lines of the keeper's logs, by file."""
    found = {name: _tail(state.folder / name, lines) for name in (LOG, "holder.log")}
    return {name: text for name, text in found.items() if text}


def node_logs(state: LabState, node: str, lines: int) -> dict[str, list[str]]:
    """The last lines of each log of a switch or host, by file; of one that is dead, how it booted.

    Raises:
        LabError: the lab has neither of that name.
    """
    state.enter(node)
    boot = _tail(state.folder / node / "boot.log", lines)
    found = {"boot.log": boot} if boot else {}
    if not is_up(state, node):
        return found
    for part in run_inside(state, node, _SHOW, str(lines)).split("\x1e")[1:]:
        name, _, text = part.partition("\n")
        found[name] = text.rstrip("\n").splitlines()
    return found


def _tail(path: Path, lines: int) -> list[str]:
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return text[len(text) - lines :] if lines < len(text) else text
