"""From what another system tells of switches to the two files: nothing runs yet, so nothing is left or reproduced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_interface

from sonicfab.adopt.edges import host_ports
from sonicfab.adopt.inventory import inventory_page
from sonicfab.adopt.links import Finder, Links
from sonicfab.adopt.netbox import Told, sorted_missing
from sonicfab.adopt.numbers import Numbering, number
from sonicfab.adopt.page import Entry, Page, Part
from sonicfab.adopt.prove import Draft, proven
from sonicfab.adopt.said import merged
from sonicfab.adopt.seen import Seen, see
from sonicfab.adopt.source import Source
from sonicfab.adopt.topology import Particular, fabric_name, topology_page
from sonicfab.adopt.vlans import of_link, vlans_of
from sonicfab.catalog import Catalog
from sonicfab.configdb import Row
from sonicfab.errors import InputError
from sonicfab.hints import first_of
from sonicfab.model.fields import ends_of
from sonicfab.model.numbers import KeptNumbers, Numbers
from sonicfab.roles import Role

_HEADS = (
    (
        "The switches as NetBox has them, written by `sonicfab import netbox`: what they are and how to reach them.",
        "Values fall from `defaults` through the groups of a device to the device itself. It is a draft: what NetBox",
        "does not tell stands behind # with the reason.",
    ),
    (
        "The fabric as NetBox has it: how the switches are cabled and numbered. A draft, too: what NetBox does not",
        "tell, or cannot be said, stands behind # with the reason.",
    ),
)
_WORDS = {
    "DHCP gives eth0 its address, and no config tells which: write it instead of ADDRESS/24": (
        "NetBox has no address of its management interface: write it instead of ADDRESS/24"
    ),
    "DEVICE_METADATA|localhost has no mac": "NetBox has no MAC address of its management interface: write mac",
    "DEVICE_METADATA|localhost names neither a platform nor a hwsku": "its device type is no model that is known",
    "its config fits": "its platform in NetBox names no image build; it could be",
}
"""What `adopt` says of a config that lacks something, and what is so of NetBox."""


@dataclass(frozen=True)
class Imported:
    """The files, and what became of what was told.

    Attributes:
        files: file -> its text.
        planned: the switches that are in the topology.
        links: how many cables between them.
        refused: entries that could not be read or planned; gaps: those that somebody has to complete.
        left_out: what is no part of a fabric, and why.
    """

    name: str
    files: Mapping[str, str] = field(repr=False)
    switches: Sequence[Seen] = field(repr=False)
    planned: frozenset[str]
    roles: Mapping[str, Role]
    links: int
    refused: Sequence[Entry] = field(repr=False)
    gaps: Sequence[Entry] = field(repr=False)
    left_out: Sequence[str] = field(repr=False)

    @property
    def complete(self) -> bool:
        """Nothing is to be said by hand."""
        return not self.gaps and not self.refused and len(self.planned) == len(self.switches)


def imported(told: Told, catalog: Catalog, name: str = "") -> Imported:
    """The two files and the numbers, proven to be read and planned but for what stands behind `#`.

    Raises:
        InputError: there is no switch among what was told.
    """
    if not told.sources:
        why = [*told.left_out, *(f"{one.about}: {one.why}" for one in told.missing)]
        raise InputError("none of these devices is a switch that could be written down", first_of(why, 3, "; "))
    work = _Work(told, catalog, name)
    tried, planned, numbers = work.proven()
    refused = {one.about: one.refused for page in tried for one in page.entries() if one.refused}
    draft, links = work.draft(told.sources, final=True)
    pages = (draft.inventory, draft.topology)
    for entry in (one for page in pages for one in page.entries()):
        if entry.stands:
            entry.refused = refused.get(entry.about, "")
    return Imported(
        name=draft.name,
        files=draft.files(None if told.without_asn else numbers),
        switches=see(told.sources, catalog, told.builds),
        planned=planned,
        roles=told.roles,
        links=len(links.found),
        refused=[one for page in pages for one in page.entries() if one.refused],
        gaps=[one for page in pages for one in page.entries() if one.gap],
        left_out=tuple(told.left_out),
    )


@dataclass(frozen=True)
class _Work:
    told: Told
    catalog: Catalog
    name: str

    def proven(self) -> tuple[tuple[Page, Page], frozenset[str], str | None]:
        """The pages with what could not be read or planned taken back, the switches that could, and their numbers.

        With gateways that nobody has told: what is to be found out is whether all else can be planned.
        """
        sources = [_with_gateways(one) for one in self.told.sources]
        draft, _ = self.draft(sources)
        complete = [one for one in see(sources, self.catalog, self.told.builds) if _is_complete(one)]
        if not complete:
            return (draft.inventory, draft.topology), frozenset(), None
        fabric, changes = proven(draft, self.catalog, complete)
        return (draft.inventory, draft.topology), frozenset(changes), fabric.numbers

    def draft(self, sources: Sequence[Source], *, final: bool = False) -> tuple[Draft, Links]:
        """The files; `final` ones have no numbers but those that were told."""
        told = self.told
        switches = see(sources, self.catalog, told.builds)
        complete = [one for one in switches if _is_complete(one)]
        names = {one.name for one in complete}
        ends = [ends_of(link) for link in told.links]
        links = Finder(complete, [(a, b) for a, b in ends if {a.switch, b.switch} <= names]).find()
        roles = {one.name: told.roles[one.name] for one in complete}
        numbering = number(complete, roles, links)
        if final:
            _without_ours(numbering, told)
        vlans = vlans_of(complete)
        linked = {end for link in links.found if of_link(link, vlans.uses) for end in link.ends}
        inside = {end: said for end, said in vlans.uses.items() if end not in linked}
        particular = Particular(ports=merged(host_ports(complete, links), inside), vlans=vlans)
        name = fabric_name(switches, self.name)
        topology = topology_page(name, complete, roles, links, numbering, particular)
        inventory = inventory_page(switches, {one: (role, "its role in NetBox") for one, role in told.roles.items()})
        if not any(one.loopback(version) for one in complete for version in (4, 6)):
            _part(topology, "loopbacks:").entries = [_loopbacks(final=final)]
        if final:
            _complete(inventory, topology, told)
        return Draft(name, inventory, topology, numbering.kept), links


def _is_complete(switch: Seen) -> bool:
    managed = any(key.startswith("eth0|") for key in switch.config.get("MGMT_INTERFACE", {}))
    return bool(switch.platform and switch.build and switch.mac and managed)


def _with_gateways(source: Source) -> Source:
    """With a gateway in each network of management: NetBox has no word for them."""
    rows: dict[str, Row] = {}
    for key, row in source.config_db.get("MGMT_INTERFACE", {}).items():
        own = ip_interface(key.partition("|")[2])
        other = next((host for host in own.network.hosts() if host != own.ip), None)
        rows[key] = {**row, "gwaddr": str(other)} if other else row
    return replace(source, config_db={**source.config_db, "MGMT_INTERFACE": rows})


def _without_ours(numbering: Numbering, told: Told) -> None:
    """Take out the ASNs that stand for those that nobody has told."""
    for name in told.without_asn:
        numbering.by_hand.get(name, {}).pop("asn", None)
    rows = {
        name: KeptNumbers.model_construct(None, **{**dict(row), "asn": None} if name in told.without_asn else dict(row))
        for name, row in numbering.kept.switches.items()
    }
    numbering.kept = Numbers.model_construct(switches=rows, links=numbering.kept.links)


def _complete(inventory: Page, topology: Page, told: Told) -> None:
    """The heads, and what NetBox does not tell, in the places where it belongs."""
    inventory.comment, topology.comment = _HEADS
    for entry in inventory.entries():
        for theirs, ours in _WORDS.items():
            entry.why = entry.why.replace(theirs, ours)
        entry.why = entry.why.removesuffix("; given")
    for entry in topology.entries():
        entry.why = "cables in NetBox" if entry.why == "given" else entry.why
    for part in topology.parts:
        if part.head == "asn:":
            part.entries = [_asn(entry, told) for entry in part.entries]
    gateway = "NetBox has no gateways: write that of the management network, or for a group or device"
    gap = Entry(["  management: {gateway: ADDRESS}"], "defaults management.gateway", gateway, gap=True)
    _part(inventory, "defaults:").entries.append(gap)
    for one in sorted_missing(told):
        page = inventory if one.part == "devices:" else topology
        _part(page, one.part).entries.append(Entry([one.line], one.about, one.why, gap=True))


def _loopbacks(*, final: bool) -> Entry:
    """The pool, where no address tells it: for a proof one of RFC 2544, which is nobody's."""
    if not final:
        return Entry(["  ipv4: 198.18.0.0/16"], "loopbacks")
    why = "NetBox has no address of an interface Loopback0: say the pool"
    return Entry(["  ipv4: NETWORK"], "loopbacks", why, gap=True)


def _asn(entry: Entry, told: Told) -> Entry:
    role = entry.about.removeprefix("asn of ")
    lacking = [name for name in told.without_asn if told.roles[name] == role]
    if not lacking:
        return entry
    why = f"NetBox has no ASN of {first_of(sorted(lacking), 6)}: say the pool, one number or a range"
    return Entry([f"  {role}: ASN"], entry.about, why, gap=True)


def _part(page: Page, head: str) -> Part:
    return next(one for one in page.parts if one.head == head)
