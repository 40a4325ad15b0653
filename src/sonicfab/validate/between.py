"""The rules between switches, told while they are shown one after the other: names and addresses that two have, links.

A switch is held until those that it is linked to have been shown, too, so of a fabric never more is in memory than
what its order leaves open. O(switches + links).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sonicfab.endpoint import Endpoint
from sonicfab.validate.findings import Finding
from sonicfab.validate.links import SwitchView, between, bundles, parallel


class Between:
    """Takes switches in any order; tells what is wrong in the order of the switches and links."""

    def __init__(self, links: Iterable[tuple[Endpoint, Endpoint]]) -> None:
        self._links = list(links)
        self._to: dict[str, dict[str, list[int]]] = defaultdict(dict)
        for number, (a, b) in enumerate(self._links):
            some = self._to[a.switch].setdefault(b.switch, [])
            self._to[b.switch][a.switch] = some
            some.append(number)
        self._shown: set[str] = set()
        self._held: dict[str, SwitchView] = {}
        self._owners: dict[tuple[str, str], str] = {}
        self._addresses: dict[str, dict[bytes, str]] = {}
        self._channels: dict[Endpoint, str] = {}
        self._names_twice: list[Finding] = []
        self._addresses_twice: list[Finding] = []
        self._parallel: list[tuple[int, list[Finding]]] = []
        self._of_links: list[tuple[int, list[Finding]]] = []

    def show(self, one: SwitchView) -> None:
        """Look at a switch, and at its links to those that were shown before."""
        self._names_twice += self._identities(one)
        self._addresses_twice += self._shared(one)
        for channel, _, port in (key.partition("|") for key in one.config.get("PORTCHANNEL_MEMBER", {})):
            self._channels[Endpoint(one.name, port)] = channel
        self._shown.add(one.name)
        self._held[one.name] = one
        for far in self._to[one.name]:
            if far in self._held:
                self._pair(one, self._held[far])
        for name in (one.name, *self._to[one.name]):
            if self._to[name].keys() <= self._shown:
                self._held.pop(name, None)

    def findings(self) -> Iterator[Finding]:
        """All that is wrong; a link is left out unless both its switches were shown."""
        yield from self._names_twice
        yield from self._addresses_twice
        known = [(a, b) for a, b in self._links if a.switch in self._shown and b.switch in self._shown]
        for some in (self._parallel, self._of_links):
            for _, found in sorted(some, key=lambda one: one[0]):
                yield from found
            if some is self._parallel:
                yield from bundles(self._channels, known)

    def _pair(self, one: SwitchView, other: SwitchView) -> None:
        links = [(number, *self._links[number]) for number in self._to[one.name][other.name]]
        first, views = links[0][0], {one.name: one, other.name: other}
        a, b = (end.switch for end in links[0][1:])
        for near, far in ((a, b), (b, a)):
            ports = [(x.port, y.port) if x.switch == near else (y.port, x.port) for _, x, y in links]
            if found := list(parallel(views[near], views[far], ports)):
                self._parallel.append((first, found))
        for number, x, y in links:
            if found := list(between(views[x.switch], views[y.switch], [(x.port, y.port)])):
                self._of_links.append((number, found))

    def _identities(self, one: SwitchView) -> Iterator[Finding]:
        row = one.config.get("DEVICE_METADATA", {}).get("localhost", {})
        router_id = one.frr.bgp.router_id if one.frr else ""
        for what, value, place in (
            ("hostname", str(row.get("hostname", "")), "DEVICE_METADATA|localhost hostname"),
            ("mac", str(row.get("mac", "")).lower(), "DEVICE_METADATA|localhost mac"),
            ("router id", router_id, "frr.conf"),
        ):
            owner = self._owners.setdefault((what, value), one.name)
            if value and owner != one.name:
                yield Finding("SF-302", place, f"the {what} {value} is that of {owner}, too", switch=one.name)

    def _shared(self, one: SwitchView) -> Iterator[Finding]:
        for space, address, place in one.addresses:
            owner = self._addresses.setdefault(space, {}).setdefault(address, one.name)
            if owner != one.name:
                text = place.rpartition("|")[2].partition("/")[0]
                yield Finding("SF-301", place, f"{text} is an address of {owner}, too", switch=one.name)
