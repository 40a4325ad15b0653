"""Which port goes to which: by LLDP, else by descriptions, addresses and sessions that fit each other and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sonicfab.adopt.seen import Seen
from sonicfab.adopt.sessions import SeenSession, text_of
from sonicfab.configdb import natural_key
from sonicfab.endpoint import Endpoint
from sonicfab.errors import InputError

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9/().-]*")


@dataclass(frozen=True)
class FoundLink:
    """Two interfaces that are one link, in natural order of their switches.

    Attributes:
        why: how that is known.
        sure: its members are known one by one; false where they were paired in their order.
    """

    a: Endpoint
    b: Endpoint
    why: str
    members: tuple[tuple[Endpoint, Endpoint], ...] = ()
    sure: bool = True

    @property
    def ends(self) -> tuple[Endpoint, Endpoint]:
        """Both."""
        return self.a, self.b


@dataclass
class Links:
    """What was found, and what could not be told.

    Attributes:
        claims: ends that two others say they are the far end of -> who says so.
        open: sessions that must lead to a switch that was read, and to which of its ports nobody can tell.
        open_to: for each of them, the ends that it may lead to.
    """

    found: list[FoundLink] = field(default_factory=list)
    claims: dict[Endpoint, list[str]] = field(default_factory=dict)
    open_to: dict[Endpoint, tuple[Endpoint, ...]] = field(default_factory=dict)

    @property
    def taken(self) -> dict[Endpoint, FoundLink]:
        """End -> its link, of interfaces and of members."""
        pairs = [(end, one) for one in self.found for end in one.ends]
        return dict(pairs + [(end, one) for one in self.found for pair in one.members for end in pair])


class _Free(dict[Endpoint, SeenSession]):
    """The sessions without a far end yet, by what they expect of it: a large fabric has thousands."""

    def __init__(self, sessions: Mapping[Endpoint, SeenSession], finder: Finder) -> None:
        super().__init__(sessions)
        self._of_asn: dict[int, list[Endpoint]] = {}
        self._asking: dict[int, list[Endpoint]] = {}
        for end, one in sessions.items():
            asn = finder.switches[end.switch].asn
            self._of_asn.setdefault(asn, []).append(end)
            if one.asks:
                self._asking.setdefault(int(one.remote_as) if one.remote_as.isdigit() else asn, []).append(end)

    def towards(self, session: SeenSession, own: int) -> list[Endpoint]:
        """Those at the ASN that a session asks for; of one that takes any, those that ask for `own`."""
        if not session.asks:
            return self._asking.get(own, [])
        return self._of_asn.get(int(session.remote_as) if session.remote_as.isdigit() else own, [])


class Finder:
    """Looks for the links between switches, the surest ways first."""

    def __init__(self, switches: Sequence[Seen], given: Sequence[tuple[Endpoint, Endpoint]] = ()) -> None:
        self._given = given
        self.switches = {one.name: one for one in switches}
        self.links = Links()
        self._member_of = {
            Endpoint(one.name, port): Endpoint(one.name, bundle)
            for one in switches
            for bundle, ports in one.bundles.items()
            for port in ports
        }
        self._names = {one.name.lower(): one.name for one in switches}

    def find(self) -> Links:
        """All that can be told."""
        said: dict[Endpoint, tuple[Endpoint, str]] = {}
        for way in (self._by_hand, self._by_lldp, self._by_description, self._by_address):
            for end, far, why in way():
                if end not in said:
                    said[end] = (far, why)
        self._take(said)
        while self._by_fit():
            pass
        self._leave_open()
        self.links.found.sort(key=lambda one: (natural_key(str(one.a)), natural_key(str(one.b))))
        return self.links

    def _by_hand(self) -> Iterator[tuple[Endpoint, Endpoint, str]]:
        for pair in self._given:
            ends = []
            for end in pair:
                switch = self.switches.get(end.switch)
                port = switch.port_of(end.port) if switch else ""
                if not port:
                    raise InputError(f"--link {pair[0]} - {pair[1]}: there is no {end}")
                ends.append(Endpoint(end.switch, port))
            yield ends[0], ends[1], "given"
            yield ends[1], ends[0], "given"

    def _by_lldp(self) -> Iterator[tuple[Endpoint, Endpoint, str]]:
        for switch in self.switches.values():
            for one in switch.source.neighbors:
                far = self.switches.get(self._names.get(one.system_name.lower(), ""))
                port = far.port_of(one.port) or far.port_of(one.port_description) if far else ""
                local = switch.port_of(one.local_port)
                if far and port and local:
                    yield Endpoint(switch.name, local), Endpoint(far.name, port), "LLDP"

    def _by_description(self) -> Iterator[tuple[Endpoint, Endpoint, str]]:
        for switch in self.switches.values():
            for port, text in _descriptions(switch):
                far = self._named_in(text, switch.name)
                if far:
                    yield Endpoint(switch.name, port), far, "its description"

    def _named_in(self, text: str, own: str) -> Endpoint | None:
        """The switch and the port that a description names: `spine1:Ethernet0`, `to spine1 Eth1/1`."""
        words = _WORD.findall(text.replace(":", " ").replace("_", " ").replace(",", " "))
        found = [self._names[word.lower()] for word in words if word.lower() in self._names]
        names = [one for one in dict.fromkeys(found) if one != own]
        if len(names) != 1:
            return None
        ports = [port for word in words if (port := self.switches[names[0]].port_of(word))]
        return Endpoint(names[0], ports[0]) if len(set(ports)) == 1 else None

    def _by_address(self) -> Iterator[tuple[Endpoint, Endpoint, str]]:
        """Two interfaces with addresses of one network that no third one has; not the same: that is a copy."""
        by_network: dict[object, list[tuple[Endpoint, object]]] = {}
        for switch in self.switches.values():
            for interface, some in switch.addresses.items():
                for one in some:
                    if one.network.prefixlen < one.max_prefixlen and one.network.prefixlen >= one.max_prefixlen - 8:
                        by_network.setdefault(one.network, []).append((Endpoint(switch.name, interface), one))
        for found in by_network.values():
            ends, addresses = [end for end, _ in found], {address for _, address in found}
            apart = len(ends) == len(addresses) == 2 and ends[0].switch != ends[1].switch
            if apart and all(map(self._is_link, ends)):
                yield ends[0], ends[1], "their addresses"
                yield ends[1], ends[0], "their addresses"

    def _is_link(self, end: Endpoint) -> bool:
        return end.port.startswith(("Ethernet", "PortChannel"))

    def _take(self, said: Mapping[Endpoint, tuple[Endpoint, str]]) -> None:
        """Make links of what ends say of each other; one that is claimed twice, or contradicts, is nobody's."""
        claims: dict[Endpoint, list[Endpoint]] = {}
        for end, (far, _) in said.items():
            claims.setdefault(far, []).append(end)
        pairs: dict[Endpoint, tuple[Endpoint, str]] = {}
        for end, (far, why) in said.items():
            if len(claims[far]) > 1:
                self.links.claims[far] = sorted(map(str, claims[far]), key=natural_key)
            elif far not in said or said[far][0] == end:
                pairs.setdefault(end, (far, why))
                pairs.setdefault(far, (end, why))
        bundled: dict[tuple[Endpoint, Endpoint], list[tuple[Endpoint, Endpoint, str]]] = {}
        for end, (far, why) in pairs.items():
            if natural_key(end.switch) > natural_key(far.switch) or end.switch == far.switch:
                continue
            bundles = self._member_of.get(end), self._member_of.get(far)
            if bundles[0] and bundles[1]:
                bundled.setdefault((bundles[0], bundles[1]), []).append((end, far, why))
            elif not bundles[0] and not bundles[1]:
                self._link(end, far, why)
        for (one, other), cables in bundled.items():
            members = tuple(sorted(((a, b) for a, b, _ in cables), key=lambda pair: natural_key(pair[0].port)))
            if len(members) == len(self._ports(one)) == len(self._ports(other)):
                self.links.found = [link for link in self.links.found if link.ends != (one, other)]
                self.links.found.append(FoundLink(one, other, cables[0][2], members))

    def _link(self, one: Endpoint, other: Endpoint, why: str, *, sure: bool = True) -> None:
        taken = self.links.taken
        if one in taken or other in taken:
            return
        a, b = sorted((one, other), key=lambda end: natural_key(end.switch))
        ports = self._ports(a), self._ports(b)
        if len(ports[0]) != len(ports[1]) or bool(ports[0]) != bool(a.port in self.switches[a.switch].bundles):
            return
        pairs = tuple(zip(ports[0], ports[1], strict=True))
        self.links.found.append(FoundLink(a, b, why, pairs, sure=sure and len(pairs) < 2))

    def _ports(self, bundle: Endpoint) -> list[Endpoint]:
        return [Endpoint(bundle.switch, port) for port in self.switches[bundle.switch].bundles.get(bundle.port, ())]

    def _by_fit(self) -> bool:
        """Sessions that fit one other session and no more; true when one was found."""
        before = len(self.links.found)
        free = self._free()
        for end, session in free.items():
            far = self._candidates(end, session, free)
            if len(far) == 1 and self._candidates(far[0], free[far[0]], free) == [end]:
                self._link(end, far[0], "no other session fits", sure=False)
        return len(self.links.found) > before

    def _free(self) -> _Free:
        taken = self.links.taken
        every = ((Endpoint(one.name, two.interface), two) for one in self.switches.values() for two in one.sessions)
        return _Free(
            {end: two for end, two in every if two.unnumbered and end not in taken and self._is_link(end)}, self
        )

    def _candidates(self, end: Endpoint, session: SeenSession, free: _Free) -> list[Endpoint]:
        """The free ends that may be its far end: both expect the other's ASN, and both are alike."""
        here = self.switches[end.switch]
        found = []
        for far in free.towards(session, here.asn):
            there, two = self.switches[far.switch], free[far]
            fits = session.takes(there.asn, here.asn) and two.takes(here.asn, there.asn)
            if far.switch != end.switch and fits and self._alike(end, far):
                found.append(far)
        return found

    def _alike(self, one: Endpoint, other: Endpoint) -> bool:
        return len(self._ports(one)) == len(self._ports(other)) and self._speed(one) == self._speed(other)

    def _speed(self, end: Endpoint) -> str:
        ports = self.switches[end.switch].config.get("PORT", {})
        first = self.switches[end.switch].bundles.get(end.port, (end.port,))[:1]
        return text_of(ports.get(first[0] if first else end.port, {}), "speed")

    def _leave_open(self) -> None:
        """Sessions to an ASN that a switch here has, without one other that fits."""
        asns = {one.asn for one in self.switches.values() if one.asn}
        free = self._free()
        for end, session in free.items():
            if session.remote_as == "internal" or (session.remote_as.isdigit() and int(session.remote_as) in asns):
                self.links.open_to[end] = tuple(self._candidates(end, session, free))


def _descriptions(switch: Seen) -> Iterator[tuple[str, str]]:
    """Port or port channel -> what is said of it, of the interface or of the session over it."""
    for table in ("PORT", "PORTCHANNEL"):
        for port, row in switch.config.get(table, {}).items():
            if text := text_of(row, "description"):
                yield port, text
    for session in switch.sessions:
        if session.interface and session.description:
            yield session.interface, session.description
