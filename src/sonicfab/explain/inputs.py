"""Where the values of a switch stand in the files of its fabric, and which facts they meet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sonicfab.builds import Build, fact_texts
from sonicfab.document import Document
from sonicfab.endpoint import Endpoint
from sonicfab.errors import DocumentName, KeyPath, Place
from sonicfab.explain.notes import FieldRead
from sonicfab.fabric import FabricFiles
from sonicfab.plan.breakouts import break_out
from sonicfab.plan.cabling import Cabling, members, resolve
from sonicfab.plan.decided import Fact, Rule
from sonicfab.plan.ports import NOTHING_SAID
from sonicfab.plan.renames import Ledger, follow
from sonicfab.plan.settings import resolve_settings, set_at
from sonicfab.plan.types import FabricPlan, PortPlan, SwitchPlan
from sonicfab.platforms import Platform


@dataclass(frozen=True, slots=True)
class Given:
    """A value that somebody wrote: where, and the text that stands there. `what` is its path in the file."""

    what: str
    written: str
    place: Place


@dataclass(frozen=True, slots=True)
class Origin:
    """Why a value is what it is: the rule, what was given, the facts."""

    rule: str
    given: tuple[Given, ...] = ()
    facts: tuple[Fact, ...] = ()


class Sources:
    """The files, the plan and the facts behind one switch."""

    def __init__(self, files: FabricFiles, plan: FabricPlan, switch: SwitchPlan) -> None:
        self.files, self.plan, self.switch = files, plan, switch
        self.ports = {port.name: port for port in switch.ports}

    @property
    def build(self) -> Build:
        """The facts of its image build."""
        return self.switch.build

    @property
    def platform(self) -> Platform:
        """The facts of its model."""
        return self.switch.platform

    def given(self, place: str, look: FieldRead) -> tuple[Given, ...]:
        """What somebody wrote that decides a value; nothing where nobody did.

        `place` is one of: `name` of the switch; `inventory:` or `topology:` and a path, in which `{value}` stands for
        the value, `{family}` for its IP version and `{network}` for the network of what has it, and whose list with
        `[]` has the value as a member; `number.asn` or of a loopback; `use`, the entry for a port, `use.mtu` and the
        like in it; `breakout` of a part of a port; `network` of a port's link. Of those with `|` between them the first
        that is there.
        """
        if "|" in place:
            return next((found for one in place.split("|") if (found := self.given(one, look))), ())
        family = "ipv6" if ":" in look.value else "ipv4"
        words = {"{value}": look.value, "{family}": family}
        words |= {f"{{{name}}}": str(getattr(look.of, name, "")) for name in ("network", "of")}
        for word, meant in words.items():
            place = place.replace(word, meant)
        kind, _, rest = place.partition(":")
        if kind in ("inventory", "topology"):
            keys = tuple(key for key in rest.removesuffix("[]").split(".") if key)
            value = look.value if rest.endswith("[]") else ""
            if kind == "topology":
                return self._member("topology", _typed(self.files.documents["topology"].value, keys), value)
            found = self._member("inventory", set_at(self.files.inventory.value, self.switch.name, *keys) or (), value)
            # one that --image-build has taken the place of decides nothing
            return () if rest == "image_build" and any(one.written != self.build.name for one in found) else found
        if kind == "name":
            return self._name()
        word, _, option = kind.partition(".")
        if word == "number":
            return self.number(option)[0]
        port = _port_of(look.of)
        if word == "breakout":
            return self._option(port, word)
        if word == "network":
            return self._network(port, "ipv6" if ":" in look.value else "ipv4")
        return self._option(port, option) if option else self._uses(port)

    def how(self, rule: Rule, look: FieldRead) -> str:
        """How a number came about that the rule names; "" for any other rule."""
        kinds = [place.partition(".")[2] for place in rule.given if place.startswith("number.")]
        family = "ipv6" if ":" in look.value else "ipv4"
        return self.number(kinds[0].replace("{family}", family))[1] if kinds else ""

    def facts(self, fact: Fact | str, look: FieldRead) -> tuple[Fact, ...]:
        """A fact; by its word one that depends on the port: `port`, its row of the port table, or `fec`."""
        if isinstance(fact, Fact):
            return (fact,)
        port = self.ports[_port_of(look.of)]
        if fact == "fec":
            speed = f"{port.speed // 1000}G"
            return self.model_fact(
                f"ports at {speed} have FEC {port.fec} unless the topology says another", self.platform.fec_source
            )
        return self.port_fact(port)

    def _member(self, name: DocumentName, path: KeyPath, value: str) -> tuple[Given, ...]:
        """What stands at a path; of a list the member that reads like the value."""
        found = _value(self.files.documents[name], path) if value and path else None
        index = (
            next((at for at, one in enumerate(found) if str(one) == value), None) if isinstance(found, list) else None
        )
        return self.at(name, path if index is None else (*path, index)) if path else ()

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

    def _name(self) -> tuple[Given, ...]:
        """Where the inventory names the switch."""
        document = self.files.inventory.document
        name = self.switch.name
        return (Given(f"devices.{name}", name, document.place(("devices", name), on_key=True)),)

    def fact(self, name: str, value: str = "") -> tuple[Fact, ...]:
        """A fact of the image build; `value` is the one that counts of several."""
        text = fact_texts().get(name)
        said = getattr(self.build, name)
        said = value if value and isinstance(said, tuple) and value in said else said
        shown = ", ".join(map(str, said)) if isinstance(said, tuple) else "yes" if said is True else str(said)
        return (Fact(f"{self.build.name}: {text.title if text else name} {shown}", self.build.source(name)),)

    def model_fact(self, text: str, source: str = "") -> tuple[Fact, ...]:
        """A fact of the switch model; without a source of its own it is the model's file that says so."""
        file = f"data/platforms/{self.platform.name}.yml"
        return (Fact(f"{self.platform.name}: {text}", f"{file}: {source}" if source else file),)

    def port_fact(self, port: PortPlan) -> tuple[Fact, ...]:
        """The row of the port table."""
        own = "ports" if self.platform.hwsku in self.build.ports else "port_table"
        lanes = ",".join(map(str, port.lanes))
        speed = self.switch.table[port.name].speed
        said = f"{port.name} has alias {port.alias}, index {port.index}, lanes {lanes}, speed {speed}"
        table = f"port table {self.build.port_table}" if own == "port_table" else f"ports of {self.build.name}"
        source = self.build.source(own) or f"data/platforms/{self.platform.name}.yml"
        return (Fact(f"{self.platform.name}, {table}: {said}", source),)

    def number(self, kind: str) -> tuple[tuple[Given, ...], str]:
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

    def _uses(self, port: str) -> tuple[Given, ...]:
        """The entry of the topology that puts a port to use; nothing for an unused one."""
        path = self._paths.get((self.switch.name, port))
        if path is None:
            return ()
        if path[0] in ("links", "bundles"):
            return self._link_entry(path)
        return self.topology(*path, "ports") or self.topology(*path, "interface")

    def _option(self, port: str, name: str) -> tuple[Given, ...]:
        """What the link or host entry of a port says of it; nothing when it says nothing."""
        end = Endpoint(self.switch.name, port)
        said = self._cabling.settings.get(end, NOTHING_SAID)
        if name in said.paths:
            return self.topology(*said.paths[name])
        path = self._paths.get(end)
        return self.topology(*path[: 3 if path[0] == "hosts" else 2], *name.split(".")) if path else ()

    def _network(self, port: str, family: str) -> tuple[Given, ...]:
        """Where the network of a numbered link comes from."""
        end = (self.switch.name, port)
        name = next(link for link in self.plan.links if end in (link.a, link.b)).name
        recorded = self.at("numbers", ("links", self._ledger.keys.get(name, name), family))
        return (*recorded, *self.topology("underlay", family))

    def _link_entry(self, path: KeyPath) -> tuple[Given, ...]:
        if len(path) > 2:  # a mesh, and the leaf in it
            place = self.files.topology.document.place(path, on_key=True)
            return (Given(".".join(map(str, path)), str(path[-1]), place),)
        return self.topology(*path, "link") or self.topology(*path, "ports") or self.topology(*path)

    @cached_property
    def _ledger(self) -> Ledger:
        return follow(self.files.numbers.value, {name: one.mac for name, one in self.plan.switches.items()})

    @cached_property
    def _paths(self) -> dict[tuple[str, str], KeyPath]:
        """(switch, port) -> the entry of the topology that uses it."""
        cabling = self._cabling
        found: dict[tuple[str, str], KeyPath] = {
            end: said.path("use")[:-1] for end, said in cabling.settings.items() if said.use
        }
        for name, channels in cabling.port_channels.items():
            found |= {(name, port): one.path for one in channels for port in (one.name, *one.members)}
        found |= {(host.switch, host.port): host.path for host in cabling.hosts}
        for link in cabling.links:
            found |= dict.fromkeys((link.a, link.b, *(end for cable in link.cables for end in cable)), link.path)
        return found

    @cached_property
    def _cabling(self) -> Cabling:
        topology = self.files.topology.value
        builds = {switch.build.name for switch in self.plan.switches.values()}
        one_build = builds.pop() if len(builds) == 1 else ""
        settings, _ = resolve_settings(
            self.files.inventory.value, members(topology), self.files.catalog, one_build, unfit=True
        )
        cabling, _ = resolve(topology, break_out(topology, settings)[0], complete=True)
        return cabling


def _port_of(of: object) -> str:
    """The port that a value of the plan is about: a port itself, or what has one."""
    return str(getattr(of, "interface", "") or getattr(of, "name", ""))


def _typed(value: Any, keys: tuple[str, ...]) -> KeyPath:  # noqa: ANN401 - any YAML
    """A path whose steps into lists are numbers."""
    path: list[str | int] = []
    for key in keys:
        step = int(key) if isinstance(value, list) and key.isdigit() else key
        value = (
            value[step]
            if isinstance(step, int) and step < len(value)
            else None
            if isinstance(step, int)
            else (value.get(step) if isinstance(value, dict) else None)
        )
        path.append(step)
    return tuple(path)


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
