"""The plan as values: everything about a fabric decided, nothing rendered yet.

Frozen dataclasses; addresses are ipaddress objects, speeds Mb/s, MTUs bytes, timers seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from typing import Literal

from sonicfab.errors import KeyPath
from sonicfab.model.fields import SecretRef

Family = Literal["ipv4", "ipv6"]
IpAddress = IPv4Address | IPv6Address
IpInterface = IPv4Interface | IPv6Interface
IpNetwork = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class SshPlan:
    """How to log in to the switch; secrets are references."""

    user: str
    port: int
    password: SecretRef | None
    key: SecretRef | None
    passphrase: SecretRef | None
    agent: bool
    jump_host: str
    known_hosts: str


@dataclass(frozen=True, slots=True)
class ManagementPlan:
    """The management interface eth0; `vrf` says whether it is in the VRF `mgmt`, None: the inventory does not say."""

    address: IpInterface
    gateway: IpAddress
    vrf: bool | None


@dataclass(frozen=True, slots=True)
class SnmpPlan:
    """SNMP; None where the inventory leaves it alone, "" where there shall be none."""

    community: SecretRef | Literal[""] | None
    location: str | None
    contact: str | None


@dataclass(frozen=True, slots=True)
class PortPlan:
    """One front-panel port.

    Attributes:
        use: `link` to a switch, `host` behind which a server is, or `unused`.
        fec: rs, fc or none, or "" where SONiC is to decide.
        link_local: routed by its IPv6 link-local address alone (ipv6_use_link_local_only).
        addresses: of a numbered link, with prefix length.
        far_end: "switch:port" of a link.
    """

    name: str
    alias: str
    lanes: tuple[int, ...]
    index: int
    speed: int
    fec: str
    mtu: int
    use: Literal["link", "host", "unused"]
    description: str = ""
    link_local: bool = False
    addresses: tuple[IpInterface, ...] = ()
    far_end: str = ""

    @property
    def admin_status(self) -> str:
        """`up` only where the port is used."""
        return "down" if self.use == "unused" else "up"

    @property
    def routed(self) -> bool:
        """True when the port has rows in INTERFACE."""
        return self.link_local or bool(self.addresses)


@dataclass(frozen=True, slots=True)
class Session:
    """One end of a BGP session.

    Attributes:
        peer: what FRR calls the neighbour: the port (unnumbered) or the far address.
        port: the local port it runs over.
        switch: the far switch; "" for a host.
        far_port: its port; "" for a host.
        remote_asn: of the far switch; None for a host, whose number is its own.
        families: negotiated on it.
    """

    peer: str
    port: str
    switch: str
    far_port: str
    remote_asn: int | None
    families: tuple[Family, ...]
    description: str

    @property
    def far_end(self) -> str:
        """SWITCH:PORT at the other end."""
        return f"{self.switch}:{self.far_port}"


@dataclass(frozen=True, slots=True)
class PeerGroup:
    """Neighbours that are treated alike: all switches of a role, or all hosts."""

    name: str
    kind: Literal["fabric", "host"]
    families: tuple[Family, ...]
    sessions: tuple[Session, ...]

    @property
    def global_ipv6(self) -> bool:
        """True when its sessions run between global IPv6 addresses."""
        return self.kind == "fabric" and any(":" in session.peer for session in self.sessions)

    @property
    def extended_nexthop(self) -> bool:
        """True when IPv4 routes get IPv6 next hops (RFC 8950) and FRR does not offer that by itself.

        It does for BGP unnumbered alone: bgpd/bgpd.c peer_conf_interface_get and bgp_fsm.c, PEER_FLAG_CAPABILITY_ENHE.
        """
        return self.global_ipv6 and "ipv4" in self.families


@dataclass(frozen=True, slots=True)
class BgpPlan:
    """What all sessions of the fabric share."""

    keepalive: int
    hold: int
    connect_retry: int
    bfd: bool
    maximum_paths: int


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """What hosts may announce: single addresses out of the prefixes."""

    ipv4: tuple[IPv4Network, ...]
    ipv6: tuple[IPv6Network, ...]
    max_prefixes: int | None


@dataclass(frozen=True, slots=True)
class PrefixList:
    """A list of single addresses out of some networks: LOOPBACKS of switches, HOSTS of servers."""

    name: str
    networks: tuple[IpNetwork, ...]

    @property
    def keyword(self) -> str:
        """`ip` or `ipv6`, as FRR's commands begin."""
        return "ip" if self.networks[0].version == 4 else "ipv6"


@dataclass(frozen=True, slots=True)
class SwitchPlan:
    """One switch, complete; services are None where the inventory leaves them alone."""

    name: str
    role: str
    platform: str
    build: str
    mac: str
    serial: str
    asn: int
    loopback_ipv4: IPv4Address
    loopback_ipv6: IPv6Address | None
    ssh: SshPlan
    management: ManagementPlan
    ntp: tuple[str, ...] | None
    dns: tuple[str, ...] | None
    syslog: tuple[str, ...] | None
    timezone: str | None
    snmp: SnmpPlan
    ports: tuple[PortPlan, ...]
    groups: tuple[PeerGroup, ...]

    @property
    def sessions(self) -> Iterator[tuple[PeerGroup, Session]]:
        """Every session of the switch with its group, in the order in which FRR prints them."""
        return ((group, session) for group in self.groups for session in group.sessions)

    @property
    def fabric_sessions(self) -> list[Session]:
        """The sessions with other switches."""
        return [session for group, session in self.sessions if group.kind == "fabric"]

    @property
    def has_hosts(self) -> bool:
        """True when a server is behind one of its ports."""
        return any(group.kind == "host" for group in self.groups)

    @property
    def global_next_hops(self) -> bool:
        """True when routes from other switches must be taken by the neighbour's global IPv6 address.

        bgpd prefers the link-local one, and swss learns no link-local neighbour on a port without
        `ipv6_use_link_local_only` (sonic-swss neighsyncd/neighsync.cpp), so the ASIC would have no next hop
        (sonic-swss#1872).
        """
        return any(group.global_ipv6 for group in self.groups)

    def loopback(self, family: Family) -> IpAddress | None:
        """The loopback address of a family; None when the fabric has none."""
        return self.loopback_ipv4 if family == "ipv4" else self.loopback_ipv6


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """One cable between two switches: (switch, port) of both ends, sorted.

    Attributes:
        path: the topology's entry for it.
        fec: as the topology gives it; "" for what the switch model does by itself.
        flipped: `b` has the lower addresses; else `a`, which had the lower name when they were allotted.
    """

    a: tuple[str, str]
    b: tuple[str, str]
    speed: int
    mtu: int
    path: KeyPath = field(compare=False)
    ipv4: IPv4Network | None = None
    ipv6: IPv6Network | None = None
    fec: str = ""
    flipped: bool = False

    @property
    def ends(self) -> tuple[tuple[tuple[str, str], tuple[str, str], int], ...]:
        """(end, far end, which of the link's two addresses it has) for both ends."""
        low_a = 1 if self.flipped else 0
        return ((self.a, self.b, low_a), (self.b, self.a, 1 - low_a))

    @property
    def name(self) -> str:
        """`leaf1:Ethernet72 - spine1:Ethernet112`."""
        return f"{self.a[0]}:{self.a[1]} - {self.b[0]}:{self.b[1]}"


@dataclass(frozen=True, slots=True)
class FabricPlan:
    """The fabric: its switches by name in natural order, and its cables.

    Attributes:
        numbered: links have addresses; otherwise BGP is unnumbered.
        loopback_ipv4: the pool that every IPv4 loopback is in (IPv6 alike).
        families: the unicast families that the fabric routes.
    """

    name: str
    numbered: bool
    mtu: int
    loopback_ipv4: IPv4Network
    loopback_ipv6: IPv6Network | None
    bgp: BgpPlan
    hosts: HostPolicy
    links: tuple[LinkPlan, ...]
    switches: Mapping[str, SwitchPlan]

    @property
    def families(self) -> tuple[Family, ...]:
        """ipv4, and ipv6 where the fabric has IPv6 loopbacks."""
        return ("ipv4", "ipv6") if self.loopback_ipv6 else ("ipv4",)

    @property
    def prefix_lists(self) -> tuple[PrefixList, ...]:
        """What may be announced in this fabric, IPv4 before IPv6; a list without networks is left out."""
        lists = [
            PrefixList("LOOPBACKS", (self.loopback_ipv4,)),
            PrefixList("HOSTS", self.hosts.ipv4),
            PrefixList("LOOPBACKS", (self.loopback_ipv6,) if self.loopback_ipv6 else ()),
            PrefixList("HOSTS", self.hosts.ipv6 if self.loopback_ipv6 else ()),
        ]
        return tuple(one for one in lists if one.networks)
