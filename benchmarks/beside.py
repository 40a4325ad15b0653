"""Verify and a push that changes nothing, as typed, beside their own commands unread, and beside NAPALM and Ansible.

In a lab of 30 or 100 switches. A floor is every command that they ran, over as many connections at a time, and nothing
that is printed is looked at. NAPALM and Ansible only collect the state of BGP, which is one of the things that verify
looks at: NAPALM by sonicfab's driver, Ansible (`make bench-peers`) by its module `command`, 32 switches at a time.
Wall clock, and CPU seconds of the programs here, not of the switches.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import measure
from budgets import PEERS
from measure import SONICFAB
from sonicfab.access import Access
from sonicfab.fabric import Fabric
from sonicfab.lab.state import LabState, find_lab
from sonicfab.operations.push import plan as plan_push
from sonicfab.operations.site import OpenSite
from sonicfab.plan.types import SwitchPlan
from sonicfab.render import SwitchConfig
from sonicfab.runner import run_all
from sonicfab.transport import CommandResult, Transport
from verify import NAME, SIZES, lab_of, look, timed

Asked = dict[str, list[tuple[str, bytes]]]
"""Switch -> its commands, and what they read."""
Rows = dict[str, Callable[[], tuple[float, float]]]
"""What is measured -> wall-clock and CPU seconds."""


@dataclass
class Noting(Transport):
    """A connection whose commands are noted."""

    inner: Transport
    noted: list[tuple[str, bytes]]

    def run(self, command: str, *, stdin: bytes = b"", timeout: float = 60.0) -> CommandResult:
        """See Transport.run."""
        self.noted.append((command, stdin))
        return self.inner.run(command, stdin=stdin, timeout=timeout)

    def close(self) -> None:
        """See Transport.close."""
        self.inner.close()


def noting(access: Access, asked: Asked) -> Access:
    """The same way to the switches."""
    return replace(access, connect=lambda one: Noting(access.connect(one), asked.setdefault(one.name, [])), line=None)


def unread(access: Access, switches: Sequence[SwitchPlan], asked: Asked) -> None:
    """Log in to every switch and run these commands."""

    def one(switch: SwitchPlan, _stop: threading.Event) -> None:
        with contextlib.closing(access.connect(switch)) as transport:
            for command, stdin in asked[switch.name]:
                transport.run(command, stdin=stdin)

    for outcome in run_all(switches, one):
        if outcome.error:
            raise outcome.error


def typed(command: Sequence[str], cwd: Path) -> tuple[float, float]:
    """Wall-clock and CPU seconds of a command and its children.

    Raises:
        RuntimeError: it ends with an exit code other than 0.
    """
    wall, spent = measure.timed(command, cwd)
    return wall, spent.cpu


def napalm(lab: LabState, names: Sequence[str]) -> None:
    """What NAPALM tells of the sessions of every switch."""
    import napalm

    driver = napalm.get_network_driver("sonicfab")

    def one(name: str, _stop: threading.Event) -> None:
        node = lab.node(name)
        options = {"port": node.port, "key_file": lab.key, "known_hosts": str(lab.known_hosts), "allow_agent": False}
        with driver(node.host, "admin", "", optional_args=options) as switch:
            if not switch.get_bgp_neighbors()["global"]["peers"]:
                raise RuntimeError(name)

    for outcome in run_all(names, one):
        if outcome.error:
            raise outcome.error


def ansible(lab: LabState, names: Sequence[str], folder: Path) -> Callable[[], tuple[float, float]] | None:
    """The same by Ansible's module; None where it is not installed."""
    if not (PEERS / "ansible").exists():
        print(f"Ansible: not measured, it is not in {PEERS.parent} (make bench-peers)", file=sys.stderr)
        return None
    ssh = f"-o UserKnownHostsFile={lab.known_hosts} -o StrictHostKeyChecking=yes"
    words = f"ansible_user=admin ansible_ssh_private_key_file={lab.key} ansible_ssh_common_args='{ssh}'"
    hosts = [f"{name} ansible_host={lab.node(name).host} ansible_port={lab.node(name).port} {words}" for name in names]
    (folder / "hosts").write_text("\n".join(hosts))
    command = (str(PEERS / "ansible"), "all", "-i", "hosts", "-f", "32", "-m", "command")
    return lambda: typed([*command, "-a", "sudo -n vtysh -c 'show bgp summary json'"], folder)


def rows_of(folder: Path, fabric: Fabric, access: Access, configs: Mapping[str, SwitchConfig], peers: int) -> Rows:
    """What is measured, by what it is called."""
    files = ("-i", "inventory.yml", "-t", "topology.yml", "--lab-name", NAME)
    switches = list(fabric.plan.switches.values())
    verified, pushed = Asked(), Asked()
    look(noting(access, verified), fabric, dict(configs), 120)  # as long as it takes: all that verify asks
    site = OpenSite.open(folder / "inventory.yml", folder / "topology.yml", lab=NAME)
    site.__dict__["access"] = noting(access, pushed)
    if plan_push(site).todo:
        raise RuntimeError("there is something to do")
    verify = (*SONICFAB, "verify", *files, "--timeout", "120")  # it ends when all is well
    rows: Rows = {
        "verify, its commands unread": lambda: timed(lambda: unread(access, switches, verified)),
        "verify": lambda: typed(verify, folder),
        "push that changes nothing, its commands unread": lambda: timed(lambda: unread(access, switches, pushed)),
        "push that changes nothing": lambda: typed((*SONICFAB, "push", *files, "--yes"), folder),
    }
    lab, few = find_lab(NAME), list(fabric.plan.switches)[:peers]
    if few:
        limit = [word for one in few for word in ("--limit", one)]
        rows[f"verify, {peers} switches"] = lambda: typed((*verify, *limit), folder)
        rows[f"verify --check bgp, {peers} switches"] = lambda: typed((*verify, *limit, "--check", "bgp"), folder)
        rows[f"NAPALM get_bgp_neighbors, {peers} switches"] = lambda: timed(lambda: napalm(lab, few))
        by_ansible = ansible(lab, few, folder)
        if by_ansible:
            rows[f"Ansible show bgp summary, {peers} switches"] = by_ansible
    return rows


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100, choices=list(SIZES))
    parser.add_argument("--peers", type=int, default=30, help="switches that NAPALM and Ansible ask; 0 leaves them out")
    parser.add_argument("--runs", type=int, default=3, help="of which the median is taken")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, lab_of(Path(name), options.size) as (fabric, access, configs):
        first = look(access, fabric, configs, 200)
        told = f"healthy after {first.seconds:.1f} s, {first.count('ok')} expectations met"
        print(f"{options.size} switches: {told}", flush=True)
        for what, measure in rows_of(Path(name), fabric, access, configs, min(options.peers, options.size)).items():
            seen = [measure() for _ in range(options.runs)]
            wall, cpu = (statistics.median(values) for values in zip(*seen, strict=True))
            print(f"{what:<50} {wall:>6.1f} s {cpu:>6.1f} CPU s  load {os.getloadavg()[0]:.0f}", flush=True)


if __name__ == "__main__":
    main()
