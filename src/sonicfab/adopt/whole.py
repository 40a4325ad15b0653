"""From configs of switches to the files that describe them, and what became of everything in those configs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sonicfab.adopt.beside import Beside, beside
from sonicfab.adopt.edges import host_ports
from sonicfab.adopt.extras import extra_of
from sonicfab.adopt.groups import group_names
from sonicfab.adopt.inventory import inventory_page
from sonicfab.adopt.links import Finder, Links
from sonicfab.adopt.numbers import number
from sonicfab.adopt.odd import Oddity, oddities
from sonicfab.adopt.page import Entry
from sonicfab.adopt.prove import Difference, Draft, proven
from sonicfab.adopt.roles import roles_of
from sonicfab.adopt.said import advertised, left, merged, port_settings, without_useless
from sonicfab.adopt.seen import Seen, see
from sonicfab.adopt.settings import can_be_said
from sonicfab.adopt.source import Source
from sonicfab.adopt.tally import Tally, tally
from sonicfab.adopt.topology import SWITCH, Particular, fabric_name, topology_page
from sonicfab.adopt.unified import rows_beside
from sonicfab.adopt.vlans import of_link, vlans_of
from sonicfab.catalog import Catalog
from sonicfab.configdb import natural_key
from sonicfab.endpoint import Endpoint
from sonicfab.errors import InputError
from sonicfab.fabric import Fabric
from sonicfab.model.fields import ends_of
from sonicfab.model.leave import FRR_WORD, is_lines
from sonicfab.roles import Role

_Settled = tuple[Fabric, Draft, dict[str, Difference], Particular]
_ROUNDS = 4
"""Settings of ports may ask for further ones; what is still different then is left as it is."""


@dataclass(frozen=True)
class Given:
    """What the user says beside the configs.

    Attributes:
        name: of the fabric; "" takes what the switches' names have in common.
        builds: switch -> image build; "" for all others.
        roles: switch -> role.
        links: as a topology names them.
    """

    name: str = ""
    builds: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    links: Sequence[str] = ()


NOTHING_GIVEN = Given()


@dataclass(frozen=True)
class Adopted:
    """What was made of the configs.

    Attributes:
        name: of the fabric.
        files: file -> its text.
        switches: those that were read, in natural order; `planned` are in the files.
        tallies: switch -> what became of its config.
        changes: switch -> what a push would change on it: nothing, unless something could be neither said nor left.
        leave: switch -> what the files leave as it is.
        whole: switch -> why all of FRR's config is left on it.
        refused: entries of the files that could not be read or planned; gaps: those that somebody has to complete.
        odd: what looks wrong in the configs.
    """

    name: str
    files: Mapping[str, str] = field(repr=False)
    switches: Sequence[Seen] = field(repr=False)
    planned: frozenset[str]
    tallies: Mapping[str, Tally] = field(repr=False)
    changes: Mapping[str, Difference] = field(repr=False)
    leave: Mapping[str, Sequence[str]] = field(repr=False)
    whole: Mapping[str, str] = field(repr=False)
    refused: Sequence[Entry] = field(repr=False)
    gaps: Sequence[Entry] = field(repr=False)
    odd: Sequence[Oddity] = field(repr=False)

    @property
    def unchanged(self) -> bool:
        """Every switch is in the files, and a push of them would change none."""
        return len(self.planned) == len(self.switches) and not any(self.changes.values())


def adopt(sources: Sequence[Source], catalog: Catalog, given: Given = Given()) -> Adopted:
    """The files that describe these switches.

    Raises:
        InputError: an option names what there is not, or nothing can be said of any of the switches.
    """
    switches = see(sources, catalog, given.builds)
    _check(given, switches)
    links = Finder(switches, [_ends(link) for link in given.links]).find()
    roles = roles_of(switches, links, given.roles)
    complete = [one for one in switches if can_be_said(one)]
    fabric, draft, changes, particular = _settle(_Work(switches, complete, links, roles, given, catalog))
    planned, leave = frozenset(changes), particular.leave
    return Adopted(
        name=draft.name,
        files=draft.files(fabric.numbers),
        switches=switches,
        planned=planned,
        tallies={
            one.name: tally(
                one,
                changes.get(one.name),
                particular.leave.get(one.name, ()),
                particular.extra_rows(one.name),
                particular.beside.get(one.name, Beside()).extra,
            )
            for one in switches
        },
        changes=changes,
        leave=leave,
        whole={name: one.whole for name, one in particular.beside.items() if one.whole},
        refused=[one for page in (draft.inventory, draft.topology) for one in page.entries() if one.refused],
        gaps=[one for page in (draft.inventory, draft.topology) for one in page.entries() if one.gap and one.about],
        odd=oddities(switches, {name: role for name, (role, _) in roles.items()}, links),
    )


@dataclass(frozen=True)
class _Work:
    switches: Sequence[Seen]
    complete: Sequence[Seen]
    links: Links
    roles: Mapping[str, tuple[Role, str]]
    given: Given
    catalog: Catalog

    def draft(self, particular: Particular) -> Draft:
        """The files, with what is particular."""
        names = {one.name for one in self.complete}
        roles = {name: role for name, (role, _) in self.roles.items() if name in names}
        among = [one for one in self.links.found if {end.switch for end in one.ends} <= names]
        links, later = replace(self.links, found=among), [one for one in self.links.found if one not in among]
        numbering = number(self.complete, roles, links)
        name = fabric_name(self.switches, self.given.name)
        page = topology_page(name, self.complete, roles, links, numbering, replace(particular, later=later))
        return Draft(name, inventory_page(self.switches, self.roles), page, numbering.kept)


def _first(work: _Work) -> Particular:
    """What the configs say of single ports and switches by themselves."""
    vlans = vlans_of(work.complete)
    linked = {end for link in work.links.found if of_link(link, vlans.uses) for end in link.ends}
    inside = {end: said for end, said in vlans.uses.items() if end not in linked}
    extra = {one.name: extra_of(one) for one in work.complete}
    hosts = host_ports(work.complete, work.links)
    by_name = {one.name: one for one in work.complete}
    cables = (end for one in work.links.found for pair in one.members or (one.ends,) for end in pair)
    used = sorted({*hosts, *vlans.uses, *cables}, key=lambda end: natural_key(str(end)))
    offered = {end: advertised(by_name[end.switch].config, end.port) for end in used if end.switch in by_name}
    offered = {end: said for end, said in offered.items() if said}
    roles = {name: role for name, (role, _) in work.roles.items()}
    names = group_names(work.complete, roles, work.links, hosts)
    return Particular(ports=merged(hosts, inside, offered), vlans=vlans, extra=extra, groups=names)


def _settle(work: _Work) -> _Settled:
    """Say settings of ports until no more of them would change; leave the rest as it is."""
    particular = _first(work)
    extra = particular.extra
    fabric, draft, changes = _proven(work, particular)
    refused = {entry.about for entry in draft.topology.entries() if entry.refused}
    if any(f"{SWITCH}{name}" in refused for name in extra):
        kept = {name: one for name, one in extra.items() if f"{SWITCH}{name}" not in refused}
        particular = replace(particular, extra=kept)
        fabric, draft, changes = _proven(work, particular)
    for _ in range(_ROUNDS):
        settings = port_settings(changes, {*work.links.taken, *particular.ports})
        ports = merged(particular.ports, settings)
        if not settings or ports == particular.ports:
            break
        tried = replace(particular, ports=ports)
        fabric, draft, changes = _proven(work, tried)
        particular = tried
    fewer = without_useless(particular.ports, changes)
    if fewer != particular.ports:
        particular = replace(particular, ports=fewer)
        fabric, draft, changes = _proven(work, particular)
    return _left(work, *_with_frr(work, fabric, draft, changes, particular))


def _with_frr(
    work: _Work, fabric: Fabric, draft: Draft, changes: dict[str, Difference], particular: Particular
) -> _Settled:
    """Say beside the plan what FRR has otherwise; of a switch where that cannot be, FRR's config is left whole."""
    texts = {name: _meant(one) for name, one in changes.items()}
    found = {
        one.name: rows_beside(one, fabric) if one.has_rows_for_frr else beside(one, text)
        for one in work.complete
        if (text := texts.get(one.name)) is not None
    }
    while True:
        leave = {name: one.leave for name, one in found.items() if one.leave}
        tried = replace(particular, beside=found, leave=leave)
        fabric, draft, changes = _proven(work, tried)
        refused = {entry.about: entry.refused for entry in draft.topology.entries() if entry.refused}
        wrong = {name: refused[f"{SWITCH}{name}"] for name in found if f"{SWITCH}{name}" in refused}
        wrong = {name: why for name, why in wrong.items() if not found[name].whole}
        if not wrong:
            return fabric, draft, changes, tried
        found |= {name: Beside((FRR_WORD,), whole=f"it cannot be said: {why}") for name, why in wrong.items()}


def _meant(one: Difference) -> str | None:
    """The frr.conf that was rendered."""
    return one.target.meant.frr if one.target is not None and one.target.meant is not None else None


def _left(
    work: _Work, fabric: Fabric, draft: Draft, changes: dict[str, Difference], particular: Particular
) -> _Settled:
    """Leave as it is what would change all the same."""
    for _ in range(_ROUNDS):
        words = {name: left(one, particular.leave.get(name, ())) for name, one in changes.items() if one}
        if not words:
            break
        besides, before = dict(particular.beside), dict(particular.leave)
        for name in (name for name, some in words.items() if FRR_WORD in some):
            if not besides.get(name, Beside()).whole:
                odd = next(map(str, changes[name].frr), "its routing mode would change")
                besides[name] = Beside((FRR_WORD,), whole=f"it does not come back as it is, beginning with '{odd}'")
            before[name] = tuple(word for word in before.get(name, ()) if not is_lines(word))
        leave = {
            one.name: tuple(dict.fromkeys([*before.get(one.name, ()), *words.get(one.name, ())]))
            for one in work.complete
            if one.name in before or one.name in words
        }
        particular = replace(particular, leave=leave, beside=besides)
        fabric, draft, changes = _proven(work, particular)
    return fabric, draft, changes, particular


def _proven(work: _Work, particular: Particular) -> tuple[Fabric, Draft, dict[str, Difference]]:
    draft = work.draft(particular)
    fabric, changes = proven(draft, work.catalog, work.complete)
    return fabric, draft, changes


def _ends(link: str) -> tuple[Endpoint, Endpoint]:
    ends = ends_of(link)
    if len(ends) != 2 or not all(one.switch and one.port for one in ends):
        raise InputError(f"--link {link}: no link", "such as --link 'spine1:Ethernet112 - leaf1:Ethernet72'")
    return ends[0], ends[1]


def _check(given: Given, switches: Sequence[Seen]) -> None:
    names = {one.name for one in switches}
    for option, some in (("--role", given.roles), ("--image-build", given.builds)):
        unknown = [name for name in some if name and name not in names]
        if unknown:
            raise InputError(
                f"{option} {unknown[0]}: no such switch among those that were read", ", ".join(sorted(names))
            )
