"""The networks of a topology on real switches: who is in them, who routes them, and what cannot be. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sonicfab.configdb import natural_key
from sonicfab.endpoint import Endpoint
from sonicfab.errors import KeyPath, Problem, Severity
from sonicfab.hints import did_you_mean, first_of
from sonicfab.model.bundles import Bundle
from sonicfab.model.networks import Network
from sonicfab.model.topology import Link, Topology
from sonicfab.plan.bgp import IpNetwork
from sonicfab.plan.interfaces import InterfaceKind
from sonicfab.plan.management import IpInterface
from sonicfab.plan.ports import PortSettings
from sonicfab.plan.types import InterfacePlan, LinkPlan, SwitchSettings
from sonicfab.plan.vlans import InNetworks, Membership, NetworkPlan, VlanMember, VlanPlan, memberships


@dataclass(frozen=True, slots=True)
class Attachment:
    """A port, or a port channel, that is in networks; `path` is the topology's entry that says so."""

    switch: str
    interface: str
    memberships: tuple[Membership, ...]
    path: KeyPath


@dataclass(frozen=True, slots=True)
class Networks:
    """What the networks come to: the VLANs of each switch, the addresses of their interfaces, and the networks."""

    vlans: Mapping[str, tuple[VlanPlan, ...]]
    addresses: Mapping[tuple[str, str], tuple[IpInterface, ...]]
    plans: tuple[NetworkPlan, ...]

    def interfaces(self, switch: str) -> Iterator[InterfacePlan]:
        """What a switch has in the VLANs that it routes."""
        for vlan in self.vlans[switch]:
            if vlan.routed:
                ports = tuple(one.interface for one in vlan.members)
                own = self.addresses.get((switch, vlan.network), ())
                yield InterfacePlan(vlan.name, InterfaceKind.VLAN, members=ports, addresses=own, network=vlan.network)

    def announced(self, switch: str) -> tuple[IpNetwork, ...]:
        """What a switch announces of the networks: the subnets that it has an address in."""
        told = [one.name for one in self.plans if one.announced]
        own = (one for name in told for one in self.addresses.get((switch, name), ()))
        return tuple(dict.fromkeys(one.network for one in own))


def attachments(topology: Topology, ports: Mapping[Endpoint, PortSettings]) -> tuple[list[Attachment], list[Problem]]:
    """The ports that are in networks and of no link, and what is wrong with what is said of them."""
    found: list[Attachment] = []
    problems: list[Problem] = []
    for end, said in ports.items():
        problems += _use_problems(said, topology.networks, lambda key, said=said: said.path(key, "use"))  # type: ignore[misc]
        inside = memberships(said, topology.networks)
        if inside:
            found.append(Attachment(end.switch, end.port, inside, said.path("networks", "network", "use")))
    return found, list(dict.fromkeys(problems))


def use_problems(topology: Topology) -> Iterator[Problem]:
    """What is wrong with how links and bundles are in networks."""
    for section in ("links", "bundles"):
        for index, entry in enumerate(getattr(topology, section)):
            if isinstance(entry, (Link, Bundle)):
                at = (section, index)
                if entry.use and entry.bgp.session not in (None, "none"):
                    message = f"a link that carries VLANs has no {entry.bgp.session} session"
                    yield Problem("topology", (*at, "bgp"), message, "take out `use`, or `bgp`")
                elif entry.bgp.session is None and entry.use and entry.bgp.model_fields_set:
                    message = "a link that carries VLANs has no session, which `bgp` could say something of"
                    yield Problem("topology", (*at, "bgp"), message, "take out `use`, or `bgp`", on_key=True)
                yield from _use_problems(entry, topology.networks, lambda key, at=at: (*at, key))  # type: ignore[misc]


def _use_problems(
    use: InNetworks, networks: Mapping[str, Network], place: Callable[[str], KeyPath]
) -> Iterator[Problem]:
    several = use.networks or ()
    named = {"network": use.network is not None, "networks": bool(several), "native": use.native is not None}
    given = [key for key, there in named.items() if there]
    if use.use == "access" and given != ["network"]:
        message = "an access port is in one network, untagged, and in no other"
        yield Problem("topology", place("use"), message, "say `use: access, network: NAME`", on_key=True)
    elif use.use == "trunk" and (named["network"] or not given):
        message = "a trunk names the networks that it carries tagged, and perhaps one that is native (untagged)"
        hint = "say `use: trunk, networks: [NAME, NAME]`, with `native: NAME` for the untagged one"
        yield Problem("topology", place("use"), message, hint, on_key=True)
    elif use.use not in ("access", "trunk") and given:
        message = f"`{given[0]}` says in which network, and not how"
        yield Problem("topology", place(given[0]), message, "add `use: access` or `use: trunk`", on_key=True)
    for key, names in (("network", (use.network,)), ("networks", several), ("native", (use.native,))):
        for name in names:
            if name is not None and name not in networks:
                hint = did_you_mean(name, networks) or "name it under networks:"
                yield Problem("topology", place(key), f"there is no network '{name}'", hint)


def resolve_networks(
    topology: Topology,
    switches: Mapping[str, SwitchSettings],
    links: Iterable[LinkPlan],
    ports: Iterable[Attachment],
    *,
    complete: bool,
) -> tuple[Networks, list[Problem]]:
    """The VLANs of every switch, and every problem in them; `ports` are those with no switch of the fabric behind.

    With some switches missing for a reason that is told already (not `complete`), what they lack is not told again.
    """
    links = [link for link in links if link.vlans]
    ends = [Attachment(end.switch, end.port, link.vlans, link.path) for link in links for end in (link.a, link.b)]
    work = _Work(topology, switches, [*ends, *ports])
    work.problems += [*_loops(links), *work.numbers()]
    if complete:
        work.problems += [*work.strangers(), *work.unused()]
    found = {name: tuple(work.vlans(name)) for name in switches}
    for name in topology.networks:
        work.look_at(name)
    plans = tuple(work.plan(name) for name in topology.networks)
    return Networks(found, work.addresses, plans), work.problems


def _loops(links: Iterable[LinkPlan]) -> Iterator[Problem]:
    """A VLAN must not go in a circle: SONiC has no spanning tree before 202511, and sonicfab configures none."""
    ends: dict[str, dict[str, str]] = defaultdict(dict)
    for link in links:
        for one in link.vlans:
            up = ends[one.network]
            a, b = _root(up, link.a.switch), _root(up, link.b.switch)
            if a == b:
                message = f"network {one.network} goes in a circle: {link.name} closes it"
                hint = "leave the network out of one of its links: nothing stops frames that go round"
                yield Problem("topology", link.path, message, hint)
            up[a] = b


def _root(up: dict[str, str], name: str) -> str:
    while up.setdefault(name, name) != name:
        name = up[name]
    return name


class _Work:
    """The networks of one topology; collects the problems."""

    def __init__(
        self, topology: Topology, switches: Mapping[str, SwitchSettings], attachments: Iterable[Attachment]
    ) -> None:
        self._networks, self._switches = topology.networks, switches
        self._routes_ipv6 = topology.loopbacks.ipv6 is not None
        self._members: dict[tuple[str, str], list[VlanMember]] = defaultdict(list)
        self._paths: dict[tuple[str, str], KeyPath] = {}
        for one in attachments:
            for membership in one.memberships:
                place = (one.switch, membership.network)
                member = VlanMember(one.interface, membership.network, membership.tagged)
                self._members[place].append(member)
                self._paths.setdefault(place, one.path)
        self.problems: list[Problem] = []
        self.addresses: dict[tuple[str, str], tuple[IpInterface, ...]] = {}

    def _at(self, name: str) -> tuple[list[str], list[str]]:
        """(the switches that have the gateway of a network, those that have an interface in it)."""
        network = self._networks[name]
        inside = [switch for switch, one in self._members if one == name]
        gateway = [one for one in network.switches or inside if one not in network.addresses]
        routed = gateway if network.gateway.all or network.proxy_arp is not None else []
        known = [*routed, *network.addresses]
        return gateway, [one for one in dict.fromkeys(known) if one in self._switches]

    def vlans(self, switch: str) -> Iterator[VlanPlan]:
        """The VLANs of a switch, in the order of their numbers."""
        for name, network in sorted(self._networks.items(), key=lambda item: item[1].vlan):
            members, (_, routed) = self._members.get((switch, name), []), self._at(name)
            if not members and switch not in routed:
                continue
            own = network.addresses.get(switch, network.gateway).all if switch in routed else ()
            if own:
                self.addresses[switch, name] = own
            yield VlanPlan(
                id=network.vlan,
                network=name,
                description=network.description,
                mtu=network.mtu or 0,
                members=tuple(sorted(members, key=lambda one: natural_key(one.interface))),
                routed=switch in routed,
                proxy_arp=network.proxy_arp if switch in routed else None,
                anycast=network.anycast and switch in routed,
                dhcp_relay=tuple(str(one) for one in network.dhcp_relay if one.version == 4 and own),
                dhcp_relay_v6=tuple(str(one) for one in network.dhcp_relay if one.version == 6 and own),
            )

    def plan(self, name: str) -> NetworkPlan:
        """What is known of a network in the whole fabric."""
        network = self._networks[name]
        own = tuple(dict.fromkeys(one.network for _, one in network.interfaces))
        gateways = tuple(dict.fromkeys(one.ip for _, one in network.interfaces))
        return NetworkPlan(name, network.vlan, own, network.announce, gateways)

    def numbers(self) -> Iterator[Problem]:
        """A switch has one VLAN of a number."""
        taken: dict[tuple[str, int], str] = {}
        for (switch, name), path in self._paths.items():
            vlan = self._networks[name].vlan
            first = taken.setdefault((switch, vlan), name)
            if first != name:
                message = f"networks {first} and {name} are both VLAN {vlan}, and both on {switch}"
                yield Problem("topology", path, message, "give one of them another number")

    def unused(self) -> Iterator[Problem]:
        """A network that no port is in."""
        used = {name for _, name in self._members}
        for name in self._networks:
            if name not in used:
                message = f"no port is in the network {name}"
                yield self._problem(name, (), message, "name it in `links` or `ports`", "warning")

    def strangers(self) -> Iterator[Problem]:
        """Switches that a network names and the fabric does not have."""
        for name, network in self._networks.items():
            for key, names in (("switches", network.switches), ("addresses", tuple(network.addresses))):
                for one in names:
                    if one not in self._switches:
                        message = f"'{one}' is no switch of this fabric"
                        yield self._problem(name, (key,), message, did_you_mean(one, self._switches))

    def look_at(self, name: str) -> None:
        """What is wrong with the gateways, addresses and options of a network."""
        network, (gateway, routed) = self._networks[name], self._at(name)
        if len(gateway) > 1 and network.gateway.all and not network.anycast:
            message = f"{first_of(gateway)} would all have the gateway of {name}"
            hint = f"say which one has it, as in `switches: {gateway[0]}`, and give others `addresses` of their own"
            self._add(name, ("gateway",), message, hint)
        twice: dict[object, KeyPath] = {}
        for path, address in network.interfaces:
            if twice.setdefault(address.ip, path) != path:
                self._add(name, path, f"{address.ip} is the address of two switches in {name}", "")
        if network.anycast:
            self._anycast(name, routed)
        told_of = {one.version for _, one in network.interfaces} if network.announce else set()
        if 6 in told_of and not self._routes_ipv6:
            message = f"the IPv6 subnet of {name} cannot be announced: the fabric is IPv4 only"
            self._add(name, ("announce",), message, "give the fabric IPv6 loopbacks (loopbacks.ipv6)")
        if network.announce and not told_of:
            message = f"{name} is to be announced, and no switch has an address in it"
            self._add(name, ("announce",), message, "give it a `gateway` or `addresses`")
        have = {one.version for _, one in network.interfaces}
        for server in network.dhcp_relay:
            if server.version not in have:
                message = (
                    f"DHCP of {name} cannot be relayed to {server}: no switch has an IPv{server.version} address in it"
                )
                self._add(name, ("dhcp_relay",), message, "give it a `gateway` or `addresses`")
        self._management(name, routed)

    def _anycast(self, name: str, routed: Iterable[str]) -> None:
        if not self._networks[name].gateway.all:
            self._add(name, ("anycast",), f"{name} has no gateway that could be anycast", "give it a `gateway`")
        builds = {self._switches[one].build for one in routed}
        for build in sorted(one.name for one in builds if not one.anycast_gateway):
            message = f"{build} has no anycast gateway: nothing in it reads the table SAG"
            hint = "give the gateway to one switch, or each switch one of its `addresses`"
            self._add(name, ("anycast",), message, hint)

    def _management(self, name: str, routed: Iterable[str]) -> None:
        """eth0 and a VLAN in one network, outside of a management VRF, are two ways to the same hosts."""
        for path, address in self._networks[name].interfaces:
            same = [
                one
                for one in routed
                if not self._switches[one].management.vrf
                and self._switches[one].management.address.network.overlaps(address.network)
            ]
            if same:
                message = f"{address.network} is the management network of {first_of(same)} as well"
                self._add(name, path, message, "put eth0 into the management VRF, or give the network another subnet")

    def _add(self, name: str, path: KeyPath, message: str, hint: str) -> None:
        self.problems.append(self._problem(name, path, message, hint))

    def _problem(self, name: str, path: KeyPath, message: str, hint: str, severity: Severity = "error") -> Problem:
        return Problem("topology", ("networks", name, *path), message, hint, severity, on_key=not path)
