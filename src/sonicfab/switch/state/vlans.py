"""VLANs as swss has them, and the DHCP relays that run.

vlanmgrd writes VLAN_TABLE and VLAN_MEMBER_TABLE of APPL_DB once the kernel has the VLAN and its member (sonic-swss
cfgmgr/vlanmgr.cpp, 202305 to 202605); `show vlan brief` tells what CONFIG_DB wants. The relays are processes of the
container dhcp_relay: a dhcrelay for each VLAN (dockers/docker-dhcp-relay/dhcpv4-relay.agents.j2), or one dhcp4relay for
all where the image has that, and one dhcp6relay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sonicfab.switch.answers import reading
from sonicfab.switch.ask import Question
from sonicfab.switch.state.ports import rows, table


@dataclass(frozen=True, slots=True)
class Relays:
    """Which DHCP relays run: VLANs with an IPv4 relay of their own, and whether one is for all of a family."""

    vlans: frozenset[str]
    ipv4: bool
    ipv6: bool


@reading("VLAN_TABLE and VLAN_MEMBER_TABLE of APPL_DB")
def vlans(text: str) -> dict[str, dict[str, str]]:
    """VLAN -> its members, each with its tagging mode.

    Raises:
        SwitchError: it is not a dump.
    """
    dump = rows(text)
    found: dict[str, dict[str, str]] = {name: {} for name in table(dump, "VLAN_TABLE", ":")}
    for key, fields in table(dump, "VLAN_MEMBER_TABLE", ":").items():
        name, _, port = key.partition(":")
        if name in found:  # what is in a VLAN that is gone makes none
            found[name][port] = fields.get("tagging_mode", "")
    return found


def relays(text: str) -> Relays:
    """From the command lines of all processes."""
    lines = [line.split() for line in text.splitlines()]
    own = {line[0].rpartition("/")[2]: line for line in lines if line}
    of_vlans = (re.findall(r" -id (Vlan\d+)", " ".join(line)) for line in lines if line and "dhcrelay" in line[0])
    return Relays(frozenset(name for some in of_vlans for name in some), "dhcp4relay" in own, "dhcp6relay" in own)


VLANS = Question(
    "vlans", "sudo -n sonic-db-dump -n APPL_DB -k 'VLAN*'", vlans, "VLANs and their members, as swss has made them"
)
RELAYS = Question("relays", "ps -eo args", relays, "DHCP relays that run")
