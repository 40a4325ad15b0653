"""The topology: how the switches of one fabric are cabled, numbered and routed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler

from sonicfab.model.bundles import Bundle
from sonicfab.model.extra import Extra
from sonicfab.model.fields import (
    Asn,
    AsnPoolField,
    Ends,
    FabricName,
    Fec,
    Mtu,
    NetworkV4,
    NetworkV6,
    OneOrMany,
    PortList,
    RoleName,
    Speed,
    Strict,
    SwitchName,
    expected,
)
from sonicfab.model.leave import LeaveWord
from sonicfab.model.networks import Network, NetworkName, VlanUse
from sonicfab.model.outside import Outside
from sonicfab.model.policies import Policy, PolicyName
from sonicfab.model.ports import Description, PortsEntry
from sonicfab.model.routes import Aggregate, Redistribution, StaticRoute
from sonicfab.model.sessions import (
    UNSAID,
    AnyGroup,
    Bgp,
    BgpSource,
    MaxPrefixesField,
    PeerGroupName,
    SessionOptionsField,
    SessionSettings,
)

SONIC_MTU = 9100
"""What SONiC gives a port: sonic-buildimage src/sonic-config-engine/config_samples.py, sonic-swss portmgr.h."""


class Pools(Strict):
    """An IPv4 and an IPv6 pool; without one, that family is not used."""

    ipv4: NetworkV4 | None = None
    ipv6: NetworkV6 | None = None


class LoopbackPools(Strict):
    """Where the loopbacks come from; IPv4 always, for it is the router id too."""

    ipv4: NetworkV4
    ipv6: NetworkV6 | None = None


class Underlay(Pools):
    """How two switches of a link address each other.

    `unnumbered`: BGP over IPv6 link-local addresses, both families over it (RFC 8950). With a pool instead,
    each link gets an IPv4 /31 (RFC 3021), an IPv6 /127 (RFC 6164), or both.
    """

    addressing: Literal["unnumbered", "numbered"] = "unnumbered"

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, value: Any, handler: ModelWrapValidatorHandler[Underlay]) -> Underlay:
        if value == "unnumbered":
            return handler({})
        if not isinstance(value, (dict, Underlay)):
            raise expected("'unnumbered', or pools such as {ipv4: 10.1.0.0/22, ipv6: fd00:1::/64}", value)
        if isinstance(value, dict) and "addressing" not in value and {"ipv4", "ipv6"} & value.keys():
            value = {**value, "addressing": "numbered"}
        underlay = handler(value)
        if underlay.addressing == "numbered" and not (underlay.ipv4 or underlay.ipv6):
            raise expected("a pool ipv4 or ipv6 for the links of a numbered underlay", "none")
        if underlay.addressing == "unnumbered" and (underlay.ipv4 or underlay.ipv6):
            raise expected("no link pools with an unnumbered underlay", "pools")
        return underlay


class Link(VlanUse):
    """One cable: 'spine1:Ethernet112 - leaf1:Ethernet72'; with `use` it carries VLANs, and no BGP session."""

    link: Ends
    mtu: Mtu | None = None
    speed: Speed | None = None
    fec: Fec | None = None
    bgp: SessionOptionsField = UNSAID


class Mesh(Strict):
    """Every leaf to every spine.

    Uplink n of each leaf goes to spine n, and there to the port that `leaves` names for that leaf. A leaf
    that comes or goes moves no other leaf's cables.
    """

    spines: OneOrMany[SwitchName]
    uplinks: PortList
    leaves: Annotated[dict[SwitchName, PortList], Field(min_length=1)]
    mtu: Mtu | None = None
    speed: Speed | None = None
    fec: Fec | None = None
    bgp: SessionOptionsField = UNSAID

    @model_validator(mode="after")
    def _check(self) -> Mesh:
        for leaf, ports in self.leaves.items():
            if len(ports) * len(self.spines) != len(self.uplinks):
                wanted = len(ports) * len(self.spines)
                why = f"{leaf} has {len(ports)} port(s) on each of {len(self.spines)} spine(s)"
                raise expected(f"{wanted} uplink(s), for {why}", str(len(self.uplinks)))
        return self


def _link_kind(value: Any) -> str:
    if isinstance(value, (Link, Mesh)):
        return type(value).__name__
    return "Mesh" if isinstance(value, dict) and {"spines", "leaves", "uplinks"} & value.keys() else "Link"


def _as_mapping(value: Any) -> Any:
    return {"link": value} if isinstance(value, str) else value


LinkEntry = Annotated[
    Annotated[Link, BeforeValidator(_as_mapping, json_schema_input_type=Link | str), Tag("Link")]
    | Annotated[Mesh, Tag("Mesh")],
    Discriminator(_link_kind),
]


class HostPorts(Strict):
    """Ports with a server behind each, on some switches or on all of a role."""

    switches: OneOrMany[SwitchName] = ()
    role: RoleName | None = None
    ports: PortList
    mtu: Mtu | None = None
    speed: Speed | None = None
    fec: Fec | None = None
    description: Description = ""
    bgp: SessionOptionsField = UNSAID


class HostPrefixes(Strict):
    """What hosts may announce addresses out of."""

    ipv4: OneOrMany[NetworkV4] = ()
    ipv6: OneOrMany[NetworkV6] = ()


class Hosts(Strict):
    """BGP to the host: what the servers may announce, and where they are.

    A host may announce single addresses (/32, /128) out of `prefixes`, at most `max_prefixes` of each family.
    """

    prefixes: HostPrefixes = HostPrefixes.model_construct()
    max_prefixes: MaxPrefixesField | None = None
    bgp: SessionSettings = SessionSettings.model_construct()
    ports: tuple[HostPorts, ...] = ()


class SwitchNumbers(Strict):
    """Numbers given by hand instead of taken from the pools; `ipv6: none` of a switch without an IPv6 loopback."""

    asn: Asn | None = None
    ipv4: IPv4Address | None = None
    ipv6: IPv6Address | Literal["none"] | None = None


Ownership = Literal["everything", "planned"]
"""What of a switch is ours: all of the tables that are rendered, or what the plan speaks of."""


class SwitchEntry(SwitchNumbers):
    """What is said of one switch: its numbers, what of it is ours, and what it has beside the plan."""

    ownership: Ownership | None = None
    extra: Extra = Extra.model_construct()
    leave: OneOrMany[LeaveWord] = ()
    bgp: BgpSource | Literal["none"] | None = None
    peer_groups: dict[AnyGroup, PeerGroupName] = {}


class Topology(Strict):
    """The topology file; `leave` counts for the switches of which what the plan speaks of is ours."""

    name: FabricName
    ownership: Ownership = "everything"
    underlay: Underlay = Underlay.model_construct()
    mtu: Mtu = SONIC_MTU
    asn: dict[RoleName, AsnPoolField] = {}
    loopbacks: LoopbackPools
    bgp: Bgp = Bgp.model_construct()
    links: tuple[LinkEntry, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    networks: dict[NetworkName, Network] = {}
    hosts: Hosts = Hosts.model_construct()
    outside: tuple[Outside, ...] = ()
    policies: dict[PolicyName, Policy] = {}
    routes: tuple[StaticRoute, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    redistribute: tuple[Redistribution, ...] = ()
    ports: tuple[PortsEntry, ...] = ()
    leave: OneOrMany[LeaveWord] = ()
    switches: dict[SwitchName, SwitchEntry] = {}
