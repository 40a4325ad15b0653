"""Numbers that never move: ASNs, loopbacks and link networks, by hand, as recorded, or new from the pools.

What was allotted once is recorded in the numbers file and stays; only what has no number yet takes the lowest
one that nobody has had, and one that was freed only when there is no other. So switches and links may come, go,
change places or names without moving anyone else's number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, Literal, Protocol

from sonicfab.asn import AsnPool, is_private
from sonicfab.errors import KeyPath, Problem
from sonicfab.families import Family
from sonicfab.ipam import AddressPool, LinkPool
from sonicfab.model.fields import ends_of
from sonicfab.model.numbers import Freed, KeptNumbers, Numbers
from sonicfab.model.topology import Pools, Topology
from sonicfab.plan.renames import Ledger, follow, macs_written_twice


@dataclass(frozen=True, slots=True)
class Allotment:
    """Every number of the fabric by switch or link name.

    `flipped` are the links whose second end has the lower address; `record` is what belongs into the numbers file.
    """

    asns: Mapping[str, int]
    ipv4: Mapping[str, IPv4Address]
    ipv6: Mapping[str, IPv6Address]
    links_ipv4: Mapping[str, IPv4Network]
    links_ipv6: Mapping[str, IPv6Network]
    flipped: frozenset[str]
    record: Numbers


@dataclass(frozen=True, slots=True)
class Numbered:
    """A switch as its numbers are kept: by its MAC; its role says from which pool its ASN is."""

    role: str
    mac: str


def allot(
    topology: Topology,
    switches: Mapping[str, Numbered],
    links: Iterable[str],
    recorded: Numbers,
    of_one_as: Mapping[str, str] = {},
    unrouted: Collection[str] = (),
) -> tuple[Allotment, list[Problem]]:
    """Number the switches and links (by name) of a fabric; new numbers go out in that order.

    `of_one_as` has the same word for switches that may have one ASN; the `unrouted` switches get no numbers.
    """
    roles = {name: one.role for name, one in switches.items()}
    kinds = {
        "asn": _asns(topology, roles, of_one_as),
        "ipv4": _loopbacks(topology.loopbacks.ipv4, Family.IPV4),
        "ipv6": _loopbacks(topology.loopbacks.ipv6, Family.IPV6),
        "links_ipv4": _link_networks(topology.underlay.ipv4, Family.IPV4),
        "links_ipv6": _link_networks(topology.underlay.ipv6, Family.IPV6),
    }
    by_link = list(links)
    ledger = follow(recorded, {name: one.mac for name, one in switches.items()}, by_link)
    settled: dict[str, dict[str, Any]] = {}
    new: dict[str, dict[str, Any]] = {}
    freed: dict[str, tuple[Any, ...]] = {}
    problems = list(macs_written_twice(recorded))
    for label, kind in kinds.items():
        without = {name for name, row in topology.switches.items() if row.ipv6 == "none" and label == Family.IPV6}
        names = by_link if kind.section == "links" else [name for name in roles if name not in {*unrouted, *without}]
        hand = topology.switches if kind.section == "switches" else {}
        had = [*getattr(recorded.freed, label), *_numbers(getattr(recorded, kind.section), kind.field).values()]
        book = _Book(kind, hand, ledger, had)
        settled[label], new[label] = book.assign(names)
        freed[label] = book.freed()
        problems += book.problems
    record = _record(switches, by_link, new, ledger.flipped, Freed.model_construct(None, **freed))
    allotment = Allotment(
        settled["asn"],
        settled["ipv4"],
        settled["ipv6"],
        settled["links_ipv4"],
        settled["links_ipv6"],
        ledger.flipped,
        record,
    )
    return allotment, problems


def _record(
    switches: Mapping[str, Numbered],
    links: Iterable[str],
    new: Mapping[str, Mapping[str, Any]],
    flipped: frozenset[str],
    freed: Freed,
) -> Numbers:
    """The numbers file: the links with the end first that has the lower address, and who is at their ends."""
    kept_links: dict[str, Pools] = {}
    at_ends: set[str] = set()
    for name in links:
        row = {family.value: new[f"links_{family}"].get(name) for family in Family}
        if any(row.values()):
            one, other = name.split(" - ")
            kept_links[f"{other} - {one}" if name in flipped else name] = Pools.model_construct(**row)
            at_ends |= {end.switch for end in ends_of(name)}
    kept = {
        name: KeptNumbers.model_construct(mac=switch.mac, **row)
        for name, switch in switches.items()
        if any((row := {field: new[field].get(name) for field in ("asn", *Family)}).values()) or name in at_ends
    }
    return Numbers.model_construct(switches=kept, links=kept_links, freed=freed)


def _numbers(rows: Mapping[str, Any], field: str) -> dict[str, Any]:
    return {name: number for name, row in rows.items() if (number := getattr(row, field)) not in (None, "none")}


class _Pool(Protocol):
    @property
    def size(self) -> int: ...
    def __contains__(self, number: object) -> bool: ...
    def hands_out(self, number: object) -> bool: ...
    def __iter__(self) -> Iterator[Any]: ...


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of number: its name for people, where it is written, and the pool that each name draws from."""

    what: str
    section: Literal["switches", "links"]
    field: str
    pools: Mapping[str, tuple[_Pool, KeyPath]]
    key: Mapping[str, str]
    """Name -> key of its pool; a name that is not here draws from the pool ""."""
    alike: Mapping[str, str]
    """Name -> the same word for all that may have one number, if somebody gives it to them."""

    def pool(self, name: str) -> tuple[_Pool, KeyPath] | None:
        """The pool that a switch or link draws from, and where the topology gives it."""
        return self.pools.get(self.key.get(name, ""))


def _asns(topology: Topology, roles: Mapping[str, str], alike: Mapping[str, str]) -> _Kind:
    pools: dict[str, tuple[_Pool, KeyPath]] = {role: (pool, ("asn", role)) for role, pool in topology.asn.items()}
    return _Kind("ASN", "switches", "asn", pools, roles, alike)


def _loopbacks(network: IPv4Network | IPv6Network | None, field: Family) -> _Kind:
    pools: dict[str, tuple[_Pool, KeyPath]] = {}
    if network is not None:
        pools[""] = (AddressPool(network), ("loopbacks", field))
    return _Kind(f"{field.shown} loopback", "switches", field, pools, {}, {})


def _link_networks(network: IPv4Network | IPv6Network | None, field: Family) -> _Kind:
    pools: dict[str, tuple[_Pool, KeyPath]] = {}
    if network is not None:
        pools[""] = (LinkPool(network), ("underlay", field))
    return _Kind(f"{field.shown} link network", "links", field, pools, {}, {})


class _Book:
    """Who has which number of one kind."""

    def __init__(self, kind: _Kind, by_hand: Mapping[str, Any], ledger: Ledger, had: Iterable[Any]) -> None:
        """`had` are the numbers that the file holds or has freed, the longest free first."""
        self.kind = kind
        self.problems: list[Problem] = []
        self._by_hand = _numbers(by_hand, kind.field)
        self._recorded = {
            name: number
            for name, number in _numbers(getattr(ledger, kind.section), kind.field).items()
            if name not in ledger.inherited or ((found := kind.pool(name)) and number in found[0])
        }
        self._keys = ledger.keys
        self._had = dict.fromkeys(had)
        self._owner: dict[Any, str] = {}
        for role, (pool, _) in kind.pools.items():
            if isinstance(pool, AsnPool) and pool.shared:
                self._owner[pool.first] = f"the role {role}"

    def assign(self, names: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The numbers by name, and those of them that the numbers file must hold."""
        by_hand = self._claimed(names, self._by_hand, "topology")
        rest = [name for name in names if self._by_hand.get(name) is None]
        shared = {name: self._shared(name) for name in rest if self._shared(name) is not None}
        rest = [name for name in rest if name not in shared]
        recorded = self._claimed(rest, self._recorded, "numbers")
        new = self._new([name for name in rest if self._recorded.get(name) is None])
        return {**by_hand, **shared, **recorded, **new}, {**recorded, **new}

    def freed(self) -> tuple[Any, ...]:
        """The numbers out of the pools of today that nobody has any more, the longest free first."""
        pools = [pool for pool, _ in self.kind.pools.values()]
        free = [number for number in self._had if number not in self._owner]
        return tuple(number for number in free if any(pool.hands_out(number) for pool in pools))

    def _claimed(
        self, names: list[str], given: Mapping[str, Any], document: Literal["topology", "numbers"]
    ) -> dict[str, Any]:
        numbers = {name: given[name] for name in names if given.get(name) is not None}
        return {name: number for name, number in numbers.items() if self._claim(name, number, document)}

    def _new(self, names: list[str]) -> dict[str, Any]:
        free: dict[KeyPath, Iterator[Any]] = {}
        missing: dict[KeyPath, int] = {}
        numbers: dict[str, Any] = {}
        for name in names:
            found = self.kind.pool(name)
            if found is None:
                self._no_pool(name)
                continue
            pool, path = found
            number = next((one for one in free.setdefault(path, self._order(pool)) if one not in self._owner), None)
            if number is None:
                missing[path] = missing.get(path, 0) + 1
            else:
                self._owner[number] = name
                numbers[name] = number
        for path, count in missing.items():
            pool = next(pool for pool, at in self.kind.pools.values() if at == path)
            message = f"the pool {pool} is too small: it has room for {pool.size}, {count} more would be needed"
            self.problems.append(Problem("topology", path, message))
        return numbers

    def _order(self, pool: _Pool) -> Iterator[Any]:
        """A pool's numbers as they are handed out: what was freed comes last, the longest free first.

        A number that comes to another switch at once would be in the routes, logs and filters of both.
        """
        yield from (number for number in pool if number not in self._had)
        yield from (number for number in self._had if pool.hands_out(number))

    def _shared(self, name: str) -> int | None:
        found = self.kind.pool(name)
        return found[0].first if found and isinstance(found[0], AsnPool) and found[0].shared else None

    def _claim(self, name: str, number: object, document: Literal["topology", "numbers"]) -> bool:
        what = self.kind.what
        key = self._keys[name] if document == "numbers" else name
        path = (self.kind.section, key, self.kind.field)
        found = self.kind.pool(name)
        hint = "delete the line and render again: a new number is allotted" if document == "numbers" else ""
        outside = found is None or number not in found[0]
        if outside and not (document == "topology" and what == "ASN"):
            where = f"not in the pool {found[0]}" if found else "of a kind that the topology has no pool for"
            if hint and not found:
                hint = f"take `{self.kind.field}: {number}` out of the line, or give the topology such a pool"
            self.problems.append(Problem(document, path, f"{what} {number} of {name} is {where}", hint))
            return False
        owner = self._owner.setdefault(number, name)
        word = self.kind.alike.get(name) if document == "topology" else None
        partners = [name, *(one for one, its in self.kind.alike.items() if word and its == word)]
        if owner not in partners and owner not in {f"the role {self.kind.key.get(one, '')}" for one in partners}:
            self.problems.append(Problem(document, path, f"{what} {number} belongs to {owner} already", hint))
            return False
        if isinstance(number, int) and not is_private(number):
            message = f"ASN {number} of {name} is not a private one (RFC 6996)"
            self.problems.append(Problem(document, path, message, severity="warning"))
        return True

    def _no_pool(self, name: str) -> None:
        if self.kind.what == "ASN":
            role = self.kind.key[name]
            hint = f"give `asn: {{{role}: ...}}` a number or a range, or {name} its own under `switches`"
            self.problems.append(Problem("topology", ("asn",), f"there is no ASN for {name} ({role})", hint))
