"""bgpcfgd: what it adds to FRR's running config from CONFIG_DB, in every routing mode.

Follows sonic-buildimage src/sonic-bgpcfgd/bgpcfgd/{managers_setsrc,managers_bgp}.py and the templates of
dockers/docker-fpm-frr/frr: the source address of routes, and one numbered session for each BGP_NEIGHBOR once
bgp_asn, Loopback0 and the local address are there. Peer-groups and policies of its templates are not followed.
"""

from __future__ import annotations

import subprocess
from ipaddress import ip_address, ip_interface
from typing import Any

from sonicfab.frr.frrcfgd import is_address
from sonicfab.lab.sonic import db

VTYSH = "/opt/frr/vtysh"
"""The vtysh of the bgp container; /usr/bin/vtysh is the host's, which fails while the container is stopped."""


def run(config: db.Config) -> None:
    """Do what bgpcfgd does once it has read CONFIG_DB."""
    loopbacks = [
        ip_interface(key.partition("|")[2]).ip
        for key in config.get("LOOPBACK_INTERFACE", {})
        if key.startswith("Loopback0|")
    ]
    lines = ["ip nht resolve-via-default", "ipv6 nht resolve-via-default"]
    for address in sorted(loopbacks, key=lambda one: one.version):
        name, family = ("RM_SET_SRC", "ip") if address.version == 4 else ("RM_SET_SRC6", "ipv6")
        lines += [f"route-map {name} permit 10", f" set src {address}", "exit"]
        lines.append(f"{family} protocol bgp route-map {name}")
    configure(lines)
    asn = config.get("DEVICE_METADATA", {}).get("localhost", {}).get("bgp_asn", "")
    router_id = next((str(address) for address in loopbacks if address.version == 4), "")
    # managers_bgp.py: a neighbour waits for bgp_asn, for the bare row Loopback0 and for its IPv4 address
    if asn.isdigit() and router_id and "Loopback0" in config.get("LOOPBACK_INTERFACE", {}):
        configure(_neighbors(config, asn, router_id))


def base_config(metadata: dict[str, Any]) -> str:
    """bgpd.conf (separated) or frr.conf (unified) before any neighbour: bgpd.main.conf.j2."""
    asn = metadata.get("bgp_asn", "")
    if not asn.isdigit():
        return ""
    return "\n".join(
        [
            f"hostname {metadata.get('hostname', 'sonic')}",
            f"router bgp {asn}",
            " bgp log-neighbor-changes",
            " no bgp default ipv4-unicast",
            " no bgp ebgp-requires-policy",
            " bgp bestpath as-path multipath-relax",
            "exit",
            "",
        ]
    )


def configure(lines: list[str]) -> None:
    """Give FRR configuration lines; one that it refuses does not keep the others back, as with bgpcfgd."""
    if not lines:
        return  # starting vtysh is what takes time
    command = [VTYSH]
    for line in ("configure terminal", *lines):
        command += ["-c", line]
    subprocess.run(command, capture_output=True, check=False)


def _neighbors(config: db.Config, asn: str, router_id: str) -> list[str]:
    local = {
        str(ip_interface(key.partition("|")[2]).ip)
        for table in ("INTERFACE", "PORTCHANNEL_INTERFACE", "VLAN_INTERFACE", "LOOPBACK_INTERFACE")
        for key in config.get(table, {})
        if "|" in key
    }
    lines: list[str] = []
    for address, row in sorted(config.get("BGP_NEIGHBOR", {}).items()):
        if not is_address(address) or (row.get("local_addr") and row["local_addr"] not in local):
            continue
        family = f"ipv{ip_address(address).version}"
        lines += [
            f"neighbor {address} remote-as {row.get('asn', '0')}",
            f"neighbor {address} description {row.get('name', address)}",
            f"neighbor {address} timers connect 10",
            f"address-family {family} unicast",
            f"neighbor {address} activate",
            "exit-address-family",
        ]
    return [f"router bgp {asn}", f"bgp router-id {router_id}", *lines] if lines else []
