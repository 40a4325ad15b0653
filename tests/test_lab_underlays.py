"""Every underlay, over one and over two parallel links: next hops, paths, and loopbacks that answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from conftest import Run
from known import small_inventory
from labs import Lab, booted, needs_lab, rendered
from sonicfab.frr import conf

pytestmark = needs_lab

INVENTORY = small_inventory("spine1", "leaf1", "leaf2")
TOPOLOGY = """\
name: {name}
underlay: {underlay}
asn: {{spine: 65500, leaf: 65401-65499}}
loopbacks: {loopbacks}
bgp: {{connect_retry: 1}}
links:
  - spine1:Ethernet0 - leaf1:Ethernet48
  - spine1:Ethernet8 - leaf2:Ethernet48
  - spine1:Ethernet12 - leaf2:Ethernet52
"""
V4, V6 = "ipv4: 10.2.0.0/24", 'ipv6: "fd00:3::/112"'
BOTH = '{ipv4: 10.0.0.0/24, ipv6: "fd00:1::/64"}'
UNDERLAYS = {
    "unnumbered": ("unnumbered", BOTH),
    "ipv4": (f"{{{V4}}}", "{ipv4: 10.0.0.0/24}"),
    "ipv6": (f"{{{V6}}}", BOTH),
    "both": (f"{{{V4}, {V6}}}", BOTH),
}
LINKS = {"leaf1": 1, "leaf2": 2}
"""Leaf -> its cables to the spine."""


@dataclass(frozen=True)
class Underlay:
    """A lab with one kind of underlay, to which its fabric was pushed."""

    kind: str
    lab: Lab

    @property
    def families(self) -> tuple[str, ...]:
        return ("ip",) if self.kind == "ipv4" else ("ip", "ipv6")

    def routes(self, switch: str, family: str) -> dict[str, list[dict[str, Any]]]:
        """Prefix -> the next hops that are in the kernel."""
        shown = json.loads(self.lab.inside(switch, f"vtysh -c 'show {family} route bgp json'").out)
        return {
            prefix: [hop for hop in entry["nexthops"] if hop.get("fib")]
            for prefix, entries in shown.items()
            for entry in entries
            if entry.get("selected")
        }


def files(folder: Path, kind: str) -> list[str]:
    underlay, loopbacks = UNDERLAYS[kind]
    (folder / "inventory.yml").write_text(INVENTORY)
    topology = TOPOLOGY.format(name=f"under-{kind}", underlay=underlay, loopbacks=loopbacks)
    (folder / "topology.yml").write_text(topology)
    return ["-i", str(folder / "inventory.yml"), "-t", str(folder / "topology.yml")]


@pytest.fixture(scope="module", params=list(UNDERLAYS))
def underlay(
    request: pytest.FixtureRequest, sonicfab: Run, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Underlay]:
    kind = request.param
    folder = tmp_path_factory.mktemp(kind)
    given = files(folder, kind)
    rendered(sonicfab, folder / "out", files=given)  # it allots the numbers
    with booted(sonicfab, f"under-{kind}", files=given) as lab:
        done = lab.sonicfab("push", "--yes")
        assert done.returncode == 0, done.stderr + done.stdout
        done = lab.verify()  # sessions, routes with all their paths, loopbacks that answer
        assert done.returncode == 0, done.stdout
        yield Underlay(kind, lab)


def test_every_loopback_has_a_path_over_each_cable(underlay: Underlay) -> None:
    for leaf, links in LINKS.items():
        for family in underlay.families:
            routes = underlay.routes(leaf, family)
            assert len(routes) == 2, routes  # the spine's loopback, and the other leaf's
            for prefix, hops in routes.items():
                assert len({hop["interfaceName"] for hop in hops}) == links, (leaf, prefix, hops)


def test_next_hops_are_addresses_that_swss_learns(underlay: Underlay) -> None:
    """A link-local one only on a port with `ipv6_use_link_local_only` (sonic-swss neighsyncd/neighsync.cpp)."""
    for switch in ("spine1", *LINKS):
        enabled = {
            port
            for port, row in underlay.lab.config_db(switch)["INTERFACE"].items()
            if row.get("ipv6_use_link_local_only") == "enable"
        }
        for family in underlay.families:
            for prefix, hops in underlay.routes(switch, family).items():
                for hop in hops:
                    learned = not ip_address(hop["ip"]).is_link_local or hop["interfaceName"] in enabled
                    assert learned, (switch, prefix, hop)


def test_what_no_list_permits_is_not_taken(underlay: Underlay) -> None:
    """The first entry of a numbered fabric's policy permits all, and goes on: what matches nothing else is denied."""
    foreign = {"ip": "192.168.77.7/32", "ipv6": "fd77::7/128"}
    for family in underlay.families:
        underlay.lab.inside("spine1", f"ip addr add {foreign[family]} dev lo")
        context = "ipv4" if family == "ip" else "ipv6"
        asn = 65500
        commands = [
            f"router bgp {asn}",
            f"address-family {context} unicast",
            f"network {foreign[family]}",
            "exit",
            "exit",
        ]
        commands += ["route-map TO-FABRIC permit 1"]
        words = " ".join(f"-c '{one}'" for one in ("configure terminal", *commands))
        assert underlay.lab.inside("spine1", f"vtysh {words}").code == 0
    try:
        underlay.lab.inside("spine1", "vtysh -c 'clear bgp * soft out'")
        for family in underlay.families:
            context = "ipv4" if family == "ip" else "ipv6"
            command = f"vtysh -c 'show bgp {context} unicast {foreign[family]} json'"
            _eventually_sent(underlay.lab, context, foreign[family])
            assert underlay.lab.inside("leaf1", command).out.strip() in ("{}", "{\n}"), "it was taken"
            assert foreign[family] not in underlay.routes("leaf1", family)
    finally:
        done = underlay.lab.sonicfab("push", "--yes", "--overwrite-drift")
        assert done.returncode == 0, done.stdout + done.stderr


def _eventually_sent(lab: Lab, context: str, prefix: str) -> None:
    peers = json.loads(lab.inside("spine1", f"vtysh -c 'show bgp {context} unicast summary json'").out)["peers"]
    peer = next(name for name, one in peers.items() if one["state"] == "Established")
    for _ in range(40):
        sent = lab.inside(
            "spine1", f"vtysh -c 'show bgp {context} unicast neighbors {peer} advertised-routes json'"
        ).out
        if prefix in sent:
            return
        lab.inside("spine1", "sleep 0.5")
    raise AssertionError(f"{prefix} is not sent to {peer}")


def test_the_config_is_what_frr_prints(underlay: Underlay, sonicfab: Run, tmp_path: Path) -> None:
    for switch, folder in rendered(sonicfab, tmp_path, files=underlay.lab.files).items():
        running = underlay.lab.inside(switch, "vtysh -c 'show running-config'").out
        assert conf.diff((folder / "frr.conf").read_text(), running) == []
        ours = conf.read((folder / "frr.conf").read_text())
        for context, lines in conf.read(running).items():
            body = [line for line in lines if line.startswith(("on-match", "set ipv6", "neighbor SPINE-V6"))]
            assert [line for line in ours.get(context, ()) if line in body] == body


def test_verify_tells_a_next_hop_that_swss_does_not_learn(underlay: Underlay) -> None:
    if underlay.kind not in ("ipv6", "both"):
        pytest.skip("its next hops are not global IPv6 addresses")
    lab = underlay.lab
    lab.inside("leaf1", "vtysh -c 'configure terminal' -c 'no route-map FROM-FABRIC permit 1'")
    try:
        lab.inside("leaf1", "vtysh -c 'clear bgp * soft in'")
        done = lab.seen("link-local next hop")
        assert done.returncode == 4, done.stdout
    finally:
        done = lab.sonicfab("push", "--yes", "--overwrite-drift")
        assert done.returncode == 0, done.stdout + done.stderr
