"""A lab whose leaf has something to tell to each of NAPALM's getters: for the live tests and for the recorder.

Ports, links, addresses, BGP, LLDP, NTP, counters, CPU and memory are the lab's own. What needs an ASIC or hardware that
a lab does not have is written into the switch's redis by `stage`, in the rows and fields of the daemons that write
them on a switch: see HARDWARE.
"""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conftest import Run
from labs import LEAF1, LEAF2, SPINE, Lab, booted, rendered
from patience import Patience

COMMUNITY = "YourCommunity"
CONFIG = {
    "VLAN|Vlan100": {"vlanid": "100"},
    "VLAN_MEMBER|Vlan100|Ethernet8": {"tagging_mode": "untagged"},
    "VLAN_MEMBER|Vlan100|Ethernet9": {"tagging_mode": "tagged"},
    "VRF|TEST": {"NULL": "NULL"},  # the name that NAPALM's suite asks for; SONiC's own begin with Vrf
    "INTERFACE|Ethernet0": {"vrf_name": "TEST"},
    "SNMP|LOCATION": {"Location": "station 1, rack 1"},
    "SNMP|CONTACT": {"Contact": "noc@example.org"},
    f"SNMP_COMMUNITY|{COMMUNITY}": {"TYPE": "RO"},
    "NTP_SERVER|10.10.23.253": {"iburst": "on", "version": "4"},
}
"""Rows of the leaf's CONFIG_DB besides those that are rendered."""

HARDWARE = {
    # sonic-swss orchagent/fdborch.cpp storeFdbEntryState(), portsorch.cpp updateDbPortFlapCount()
    "STATE_DB": {
        "FDB_TABLE|Vlan100:02:00:00:00:01:08": {"port": "Ethernet8", "type": "dynamic"},
        "FDB_TABLE|Vlan100:02:00:00:00:01:09": {"port": "Ethernet9", "type": "static"},
        # sonic-platform-daemons sonic-thermalctld/scripts/thermalctld
        "FAN_INFO|FAN-1F": {"presence": "True", "drawer_name": "FanTray1", "status": "True", "speed": "45"},
        "FAN_INFO|FAN-2F": {"presence": "True", "drawer_name": "FanTray2", "status": "False", "speed": "0"},
        "TEMPERATURE_INFO|Temp sensor 1": {
            "temperature": "36.5",
            "high_threshold": "80.0",
            "critical_high_threshold": "N/A",
            "warning_status": "False",
        },
        "TEMPERATURE_INFO|Temp sensor 2": {
            "temperature": "81.5",
            "high_threshold": "80.0",
            "critical_high_threshold": "85.0",
            "warning_status": "True",
        },
        # sonic-psud/scripts/psud
        "PSU_INFO|PSU 1": {"presence": "true", "status": "true", "power": "92.5", "max_power": "650.0"},
        "PSU_INFO|PSU 2": {"presence": "true", "status": "false", "power": "0.0", "max_power": "N/A"},
        # sonic-xcvrd/xcvrd/dom/utilities/dom_sensor
        "TRANSCEIVER_DOM_SENSOR|Ethernet76": {
            "temperature": "30.9258",
            "voltage": "3.2824",
            **{f"rx{lane}power": value for lane, value in enumerate(("0.3802", "-0.4871", "-inf", "0.383"), 1)},
            **{f"tx{lane}power": value for lane, value in enumerate(("-0.9", "-1.1", "-1.0", "-0.8"), 1)},
            **{f"tx{lane}bias": "6.75" for lane in range(1, 5)},
        },
        "TRANSCEIVER_DOM_SENSOR|Ethernet0": {"rx1power": "N/A", "tx1power": "N/A", "tx1bias": "N/A"},  # copper
    },
    "APPL_DB": {
        "PORT_TABLE:Ethernet76": {
            "oper_status": "up",
            "flap_count": "3",
            "last_down_time": "Sun Nov 22 14:49:21 2026",
            "last_up_time": "Sun Nov 22 14:49:28 2026",
        }
    },
}
"""Database -> rows of the leaf that its hardware would make on a switch."""

TARGET = "8.8.8.8"
"""The address that NAPALM's suite pings: here a second loopback of the other leaf."""
PREFIX = "1.0.4.0/24"
"""The prefix whose routes NAPALM's suite asks for: here announced by the other leaf, with a half of it."""
_PERMIT = [
    f"ip prefix-list LOOPBACKS seq 90 permit {TARGET}/32",
    f"ip prefix-list LOOPBACKS seq 91 permit {PREFIX} le 25",
]
_ANNOUNCE = [
    *(f"ip route {prefix} blackhole" for prefix in (PREFIX, "1.0.4.0/25")),
    "route-map MARK permit 10",
    "set community 65501:4",
    "exit",
    "router bgp 65405",
    "address-family ipv4 unicast",
    *(f"network {prefix} route-map MARK" for prefix in (PREFIX, "1.0.4.0/25", f"{TARGET}/32")),
]
_IN_VRF = [
    "router bgp 65404 vrf TEST",
    "bgp router-id 10.10.21.4",
    "neighbor 192.0.2.1 remote-as 64999",
    "neighbor 192.0.2.1 shutdown",
    "exit",
    "router bgp 65404 vrf TEST",
    "address-family l2vpn evpn",
    "rd 65404:100",
]


def options(lab: Lab, switch: str) -> dict[str, Any]:
    """What NAPALM is told so that it gets to a switch of the lab."""
    state = lab.state
    return {
        "port": state.node(switch).port,
        "key_file": str(state.key),
        "known_hosts": str(state.known_hosts),
        "allow_agent": False,
        "use_ssh_config": False,
    }


@contextmanager
def napalm_lab(run: Run, folder: Path, name: str) -> Iterator[Lab]:
    """A spine and two leaves in their rendered configs, a server on each leaf, staged and converged."""
    rendered(run, folder)
    up = ("--from", str(folder / "spine-leaf-1x2"), "--hosts-per-leaf", "1")
    with booted(run, name, "scs-lab", *up) as lab:
        stage(lab)
        yield lab


def stage(lab: Lab) -> None:
    """Write the rows, announce the prefixes, and wait until the leaf has everything."""
    for database, rows in {"CONFIG_DB": CONFIG, **HARDWARE}.items():
        lines = [["HSET", key, *(word for pair in fields.items() for word in pair)] for key, fields in rows.items()]
        _do(lab, LEAF1, "; ".join(f"sonic-db-cli {database} {shlex.join(line)}" for line in lines))
    _do(lab, LEAF2, f"sonic-db-cli CONFIG_DB HSET 'LOOPBACK_INTERFACE|Loopback0|{TARGET}/32' NULL NULL")
    for switch in lab.state.switches:
        _configure(lab, switch, _PERMIT)
    _configure(lab, LEAF1, _IN_VRF)
    _configure(lab, LEAF2, _ANNOUNCE)
    _wait_for_routes(lab)
    _wait_for_lldp(lab)


def _wait_for_routes(lab: Lab) -> None:
    patience = Patience(60)
    missing = {PREFIX, "1.0.4.0/25", f"{TARGET}/32"}
    while missing and not patience.ended:
        found = json.loads(lab.inside(LEAF1, "vtysh -c 'show ip route bgp json'").out or "{}")
        missing = {prefix for prefix in missing if prefix not in found}
        time.sleep(0.5)
    assert not missing, lab.inside(LEAF1, "vtysh -c 'show bgp summary'").out


def _wait_for_lldp(lab: Lab) -> None:
    """As on a switch, a port's id is a MAC address for some seconds until lldpmgrd has set the alias."""
    patience = Patience(60)
    while not patience.ended:
        said = lab.inside(LEAF1, "docker exec lldp lldpctl -f json0").out
        if SPINE in said and "hundredGigE30" in said:
            return
        time.sleep(0.5)
    raise AssertionError(said)


def _configure(lab: Lab, switch: str, lines: list[str]) -> None:
    _do(lab, switch, "vtysh " + " ".join(f"-c {shlex.quote(line)}" for line in ("configure terminal", *lines)))


def _do(lab: Lab, switch: str, command: str) -> None:
    done = lab.inside(switch, command)
    assert done.code == 0, f"{command}: {done.out}{done.err}"
