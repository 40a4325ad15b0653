"""Every mend that verify prints is typed as it stands, and the finding is gone.

One fabric, and faults of several switches at once: each is found by its cause and of whom, and nothing else is. What no
lab can mend is listed, with the reason.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import ROOT, Run
from known import small_inventory
from labs import Lab, booted, needs_lab
from mends import Fault, Planted, apply, findings, found_of, planted

pytestmark = needs_lab
FABRIC = """\
name: mends
underlay: {underlay}
asn: {{spine: 65500, leaf: 65401-65499}}
loopbacks: {{ipv4: 10.130.255.0/24, ipv6: "fd00:130:ff::/64"}}
bgp: {{keepalive: 1, hold: 4, connect_retry: 1}}
links:
  - spines: [spine1, spine2]
    uplinks: [Ethernet72, Ethernet76]
    leaves: {{leaf1: Ethernet0, leaf2: Ethernet4, leaf3: Ethernet8}}
"""
NUMBERED = "{ipv4: 10.130.0.0/24, ipv6: 'fd00:130::/64'}"
INVENTORY = small_inventory("spine1", "spine2", "leaf1", "leaf2", "leaf3", defaults="  ntp: [192.0.2.5]\n")
ASN = {"spine1": 65500, "spine2": 65500, "leaf1": 65401, "leaf2": 65402, "leaf3": 65403}


def inside(switch: str, *commands: str) -> Planted:
    """Shell commands on a switch."""

    def plant(lab: Lab) -> None:
        for command in commands:
            done = lab.inside(switch, command)
            assert done.code == 0, f"{command}: {done.out}{done.err}"

    return plant


def bgp(switch: str, *lines: str) -> Planted:
    """Lines for `router bgp`."""
    return vtysh(switch, f"router bgp {ASN[switch]}", *lines)


def vtysh(switch: str, *lines: str) -> Planted:
    return inside(switch, "vtysh " + " ".join(f"-c '{line}'" for line in ("configure terminal", *lines)))


def row(switch: str, key: str, *fields: str) -> Planted:
    """A row of CONFIG_DB, by hand and not saved."""
    return inside(switch, f"sonic-db-cli CONFIG_DB HSET '{key}' {' '.join(fields)}")


def lab_fault(name: str, switch: str) -> Planted:
    return lambda lab: lab.fault(name, switch)


OTHER_BGP = ("no router bgp 65403", "router bgp 64999", "neighbor 10.130.0.9 remote-as 65500")

ROUNDS: dict[str, list[Fault]] = {
    "ports and addresses": [
        Fault("port-shut", "leaf1:Ethernet72", inside("leaf1", "config interface shutdown Ethernet72")),
        Fault(
            "address-wrong",
            "leaf2:Ethernet72",
            inside("leaf2", "ip addr del 10.130.0.4/31 dev Ethernet72", "ip addr add 10.130.0.64/31 dev Ethernet72"),
        ),
        Fault("address-missing", "leaf3:Ethernet76", inside("leaf3", "ip addr del fd00:130::a/127 dev Ethernet76")),
        Fault("drift", "spine2", row("spine2", "NTP_SERVER|192.0.2.99", "NULL", "NULL")),
    ],
    "kernels": [
        Fault("loopback-missing", "leaf1", inside("leaf1", "ip addr del 10.130.255.1/32 dev Loopback0"), "kernel"),
        Fault("mtu-mismatch", "leaf3:Ethernet72", inside("leaf3", "ip link set Ethernet72 mtu 1500"), "kernel"),
        Fault("not-forwarding", "spine2", inside("spine2", "sysctl -qw net.ipv6.conf.all.forwarding=0")),
    ],
    "rows": [
        Fault(
            "loopback-missing",
            "leaf2",
            inside("leaf2", "sonic-db-cli CONFIG_DB DEL 'LOOPBACK_INTERFACE|Loopback0|fd00:130:ff::2/128'"),
            "row",
        ),
        Fault("mtu-mismatch", "leaf3:Ethernet72", row("leaf3", "PORT|Ethernet72", "mtu", "1500"), "row"),
        Fault("maintenance-flag", "spine1", row("spine1", "BGP_DEVICE_GLOBAL|STATE", "tsa_enabled", "true")),
        Fault("mode-resetter", "spine2", inside("spine2", "echo '{}' > /etc/sonic/golden_config_db.json")),
    ],
    "sessions shut": [
        Fault("neighbor-shut", "leaf1:10.130.0.1", bgp("leaf1", "neighbor 10.130.0.1 shutdown"), "neighbour"),
        Fault("neighbor-shut", "leaf2:10.130.0.5", bgp("leaf2", "neighbor SPINE-V4 shutdown"), "peer group"),
        Fault("neighbor-shut", "leaf3:10.130.0.9", bgp("leaf3", "bgp shutdown"), "instance"),
    ],
    "sessions configured": [
        Fault(
            "timer-mismatch",
            "leaf1:10.130.0.1",
            bgp("leaf1", "neighbor 10.130.0.1 timers 1 3", "end", "clear bgp 10.130.0.1"),
        ),
        Fault(
            "password-mismatch",
            "leaf2:10.130.0.5",
            bgp("leaf2", "neighbor 10.130.0.5 password abc", "end", "clear bgp 10.130.0.5"),
        ),
        Fault("unplanned-session", "spine1", bgp("spine1", "neighbor 192.0.2.55 remote-as 65000")),
        Fault("unsaved", "spine2", inside("spine2", "rm /etc/sonic/frr/frr.conf"), "no frr.conf"),
    ],
    "sessions lacking": [
        Fault("neighbor-missing", "leaf1:10.130.0.1", bgp("leaf1", "no neighbor 10.130.0.1")),
        Fault(
            "family-off", "leaf2:fd00:130::5", bgp("leaf2", "address-family ipv6", "no neighbor fd00:130::5 activate")
        ),
        Fault("policy-denies", "leaf3:10.130.0.9", lab_fault("wrong-policy", "leaf3")),
        Fault("unsaved", "spine2", inside("spine2", "sed -i s/9100/9000/ /etc/sonic/config_db.json"), "config_db.json"),
    ],
    "routes": [
        Fault("not-announced", "leaf1", bgp("leaf1", "address-family ipv4", "no network 10.130.255.1/32")),
        Fault("drained", "spine2", bgp("spine2", "bgp graceful-shutdown")),
        Fault("unsaved", "spine1", inside("spine1", "echo '! by hand' >> /etc/sonic/frr/frr.conf"), "frr.conf"),
    ],
    "others' addresses": [
        Fault("fewer-paths", "leaf1", bgp("leaf1", "address-family ipv4", "maximum-paths 1")),
        Fault(
            "address-twice",
            "leaf2",
            lambda lab: (
                inside("leaf2", "ip addr add 10.130.255.1/32 dev Loopback0")(lab),
                bgp("leaf2", "address-family ipv4", "network 10.130.255.1/32")(lab),
            ),
        ),
        Fault(
            "foreign-route",
            "leaf3",
            lambda lab: (
                inside("leaf3", "ip addr add 10.130.255.77/32 dev Loopback0")(lab),
                bgp("leaf3", "address-family ipv4", "network 10.130.255.77/32")(lab),
            ),
        ),
    ],
    "programs": [
        Fault("bgpd-down", "leaf1", inside("leaf1", "pkill -KILL -x bgpd")),
        Fault("zebra-down", "leaf2", inside("leaf2", "pkill -KILL -x zebra")),
        Fault("lldpd-down", "spine1", inside("spine1", "pkill -KILL -x lldpd")),
    ],
    "programs again": [
        Fault("bgp-container-down", "leaf1", inside("leaf1", "systemctl stop bgp")),
        Fault("frr-silent", "leaf2", inside("leaf2", "pkill -STOP -x bgpd")),
        Fault("database-down", "leaf3", inside("leaf3", "pkill -KILL -x redis-server; rm -f /run/redis/redis.sock")),
    ],
    "configs": [
        Fault("frr-conf-not-loaded", "leaf1", vtysh("leaf1", "no router bgp 65401")),
        Fault(
            "not-pushed",
            "leaf2",
            inside("leaf2", "rm /etc/sonic/frr/frr.conf; systemctl reset-failed bgp; systemctl restart bgp"),
        ),
        Fault("asn-mismatch", "leaf3", vtysh("leaf3", *OTHER_BGP)),
    ],
}

UNNUMBERED = [
    Fault(
        "link-local-off", "leaf2:Ethernet72", inside("leaf2", "ip -6 addr flush dev Ethernet72 scope link"), "kernel"
    ),
]

NOT_HERE = {
    **dict.fromkeys(
        (
            "outside-not-configured",
            "outside-password",
            "leaked-in",
            "leaked-out",
            "static-missing",
            "aggregate-missing",
        ),
        "of the outside: test_lab_outside",
    ),
    **dict.fromkeys(
        ("outside-down", "outside-asn", "outside-session", "outside-prefixes", "outside-bfd", "outside-shut"),
        "what to do is decided at the other end: test_outside and test_outbound tell it",
    ),
    "no-default-route": "what to do is decided at the other end: test_outside tells it",
    "aggregate-without-members": "whoever has such addresses must announce them: test_outbound",
    **dict.fromkeys(
        ("static-inactive", "static-behind", "static-bfd"), "it shows why; what to do depends on it: test_outbound"
    ),
    "switch-down": "power and consoles are not in a lab's reach",
    "unreachable": "the management network is not in a lab's reach",
    "switch-hangs": "it shows which program stands still; what to do depends on it",
    "wrong-switch": "the inventory or the cabling of the management network is to be corrected",
    "host-key": "a key is to be compared by a person",
    "login-refused": "an account is to be corrected by a person",
    "no-worker": "a worker is to be started by a person, where the switch stands",
    "no-sudo": "a lab switch's admin is user 0: sudo never refuses it",
    "unreadable": "it shows what was printed; what to do depends on it",
    "cable-swapped": "plugs are moved by hand",
    "cable-wrong": "plugs are moved by hand",
    "link-down": "cables and modules are looked at by hand",
    "no-transceiver": "a lab has no optics",
    "speed-mismatch": "a lab has no ASIC",
    "fec-mismatch": "a lab has no ASIC",
    "autoneg-mismatch": "a lab has no ASIC",
    "speed-differs": "a lab has no ASIC",
    "fec-differs": "a lab has no ASIC",
    "autoneg-differs": "a lab has no ASIC",
    "breakout-missing": "a lab's ports are those that it was booted with",
    "port-missing": "a lab's ports are those of its model",
    "max-prefix": "its session comes and goes: a push in that moment would be judged by it; test_verify tells it",
    "neighbor-config": "what else may be configured of a neighbour; a push puts it right, as with password-mismatch",
    "not-shut": "of a session that the plan has shut: test_verify tells it, its mend is a push",
    "graceful-restart": "clears a session, as old-timers: test_verify tells it",
    "prefix-warning": "what a neighbour announces is decided there",
    "old-timers": "clears a session that was told what to do at its next start: test_lab_verify",
    "host-prefixes": "what a host announces is stopped on the host",
    "host-shut": "whether the host is to come back is decided by a person",
    "port": "a failure of a port of another kind than those; none is known",
    "hold-timer": "cables, errors and load are looked at by hand",
    "no-advertisement": "its faults are found as link-local-off first",
    "session-down": "a failure of unknown cause",
    "bfd-missing": "in a fabric with BFD: test_verify tells it",
    "bfd-down": "it shows BFD's own words; what to do depends on them",
    "no-policy": "FRR of today has no policy only where the config lacks one: policy-denies' mend",
    "host-foreign-prefix": "what the host announces is stopped on the host",
    "link-local-next-hop": "its mend is a push: test_lab_verify",
    "path-mtu": "it shows where packets end",
    "packets-lost": "it shows where packets end",
    "core-file": "it shows the files; the crash is looked into by a person",
    "no-lldp": "it shows LLDP's neighbours of the other end",
    "disk-full": "what may go is decided by a person",
    **dict.fromkeys(
        (
            "member-shut",
            "member-missing",
            "member-elsewhere",
            "member-unplanned",
            "bundle-shut",
            "bundle-missing",
            "bundle-mtu",
        ),
        "of bundles: test_lab_bundles types it",
    ),
    **dict.fromkeys(
        (
            "vlan-missing",
            "vlan-access",
            "native-vlan-differs",
            "vlan-tagging-differs",
            "vlan-missing-at-far-end",
            "svi-shut",
            "svi-address",
            "network-split",
            "network-not-announced",
        ),
        "of VLANs: test_lab_vlans types it",
    ),
    **dict.fromkeys(("ntp-daemon-down", "ntp-unsynchronised"), "a lab switch has no NTP daemon"),
    **dict.fromkeys(
        ("syslog-daemon-down", "syslog-not-sent", "syslog-unreachable"), "a lab switch has no rsyslogd, nor a server"
    ),
    "tacacs-unreachable": "a lab has no TACACS+ server",
    "snmp-silent": "a lab switch has no snmpd",
    "svi-down": "a failure of another kind than those; none is known",
    "svi-without-members": "cables are looked at by hand",
    "dhcp-relay-off": "a lab has no program that relays",
    "member-down": "cables and modules are looked at by hand",
    "member-speed": "its mend is a push; a lab has no ASIC, and no LACP where the kernel has no bonding",
    "member-left-out": "a failure of unknown cause, of LACP: test_portchannels tells it",
    "lacp-silent": "no LACP where the kernel has no bonding: test_portchannels tells it",
    "lacp-partner": "plugs are moved by hand",
    "bundle-down": "a failure of unknown cause",
    "min-links": "no LACP where the kernel has no bonding: test_portchannels tells it",
    "not-installed": "test_routes_that_lost_their_source",
    "no-routes": "of `--check route` alone: test_only_the_routes_of_a_switch_without_bgp",
}
"""Codes whose mend is not typed here, and why."""


@contextmanager
def fabric(run: Run, folder: Path, underlay: str, name: str) -> Iterator[Lab]:
    """Booted from its rendered configs."""
    (folder / "inventory.yml").write_text(INVENTORY)
    (folder / "topology.yml").write_text(FABRIC.format(underlay=underlay))
    files = ["-i", str(folder / "inventory.yml"), "-t", str(folder / "topology.yml")]
    done = run("render", *files, "-o", folder / "out")
    assert done.returncode == 0, done.stderr
    with booted(run, name, "", "--from", folder / "out", files=files) as running:
        healthy(running)
        yield running


@pytest.fixture(scope="module")
def lab(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with fabric(sonicfab, tmp_path_factory.mktemp("mends"), NUMBERED, "mends") as running:
        yield running


def healthy(lab: Lab) -> None:
    done = lab.verify(40)
    assert done.returncode == 0, done.stdout


def cured(lab: Lab, faults: list[Fault]) -> None:
    """Plant them, type every mend, and look whether all is as intended again."""
    mends = planted(lab, faults)
    wrong = [text for mend in mends.values() for text in apply(lab, mend)]
    assert not wrong
    deadline = time.monotonic() + 60
    while left := {found_of(one) for one in findings(lab)}:
        assert time.monotonic() < deadline, f"not cured: {left}; typed: {mends}"


@pytest.mark.parametrize("name", ROUNDS)
def test_a_mend_mends(lab: Lab, name: str) -> None:
    cured(lab, ROUNDS[name])


def test_routes_that_lost_their_source(lab: Lab) -> None:
    """Their source address was gone for a while: zebra does not try again by itself."""
    inside("leaf1", "ip addr del 10.130.255.1/32 dev Loopback0")(lab)
    time.sleep(2)
    cured(lab, [Fault("not-installed", "leaf1", inside("leaf1", "ip addr add 10.130.255.1/32 dev Loopback0"))])


def test_only_the_routes_of_a_switch_without_bgp(lab: Lab) -> None:
    """Nobody else is blamed for what it does not have."""
    vtysh("leaf1", "no router bgp 65401")(lab)
    done = lab.verify(2, "--check", "route", "--limit", "leaf1", "--format", "json")
    (finding,) = json.loads(done.stdout)["findings"]
    assert (found_of(finding), done.returncode) == (("no-routes", "leaf1"), 4)
    assert finding["evidence"] == ["it runs no BGP; 0 of 4 planned sessions are Established"]
    assert apply(lab, finding["mend"]) == []
    healthy(lab)


def test_without_numbers_on_the_links(sonicfab: Run, tmp_path: Path) -> None:
    with fabric(sonicfab, tmp_path, "unnumbered", "mends-bare") as lab:
        cured(lab, UNNUMBERED)


def test_every_code_is_mended_here_or_it_is_said_why_not() -> None:
    page = (ROOT / "docs" / "verify.md").read_text(encoding="utf-8")
    rows = "".join(re.findall(r"^\| (`.+?) \| ", page[page.index("| code |") :], re.MULTILINE))
    codes = set(re.findall(r"`([a-z-]+)`", rows))
    here = {one.code for faults in (*ROUNDS.values(), UNNUMBERED) for one in faults}
    assert not here & NOT_HERE.keys()
    assert codes == here | NOT_HERE.keys()
