"""What an FRR config says of BGP, as far as anybody asks: every instance (VRF), every address family."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from sonicfab.frr import conf


class Use(NamedTuple):
    """A named list or route-map where it is used; `kind` as FRR defines it: route-map, ip prefix-list ..."""

    kind: str
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Limit:
    """`maximum-prefix`; `restart` in minutes, 0: the session stays down."""

    prefixes: int
    threshold: int
    restart: int
    warning_only: bool


@dataclass
class Neighbor:
    """A neighbour or a peer-group, with what it says of itself; a neighbour's group says the rest.

    Attributes:
        line: where it is first named.
        interface: it is reached by its port (BGP unnumbered).
        group: the peer-group that it is a member of; "" if none.
        remote_as: a number, external, internal, auto, or "".
        shape: the lines that make it, without the value of remote-as; FRR cannot change them in place.
        shutdown, bfd, password: the line that says so; 0 where none does.
        secret: the MD5 password itself.
        hops: of `ebgp-multihop`; 0 without it.
        oad: both ends are of one administration: FRR asks for no policy.
        extended_nexthop: IPv4 routes may have IPv6 next hops on it (RFC 8950).
        activated, deactivated: families that `activate` and `no ... activate` name.
        filters: (family, in or out) -> what filters there; FRR applies each of them.
        limits: family -> how many prefixes it may announce.
    """

    name: str
    line: int = 0
    is_group: bool = False
    interface: bool = False
    group: str = ""
    remote_as: str = ""
    shape: frozenset[str] = frozenset()
    description: str = ""
    local_as: str = ""
    update_source: str = ""
    shutdown: int = 0
    bfd: int = 0
    password: int = 0
    secret: str = field(default="", repr=False)
    multihop: bool = False
    hops: int = 0
    next_hop_self: bool = False
    reflector_client: bool = False
    remove_private_as: bool = False
    oad: bool = False
    extended_nexthop: bool = False
    activated: set[str] = field(default_factory=set)
    deactivated: set[str] = field(default_factory=set)
    filters: dict[tuple[str, str], list[Use]] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)


@dataclass
class Bgp:
    """One `router bgp`; numbers are lines.

    Attributes:
        vrf: "" for the default VRF; `view NAME` for a view.
        asn: "" when there is no BGP.
        needs_policy: eBGP without a policy exchanges nothing.
        defaults: families in which every neighbour is active unless told otherwise.
        confederation: AS numbers of the other parts of its confederation.
        shutdown: `bgp shutdown`.
        multipath: several paths are used; FRR's default is all that it was built for (bgpd/bgp_mpath.c).
        rd: of its EVPN routes.
        import_check: a network is announced only when it is in the routing table.
        networks: (family, prefix) -> line.
        statics: prefixes with a static route in this VRF.
    """

    vrf: str = ""
    asn: str = ""
    line: int = 0
    router_id: str = ""
    router_id_line: int = 0
    needs_policy: bool = True
    defaults: set[str] = field(default_factory=lambda: {"ipv4"})
    confederation: set[str] = field(default_factory=set)
    shutdown: bool = False
    multipath: bool = True
    rd: str = ""
    import_check: bool = True
    neighbors: dict[str, Neighbor] = field(default_factory=dict)
    networks: dict[tuple[str, str], int] = field(default_factory=dict)
    statics: set[str] = field(default_factory=set)

    @property
    def sessions(self) -> Iterator[Neighbor]:
        """The neighbours that are no groups."""
        return (one for one in self.neighbors.values() if not one.is_group)

    def group_of(self, neighbor: Neighbor) -> Neighbor:
        """The neighbour's peer-group, or itself."""
        return self.neighbors.get(neighbor.group, neighbor)

    def remote_as(self, neighbor: Neighbor) -> str:
        """A number, external, internal, auto, or ""."""
        return neighbor.remote_as or self.group_of(neighbor).remote_as

    def secret(self, neighbor: Neighbor) -> str:
        """The MD5 password of a session, its own or its group's; "" without one. It is not shown."""
        return neighbor.secret or self.group_of(neighbor).secret

    def families(self, neighbor: Neighbor) -> set[str]:
        """The families that are active on a session."""
        group = self.group_of(neighbor)
        return ((self.defaults - group.deactivated) | group.activated | neighbor.activated) - neighbor.deactivated

    def filters(self, neighbor: Neighbor, family: str, direction: str) -> list[Use]:
        """What filters a session in a direction: its own filters, and of its group those of other kinds."""
        own, group = (one.filters.get((family, direction), []) for one in (neighbor, self.group_of(neighbor)))
        return own if own is group else [*own, *group]

    def is_external(self, neighbor: Neighbor) -> bool:
        """True for eBGP, as far as the file tells: what `auto` becomes, the other end says."""
        remote = self.remote_as(neighbor)
        return remote == "external" or (remote.isdigit() and remote != self.asn and remote not in self.confederation)


@dataclass
class FrrText:
    """An frr.conf: its BGP instances by VRF, and the lists and route-maps of the whole file.

    Attributes:
        defined: (kind, name).
        route_maps: name -> the numbers of its entries.
        uses: where they are used, apart from those of neighbours.
        passwords: lines with a password for telnet; without one nobody gets in (lib/vty.c).
        enable_passwords: lines with the one for what comes after that.
        global_maps: route-maps with an entry that says `set ipv6 next-hop prefer-global`.
    """

    instances: dict[str, Bgp] = field(default_factory=dict)
    defined: set[tuple[str, str]] = field(default_factory=set)
    route_maps: dict[str, list[int]] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    passwords: list[int] = field(default_factory=list)
    enable_passwords: list[int] = field(default_factory=list)
    global_maps: set[str] = field(default_factory=set)

    @property
    def bgp(self) -> Bgp:
        """The instance of the default VRF; an empty one when there is none."""
        return self.instance("")

    def instance(self, vrf: str) -> Bgp:
        """The instance of a VRF, of which "" and `default` are the default one; an empty one when there is none."""
        return self.instances.get("" if vrf == "default" else vrf) or Bgp(vrf)

    @property
    def undefined(self) -> Iterator[Use]:
        """What is used and not defined."""
        of_neighbors = (
            use
            for instance in self.instances.values()
            for neighbor in instance.neighbors.values()
            for uses in neighbor.filters.values()
            for use in uses
        )
        seen = set(self.uses) | set(of_neighbors)  # a line in two address families is two lines
        return (use for use in sorted(seen, key=lambda use: use.line) if (use.kind, use.name) not in self.defined)


_NEIGHBOR = re.compile(r"(?:no )?neighbor (\S+) .+")
_DATACENTER = re.compile(r"^frr defaults datacenter\s*$", re.MULTILINE)
_LISTS = {
    ("ip", "prefix-list"): "ip prefix-list",
    ("ipv6", "prefix-list"): "ipv6 prefix-list",
    ("ipv6", "access-list"): "ipv6 access-list",
    ("bgp", "as-path"): "as-path access-list",
    ("bgp", "community-list"): "community-list",
    ("bgp", "extcommunity-list"): "extcommunity-list",
    ("bgp", "large-community-list"): "large-community-list",
}
_FORMS = frozenset({"standard", "expanded", "access-list"})
"""Words between the kind of a list and its name."""


def read_frr(text: str) -> FrrText:
    """From the text of an frr.conf; what no rule asks for is passed over."""
    read = FrrText()
    profile = not _DATACENTER.search(text)  # that profile has no ebgp-requires-policy (FRR bgpd/bgp_vty.c)
    statics: list[tuple[str, str]] = []
    for number, context, line in conf.lines(text):
        words = line.split()
        head = context[0].split() if context else []
        if head[:1] == ["route-map"]:
            read.defined.add(("route-map", head[1]))
            if not words and head[-1].isdigit():
                read.route_maps.setdefault(head[1], []).append(int(head[-1]))
            read.uses += _in_route_map(words, number)
            if words == ["set", "ipv6", "next-hop", "prefer-global"]:
                read.global_maps.add(head[1])
        elif head[:1] == ["bfd"] and len(context) > 1 and context[1].startswith("profile "):
            read.defined.add(("bfd profile", context[1].split()[1]))
        elif head[:2] == ["router", "bgp"]:
            instance = _instance(read, head, number, needs_policy=profile)
            _router_line(read, instance, number, context, words)
        elif words[1:2] == ["route"] and len(words) > 2:
            statics.append((_vrf(head) or _vrf(words), words[2]))
        elif not context:
            _top_line(read, words, number)
    for vrf, prefix in statics:
        if vrf in read.instances:
            read.instances[vrf].statics.add(prefix)
    return read


def _vrf(words: list[str]) -> str:
    """`... vrf NAME ...`; "" for the default one."""
    return words[words.index("vrf") + 1] if "vrf" in words[:-1] else ""


def _top_line(read: FrrText, words: list[str], number: int) -> None:
    kind = _LISTS.get((words[0], words[1])) if len(words) > 2 else None
    kind = "access-list" if words[0] == "access-list" and len(words) > 1 else kind
    if kind:
        names = [word for word in words[1 if kind == "access-list" else 2 :] if word not in _FORMS]
        read.defined.add((kind, names[0] if names else ""))
    elif words[0] in ("ip", "ipv6") and words[1:2] == ["protocol"] and "route-map" in words[:-1]:
        read.uses.append(Use("route-map", words[-1], number))
    elif words[0] == "password":
        read.passwords.append(number)
    elif words[:2] == ["enable", "password"]:
        read.enable_passwords.append(number)


def _in_route_map(words: list[str], number: int) -> Iterator[Use]:
    """What a line of a route-map refers to (FRR lib/routemap_cli.c, bgpd/bgp_routemap.c)."""
    if words[:1] == ["call"] and len(words) > 1:
        yield Use("route-map", words[1], number)
    elif words[:2] == ["match", "as-path"] and len(words) > 2:
        yield Use("as-path access-list", words[2], number)
    elif words[:1] == ["match"] and words[1:2] and words[1] in ("community", "extcommunity", "large-community"):
        yield from (Use(f"{words[1]}-list", name, number) for name in words[2:3])
    elif words[:1] == ["match"] and words[1:2] and words[1] in ("ip", "ipv6"):
        if "prefix-list" in words[:-1]:
            yield Use(f"{words[1]} prefix-list", words[-1], number)
        elif words[2:3] == ["address"] and len(words) == 4:
            yield Use("access-list" if words[1] == "ip" else "ipv6 access-list", words[3], number)


def _instance(read: FrrText, head: list[str], number: int, *, needs_policy: bool) -> Bgp:
    vrf = _vrf(head) or " ".join(head[-2:] if head[-2] == "view" else ())
    asn = head[2] if head[2:] and head[2] not in ("vrf", "view") else ""
    return read.instances.setdefault(vrf, Bgp(vrf, asn, number, needs_policy=needs_policy))


def _family(context: conf.Context) -> str:
    """`ipv4` and `ipv6` for unicast, else what stands there, such as `l2vpn evpn`; "" outside of a family.

    What FRR takes outside of a family is of IPv4 unicast (bgpd/bgp_vty.c, the hidden commands of BGP_NODE).
    """
    return context[1].removeprefix("address-family ").removesuffix(" unicast") if len(context) > 1 else ""


def _router_line(read: FrrText, bgp: Bgp, number: int, context: conf.Context, words: list[str]) -> None:
    if len(context) > 1 and not context[1].startswith("address-family "):
        return  # vni ...: no rule asks
    family = _family(context)
    if words[:1] == ["no"]:
        _no_line(bgp, family, words[1:])
        return
    first = words[0] if words else ""
    if first == "neighbor" and len(words) > 2:
        _neighbor_line(read, bgp, number, family, words)
    elif "route-map" in words[:-1] and first in ("network", "redistribute", "aggregate-address", "import"):
        read.uses.append(Use("route-map", words[words.index("route-map") + 1], number))
    elif first in ("route-map", "table-map") and len(words) > 1:  # route-map vpn import NAME
        read.uses.append(Use("route-map", words[-1], number))
    if first == "network" and family in ("", "ipv4", "ipv6") and len(words) > 1:
        bgp.networks[family or "ipv4", words[1]] = number
    elif first == "bgp" and len(words) > 2:
        _bgp_line(bgp, number, words)
    elif words == ["bgp", "shutdown"]:
        bgp.shutdown = True
    elif words == ["maximum-paths", "1"]:
        bgp.multipath = False
    elif first == "rd" and family and len(words) > 1:
        bgp.rd = words[1]


def _no_line(bgp: Bgp, family: str, words: list[str]) -> None:
    if words == ["bgp", "ebgp-requires-policy"]:
        bgp.needs_policy = False
    elif words == ["bgp", "network", "import-check"]:
        bgp.import_check = False
    elif words[:2] == ["bgp", "default"] and words[2:]:
        bgp.defaults.discard(_default_family(words[2]))
    elif words[:1] == ["neighbor"] and words[2:] == ["activate"] and words[1] in bgp.neighbors:
        bgp.neighbors[words[1]].deactivated.add(family or "ipv4")


def _bgp_line(bgp: Bgp, number: int, words: list[str]) -> None:
    if words[1] == "router-id":
        bgp.router_id, bgp.router_id_line = words[2], number
    elif words[1] == "default" and "-" in words[2]:
        bgp.defaults.add(_default_family(words[2]))
    elif words[1:3] == ["confederation", "peers"]:
        bgp.confederation.update(words[3:])


def _default_family(word: str) -> str:
    """`ipv4-unicast` -> ipv4, `l2vpn-evpn` -> l2vpn evpn."""
    return word.removesuffix("-unicast").replace("-", " ")


def password_of(text: str, neighbor: str) -> str:
    """The MD5 password of a neighbour of the default VRF, its own or its group's; "" without one. It is not shown."""
    bgp = read_frr(text).bgp
    one = bgp.neighbors.get(neighbor)
    return bgp.secret(one) if one else ""


def neighbor_of(line: str) -> str:
    """The neighbour or peer-group that a line is about; "" for another line."""
    match = _NEIGHBOR.fullmatch(line)
    return match[1] if match else ""


def neighbors_of(lines: Iterable[str]) -> dict[str, Neighbor]:
    """Name -> neighbour or peer-group, from the lines right below `router bgp`."""
    found: dict[str, Neighbor] = {}
    for line in lines:
        if name := neighbor_of(line):
            one = found.setdefault(name, Neighbor(name))
            if not line.startswith("no "):
                _of_neighbor(one, 0, "ipv4", line.split()[2:])
    return found


def _neighbor_line(read: FrrText, bgp: Bgp, number: int, family: str, words: list[str]) -> None:
    one = bgp.neighbors.setdefault(words[1], Neighbor(words[1], number))
    read.uses += _of_neighbor(one, number, family or "ipv4", words[2:])


def _of_neighbor(one: Neighbor, number: int, family: str, words: list[str]) -> list[Use]:
    """Take what a line says of a neighbour; what it uses beside filters."""
    rest = words
    if rest[0] == "interface":
        one.interface = True
        rest = rest[2:] if rest[1:2] == ["v6only"] else rest[1:]
    if rest == ["peer-group"]:
        one.is_group = True
        return []
    if rest[:1] == ["peer-group"]:
        one.group, rest = rest[1], rest[2:]
    if rest[:1] == ["remote-as"] and len(rest) > 1:
        one.remote_as, rest = rest[1], rest[2:]
    if rest:
        return _said(one, number, family, rest)
    one.shape |= {" ".join(words[:-1] if "remote-as" in words else words)}
    return []


def _said(one: Neighbor, number: int, family: str, words: list[str]) -> list[Use]:
    match words:
        case ["description", *text]:
            one.description = " ".join(text)
        case ["local-as", asn, *_]:
            one.local_as = asn
        case ["update-source", source]:
            one.update_source = source
        case [("shutdown" | "bfd" | "password") as what, *_]:
            setattr(one, what, number)
            if what == "password":
                one.secret = " ".join(words[1:])
            if words[:2] == ["bfd", "profile"]:
                return [Use("bfd profile", name, number) for name in words[2:3]]
        case ["oad"]:
            one.oad = True
        case ["ebgp-multihop" | "ttl-security" | "disable-connected-check", *hops]:
            one.multihop = True
            if words[0] == "ebgp-multihop":
                one.hops = int(hops[0]) if hops and hops[0].isdigit() else 255
        case ["capability", "extended-nexthop"]:
            one.extended_nexthop = True
        case ["remove-private-AS", *_]:
            one.remove_private_as = True
        case ["next-hop-self", *_]:
            one.next_hop_self = True
        case ["route-reflector-client"]:
            one.reflector_client = True
        case ["activate"]:
            one.activated.add(family)
        case ["maximum-prefix", limit, *rest] if limit.isdigit():
            one.limits[family] = _limit(int(limit), rest)
        case _:
            return _filter(one, number, family, words)
    return []


def _filter(one: Neighbor, number: int, family: str, words: list[str]) -> list[Use]:
    six = family.startswith("ipv6")
    kinds = {
        "route-map": "route-map",
        "prefix-list": "ipv6 prefix-list" if six else "ip prefix-list",
        "filter-list": "as-path access-list",
        "distribute-list": "ipv6 access-list" if six else "access-list",
    }
    match words:
        case [kind, name, way] if kind in kinds:
            one.filters.setdefault((family, way), []).append(Use(kinds[kind], name, number))
        case ["unsuppress-map", name, *_]:
            one.filters.setdefault((family, UNSUPPRESS), []).append(Use("route-map", name, number))
        case ["default-originate", "route-map", name]:
            return [Use("route-map", name, number)]
        case ["advertise-map" | "exist-map" | "non-exist-map", *_]:
            return [Use("route-map", value, number) for word, value in pairwise(words) if word.endswith("-map")]
    return []


def _limit(prefixes: int, rest: list[str]) -> Limit:
    threshold = int(rest[0]) if rest and rest[0].isdigit() else 75  # bgpd.h MAXIMUM_PREFIX_THRESHOLD_DEFAULT
    restart = int(rest[rest.index("restart") + 1]) if "restart" in rest[:-1] else 0
    return Limit(prefixes, threshold, restart, "warning-only" in rest)


UNSUPPRESS = "unsuppress"
"""Stands where filters have in or out: some FRR take it for a policy towards the neighbour."""
