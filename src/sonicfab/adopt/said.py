"""What is said of ports and left as it is, so that nothing changes: worked out of what a first draft would change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from sonicfab.adopt.edges import Said
from sonicfab.adopt.page import ranges
from sonicfab.adopt.prove import Difference
from sonicfab.configdb import ConfigChange, ConfigDb
from sonicfab.endpoint import Endpoint
from sonicfab.model.leave import FRR_WORD

_MODE = ("DEVICE_METADATA", "localhost", "docker_routing_config_mode")


def _speed(text: str) -> str:
    return f"{int(text) // 1000}G" if text.isdigit() and int(text) % 1000 == 0 else text


_SETTINGS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "speed": ("speed", _speed),
    "fec": ("fec", lambda text: text or "default"),
    "autoneg": ("autoneg", lambda text: text == "on" if text else "default"),
    "admin_status": ("admin", lambda text: text or "down"),
    "mtu": ("mtu", lambda text: int(text) if text.isdigit() else text),
    "description": ("description", str),
}
"""Field of PORT -> key of an entry of `ports:`, and its value of what stands on the switch ("" where nothing does)."""


def advertised(config: ConfigDb, port: str) -> Said:
    """What a port offers the far end: no plan says it by itself, so no comparison tells of it."""
    row = config.get("PORT", {}).get(port, {})
    speeds = [one for one in str(row.get("adv_speeds", "")).split(",") if one]
    types = [one for one in str(row.get("adv_interface_types", "")).split(",") if one]
    return (
        *((("adv_speeds", tuple(map(_speed, speeds))),) if speeds else ()),
        *((("adv_interface_types", tuple(types)),) if types else ()),
    )


def port_settings(found: Mapping[str, Difference], used: Collection[Endpoint]) -> dict[Endpoint, Said]:
    """Port -> how it is set, as far as the files would set it otherwise.

    Of the `used` ports first: others, which share a core with them, may follow by themselves.
    """
    settings: dict[Endpoint, Said] = {}
    for switch, one in found.items():
        for change in one.config_db:
            if change.table != "PORT" or change.field not in _SETTINGS:
                continue
            key, value = _SETTINGS[change.field]
            end = Endpoint(switch, change.key)
            settings[end] = (*settings.get(end, ()), (key, value(change.old)))
    return {end: said for end, said in settings.items() if end in used} or settings


def without_useless(ports: Mapping[Endpoint, Said], found: Mapping[str, Difference]) -> dict[Endpoint, Said]:
    """What is said of ports, without what was said to no avail: the plan has a value of its own all the same."""
    vain = port_settings(found, ())
    kept = {end: tuple(pair for pair in said if pair not in vain.get(end, ())) for end, said in ports.items()}
    return {end: said for end, said in kept.items() if said}


def merged(*some: Mapping[Endpoint, Said]) -> dict[Endpoint, Said]:
    """All that is said of each port; the last word on a key counts."""
    found: dict[Endpoint, dict[str, object]] = {}
    for one in some:
        for end, said in one.items():
            found.setdefault(end, {}).update(said)
    return {end: tuple(values.items()) for end, values in found.items()}


def left(one: Difference, before: Collection[str] = ()) -> list[str]:
    """What `leave` says of a switch: rows, fields, and sections of FRR's config that would change.

    All of that where its routing mode would, or where a section was left `before` and would change all the same.
    """
    changes = list(one.config_db)
    words = list(dict.fromkeys(f"{FRR_WORD} {change.section}" for change in one.frr))
    if any(_at(change) == _MODE for change in changes) or one.blocked or any(word in before for word in words):
        words = [FRR_WORD]
        changes = [change for change in changes if _at(change) != _MODE]
    return [*words, *_grouped(changes)]


def _at(change: ConfigChange) -> tuple[str, str, str]:
    return change.table, change.key, change.field


def _grouped(changes: Iterable[ConfigChange]) -> list[str]:
    """`PORT|Ethernet0-3 fec`: one word for ports in a row."""
    keys: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        keys.setdefault((change.table, change.field), []).append(change.key)
    return [
        f"{table}|{key} {field}".rstrip()
        for (table, field), some in keys.items()
        for key in (ranges(some) if table == "PORT" else dict.fromkeys(some))
    ]
