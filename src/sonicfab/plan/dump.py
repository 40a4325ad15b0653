"""The plan and the numbers as files for people: plan.json in the build folder, the numbers file in git."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache, partial
from typing import Any, cast

from sonicfab.builds import Build
from sonicfab.configdb import natural_key
from sonicfab.endpoint import Endpoint
from sonicfab.ipam import TEXT_OF
from sonicfab.model.fields import SecretRef
from sonicfab.model.numbers import Numbers
from sonicfab.plan.bgp import BgpInstance, PeerGroup, Session
from sonicfab.plan.interfaces import LOOPBACK
from sonicfab.plan.types import FabricPlan, LinkPlan, PortPlan, SwitchPlan
from sonicfab.platforms import Platform

FORMAT_VERSION = 1
PLAN_FILE = "plan.json"
SWITCHES = '  "switches": {\n'
"""The line of plan.json after which each switch begins with a line `    "NAME": {`."""

_ALWAYS = object()
_PLAIN = frozenset({str, bool, int, float, type(None)})
_EMPTY: tuple[object, ...] = ((), {}, frozenset())

_END, _ROW = "\n}", ",\n"
_HEADER = """\
# Numbers of the fabric {fabric}, allotted by sonicfab from the pools of its topology.
#
# Keep this file in git beside the topology: it is what leaves every number where it is when switches or links
# come, go, change places or names. `sonicfab render` adds what is new and moves to `freed` what is gone; a number
# may also be changed by hand. A switch is told by its MAC; the end of a link that is named first has the lower
# address; numbers in `freed` are handed out last.
"""


def plan_text(plan: FabricPlan) -> str:
    """The plan as JSON: each field of its values, so that what a plan can newly say is there by itself.

    A field is there where it has not its default and is no empty list, or where `__file_names__` of its class names it;
    that also tells what the file calls a field, in which order, and what it leaves out. What has a name is below that.
    How to log in is left out: it says nothing about the fabric, and differs from one operator to the next.
    """
    return "".join(text for _, text in plan_parts(plan))


def plan_parts(plan: FabricPlan, before: Callable[[str], str] = lambda _: "") -> Iterator[tuple[str, str]]:
    """The same as (switch, its text), one after the other; what begins and what ends it is of the switch "".

    `before` has the text of a switch, by its name, where that is known already.
    """
    head = _indented(
        {"format_version": FORMAT_VERSION, **_fields(plan), "links": [_link(link) for link in plan.links]}, 4
    )
    yield "", f"{head.removesuffix(_END)},\n{SWITCHES}"
    between, lines = "", _Lines()
    for name in plan.switches:
        text = before(name) or _indented(_switch(plan.switches[name], lines), 2, "    ")
        yield name, f"{between}    {json.dumps(name)}: {text}"
        between = _ROW
    yield "", "\n  }\n}\n"


class _Line(str):
    """What a value is on a line of its own."""


class _Lines:
    """What is said of ports and sessions to servers, which are one value for many switches: each worked out once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, _Line]] = {}

    def of(self, one: object, say: Callable[[], object]) -> _Line:
        """The line of a value, which `say` has where it is not known yet."""
        if id(one) not in self._known:  # and keep it, so that no other value gets its identity
            self._known[id(one)] = one, _Line(json.dumps(say()))
        return self._known[id(one)][1]


def _value(of: object) -> Any:  # noqa: ANN401 - any JSON
    kind = type(of)
    return of if kind in _PLAIN else _how(cast("Any", kind))(of)


@cache
def _how(kind: type) -> Callable[[Any], Any]:
    """How values of a type are written; asked once for each, as a fabric has half a million of them."""
    if issubclass(kind, (Build, Platform)):
        return lambda of: of.name
    if issubclass(kind, (Endpoint, Enum, SecretRef)):
        return str
    if is_dataclass(kind):
        return _fields
    if issubclass(kind, Mapping):
        return lambda of: {str(key): _value(one) for key, one in of.items()}
    if issubclass(kind, (tuple, list, set, frozenset)):
        return lambda of: {one.name: _fields(one) for one in _named(of)} if _named(of) else [_value(one) for one in of]
    return TEXT_OF.get(kind, str)


def _named(of: object) -> tuple[Any, ...]:
    """Those of a value that have names: ports, port channels."""
    return of if isinstance(of, tuple) and of and _has_name(cast("Any", type(of[0]))) else ()


@cache
def _has_name(kind: type) -> bool:
    return is_dataclass(kind) and hasattr(kind, "name")


def _fields(of: object) -> dict[str, Any]:
    """The fields of a value under their names in the file; null for what is empty."""
    found: dict[str, Any] = {}
    for field, name, default in _shape(cast("Any", type(of))):
        value = getattr(of, field)
        if value != default and (default is _ALWAYS or type(value) in _PLAIN or value not in _EMPTY):
            said = _value(value)
            found[name] = None if said == "" else said
    return found


@cache
def _shape(kind: type) -> tuple[tuple[str, str, object], ...]:
    """Field, name in the file, and the value with which it is left out; those that the class names come first."""
    names: Mapping[str, str] = getattr(kind, "__file_names__", {})
    known = {one.name: one for one in fields(kind) if one.compare}  # the others are where a value was found
    order = [*(name for name in names if name in known), *(name for name in known if name not in names)]
    return tuple(
        (name, names.get(name, name), _ALWAYS if name in names else _default(known[name]))
        for name in order
        if names.get(name, name)
    )


def _default(field: Field[Any]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _indented(value: Any, levels: int, indent: str = "") -> str:  # noqa: ANN401 - any JSON
    """JSON with a line for each port, session and link: what is more than `levels` deep stays on its line."""
    if type(value) is _Line:
        return value
    if levels == 0 or not value or not isinstance(value, (dict, list)):
        return json.dumps(value)
    inner = indent + "  "
    if isinstance(value, dict):
        rows = [f"{inner}{json.dumps(key)}: {_indented(item, levels - 1, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    rows = [f"{inner}{item if type(item) is _Line else json.dumps(item)}" for item in value]
    return "[\n" + ",\n".join(rows) + f"\n{indent}]"


def _switch(switch: SwitchPlan, lines: _Lines) -> dict[str, Any]:
    said = _fields(switch)
    said["management"]["vrf"] = bool(switch.management.vrf)
    addresses = {name: _value(one.addresses) for name, one in switch.interfaces.items()}
    said["ports"] = {
        port.name: lines.of(port, partial(_host_port, port))
        if port.use == "host" and not addresses[port.name]
        else _fields(port)
        for port in switch.ports
        if port.use != "unused"
    }
    told = {LOOPBACK}  # interfaces whose port or port channel is there, and has their addresses
    for field in fields(switch):
        rows = said.get(field.name, {})
        for name in (one.name for one in _named(getattr(switch, field.name)) if one.name in rows):
            if type(rows[name]) is dict:
                rows[name]["addresses"] = addresses.get(name, [])
            told.add(name)
    others = {name: _fields(one) for name, one in switch.interfaces.items() if name not in told}
    services = _fields(switch.services)
    return {
        **said,
        **({"services": services} if services else {}),
        **({"interfaces": others} if others else {}),
        "sessions": [
            _session(instance, group, one)
            if one.far or instance.vrf
            else lines.of(one, partial(_session, instance, group, one))
            for instance in switch.bgp
            for group, one in instance.sessions
        ],
    }


def _host_port(port: PortPlan) -> dict[str, Any]:
    return {**_fields(port), "addresses": []}


def _link(link: LinkPlan) -> dict[str, Any]:
    members = {"members": [f"{a} - {b}" for a, b in link.members]} if link.members else {}
    return {"link": link.name, **_fields(link), **members}


def _session(instance: BgpInstance, group: PeerGroup, session: Session) -> dict[str, Any]:
    said = _fields(session)
    vrf = {"vrf": instance.vrf} if instance.vrf else {}
    return {"peer": said.pop("peer"), "group": group.name, **vrf, **said, "switch": session.far.switch or None}


def numbers_text(fabric: str, numbers: Numbers) -> str:
    """The numbers file; "" when there is nothing to keep."""
    freed = {name: getattr(numbers.freed, name) for name in type(numbers.freed).model_fields}
    if not numbers.switches and not numbers.links and not any(freed.values()):
        return ""
    lines = [_HEADER.format(fabric=fabric)]
    for section, rows in (("switches", numbers.switches), ("links", numbers.links)):
        if rows:
            lines.append(f"{section}:")
            lines += [f"  {name}: {{{_row(rows[name])}}}" for name in sorted(rows, key=natural_key)]
    if any(freed.values()):
        lines.append("freed:")
        lines += [f"  {name}: [{', '.join(map(_scalar, values))}]" for name, values in freed.items() if values]
    return "\n".join(lines) + "\n"


def _row(row: object) -> str:
    said = vars(row)  # one of a link has neither MAC nor AS
    values = {name: said.get(name) for name in ("mac", "asn", "ipv4", "ipv6")}
    return ", ".join(f"{name}: {_scalar(value)}" for name, value in values.items() if value is not None)


def _scalar(value: object) -> str:
    # "fd00::" ends like a YAML key, and YAML 1.1 takes some MAC addresses for numbers of base 60
    text = TEXT_OF.get(type(value), str)(value)
    return f'"{text}"' if ":" in text else text
