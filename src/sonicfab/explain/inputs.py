"""Where the values of a switch stand in the files of its fabric, and which facts they meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from sonicfab.builds import Build, fact_texts
from sonicfab.document import Document
from sonicfab.errors import DocumentName, KeyPath, Place
from sonicfab.fabric import FabricFiles
from sonicfab.plan.cabling import Cabling, members, resolve
from sonicfab.plan.renames import Ledger, follow
from sonicfab.plan.settings import set_at, settle
from sonicfab.plan.types import FabricPlan, LinkPlan, PortPlan, SwitchPlan
from sonicfab.platforms import Platform
from sonicfab.ports import ports_of


@dataclass(frozen=True, slots=True)
class Given:
    """A value that somebody wrote: where, and the text that stands there. `what` is its path in the file."""

    what: str
    written: str
    place: Place


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of the image build or the switch model, and its source."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Why a value is what it is: the rule, what was given, the facts."""

    rule: str
    given: tuple[Given, ...] = ()
    facts: tuple[Fact, ...] = ()


class Sources:
    """The files, the plan and the facts behind one switch."""

    def __init__(
        self,
        files: FabricFiles,
        plan: FabricPlan,
        switch: SwitchPlan,
        used: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.files, self.plan, self.switch = files, plan, switch
        self.used = used or {}
        """Port -> the rendered tables whose rows use it."""
        self.ports = {port.name: port for port in switch.ports}

    @property
    def build(self) -> Build:
        """The facts of its image build."""
        return self.switch.build

    @property
    def platform(self) -> Platform:
        """The facts of its model."""
        return self.switch.platform

    def setting(self, *keys: str) -> tuple[Given, ...]:
        """Where the inventory sets a value of the switch; nothing when it does not."""
        path = set_at(self.files.inventory.value, self.switch.name, *keys)
        return self.at("inventory", path) if path else ()

    def member(self, value: str, *keys: str) -> tuple[Given, ...]:
        """Where the inventory has one value of a list such as ntp."""
        path = set_at(self.files.inventory.value, self.switch.name, *keys)
        found = _value(self.files.inventory.document, path) if path else None
        if path and isinstance(found, list):
            index = next((i for i, one in enumerate(found) if str(one) == value), None)
            return self.at("inventory", (*path, index)) if index is not None else self.at("inventory", path)
        return self.at("inventory", path) if path else ()

    def topology(self, *path: str | int) -> tuple[Given, ...]:
        """Where the topology has a value; nothing when it has not."""
        return self.at("topology", path)

    def at(self, name: DocumentName, path: KeyPath) -> tuple[Given, ...]:
        """What stands at a path of a file; the key where that is more than a word."""
        document = self.files.documents[name]
        value = _value(document, path)
        if value is None:
            return ()
        what = ".".join(str(step) for step in path)
        if isinstance(value, (dict, list)):
            key = next((step for step in reversed(path) if isinstance(step, str)), "")
            steps = path if isinstance(path[-1], str) else path[: len(path) - path[::-1].index(key)]
            return (Given(what, key, document.place(steps, on_key=True)),)
        return (Given(what, str(value), document.place(path)),)

    def name(self) -> tuple[Given, ...]:
        """Where the inventory names the switch."""
        document = self.files.inventory.document
        name = self.switch.name
        return (Given(f"devices.{name}", name, document.place(("devices", name), on_key=True)),)

    def fact(self, name: str, value: object = None) -> tuple[Fact, ...]:
        """A fact of the image build."""
        text = fact_texts().get(name)
        said = getattr(self.build, name) if value is None else value
        shown = ", ".join(map(str, said)) if isinstance(said, tuple) else str(said)
        return (Fact(f"{self.build.name}: {text.title if text else name} {shown}", self.build.source(name)),)

    def model_fact(self, text: str) -> tuple[Fact, ...]:
        """A fact of the switch model."""
        return (Fact(f"{self.platform.name}: {text}", f"data/platforms/{self.platform.name}.yml"),)

    def port_fact(self, port: PortPlan) -> tuple[Fact, ...]:
        """The row of the port table."""
        own = "ports" if self.platform.hwsku in self.build.ports else "port_table"
        lanes = ",".join(map(str, port.lanes))
        speed = ports_of(self.platform, self.build)[port.name].speed
        said = f"{port.name} has alias {port.alias}, index {port.index}, lanes {lanes}, speed {speed}"
        table = f"port table {self.build.port_table}" if own == "port_table" else f"ports of {self.build.name}"
        source = self.build.source(own) or f"data/platforms/{self.platform.name}.yml"
        return (Fact(f"{self.platform.name}, {table}: {said}", source),)

    def number(self, kind: Literal["asn", "ipv4", "ipv6"]) -> tuple[tuple[Given, ...], str]:
        """Where the ASN or a loopback of the switch comes from, and the rule."""
        name, role = self.switch.name, self.switch.role
        pool: KeyPath = ("asn", role) if kind == "asn" else ("loopbacks", kind)
        if by_hand := self.topology("switches", name, kind):
            return by_hand, "given by hand"
        if recorded := self.at("numbers", ("switches", self._ledger.keys.get(name, name), kind)):
            return (*recorded, *self.at("topology", pool)), "allotted from the pool, and kept in the numbers file"
        pools = {str(one): asns for one, asns in self.files.topology.value.asn.items()}
        shared = kind == "asn" and role in pools and pools[role].shared
        rule = f"all {role} switches share this number" if shared else "the next that is free in the pool"
        return self.at("topology", pool), rule

    def uses(self, port: PortPlan) -> tuple[Given, ...]:
        """The entry of the topology that puts a port to use; nothing for an unused one."""
        path = self._paths.get((self.switch.name, port.name))
        if path is None:
            return ()
        return self._link_entry(path) if path[0] == "links" else self.topology(*path, "ports")

    def option(self, port: PortPlan, name: Literal["mtu", "speed", "description", "fec"]) -> tuple[Given, ...]:
        """What the link or host entry of a port says of it; nothing when it says nothing."""
        path = self._paths.get((self.switch.name, port.name))
        return self.topology(*path[: 2 if path[0] == "links" else 3], name) if path else ()

    def link(self, port: PortPlan) -> LinkPlan:
        """The link that a port belongs to."""
        end = (self.switch.name, port.name)
        return next(link for link in self.plan.links if end in (link.a, link.b))

    def network(self, port: PortPlan, version: int) -> tuple[Given, ...]:
        """Where the network of a numbered link comes from."""
        family = f"ipv{version}"
        name = self.link(port).name
        recorded = self.at("numbers", ("links", self._ledger.keys.get(name, name), family))
        return (*recorded, *self.topology("underlay", family))

    def _link_entry(self, path: KeyPath) -> tuple[Given, ...]:
        if len(path) > 2:  # a mesh, and the leaf in it
            place = self.files.topology.document.place(path, on_key=True)
            return (Given(".".join(map(str, path)), str(path[-1]), place),)
        return self.topology(*path, "link") or self.topology(*path)

    @cached_property
    def _ledger(self) -> Ledger:
        return follow(self.files.numbers.value, {name: one.mac for name, one in self.plan.switches.items()})

    @cached_property
    def _paths(self) -> dict[tuple[str, str], KeyPath]:
        """(switch, port) -> the entry of the topology that uses it."""
        cabling = self._cabling
        found: dict[tuple[str, str], KeyPath] = {(host.switch, host.port): host.path for host in cabling.hosts}
        for link in cabling.links:
            found[link.a] = found[link.b] = link.path
        return found

    @cached_property
    def _cabling(self) -> Cabling:
        topology = self.files.topology.value
        builds = {switch.build.name for switch in self.plan.switches.values()}
        one_build = builds.pop() if len(builds) == 1 else ""
        settings, _ = settle(self.files.inventory.value, members(topology), self.files.catalog, one_build, unfit=True)
        cabling, _ = resolve(topology, settings, complete=True)
        return cabling


def _value(document: Document, path: KeyPath) -> Any:  # noqa: ANN401 - any YAML
    """The value at a path; None when nothing is there. A word where a list may be is its only member."""
    value = document.value
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        elif not (isinstance(value, str) and step == 0):
            return None
    return value
