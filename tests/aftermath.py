"""What a lab must not have come to when it ends, whatever a test did with it: looked at once, from outside.

Daemons that died, the container bgp started anew by a change that restarts nothing, and next hops that are left over.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from patience import wait_until
from sonicfab.lab.state import LabState, running_labs
from vty import asked


def aftermath(name: str) -> list[str]:
    """What is wrong in a lab of that name; nothing where it does not run any more."""
    (*labs,) = (one for one in running_labs() if one.name == name)
    return [line for lab in labs for line in _of(lab)]


def _of(lab: LabState) -> Iterator[str]:
    for name, pid in [*((name, one.pid) for name, one in lab.switches.items() if not one.container), *_hosts(lab)]:
        root = Path(f"/proc/{pid}/root")
        yield from (f"{name}: {line}" for line in (*crashed(root), *died(root)))
        if name in lab.switches:
            yield from (f"{name}: {line}" for line in restarted(root))
        yield from (f"{name}: {line}" for look in (freed, unused) for line in _lasting(root, look))


def _hosts(lab: LabState) -> Iterator[tuple[str, int]]:
    return ((name, one.pid) for name, one in lab.hosts.items())


def crashed(root: Path) -> Iterator[str]:
    """What daemons of FRR wrote that ended by a fault of their own (lib/log.c zlog_signal)."""
    for log in sorted((root / "var/log/frr").glob("*.log")):
        said = log.read_text(encoding="utf-8", errors="replace")
        yield from (f"{log.name}: {line}" for line in said.splitlines() if line.endswith("aborting..."))


def _running(root: Path) -> set[str]:
    """The names of all that runs there."""
    found: set[str] = set()
    for file in (root / "proc").glob("[0-9]*/comm"):
        try:
            found.add(file.read_text(encoding="utf-8").strip())
        except OSError:
            continue  # it has just ended
    return found


def died(root: Path) -> list[str]:
    """The daemons of services that are said to run, and do not; a host's were started once, for good."""
    said, wanted = root / "run/sonic", set[str]()
    if (said / "bgp.since").exists() or not said.exists():
        wanted |= {file.stem for file in (root / "run/frr").glob("*.pid")}
    if (said / "lldp.since").exists():
        wanted.add("lldpd")
    if said.exists():
        wanted.add("redis-server")
    return [f"{daemon} has died" for daemon in sorted(wanted - _running(root))] if wanted else []


def restarted(root: Path) -> Iterator[str]:
    """Starts of the container bgp while a push was under way that only gave FRR lines."""
    own = root / "etc/sonic/sonicfab"
    try:
        started = float((root / "run/sonic/bgp.since").read_text(encoding="utf-8"))
    except OSError:  # it was stopped
        return
    at = time.time() - time.monotonic() + started
    for record in own.glob("ended/*/record"):
        told = record.read_text(encoding="utf-8").splitlines()
        kept = own / "backup" / record.parent.name
        if "state=confirmed" not in told or "begun=frr " not in told or not kept.exists():
            continue
        if kept.stat().st_mtime < at < record.stat().st_mtime:
            yield f"bgp was started anew by the FRR delta of push {record.parent.name}"


def _lasting(root: Path, look: Callable[[Path], list[str]]) -> list[str]:
    """What is still so after a moment: a session that has just gone takes its routes along."""
    try:
        return look(root) if not wait_until(lambda: not look(root), 5) else []
    except OSError:  # FRR does not run, or is another user's to ask
        return []


def freed(root: Path) -> list[str]:
    """Next hops whose neighbour was freed: the next link that goes down reads it (FRR 10.0.1: SIGSEGV)."""
    told = asked(root, "bgpd", "show bgp nexthop")
    return [f"bgpd's next hop{line}" for line in told.splitlines() if "peer (null)" in line]


def unused(root: Path) -> list[str]:
    """Groups of next hops by way of an address that zebra keeps, and neither a route nor another group has.

    zebra/zebra_nhg.c show_nexthop_group_out(): one that it forgets by itself tells when.
    """
    routes = "".join(asked(root, "zebra", f"show {one} route table all nexthop-group") for one in ("ip", "ipv6"))
    used = set(re.findall(r"\((\d+)\) ", routes))
    groups = re.split(r"^ID: ", asked(root, "zebra", "show nexthop-group rib"), flags=re.MULTILINE)[1:]
    return [
        f"zebra's group of next hops {one.splitlines()[0]} {' '.join(re.findall(r'via .*', one))} leads nowhere"
        for one in groups
        if one.split(" ")[0] not in used
        and " via " in one
        and "Dependents:" not in one
        and "Time to Deletion" not in one
    ]
