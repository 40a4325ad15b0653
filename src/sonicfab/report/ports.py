"""The result of `sonicfab ports`: the front of a switch, and what is proposed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sonicfab.hints import first_of
from sonicfab.model.fields import ranges
from sonicfab.plan.cabling import speed_text
from sonicfab.plan.frontpanel import Cage, Offer, entries, front_of, is_free
from sonicfab.plan.types import PortPlan, SwitchPlan
from sonicfab.report.console import columns, json_result, say, say_fitted, style, wrapped

FORMAT_VERSION = 1
_MARKS = {"link": "=", "member": "+", "host": "h", "access": "a", "trunk": "t"}
_LEGEND = {
    "=": "to a switch",
    "+": "in a port channel",
    "h": "server with BGP",
    "a": "access",
    "t": "trunk",
    "-": "set, but not used",
    "x": "split",
    ".": "free",
}
_CELL = 6
"""Columns of a port: a mark, its speed, and a gap."""


def show_ports(switch: SwitchPlan, offers: Sequence[Offer]) -> None:
    """The front as it stands on the box, what is used and free in words, then what is proposed."""
    cages = front_of(switch)
    chosen = {name for offer in offers for name in (*offer.ports, *offer.split)}
    say(style(f"{switch.name}: {switch.platform.model}, {switch.build.name}", bold=True))
    for strip in _strips(cages):
        say("")
        for line in _drawn(strip, chosen):
            say(line)
    say("")
    marks = dict.fromkeys(_mark(cage, chosen) for cage in cages)
    legend = ", ".join(f"{mark} {_LEGEND.get(mark, 'proposed')}" for mark in marks)
    for line in wrapped(f"Speeds in G. {legend}."):
        say(line)
    for label, text in _words(cages):
        for line in wrapped(text, f"  {label:<10}", " " * 12):
            say(line)
    _show_offers(switch, offers)


def _strips(cages: Sequence[Cage]) -> Iterator[list[list[Cage]]]:
    """The columns of the front, as many at a time as fit into a line; no block is begun that does not."""
    at_once = (columns() - 2) // _CELL
    found: dict[tuple[int, int], list[Cage]] = {}
    for cage in cages:
        found.setdefault((cage.block, cage.column), []).append(cage)
    every = list(found.values())
    blocks = {block: sum(1 for one, _ in found if one == block) for block, _ in found}
    strip: list[list[Cage]] = []
    for column in every:
        block = column[0].block
        begins = column[0].column == 0
        if len(strip) >= at_once or (begins and strip and len(strip) + blocks[block] > at_once):
            yield strip
            strip = []
        strip.append(column)
    if strip:
        yield strip


def _drawn(strip: Sequence[Sequence[Cage]], chosen: set[str]) -> Iterator[str]:
    for row in range(max(map(len, strip))):
        cages = [column[row] if row < len(column) else None for column in strip]
        for text in (_number, lambda cage: f"{_mark(cage, chosen)}{_speed(cage)}"):
            yield ("  " + "".join(f"{text(cage) if cage else '':<{_CELL}}" for cage in cages)).rstrip()


def _number(cage: Cage) -> str:
    return cage.port.name.removeprefix("Ethernet")


def _mark(cage: Cage, chosen: set[str]) -> str:
    if cage.port.name in chosen:
        return "*"
    if cage.split:
        return "x"
    port = cage.ports[0]
    return _MARKS.get(port.use, "." if is_free(port) else "-")


def _speed(cage: Cage) -> str:
    speed = f"{cage.ports[0].speed // 1000}"
    return f"{len(cage.ports)}x{speed}" if cage.split else speed


def _words(cages: Sequence[Cage]) -> Iterator[tuple[str, str]]:
    free = [port for cage in cages for port in cage.ports if is_free(port)]
    used = [port for cage in cages for port in cage.ports if port.used]
    yield "used", f"{len(used)} of {sum(len(cage.ports) for cage in cages)} ports"
    for speed in sorted({port.speed for port in free}, reverse=True):
        some = [port.name for port in free if port.speed == speed]
        yield "free", f"{len(some)} at {speed_text(speed)}: {_runs(some, cages)}"
    yield from _groups(cages)
    modes: dict[str, list[str]] = {}
    for cage in cages:
        if cage.modes and not cage.split:
            modes.setdefault(", ".join(mode.text for mode in cage.modes), []).append(cage.port.name)
    for text, names in modes.items():
        yield "may split", f"{_runs(names, cages)} into {text}"


def _runs(names: Sequence[str], cages: Sequence[Cage]) -> str:
    """Ports that stand in a row on the front as `Ethernet0 to Ethernet12`."""
    order = [port.name for cage in cages for port in cage.ports]
    found: list[list[str]] = []
    for name in names:
        if found and order.index(name) == order.index(found[-1][-1]) + 1:
            found[-1].append(name)
        else:
            found.append([name])
    return ", ".join(f"{some[0]} to {some[-1]}" if len(some) > 2 else ", ".join(some) for some in found)


def _groups(cages: Sequence[Cage]) -> Iterator[tuple[str, str]]:
    """The groups that have some ports in use and some that are free: what these may be is settled."""
    ports = {port.name: port for cage in cages for port in cage.ports}
    for group in dict.fromkeys(cage.group for cage in cages if cage.group):
        free = [name for name in group if name in ports and is_free(ports[name])]
        if 0 < len(free) < len(group):
            yield "share", f"{', '.join(ranges(group))}: one speed, {speed_text(ports[free[0]].speed)}"


def _show_offers(switch: SwitchPlan, offers: Sequence[Offer]) -> None:
    if not offers:
        return
    say("")
    for offer in offers:
        split = f"; {first_of(ranges(offer.split))} split" if offer.split else ""
        got = f"{', '.join(ranges(offer.ports))}{split}" if offer.ports else "none"
        for line in wrapped(got, f"{offer.need.count} x {speed_text(offer.need.speed)}: ", "    "):
            say(line)
    lines = entries(switch, offers)
    if lines:
        say("")
        say("ports:")
        for line in lines:
            say_fitted(f"  {line}")


def missing(switch: SwitchPlan, offers: Iterable[Offer]) -> str:
    """What the switch has no ports for; "" when it has for all."""
    short = [f"{offer.missing} at {speed_text(offer.need.speed)}" for offer in offers if offer.missing]
    return f"{switch.name} has too few free ports that can do it: {' and '.join(short)} are missing" if short else ""


def json_ports(switch: SwitchPlan, offers: Sequence[Offer]) -> None:
    """The same for programs; speeds in Mb/s."""
    json_result(
        {
            "format_version": FORMAT_VERSION,
            "switch": switch.name,
            "platform": switch.platform.name,
            "image_build": switch.build.name,
            "front": [_json_cage(switch, cage) for cage in front_of(switch)],
            "proposed": [
                {
                    "count": offer.need.count,
                    "speed": offer.need.speed,
                    "ports": list(offer.ports),
                    "split": dict(offer.split),
                    "missing": offer.missing,
                }
                for offer in offers
            ],
            "entries": entries(switch, offers),
        }
    )


def _json_cage(switch: SwitchPlan, cage: Cage) -> dict[str, Any]:
    return {
        "name": cage.port.name,
        "alias": cage.port.alias,
        "block": cage.block,
        "row": cage.row,
        "column": cage.column,
        "free": cage.free,
        "speeds": list(switch.platform.speeds_of(cage.port)),
        "shares_speed_with": [name for name in cage.group if name != cage.port.name],
        "modes": [mode.text for mode in cage.modes],
        "ports": [_json_port(port) for port in cage.ports],
    }


def _json_port(port: PortPlan) -> dict[str, Any]:
    return {
        "name": port.name,
        "use": port.use,
        "admin": port.admin_status,
        "speed": port.speed,
        "fec": port.fec or None,
        "mtu": port.mtu,
        "description": port.description or None,
        "far_end": str(port.far) or None,
    }
