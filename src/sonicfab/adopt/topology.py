"""The topology of switches that were read: pools, patterns, and what is particular beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from sonicfab.adopt import policies
from sonicfab.adopt.beside import Beside, common_words
from sonicfab.adopt.cables import bundle_entries, gaps, link_entries
from sonicfab.adopt.edges import Said, host_ports, port_entries
from sonicfab.adopt.extras import extra_lines
from sonicfab.adopt.groups import FABRIC, Names
from sonicfab.adopt.links import FoundLink, Links
from sonicfab.adopt.numbers import Numbering
from sonicfab.adopt.options import Usual
from sonicfab.adopt.outside import outside_parts
from sonicfab.adopt.page import Entry, Page, Part, flow, one_or_list, scalar
from sonicfab.adopt.seen import Seen
from sonicfab.adopt.sessions import text_of
from sonicfab.adopt.vlans import Vlans
from sonicfab.configdb import Table
from sonicfab.endpoint import Endpoint
from sonicfab.frr import frrcfgd
from sonicfab.model.fields import is_switch_name
from sonicfab.model.leave import FRR_WORD, is_lines
from sonicfab.model.sessions import IBGP
from sonicfab.model.topology import SONIC_MTU
from sonicfab.roles import Role

SWITCH = "switch "
"""What an entry of a switch is about, before its name."""
_LEFT = "there the plan means something else, and what is on the switch stays; delete a line to have it ours"
_HEAD = (
    "The fabric as it was found by `sonicfab adopt`: how the switches are cabled, numbered and routed. A draft, too:",
    "what could not be known, or cannot be said, stands behind # with the reason.",
)


def fabric_name(switches: Iterable[Seen], given: str = "") -> str:
    """The name that is given, else what the names of the switches have in common."""
    letters = takewhile(lambda some: len(set(some)) == 1, zip(*(one.name for one in switches), strict=False))
    common = "".join(some[0] for some in letters).strip("-0123456789")
    name = common.rpartition("-")[0] or common
    return given or (name if len(name) > 2 and is_switch_name(name) else "fabric")


@dataclass(frozen=True)
class Particular:
    """What is said of single ports and switches, beside patterns and pools.

    Attributes:
        ports: what they are for, and how they are set.
        vlans: the networks.
        leave: switch -> rows, fields and texts of it that the files leave as they are.
        extra: switch -> tables that are kept as they stand.
        beside: switch -> how FRR's config is otherwise than the plan.
        groups: what FRR calls the peer-groups.
        later: links of switches that are not in the files yet.
    """

    ports: Mapping[Endpoint, Said] = field(default_factory=dict)
    vlans: Vlans = field(default_factory=Vlans)
    leave: Mapping[str, Sequence[str]] = field(default_factory=dict)
    extra: Mapping[str, Mapping[str, Table]] = field(default_factory=dict)
    beside: Mapping[str, Beside] = field(default_factory=dict)
    groups: Names = field(default_factory=dict)
    later: Sequence[FoundLink] = ()

    def group_name(self, switch: str, word: str) -> str:
        """What a switch calls the group of sessions with a role, or ibgp."""
        said = {**self.groups.get(FABRIC, {}), **self.groups.get(switch, {})}
        return said.get(word, word.upper())

    def extra_rows(self, switch: str) -> dict[str, Table]:
        """The rows that are kept as they stand, those for frrcfgd with them."""
        found: dict[str, Table] = dict(self.extra.get(switch, {}))
        for table, rows in self.beside.get(switch, Beside()).rows.items():
            found[table] = {**found.get(table, {}), **rows}
        return found

    def is_unified(self, switches: Iterable[Seen]) -> bool:
        """Whether the BGP of all these is said in rows for frrcfgd."""
        by_rows = [self.beside.get(one.name, Beside()).by_rows for one in switches]
        return bool(by_rows) and all(by_rows)

    @property
    def common(self) -> list[str]:
        """What is left on all switches that something is left on, if they are several; lines of FRR by their own rule.

        A line that is left is not rendered either: a switch that has it must not lose it.
        """
        lines = set(common_words(self.beside))
        own = frozenset[str]() if all(one.by_rows for one in self.beside.values()) else frozenset(frrcfgd.TABLES)
        some = [[word for word in one if not is_lines(word) and _table(word) not in own] for one in self.leave.values()]
        some = [one for one in some if one]
        words = [word for word in some[0] if all(word in one for one in some)] if len(some) > 1 else []
        if not all(one.whole for one in self.beside.values()):
            words = [word for word in words if word != FRR_WORD]
        return [*words, *dict.fromkeys(word for one in self.leave.values() for word in one if word in lines)]


def _table(word: str) -> str:
    return word.partition("|")[0].partition(" ")[0]


def topology_page(
    name: str,
    switches: Sequence[Seen],
    roles: Mapping[str, Role],
    links: Links,
    numbering: Numbering,
    particular: Particular,
) -> Page:
    """The page; `roles` of every switch that can be in it."""
    there, vlans = {one.name: one for one in switches}, particular.vlans
    hosts = host_ports(switches, links)
    names = {"peer_groups": particular.groups[FABRIC]} if FABRIC in particular.groups else {}
    bgp = {**_bgp(switches, links), **names}
    if particular.is_unified([one for one in switches if one.asn]):
        bgp["source"] = "config_db"
    words = [*(role for role in Role if role in roles.values()), IBGP]
    of_groups = policies.group_options(switches, words, particular.group_name, bgp)
    usual = _usual(bgp, of_groups, {one.name: one.asn for one in switches}, roles)
    if of_groups:
        bgp["groups"] = of_groups
    common = particular.common
    planned = [end for one in links.found for end in (*one.ends, *(end for pair in one.members for end in pair))]
    parts = [
        Part("", [*_top(name), *_underlay(numbering, [*planned, *hosts], there)]),
        Part("asn:", [Entry([f"  {role}: {pool}"], f"asn of {role}") for role, pool in numbering.asn.items()]),
        Part("loopbacks:", _loopbacks(numbering)),
        Part(
            "bgp:",
            [*(Entry([f"  {key}: {flow(one)}"], f"bgp {key}") for key, one in bgp.items()), *passwords(particular)],
        ),
        Part(
            "links:",
            [
                *link_entries(links.found, there, roles, numbering.odd_links, vlans.uses, usual),
                *gaps(links, particular.later, there),
            ],
        ),
        Part("bundles:", list(bundle_entries(links.found, there, numbering.odd_links, vlans.uses, usual))),
        Part("networks:", vlans.entries),
        Part("hosts:", _hosts(switches, {end.switch: end.port for end in hosts})),
        Part("ports:", [*_splits(switches, roles), *port_entries(particular.ports, roles, _why_port)]),
        *outside_parts(switches, roles, links, hosts, bgp, vlans.names),
        Part("leave:", [Entry([f"  - {scalar(word)}"], f"leave {word}", _LEFT) for word in common]),
        Part("switches:", list(_switches(switches, numbering, particular, common))),
    ]
    return Page(_HEAD, parts)


def _usual(
    bgp: Mapping[str, object],
    groups: Mapping[str, Mapping[str, object]],
    asns: Mapping[str, int],
    roles: Mapping[str, Role],
) -> Usual:
    """What the fabric and the groups say of the session of a link's end."""

    def said(end: Endpoint, far: Endpoint) -> Mapping[str, object]:
        word = IBGP if asns[end.switch] == asns[far.switch] else str(roles[far.switch])
        return {**policies.USUAL, **bgp, **groups.get(word, {})}

    return said


def _top(name: str) -> list[Entry]:
    why = "what these files do not speak of stays as it is"
    return [Entry([f"name: {scalar(name)}"], "name"), Entry(["ownership: planned"], "ownership", why)]


def _splits(switches: Sequence[Seen], roles: Mapping[str, Role]) -> Iterator[Entry]:
    """First, as later entries name the parts; and alone, as what stands beside a breakout is said of all parts."""
    said: dict[Endpoint, Said] = {
        Endpoint(one.name, port): (("breakout", mode),) for one in switches for port, mode in one.splits.items()
    }
    return port_entries(said, roles, lambda _: "PORT has the parts")


def _loopbacks(numbering: Numbering) -> list[Entry]:
    if not numbering.loopbacks:
        why = "of no use yet: no switch here has a loopback"
        return [Entry(["  ipv4: 192.0.2.0/24"], "loopbacks", why)]
    return [Entry([f"  ipv{version}: {scalar(pool)}"], "loopbacks") for version, pool in numbering.loopbacks.items()]


def _underlay(numbering: Numbering, ends: Iterable[tuple[str, str]], switches: Mapping[str, Seen]) -> list[Entry]:
    if numbering.links:
        pools = {f"ipv{version}": str(pool) for version, pool in numbering.links.items()}
        entries = [Entry([f"underlay: {flow(pools)}"], "underlay", "the networks of the links are out of these")]
    else:
        entries = [Entry(["underlay: unnumbered"], "underlay")]
    rows = (switches[switch].config.get("PORT", {}).get(port, {}) for switch, port in ends)
    mtu = policies.common(text_of(row, "mtu") or None for row in rows)
    if isinstance(mtu, str) and mtu.isdigit() and int(mtu) != SONIC_MTU:
        entries.append(Entry([f"mtu: {mtu}"], "mtu"))
    return entries


def _bgp(switches: Sequence[Seen], links: Links) -> dict[str, object]:
    ends = links.taken
    groups = {
        (one.switch, one.group or one.peer)
        for switch in switches
        for one in switch.sessions
        if any(end.switch == one.switch and end.port == one.interface for end in ends)
    }
    return policies.timers(switches, sorted(groups))


def passwords(particular: Particular) -> list[Entry]:
    """What would bring the passwords of sessions into the file: a reference, which somebody has to fill in."""
    found: dict[str, list[str]] = {}
    for switch, one in particular.beside.items():
        for word in one.secrets:
            if word.endswith(" password"):
                found.setdefault(word, []).append(switch)
    if not found:
        return []
    lines = "; ".join(f"'{word}' of {', '.join(names)}" for word, names in found.items())
    why = (
        "a secret, which is not copied: left as it is on the switches. To have it in the files, put it into the "
        f"environment, say this of the sessions that have it, and take out of `leave` {lines}:"
    )
    return [Entry(["  password: env:BGP_PASSWORD"], "bgp password", why, gap=True)]


def _hosts(switches: Sequence[Seen], with_hosts: Mapping[str, str]) -> list[Entry]:
    prefixes: dict[str, object] = {}
    for version in (4, 6):
        found = [str(one) for switch in switches for one in policies.listed(switch.frr, "HOSTS", version)]
        if found:
            prefixes[f"ipv{version}"] = one_or_list(dict.fromkeys(found))
    entries = [Entry([f"  prefixes: {flow(prefixes)}"], "hosts prefixes", "the prefix list HOSTS")] if prefixes else []
    limits = {
        limit.prefixes
        for switch in switches
        for one in switch.sessions
        if one.switch in with_hosts and one.remote_as == "external"
        for neighbor in (switch.bgp.neighbors[one.peer], switch.bgp.neighbors.get(one.group))
        if neighbor is not None
        for limit in neighbor.limits.values()
    }
    if len(limits) == 1:
        entries.append(Entry([f"  max_prefixes: {limits.pop()}"], "hosts max_prefixes"))
    return entries


def _why_port(said: Said) -> str:
    use = dict(said).get("use")
    if use == "bgp":
        return "a session that takes any other ASN"
    return "VLAN_MEMBER" if use else "as they are set"


def _switches(
    switches: Sequence[Seen], numbering: Numbering, particular: Particular, common: Sequence[str]
) -> Iterator[Entry]:
    """Numbers by hand, and what is left as it is: a line each, so that one of them can be taken back alone."""
    everywhere = particular.is_unified([one for one in switches if one.asn])
    for one in switches:
        row = numbering.by_hand.get(one.name, {}) if one.asn else {"bgp": "none"}
        if one.asn and 6 in numbering.loopbacks and one.loopback(6) is None:
            row = {**row, "ipv6": "none"}
        beside = particular.beside.get(one.name, Beside())
        leave = [word for word in particular.leave.get(one.name, ()) if word not in common]
        values: dict[str, object] = {key: value if isinstance(value, int) else str(value) for key, value in row.items()}
        if beside.by_rows and not everywhere:
            values["bgp"] = "config_db"
        if one.name in particular.groups:
            values["peer_groups"] = particular.groups[one.name]
        why = "its number is out of no pool" if "asn" in row else "" if one.asn else "it has none"
        extra = extra_lines(particular.extra_rows(one.name), beside.extra, "    ")
        if not leave and not extra:
            if values:
                yield Entry([f"  {scalar(one.name)}: {flow(values)}"], f"{SWITCH}{one.name}", why)
            continue
        lines = [f"  {scalar(one.name)}:", *(f"    {key}: {flow(value)}" for key, value in values.items()), *extra]
        lines += ["    leave:", *(f"      - {scalar(word)}" for word in leave)] if leave else []
        said = _LEFT if leave else "extra: what the files have no word for, as it stands on the switch"
        whole = f"frr: {beside.whole}; " if beside.whole and FRR_WORD in leave else ""
        yield Entry(lines, f"{SWITCH}{one.name}", f"{whole}{said}")
