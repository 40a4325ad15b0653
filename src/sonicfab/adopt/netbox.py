"""What NetBox has of switches, as the configs that they would have, of which `adopt` can conclude the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Any

from sonicfab.adopt.netboxapi import Record, Records
from sonicfab.adopt.roles import find_role
from sonicfab.adopt.source import Source
from sonicfab.builds import Build
from sonicfab.catalog import Catalog
from sonicfab.model.fields import is_switch_name
from sonicfab.platforms import Platform
from sonicfab.ports import ports_of
from sonicfab.roles import Role

_MANAGEMENT = re.compile(r"(?i)eth0|mgmt.*|management.*")
_LOOPBACK = re.compile(r"(?i)lo(opback)?0?")
_CHANNEL = re.compile(r"(?i)(?:portchannel|po|lag|bond)[ _-]?([1-9][0-9]{0,3})")
_VLAN = re.compile(r"(?i)vlan[ _-]?([1-9][0-9]{0,3})")
_PORT = re.compile(r"Ethernet[0-9]+")
_ASN_FREE = 4_294_000_000
"""Where switches get an ASN from that NetBox tells none of: only to find out whether all else can be planned."""

_TABLES = {"Lo": "LOOPBACK_INTERFACE", "Po": "PORTCHANNEL_INTERFACE", "Vl": "VLAN_INTERFACE"}
Tables = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Missing:
    """What somebody has to say: `part` of a file, the line to complete, what it is of, and why."""

    part: str
    line: str
    about: str
    why: str


@dataclass
class Told:
    """What NetBox tells.

    Attributes:
        sources: a switch each, with the config that it would have.
        builds, roles: by switch.
        links: as a topology names them.
        missing: what NetBox does not tell, or not so that it could be said.
        without_asn: the switches whose ASN nobody knows.
        left_out: devices that are no switches of a fabric, and why.
    """

    sources: list[Source] = field(default_factory=list)
    builds: dict[str, str] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    without_asn: set[str] = field(default_factory=set)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Said:
    """What the user says beside NetBox: builds and roles by switch, "" for all; the custom field with the ASN."""

    builds: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    asn_field: str = "asn"


@dataclass
class _Device:
    """A device that is a switch."""

    record: Record
    name: str
    platform: Platform | None
    build: Build | None
    interfaces: list[Record] = field(default_factory=list)
    addresses: dict[int, list[IPv4Interface | IPv6Interface]] = field(default_factory=dict)
    config: Tables = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    asn: int = 0

    def named(self, text: str) -> str:
        """What SONiC calls an interface of NetBox: a port by its name or alias, a port channel, a VLAN; "" for none."""
        if _LOOPBACK.fullmatch(text):
            return "Loopback0"
        for pattern, word in ((_CHANNEL, "PortChannel"), (_VLAN, "Vlan")):
            if match := pattern.fullmatch(text):
                return f"{word}{match[1]}"
        if text in self.config.get("PORT", {}):
            return text
        return self.aliases.get(text.lower(), "")


def tell(records: Records, catalog: Catalog, said: Said) -> Told:
    """Everything that can be said of these devices, and what cannot."""
    told = Told()
    devices = _devices(records, catalog, said, told)
    for one in devices.values():
        _config(one, said, told)
    _cables(devices, told)
    for one in devices.values():
        frr = f"router bgp {one.asn}\n" + "".join(f" neighbor {port} {_SESSION}\n" for port in _linked(one, told))
        place = str(one.record.get("url") or f"device {one.record.get('id')}")
        serial = str(one.record.get("serial") or "")[:64]
        told.sources.append(Source(one.name, place, one.config, frr, serial=serial))
    return told


_SESSION = "interface remote-as external"


def _devices(records: Records, catalog: Catalog, said: Said, told: Told) -> dict[int, _Device]:
    found: dict[int, _Device] = {}
    taken: set[str] = set()
    for record in records.devices:
        name, shown = str(record.get("name") or ""), str(record.get("name") or f"device {record.get('id')}")
        platform = _platform(record, catalog)
        role = said.roles.get(name) or find_role(_slug(record, "role") or _slug(record, "device_role"))
        if platform is None and role is None:
            told.left_out.append(f"{shown}: neither a model nor a role that is known: {_of(record)}")
        elif not is_switch_name(name) or name in taken:
            why = "another device has the name" if name in taken else "its name is none that a host may have"
            told.missing.append(Missing("devices:", f"  NAME: {{role: {role or 'ROLE'}}}", f"device {shown}", why))
        elif role is None:
            own = _slug(record, "role") or _slug(record, "device_role") or "in NetBox"
            why = f"its role {own} is none of {', '.join(Role)}: --role {name}=ROLE says it"
            told.missing.append(Missing("devices:", f"  {name}: {{role: ROLE}}", f"device {name}", why))
        else:
            taken.add(name)
            told.roles[name] = role
            build = said.builds.get(name) or said.builds.get("") or _slug(record, "platform")
            if build in catalog.builds:
                told.builds[name] = build
            found[int(record["id"])] = _Device(record, name, platform, catalog.builds.get(build))
    for record in records.interfaces:
        if (device := found.get(_id(record, "device"))) is not None:
            device.interfaces.append(record)
    by_interface = {int(one["id"]): device for device in found.values() for one in device.interfaces}
    for record in records.addresses:
        number = record.get("assigned_object_id")
        kind = record.get("assigned_object_type")
        if kind == "dcim.interface" and isinstance(number, int) and number in by_interface:
            address = _address(record)
            if address is not None:
                by_interface[number].addresses.setdefault(number, []).append(address)
    return found


def _platform(record: Record, catalog: Catalog) -> Platform | None:
    """The model that a device type names, by its part number, model or slug: AS7726-32X, accton-as7726-32x."""
    kind = record.get("device_type") or {}
    words = [str(kind.get(key) or "").lower().replace("_", "-") for key in ("slug", "model", "part_number")]
    for one in catalog.platforms.values():
        known = {one.name.lower(), one.hwsku.lower(), one.platform.lower().replace("_", "-")}
        if any(word in known or word.endswith((f"-{one.name}", f" {one.name}")) for word in words if word):
            return one
    return None


def _config(device: _Device, said: Said, told: Told) -> None:
    """The tables that NetBox tells of."""
    config = device.config
    row: dict[str, Any] = {"hostname": device.name}
    if device.platform is not None:
        row |= {"platform": device.platform.platform, "hwsku": device.platform.hwsku}
    _ports(device)
    mac = ""
    for one in device.interfaces:
        name, number = str(one.get("name") or ""), int(one["id"])
        some = device.addresses.get(number, [])
        if one.get("mgmt_only") or _MANAGEMENT.fullmatch(name):
            mac = mac or str(one.get("mac_address") or (one.get("primary_mac_address") or {}).get("mac_address") or "")
            rows: dict[str, dict[str, Any]] = {f"eth0|{address}": {} for address in some}
            config["MGMT_INTERFACE"] = {**config.get("MGMT_INTERFACE", {}), **rows}
            continue
        _interface(device, one, some, told)
    if mac:
        row["mac"] = mac.lower()
    config["DEVICE_METADATA"] = {"localhost": row}
    if not config.get("MGMT_INTERFACE"):
        primary = [device.record.get(key) for key in ("oob_ip", "primary_ip4", "primary_ip6")]
        texts = [address for one in primary if one and (address := _address(one))]
        config["MGMT_INTERFACE"] = {f"eth0|{address}": {} for address in texts}
    device.asn = _asn(device.record, said.asn_field)
    if not device.asn:
        told.without_asn.add(device.name)
        device.asn = _ASN_FREE + len(told.without_asn)


def _ports(device: _Device) -> None:
    """The ports of the model, as the build has them; without a build those that NetBox calls as SONiC does."""
    ports = {}
    if device.platform is not None and device.build is not None:
        try:
            ports = dict(ports_of(device.platform, device.build))
        except KeyError:
            ports = {}
    names = [str(one.get("name") or "") for one in device.interfaces]
    rows: dict[str, dict[str, Any]] = {
        name: {"alias": port.alias, "lanes": ",".join(map(str, port.lanes)), "speed": str(port.speed)}
        for name, port in ports.items()
    }
    device.config["PORT"] = rows or {name: {} for name in names if _PORT.fullmatch(name)}
    device.aliases.update({port.alias.lower(): name for name, port in ports.items()})


def _interface(device: _Device, one: Record, addresses: Iterable[Any], told: Told) -> None:
    """The rows of an interface: its addresses, the VLANs that it is in, its port channel."""
    text, config = str(one.get("name") or ""), device.config
    name = device.named(text)
    lag = device.named(str((one.get("lag") or {}).get("name") or ""))
    used = bool(list(addresses)) or one.get("mode") or one.get("lag") or one.get("cable")
    if not name:
        if used and (one.get("type") or {}).get("value") != "virtual":
            why = f"NetBox calls it {text}, and that is no port of the model, by name or alias"
            told.missing.append(
                Missing("ports:", f"  - {{switches: {device.name}, ports: PORT}}", f"{device.name}:{text}", why)
            )
        return
    if name.startswith("PortChannel"):
        config.setdefault("PORTCHANNEL", {}).setdefault(name, {})
    if lag.startswith("PortChannel"):
        config.setdefault("PORTCHANNEL", {}).setdefault(lag, {})
        config.setdefault("PORTCHANNEL_MEMBER", {})[f"{lag}|{name}"] = {}
    table = _TABLES.get(name[:2], "INTERFACE")
    for address in addresses:
        config.setdefault(table, {}).setdefault(name, {})
        config[table][f"{name}|{address}"] = {}
    mode = (one.get("mode") or {}).get("value")
    plain = one.get("untagged_vlan") if mode else None
    tagged = one.get("tagged_vlans") or [] if mode == "tagged" else []
    for vlan, how in [*((vlan, "tagged") for vlan in tagged), *([(plain, "untagged")] if plain else [])]:
        vid = f"Vlan{vlan['vid']}"
        config.setdefault("VLAN", {})[vid] = {"vlanid": str(vlan["vid"]), "description": str(vlan.get("name") or "")}
        config.setdefault("VLAN_MEMBER", {})[f"{vid}|{name}"] = {"tagging_mode": how}


def _cables(devices: Mapping[int, _Device], told: Told) -> None:
    """Links between switches, each once; an end that cannot be named, or is elsewhere, is told."""
    by_name = {one.name: one for one in devices.values()}
    seen: set[frozenset[str]] = set()
    for device in devices.values():
        for one in device.interfaces:
            text = str(one.get("name") or "")
            if one.get("mgmt_only") or _MANAGEMENT.fullmatch(text):
                continue
            ends = _far_ends(one)
            if len(ends) > 1:
                why = "its cable has several far ends, as that of a breakout: say the parts"
                told.missing.append(
                    Missing("links:", f"  - {device.name}:PORT - {ends[0][0]}:PORT", f"{device.name}:{text}", why)
                )
                continue
            for far_name, far_text in ends:
                far = by_name.get(far_name)
                here, there = device.named(text), far.named(far_text) if far else ""
                if far is None:
                    told.left_out.append(f"the cable of {device.name}:{text}: {far_name} {far_text} is at its far end")
                elif (pair := frozenset((f"{device.name}:{text}", f"{far_name}:{far_text}"))) not in seen:
                    seen.add(pair)
                    if here and there:
                        told.links.append(f"{device.name}:{here} - {far_name}:{there}")
                    else:
                        why = f"NetBox calls its ends {text} and {far_text}: write the ports"
                        line = f"  - {device.name}:{here or 'PORT'} - {far_name}:{there or 'PORT'}"
                        told.missing.append(Missing("links:", line, f"link {device.name}:{text}", why))


def _far_ends(interface: Record) -> list[tuple[str, str]]:
    """(device, interface) at the other end of the whole path, through patch panels; else at that of the cable."""
    for key in ("connected_endpoints", "link_peers"):
        if interface.get(f"{key}_type") == "dcim.interface":
            ends = interface.get(key) or []
            return [(str((one.get("device") or {}).get("name") or ""), str(one.get("name") or "")) for one in ends]
    return []


def _linked(device: _Device, told: Told) -> Iterator[str]:
    """Its ports and port channels that a link is on."""
    ends = {end.strip() for link in told.links for end in link.split(" - ")}
    members = {key.partition("|")[2]: key.partition("|")[0] for key in device.config.get("PORTCHANNEL_MEMBER", {})}
    ports = [port for port in device.config["PORT"] if f"{device.name}:{port}" in ends]
    in_vlans = {key.partition("|")[2] for key in device.config.get("VLAN_MEMBER", {})}
    yield from (one for one in dict.fromkeys(members.get(port, port) for port in ports) if one not in in_vlans)


def _asn(record: Record, name: str) -> int:
    """The custom field, a number or an ASN object of NetBox."""
    value = (record.get("custom_fields") or {}).get(name)
    if isinstance(value, Mapping):
        value = value.get("asn")
    text = str(value if value is not None else "")
    return int(text) if text.isdecimal() and 0 < int(text) < _ASN_FREE else 0


def _address(record: Record) -> IPv4Interface | IPv6Interface | None:
    try:
        return ip_interface(str(record.get("address") or ""))
    except ValueError:
        return None


def _slug(record: Record, key: str) -> str:
    value = record.get(key)
    return str(value.get("slug") or "") if isinstance(value, Mapping) else ""


def _id(record: Record, key: str) -> int:
    value = record.get(key)
    number = value.get("id") if isinstance(value, Mapping) else None
    return number if isinstance(number, int) else 0


def _of(record: Record) -> str:
    kind = record.get("device_type") or {}
    role = _slug(record, "role") or _slug(record, "device_role")
    return f"{kind.get('model') or 'no device type'}, role {role or 'none'}"


def sorted_missing(told: Told) -> Sequence[Missing]:
    """By part of the files, then by what they are of."""
    return sorted(told.missing, key=lambda one: (one.part, one.about))
