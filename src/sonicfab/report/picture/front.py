"""The front of a switch as SVG: each port where it is on the box, by what it is used for and how it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from sonicfab.endpoint import Endpoint
from sonicfab.plan.cables import plug_of
from sonicfab.plan.cabling import speed_text
from sonicfab.plan.frontpanel import Cage, front_of
from sonicfab.plan.types import PortPlan, SwitchPlan
from sonicfab.report.picture.states import MARKS, WORDS, State, Verified, worst
from sonicfab.report.terminal import neutral

USES: Mapping[str, tuple[str, str]] = {
    "link": ("L", "to a switch"),
    "member": ("B", "in a bundle"),
    "host": ("H", "server with BGP"),
    "outside": ("O", "neighbour outside"),
    "access": ("A", "access to a VLAN"),
    "trunk": ("T", "trunk of VLANs"),
    "unused": ("", "free"),
}
"""Use of a port -> the letter in the picture, and what it means."""
_NARROW, _WIDE = 26.0, 36.0
_HIGH = 68.0
_GAP, _BLOCK_GAP, _MARGIN = 3.0, 14.0, 12.0


@dataclass(frozen=True)
class PortSeen:
    """A port of a switch with all that is told of it.

    Attributes:
        number: as it is counted on the front, from 1; a part of a port that is split has its place behind it.
        to: what is at the other end, in words.
        seen: what is not as intended.
    """

    port: PortPlan
    number: str
    plug: str
    to: str
    state: State
    seen: tuple[str, ...]

    @property
    def use(self) -> str:
        """What it is used for, in words."""
        return USES[self.port.use][1]

    @property
    def told(self) -> str:
        """All of it in a line."""
        parts = [f"port {self.number}, {self.port.name}", self.use, self.to, speed_text(self.port.speed)]
        parts += [WORDS[self.state]] if self.state != "unknown" else []
        parts += ["set down"] if self.port.used and self.port.admin_status == "down" else []
        return ", ".join(part for part in [*parts, *self.seen] if part)


def ports_seen(switch: SwitchPlan, verified: Verified, outside: Mapping[Endpoint, str]) -> dict[str, PortSeen]:
    """Every port of a switch by its name, in the order of the front; `outside` are the neighbours by their place."""
    found: dict[str, PortSeen] = {}
    bundles = {port: one for one in switch.port_channels for port in one.members}
    for number, cage in enumerate(front_of(switch), 1):
        for part, port in enumerate(cage.ports, 1):
            results = verified.port(Endpoint(switch.name, port.name))
            bundle = bundles.get(port.name)
            to = str(port.far) or outside.get(Endpoint(switch.name, bundle.name if bundle else port.name), "")
            to = to or port.description or (bundle.description if bundle else "")
            found[port.name] = PortSeen(
                port,
                f"{number}/{part}" if len(cage.ports) > 1 else f"{number}",
                plug_of(cage, port),
                " in ".join(filter(None, (to, bundle.name if bundle else ""))),
                worst(results),
                tuple(f"{one.check}: {one.seen}" for one in results if one.status == "failed"),
            )
    return found


def front_svg(switch: SwitchPlan, ports: Mapping[str, PortSeen], anchor: Callable[[str], str]) -> str:
    """The front as a part of a page; `anchor` tells where the page has more of a port."""
    cages = front_of(switch)
    width = _MARGIN
    root = ET.Element("svg", {"class": "front", "role": "group", "aria-label": f"The front of {switch.name}"})
    body = ET.SubElement(root, "rect", {"class": "body", "x": "1", "y": "1", "rx": "6"})
    for block in dict.fromkeys(cage.block for cage in cages):
        own = [cage for cage in cages if cage.block == block]
        rows = max(cage.row for cage in own) + 1
        wide = _NARROW if len(own[0].port.lanes) == 1 else _WIDE
        high = (_HIGH - _GAP * (rows - 1)) / rows
        for cage in own:
            x, y = width + cage.column * (wide + _GAP), _MARGIN + cage.row * (high + _GAP)
            _draw_cage(root, cage, ports, (x, y, wide, high), anchor)
        width += (max(cage.column for cage in own) + 1) * (wide + _GAP) - _GAP + _BLOCK_GAP
    for x, y, high, kind in _bare(switch, width):
        empty = ET.SubElement(root, "g", {"class": "cage bare"})
        ET.SubElement(empty, "title").text = f"{kind}: no port of the image"
        _rect(empty, x, y, _NARROW, high)
        width = max(width, x + _NARROW + _BLOCK_GAP)
    whole = (width - _BLOCK_GAP + _MARGIN, _HIGH + 2 * _MARGIN)
    root.set("viewBox", f"0 0 {whole[0]:g} {whole[1]:g}")
    body.set("width", f"{whole[0] - 2:g}")
    body.set("height", f"{whole[1] - 2:g}")
    return neutral(ET.tostring(root, encoding="unicode"))


def _bare(switch: SwitchPlan, x: float) -> Iterator[tuple[float, float, float, str]]:
    """Where the cages are that no port table has."""
    for block in switch.platform.bare:
        high = min(20.0, (_HIGH - _GAP * (block.rows - 1)) / block.rows)
        for at in range(block.count):
            yield x + at // block.rows * (_NARROW + _GAP), _MARGIN + at % block.rows * (high + _GAP), high, block.kind
        x += -(-block.count // block.rows) * (_NARROW + _GAP) + _BLOCK_GAP


def _draw_cage(
    root: ET.Element,
    cage: Cage,
    ports: Mapping[str, PortSeen],
    place: tuple[float, float, float, float],
    anchor: Callable[[str], str],
) -> None:
    x, y, wide, high = place
    part = wide / len(cage.ports)
    for number, plan in enumerate(cage.ports):
        one = ports[plan.name]
        parent = root
        if plan.used:
            parent = ET.SubElement(root, "a", {"href": f"#{anchor(plan.name)}", "aria-label": one.told})
        down = " down" if plan.used and plan.admin_status == "down" else ""
        group = ET.SubElement(parent, "g", {"class": f"cage {plan.use} {one.state}{down}"})
        ET.SubElement(group, "title").text = one.told
        left = x + number * part
        _rect(group, left, y, part, high)
        if len(cage.ports) == 1:
            _say(group, left + 3, y + 9, one.number, "number")
            _say(group, left + part - 3, y + high - 4, USES[plan.use][0], "use")
        else:
            _say(group, left + part / 2, y + high - 4, USES[plan.use][0], "part")
            if number == 0:
                _say(group, left + 3, y + 9, one.number.partition("/")[0], "number")
        if one.state in ("failed", "unreached"):
            _say(group, left + 3, y + high - 3, MARKS[one.state], "sign")


def _rect(group: ET.Element, x: float, y: float, width: float, height: float) -> None:
    ET.SubElement(
        group, "rect", {"x": f"{x:.4g}", "y": f"{y:.4g}", "width": f"{width:.4g}", "height": f"{height:.4g}", "rx": "2"}
    )


def _say(group: ET.Element, x: float, y: float, text: str, style: str) -> None:
    if text:
        ET.SubElement(group, "text", {"class": style, "x": f"{x:.4g}", "y": f"{y:.4g}"}).text = text
