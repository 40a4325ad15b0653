"""Recorded numbers brought to the names that switches have now: a switch is told by its MAC, not by its name.

So renames, also swapped names and several in one commit, move no number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sonicfab.configdb import natural_key
from sonicfab.endpoint import NOWHERE, Endpoint
from sonicfab.errors import Problem
from sonicfab.model.bundles import is_port_channel
from sonicfab.model.fields import ends_of
from sonicfab.model.numbers import KeptNumbers, Numbers
from sonicfab.model.topology import Pools


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the numbers file holds for the switches and links of today.

    Attributes:
        switches: name of today -> its recorded numbers.
        links: name of the link today -> its recorded networks.
        flipped: the links whose second end has the lower address: its switch has been renamed since.
        inherited: switches that have the row of their name and another MAC: new hardware, or a name that was free.
        keys: name of today -> its key in the numbers file, of switches and links.
        gone: keys of the numbers file that belong to nothing any more.
    """

    switches: Mapping[str, KeptNumbers]
    links: Mapping[str, Pools]
    flipped: frozenset[str]
    inherited: frozenset[str]
    keys: Mapping[str, str]
    gone: tuple[str, ...]

    @property
    def renamed(self) -> dict[str, str]:
        """Name in the numbers file -> name of today, where they differ."""
        return {self.keys[name]: name for name in self.switches if self.keys[name] != name}


def follow(recorded: Numbers, macs: Mapping[str, str], today: Iterable[str] = ()) -> Ledger:
    """The recorded numbers for the switches of `macs` (name -> base MAC) and the links of `today`.

    A switch has the row with its MAC, whatever its name was. One whose MAC stands nowhere has the row of its name,
    if no other switch has it by MAC: files without MACs are read so, and replaced hardware keeps its numbers. A bundle
    that has another name has the row of the one bundle that is gone between its two switches.
    """
    by_mac = {row.mac: key for key, row in reversed(recorded.switches.items()) if row.mac}
    now = {by_mac[mac]: name for name, mac in macs.items() if mac in by_mac}
    found = set(now.values())
    now |= {name: name for name in macs if name not in found and name in recorded.switches and name not in now}
    keys = {name: key for key, name in now.items()}
    links: dict[str, Pools] = {}
    flipped: set[str] = set()
    for key, row in recorded.links.items():
        ends = [_end_now(end, recorded, now, macs) for end in ends_of(key)]
        if len(ends) != 2 or not all(ends):
            continue
        one, other = ends
        # as in the plan: ends in natural order of their switches, those of one switch as they stand
        swapped = natural_key(one.switch) > natural_key(other.switch)
        name = f"{other} - {one}" if swapped else f"{one} - {other}"
        if name not in links:
            links[name] = row
            keys[name] = key
            flipped |= {name} if swapped else set()
    for old, new in _renamed_bundles(links, today):
        links[new], keys[new] = links.pop(old), keys.pop(old)
        flipped = flipped - {old} | {new} if old in flipped else flipped
    used = set(keys.values())
    rows: dict[str, Pools | KeptNumbers] = {**recorded.switches, **recorded.links}
    return Ledger(
        switches={name: recorded.switches[key] for key, name in now.items()},
        links=links,
        flipped=frozenset(flipped),
        inherited=frozenset(name for key, name in now.items() if recorded.switches[key].mac not in (None, macs[name])),
        keys=keys,
        gone=tuple(key for key, row in rows.items() if key not in used and has_numbers(row)),
    )


def _renamed_bundles(recorded: Iterable[str], today: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(its name in the numbers file, its name today) of bundles, where it is the only one that can be meant."""
    before, now = set(recorded), set(today)
    gone, new = (_by_switches(names) for names in (before - now, now - before))
    for pair, names in gone.items():
        if len(names) == len(new.get(pair, ())) == 1:
            yield names[0], new[pair][0]


def _by_switches(names: Iterable[str]) -> dict[tuple[str, ...], list[str]]:
    """The bundles among links, by the switches that they are between."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        ends = ends_of(name)
        if all(is_port_channel(end.port) for end in ends):
            found.setdefault(tuple(end.switch for end in ends), []).append(name)
    return found


def has_numbers(row: Pools | KeptNumbers) -> bool:
    """True when a row says more than who it is for."""
    return any((getattr(row, "asn", None), row.ipv4, row.ipv6))


def macs_written_twice(recorded: Numbers) -> Iterator[Problem]:
    """A MAC that two rows of the numbers file have: which one counts cannot be known."""
    owners: dict[str, str] = {}
    for key, row in recorded.switches.items():
        if row.mac and (owner := owners.setdefault(row.mac, key)) != key:
            hint = "delete the row of the switch that it does not belong to"
            message = f"MAC address {row.mac} belongs to {owner} already"
            yield Problem("numbers", ("switches", key, "mac"), message, hint)


def _end_now(end: Endpoint, recorded: Numbers, now: Mapping[str, str], macs: Mapping[str, str]) -> Endpoint:
    """An end of a recorded link as it is called today; NOWHERE when that switch is gone."""
    switch, port = end
    if switch in recorded.switches:
        name = now.get(switch)
    else:  # a file of an old version has no row for a switch whose numbers are all given by hand
        name = switch if switch in macs and switch not in now.values() else None
    return Endpoint(name, port) if name else NOWHERE
