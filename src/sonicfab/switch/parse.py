"""What SONiC's and FRR's commands print, as values. Pure; tested on recorded output.

FRR's JSON differs by release (8.4 to 10.5): everything but a peer's state and AS is optional here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import yaml

from sonicfab import yamltext
from sonicfab.errors import SwitchError, UnreadableError
from sonicfab.families import Family, by_family
from sonicfab.switch.answers import json_documents, json_object, json_value, reading


@dataclass(frozen=True, slots=True)
class SwitchFacts:
    """Who a switch says it is; "" where it does not say.

    Attributes:
        sonic_version: /etc/sonic/sonic_version.yml.
        lab: name of the lab it is a switch of; "" for a real switch.
        lab_switch: its name in that lab.
    """

    platform: str
    hwsku: str
    serial: str
    mac: str
    sonic_version: Mapping[str, str]
    lab: str
    lab_switch: str


@dataclass(frozen=True, slots=True)
class BgpPeer:
    """A neighbour in one address family, of `show bgp summary json`.

    Attributes:
        family: ipv4 or ipv6 (unicast).
        state: Established, Idle, Active ...; `Idle (Admin)` when shut down.
        reason: FRR's peerState when it says more: Policy, Admin, PfxCt.
        uptime: seconds in this state.
    """

    peer: str
    family: Family
    remote_asn: int
    local_asn: int
    state: str
    reason: str
    received: int
    sent: int
    uptime: float
    description: str

    @property
    def established(self) -> bool:
        """True when the session is up; whether prefixes pass is another question."""
        return self.state == "Established"


@dataclass(frozen=True, slots=True)
class BgpNeighbor:
    """A neighbour with what only `show bgp neighbors json` tells of it."""

    peer: str
    router_id: str
    remote_router_id: str
    accepted: Mapping[Family, int]
    """Family -> prefixes accepted."""


@dataclass(frozen=True, slots=True)
class Route:
    """A BGP route that zebra has selected.

    Attributes:
        installed: packets are forwarded by it, as far as zebra knows.
        ports: the interfaces of its next hops: those in the forwarding table, of a route that is not, the active ones.
        lacks: why it is not installed; "" when it is.
        offloaded: what the ASIC has said of it; None where nobody has said anything.
        link_local: those of the ports whose next hop is a link-local address.
    """

    prefix: str
    installed: bool
    ports: tuple[str, ...]
    link_local: tuple[str, ...] = ()
    lacks: str = ""
    offloaded: bool | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface as FRR sees it; speed in Mb/s."""

    name: str
    admin_up: bool
    oper_up: bool
    mtu: int
    speed: int
    mac: str
    description: str


@reading("what it says of itself")
def facts(answers: Mapping[str, str]) -> SwitchFacts:
    """From the answers to `commands.IDENTITY`.

    Raises:
        SwitchError: an answer is not what SONiC gives.
    """
    version = _sonic_version(answers["sonic_version"])
    platform = json_object(answers["platform"], "show platform summary --json")
    lab = json_value(answers["lab"], "sonicfab-lab.json") or {}
    serial = platform.get("serial") or ""
    return SwitchFacts(
        platform=platform.get("platform") or "",
        hwsku=platform.get("hwsku") or "",
        serial="" if serial == "N/A" else serial,
        mac=answers["mac"].strip().lower(),
        sonic_version=version,
        lab=lab.get("lab", ""),
        lab_switch=lab.get("switch", ""),
    )


def config_db(text: str) -> dict[str, dict[str, dict[str, Any]]]:
    """From `sonic-cfggen -d --print-data`; also from `show runningconfiguration all`, whose FRR text is dropped.

    Raises:
        SwitchError: it is not JSON.
    """
    data = json_object(text, "the running config_db")
    tables = {table: rows for table, rows in data.items() if isinstance(rows, dict)}
    for table, rows in tables.items():
        for key, row in rows.items():
            if not isinstance(row, dict) or any(value is None or isinstance(value, dict) for value in row.values()):
                raise UnreadableError(f"the running config_db: {table}|{key} is not a row of fields")
    return tables


def frr_config(text: str) -> str:
    """FRR's running config as it is printed.

    Raises:
        SwitchError: it is none: vtysh begins it with a line of its own (vtysh/vtysh.c vtysh_write_terminal).
    """
    if not any(line.startswith(("Current configuration:", "frr version ")) for line in text.splitlines()):
        shown = text.strip().splitlines()
        raise SwitchError(f"show running-config: not FRR's config: {shown[0][:60] if shown else 'nothing'!r}")
    return text


@reading("show bgp summary json")
def bgp_summary(text: str) -> list[BgpPeer]:
    """From `show bgp summary json`: no peers when there is no BGP or none are configured; both print {}.

    Raises:
        SwitchError: it is not JSON.
    """
    return bgp_peers(json_object(text, "show bgp summary json"))


@reading("show bgp summary json")
def bgp_peers(summary: Mapping[str, Any]) -> list[BgpPeer]:
    """The peers of `show bgp summary json`, read as JSON already."""
    peers: list[BgpPeer] = []
    for family, one in by_family(summary).items():
        for peer, row in one.get("peers", {}).items():
            state, reason = str(row["state"]), str(row.get("peerState", ""))
            peers.append(
                BgpPeer(
                    peer=peer,
                    family=family,
                    remote_asn=_asn(row["remoteAs"]),
                    local_asn=_asn(row.get("localAs", one.get("as", 0))),
                    state=state,
                    reason="" if reason == "OK" else reason,
                    received=int(row.get("pfxRcd", row.get("prefixReceivedCount", 0))),
                    sent=int(row.get("pfxSnt", 0)),
                    uptime=float(row.get("peerUptimeMsec", 0)) / 1000,
                    description=str(row.get("desc", "")),
                )
            )
    return peers


@reading("show bgp neighbors json")
def bgp_neighbors(text: str) -> dict[str, BgpNeighbor]:
    """Peer -> neighbour, from `show bgp neighbors json`.

    Raises:
        SwitchError: it is not JSON.
    """
    found: dict[str, BgpNeighbor] = {}
    for peer, row in json_object(text, "show bgp neighbors json").items():
        if isinstance(row, dict) and "remoteAs" in row:
            families = by_family(row.get("addressFamilyInfo", {}))
            accepted = {family: int(one.get("acceptedPrefixCounter", 0)) for family, one in families.items()}
            ids = (str(row.get("localRouterId", "")), str(row.get("remoteRouterId", "")))
            found[peer] = BgpNeighbor(peer, *ids, accepted)
    return found


@reading("show ip route bgp json")
def bgp_routes(text: str) -> dict[str, Route]:
    """Prefix -> route, from `show ip route bgp json` and `show ipv6 route bgp json`, one after the other.

    Raises:
        SwitchError: it is not JSON.
    """
    routes: dict[str, Route] = {}
    for document in json_documents(text, "show ip route bgp json"):
        routes |= routes_of(document)
    return routes


def routes_of(table: Mapping[str, Any]) -> dict[str, Route]:
    """The selected routes of `show ip route bgp json`, read as JSON already."""
    routes: dict[str, Route] = {}
    for prefix, entries in table.items():
        for entry in entries if isinstance(entries, list) else ():
            if entry.get("selected"):
                routes[str(ip_network(prefix))] = _route(prefix, entry)
    return routes


def _route(prefix: str, entry: Mapping[str, Any]) -> Route:
    """Installed is what FRR's own `show ip route` marks with `*`, and not with q, r or o.

    zebra/zebra_vty.c vty_show_ip_route() and re_status_output_char(): "installed" is what the kernel took, "queued"
    stays until the last of what zebra waits for has answered, with `--asic-offload` the ASIC (zebra_rib.c
    rib_process_result()), which may refuse: "offloaded": false.
    """
    hops = [hop for hop in entry.get("nexthops", []) if hop.get("active")]
    forwarding = [hop for hop in hops if hop.get("fib")] or hops
    ports = {hop["interfaceName"] for hop in forwarding if hop.get("interfaceName")}
    local = {hop.get("interfaceName") for hop in forwarding if str(hop.get("ip", "")).lower().startswith("fe80:")}
    offloaded = entry.get("offloaded")
    lacks = (
        "not installed"
        if not entry.get("installed")
        else "failed to install"
        if entry.get("failed")
        else "refused by the ASIC"
        if offloaded is False
        else "queued"
        if entry.get("queued")
        else ""
    )
    return Route(prefix, not lacks, tuple(sorted(ports)), tuple(sorted(local & ports)), lacks, offloaded)


@reading("show interface json")
def interfaces(text: str) -> dict[str, Interface]:
    """Name -> interface, from `show interface json`.

    Raises:
        SwitchError: it is not JSON.
    """
    return interfaces_of(json_object(text, "show interface json"))


@reading("show interface json")
def interfaces_of(data: Mapping[str, Any]) -> dict[str, Interface]:
    """The interfaces of `show interface json`, read as JSON already."""
    found: dict[str, Interface] = {}
    for name, row in data.items():
        found[name] = Interface(
            name=name,
            admin_up=row.get("administrativeStatus") == "up",
            oper_up=row.get("operationalStatus") == "up",
            mtu=int(row.get("mtu", 0)),
            speed=int(row.get("speed", 0)),
            mac=str(row.get("hardwareAddress", "")),
            description=str(row.get("description") or ""),
        )
    return found


def _asn(value: object) -> int:
    text = str(value)  # a string with `bgp as-notation dot`
    high, _, low = text.rpartition(".")
    return (int(high) << 16) + int(low) if high else int(text)


def _sonic_version(text: str) -> dict[str, str]:
    try:
        version = yamltext.value(yamltext.compose(text))
    except (yaml.YAMLError, ValueError, RecursionError):
        version = None
    if not isinstance(version, dict):
        raise SwitchError("/etc/sonic/sonic_version.yml is not there or not YAML: is this SONiC?")
    return {name: one for name, one in version.items() if isinstance(one, str)}
