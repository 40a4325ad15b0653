"""The inventory of switches that were read: what they share is said once, in defaults or for a group."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sonicfab.adopt.page import Entry, Page, Part, flow, scalar
from sonicfab.adopt.seen import Seen
from sonicfab.adopt.services import secret_services
from sonicfab.adopt.settings import Settings, device_of, settings_of
from sonicfab.configdb import natural_key
from sonicfab.roles import Role

_REFERENCE = re.compile(r'"(env:[A-Z0-9_]+)"')
_HEAD = (
    "The switches as they were found by `sonicfab adopt`: what they are and how to reach them. Values fall from",
    "`defaults` through the groups of a device to the device itself. It is a draft: what could not be known stands",
    "behind # with the reason.",
)


@dataclass(frozen=True)
class Layers:
    """Settings by where they are said."""

    defaults: Settings
    groups: Mapping[str, Settings]
    devices: Mapping[str, Settings]


def inventory_page(switches: Sequence[Seen], roles: Mapping[str, tuple[Role, str]]) -> Page:
    """The page; a switch that lacks something is a gap in it."""
    values = {one.name: settings_of(one, roles[one.name][0]) for one in switches if one.platform}
    groups = _groups(values, {name: role for name, (role, _) in roles.items()})
    layers = _layers(values, groups)
    defaults = [Entry(lines, f"defaults {key}") for key, lines in _block(layers.defaults, "  ").items()]
    defaults += _ssh(switches)
    group_entries = [
        Entry([f"  {name}: {flow(_tree(settings))}"], f"group {name}") for name, settings in layers.groups.items()
    ]
    devices = [_device(one, groups, layers, roles) for one in switches]
    secret = _secrets(switches)
    return Page(
        _HEAD,
        [
            Part("defaults:", [*defaults, *secret]),
            Part("groups:", group_entries),
            Part("devices:", devices, ("the name becomes the host name; mac is the base MAC on the label",)),
        ],
    )


def _groups(values: Mapping[str, Settings], roles: Mapping[str, Role]) -> dict[str, str]:
    """Switch -> its group: those of a role, apart by model where a role has several."""
    models: dict[object, set[object]] = {}
    for one in values.values():
        models.setdefault(one["role"], set()).add(one["platform"])
    named = {}
    for name, one in values.items():
        plural = roles[name].plural
        named[name] = plural if len(models[one["role"]]) == 1 else f"{plural}-{one['platform']}"
    return named


def _layers(values: Mapping[str, Settings], groups: Mapping[str, str]) -> Layers:
    members: dict[str, list[str]] = {}
    for name, group in sorted(groups.items(), key=lambda one: natural_key(one[1])):
        members.setdefault(group, []).append(name)
    defaults: Settings = {}
    by_group: dict[str, Settings] = {group: {} for group in members}
    by_device: dict[str, Settings] = {name: {} for name in values}
    for key in dict.fromkeys(key for one in values.values() for key in one):
        common = None if key in ("role", "platform") else _common([one.get(key) for one in values.values()])
        if common is not None:
            defaults[key] = common
        for group, names in members.items():
            told = [values[name].get(key) for name in names]
            shared = told[0] if all(one == told[0] for one in told) else None
            if shared is not None and shared != common:
                by_group[group][key] = shared
            for name in names:
                value = values[name].get(key)
                if value is not None and value != (shared if shared is not None else common):
                    by_device[name][key] = value
    return Layers(defaults, by_group, by_device)


def _common(told: Sequence[object]) -> object | None:
    """What most say, where all say something: a default falls to those that say nothing, too."""
    if any(one is None for one in told) or not told:
        return None
    counted = Counter(map(repr, told))
    text, times = counted.most_common(1)[0]
    return next(one for one in told if repr(one) == text) if times * 2 > len(told) or len(told) == 1 else None


def _tree(settings: Mapping[str, object]) -> dict[str, object]:
    """`management.gateway` as a key in a mapping."""
    tree: dict[str, object] = {}
    for path, value in settings.items():
        head, _, rest = path.partition(".")
        if rest:
            inner = tree.setdefault(head, {})
            assert isinstance(inner, dict)
            inner[rest] = value
        else:
            tree[head] = value
    return tree


def _block(settings: Mapping[str, object], indent: str) -> dict[str, list[str]]:
    return {key: [f"{indent}{key}: {flow(value)}"] for key, value in _tree(settings).items()}


def _ssh(switches: Iterable[Seen]) -> list[Entry]:
    users = {one.source.user for one in switches if one.source.user}
    ports = {one.source.port for one in switches if one.source.host}
    found: dict[str, object] = {}
    if len(users) == 1 and users != {"admin"}:
        found["user"] = users.pop()
    if len(ports) == 1 and ports != {22}:
        found["port"] = ports.pop()
    return [Entry([f"  ssh: {flow(found)}"], "defaults ssh", "as they were reached")] if found else []


def _secrets(switches: Sequence[Seen]) -> list[Entry]:
    """The services that take secrets, where the switches that have them say the same of all else."""
    found: dict[str, list[object]] = {}
    for one in switches:
        for key, value in secret_services(one.config).items():
            found.setdefault(key, []).append(value)
    if not found:
        return []
    why = (
        "a secret, which is not copied: left as it is on the switches. To have it in the files, give it in the "
        "environment and write under `defaults`:"
    )
    apart = " (of one switch: others say otherwise)"
    return [
        Entry(
            [f"  {key}: " + _REFERENCE.sub(r"\1", flow(values[0]))],
            f"defaults {key}",
            f"{why[:-1]}{apart}:" if any(value != values[0] for value in values) else why,
            gap=True,
        )
        for key, values in found.items()
    ]


def _device(switch: Seen, groups: Mapping[str, str], layers: Layers, roles: Mapping[str, tuple[Role, str]]) -> Entry:
    settings: Settings = {"groups": groups[switch.name]} if switch.name in groups else {}
    settings |= device_of(switch)
    settings |= layers.devices.get(switch.name, {})
    lacks = []
    if switch.platform is None:
        lacks.append(f"its model is not known: {switch.platform_why}")
    elif switch.build is None:
        lacks.append(f"its image build is not known: {switch.build_why}; --image-build {switch.name}=BUILD says it")
    if "management.address" not in settings:
        settings |= {"management.address": "ADDRESS/24", "management.dhcp": True}
        lacks.append("DHCP gives eth0 its address, and no config tells which: write it instead of ADDRESS/24")
    if not switch.mac:
        lacks.append("DEVICE_METADATA|localhost has no mac")
    why = f"{roles[switch.name][1]}; {switch.build_why}" if not lacks else "; ".join(lacks)
    text = f"  {scalar(switch.name)}: {flow(_tree(settings))}"
    return Entry([text], f"device {switch.name}", why, gap=bool(lacks))
