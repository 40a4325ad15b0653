"""The BGP of a switch as it runs: from FRR's text, or from the tables that SONiC makes it of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_address, ip_interface

from sonicfab.configdb import ConfigDb, Row, Table
from sonicfab.frr.bgp import Bgp, Neighbor, read_frr
from sonicfab.ipam import is_address
from sonicfab.plan.interfaces import InterfaceKind

IpInterface = IPv4Interface | IPv6Interface
IpNetwork = IPv4Network | IPv6Network
_ADDRESSED = tuple(dict.fromkeys(kind.table for kind in InterfaceKind if kind.table.endswith("INTERFACE")))


@dataclass(frozen=True)
class SeenSession:
    """One end of a session.

    Attributes:
        peer: as FRR names it: a port (unnumbered) or an address.
        interface: that it runs over; "" where that is not to be told: the peer is on no network of the switch.
        remote_as: a number, external, internal, or "".
        group: the peer-group; "" without one.
    """

    switch: str
    peer: str
    interface: str
    remote_as: str
    group: str
    description: str

    @property
    def unnumbered(self) -> bool:
        """It runs over link-local addresses."""
        return self.peer == self.interface

    @property
    def asks(self) -> bool:
        """It names the ASN of its other end, or says that it is its own."""
        return self.remote_as.isdigit() or self.remote_as == "internal"

    def takes(self, asn: int, own: int) -> bool:
        """Whether a switch of that ASN may be at its other end; `own` is that of this switch."""
        if self.remote_as.isdigit():
            return int(self.remote_as) == asn
        return {"external": asn != own, "internal": asn == own}.get(self.remote_as, True)


def addresses(config: ConfigDb) -> dict[str, list[IpInterface]]:
    """Interface -> its addresses; what is none is left out."""
    found: dict[str, list[IpInterface]] = {}
    for table in _ADDRESSED:
        for key in config.get(table, {}):
            name, _, text = key.partition("|")
            address = interface_of(text)
            if address is not None:
                found.setdefault(name, []).append(address)
    return found


def interface_of(text: str) -> IpInterface | None:
    """An address with its length; None for what is none."""
    try:
        return ip_interface(text) if "/" in text else None
    except ValueError:
        return None


def read_bgp(config: ConfigDb, frr: str) -> tuple[Bgp, str]:
    """BGP of the default VRF, and where it is from: `frr`, a table's name, or "" where there is none."""
    text = read_frr(frr).bgp
    if text.asn:
        return text, "frr"
    if config.get("BGP_GLOBALS"):
        return _of_frrcfgd(config), "BGP_GLOBALS"
    if config.get("BGP_NEIGHBOR"):
        return _of_bgpcfgd(config), "BGP_NEIGHBOR"
    return Bgp(), ""


def sessions_of(switch: str, bgp: Bgp, config: ConfigDb) -> list[SeenSession]:
    """The sessions of a switch, each with the interface that it runs over."""
    networks = [(one.network, name) for name, some in addresses(config).items() for one in some]
    found = []
    for one in bgp.sessions:
        interface = one.name if one.interface else _towards(one.name, networks)
        description = one.description or bgp.group_of(one).description
        found.append(SeenSession(switch, one.name, interface, bgp.remote_as(one), one.group, description))
    return found


def _towards(peer: str, networks: Iterable[tuple[IpNetwork, str]]) -> str:
    try:
        address = ip_address(peer)
    except ValueError:
        return ""
    return next((name for network, name in networks if address in network), "")


def _of_frrcfgd(config: ConfigDb) -> Bgp:
    """The tables of frrcfgd (sonic-buildimage src/sonic-frr-mgmt-framework/frrcfgd/frrcfgd.py), of the default VRF."""
    row = config["BGP_GLOBALS"].get("default", {})
    bgp = Bgp("", text_of(row, "local_asn"), router_id=text_of(row, "router_id"))
    for name, group in _of_vrf(config.get("BGP_PEER_GROUP", {})):
        bgp.neighbors[name] = Neighbor(
            name, is_group=True, remote_as=_remote(group), description=text_of(group, "name")
        )
    for name, one in _of_vrf(config.get("BGP_NEIGHBOR", {})):
        bgp.neighbors[name] = Neighbor(
            name,
            interface=not is_address(name),
            group=text_of(one, "peer_group_name"),
            remote_as=_remote(one),
            description=text_of(one, "name"),
        )
    for name, families in (("ipv4", "ipv4"), ("ipv6", "ipv6")):
        for key in config.get("BGP_GLOBALS_AF_NETWORK", {}):
            vrf, _, rest = key.partition("|")
            if vrf == "default" and rest.startswith(f"{name}_unicast|"):
                bgp.networks[families, rest.partition("|")[2]] = 0
    return bgp


def _of_bgpcfgd(config: ConfigDb) -> Bgp:
    """What bgpcfgd makes of BGP_NEIGHBOR and DEVICE_METADATA (sonic-buildimage src/sonic-bgpcfgd)."""
    metadata = config.get("DEVICE_METADATA", {}).get("localhost", {})
    bgp = Bgp("", text_of(metadata, "bgp_asn"))
    for key, one in config["BGP_NEIGHBOR"].items():
        name = key.removeprefix("default|")
        if "|" not in name:
            bgp.neighbors[name] = Neighbor(
                name,
                interface=not is_address(name),
                remote_as=text_of(one, "asn"),
                description=text_of(one, "name"),
            )
    return bgp


def _of_vrf(table: Table) -> Iterator[tuple[str, Row]]:
    for key, row in table.items():
        vrf, bar, name = key.partition("|")
        if bar and vrf == "default":
            yield name, row
        elif not bar:
            yield key, row


def _remote(row: Mapping[str, object]) -> str:
    asn = row.get("asn") or row.get("peer_type") or ""
    return asn if isinstance(asn, str) else ""


def text_of(row: Mapping[str, object], field: str) -> str:
    """A field as text; "" for one that is not there, or a list."""
    value = row.get(field, "")
    return value if isinstance(value, str) else ""
