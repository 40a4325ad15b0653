"""What the inventory would say of each switch: how it is managed, and its services. Key path -> value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sonicfab.adopt.identify import metadata
from sonicfab.adopt.seen import Seen
from sonicfab.adopt.services import services_of
from sonicfab.adopt.sessions import interface_of, text_of
from sonicfab.configdb import ConfigDb, natural_key
from sonicfab.ipam import is_address

Settings = dict[str, object]
MANAGEMENT = "eth0"


def settings_of(switch: Seen, role: str) -> Settings:
    """What its config says, by key of the inventory; what the inventory leaves alone is not there."""
    found: Settings = {"role": role}
    if switch.platform is not None:
        found["platform"] = switch.platform.name
    if switch.build is not None:
        found["image_build"] = switch.build.name
    found |= _management(switch.config)
    for key, read in _SERVICES.items():
        value = read(switch.config)
        if value is not None:
            found[key] = value
    return found | services_of(switch.config, switch.build)


def can_be_said(switch: Seen) -> bool:
    """Whether all is known that an entry of the inventory needs."""
    known = switch.platform and switch.build and switch.mac and device_of(switch).get("management.address")
    return bool(known)


def device_of(switch: Seen) -> Settings:
    """What is of this switch alone."""
    found: Settings = {"mac": switch.mac} if switch.mac else {}
    if switch.source.serial:
        found["serial"] = switch.source.serial
    return found | _address(switch.config)


def _rows(config: ConfigDb) -> list[tuple[str, Mapping[str, object]]]:
    rows = []
    for key, row in config.get("MGMT_INTERFACE", {}).items():
        name, _, text = key.partition("|")
        if name == MANAGEMENT and interface_of(text):
            rows.append((text, row))
    return sorted(rows, key=lambda one: (":" in one[0], natural_key(one[0])))


def _misplaced(config: ConfigDb) -> Iterator[str]:
    """An address that stands as a field in MGMT_PORT, where SONiC does not read it: it tells what was meant."""
    for row in config.get("MGMT_PORT", {}).values():
        yield from (text for name in row if interface_of(text := name.partition("|")[2]))


def _address(config: ConfigDb) -> Settings:
    """The addresses of eth0; without a row SONiC asks DHCP for one, and a misplaced one tells which it gets."""
    rows = _rows(config)
    if not rows:
        meant = next(_misplaced(config), "")
        return {"management.address": meant, "management.dhcp": True} if meant else {}
    found: Settings = {"management.address": rows[0][0]}
    if len(rows) > 1 and ":" in rows[1][0] and ":" not in rows[0][0]:
        found["management.ipv6"] = rows[1][0]
    return found


def _management(config: ConfigDb) -> Settings:
    found: Settings = {}
    rows = _rows(config)
    gateway = text_of(rows[0][1], "gwaddr") if rows else ""
    if gateway and is_address(gateway):
        found["management.gateway"] = gateway
    beside = text_of(rows[1][1], "gwaddr") if len(rows) > 1 and ":" in rows[1][0] and ":" not in rows[0][0] else ""
    if beside and is_address(beside):
        found["management.gateway_ipv6"] = beside
    told = [row.get("forced_mgmt_routes") for _, row in rows]  # each address has those of its own family
    routes = [route for some in told if isinstance(some, list) for route in some]
    if routes:
        found["management.routes"] = routes
    if text_of(config.get("MGMT_VRF_CONFIG", {}).get("vrf_global", {}), "mgmtVrfEnabled") == "true":
        found["management.vrf"] = True
    return found


def _timezone(config: ConfigDb) -> str | None:
    return text_of(metadata(config), "timezone") or None


def _snmp(row: str, field: str) -> Callable[[ConfigDb], str | None]:
    def read(config: ConfigDb) -> str | None:
        return text_of(config.get("SNMP", {}).get(row, {}), field) or None

    return read


_SERVICES: Mapping[str, Callable[[ConfigDb], object]] = {
    "timezone": _timezone,
    "snmp.location": _snmp("LOCATION", "Location"),
    "snmp.contact": _snmp("CONTACT", "Contact"),
}
"""Key of the inventory -> how its value is read, of those that are a text."""
