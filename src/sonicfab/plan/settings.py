"""What the inventory says of each switch, after defaults and groups have fallen to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from typing import Any

from sonicfab.builds import DEFAULT_BUILD
from sonicfab.catalog import Catalog
from sonicfab.errors import KeyPath, Problem
from sonicfab.hints import did_you_mean
from sonicfab.model.inventory import Device, Inventory, Settings
from sonicfab.plan.management import ManagementPlan, SshPlan
from sonicfab.plan.services import Services, refused_services, settled_services
from sonicfab.plan.types import SwitchSettings
from sonicfab.ports import ports_of, unfit_for


def resolve_settings(
    inventory: Inventory,
    names: Iterable[str],
    catalog: Catalog,
    build: str = "",
    *,
    unfit: bool = False,
    partial: bool = False,
) -> tuple[dict[str, SwitchSettings], list[Problem]]:
    """The settings of the named switches (those that are complete), and every problem found in them.

    `build` is an image build that replaces the one of every switch; with `unfit` it need not run on them, which
    only a comparison may ask for. `partial` asks for no value that a switch of no fabric may lack.
    """
    settled: dict[str, SwitchSettings] = {}
    problems = list(_clashes(inventory))
    shared: dict[object, Services] = {}
    for name in names:
        layers = _Layers(inventory, name, build)
        found = [*layers.unknown_groups(), *_check_values(layers, catalog, unfit=unfit)]
        found += _check_services(layers, catalog) if layers.of_services not in shared else ()
        found += [] if partial else _missing(name, layers)
        problems += found
        if not found and not partial:
            services = shared.get(layers.of_services) or settled_services(layers.get)
            settled[name] = _settings(name, layers, catalog, services)
            if layers.of_services is not None:
                shared[layers.of_services] = services
    return settled, list(dict.fromkeys(problems))  # one mistake in defaults is one problem, not one a switch


def set_at(inventory: Inventory, name: str, *keys: str) -> KeyPath | None:
    """Where the inventory sets a value of a switch; None when it does not."""
    value, path = _Layers(inventory, name, "").find(*keys)
    return None if value is None else path


_NO_SERVICES = frozenset({"groups", "mac", "port_mac", "serial", "management"})
"""Keys of a device that no service asks for, beside its own."""


class _Layers:
    """The places that may set a value of one switch, the nearest first."""

    def __init__(self, inventory: Inventory, name: str, build: str) -> None:
        self.inventory, self.name, self._build = inventory, name, build
        self.device: Device = inventory.devices[name]
        groups = [group for group in self.device.groups if group in inventory.groups]
        self.layers: list[tuple[KeyPath, Settings]] = [
            (("devices", name), self.device),
            *((("groups", group), inventory.groups[group]) for group in reversed(groups)),
            (("defaults",), inventory.defaults),
        ]

    def find(self, *keys: str) -> tuple[Any, KeyPath]:
        """The nearest value that is set, and where; (None, the device) when none is."""
        if self._build and keys == ("image_build",):
            return self._build, ("devices", self.name)
        for path, settings in self.layers:
            value: Any = settings
            for key in keys:
                value = getattr(value, key, None)  # what only devices have, groups have not
            if value is not None:
                return value, (*path, *keys)
        return None, ("devices", self.name)

    def get(self, *keys: str) -> Any:  # noqa: ANN401 - as many types as there are settings
        """The nearest value that is set, or None."""
        return self.find(*keys)[0]

    @cached_property
    def of_services(self) -> object:
        """The same for switches that have the same services, as nothing of the device has to do with them; or None."""
        apart = self.device.model_fields_set - _NO_SERVICES
        return None if apart else (tuple(self.device.groups), self.get("image_build"))

    def unknown_groups(self) -> Iterator[Problem]:
        """Groups that the device names and nobody defined."""
        for index, group in enumerate(self.device.groups):
            if group not in self.inventory.groups:
                hint = did_you_mean(group, self.inventory.groups)
                yield Problem("inventory", ("devices", self.name, "groups", index), f"unknown group '{group}'", hint)


def _missing(name: str, layers: _Layers) -> Iterator[Problem]:
    wanted = [("platform",), ("role",), ("management", "address")]
    wanted += [] if layers.get("management", "dhcp") else [("management", "gateway")]
    for keys in wanted:
        if layers.get(*keys) is None:
            hint = "set it for the device, for one of its groups or in defaults"
            yield _problem(("devices", name), f"switch {name} has no {' '.join(keys)}", hint, on_key=True)
    if layers.device.mac is None:
        hint = "it is the base MAC on the label and in `show platform syseeprom`"
        yield _problem(("devices", name), f"switch {name} has no mac", hint, on_key=True)


def _check_values(layers: _Layers, catalog: Catalog, *, unfit: bool) -> Iterator[Problem]:
    yield from _check_platform(layers, catalog, unfit=unfit)
    yield from _check_management(layers)


def _check_services(layers: _Layers, catalog: Catalog) -> Iterator[Problem]:
    build = catalog.builds.get(layers.get("image_build") or DEFAULT_BUILD)
    yield from refused_services(build, layers.find, layers.get)


def _check_platform(layers: _Layers, catalog: Catalog, *, unfit: bool) -> Iterator[Problem]:
    model, model_path = layers.find("platform")
    name, path = layers.find("image_build")
    name = name or DEFAULT_BUILD
    if model is not None and model not in catalog.platforms:
        yield _problem(model_path, f"unknown platform '{model}'", did_you_mean(model, catalog.platforms))
        model = None
    if name not in catalog.builds:
        yield _problem(path, f"unknown image build '{name}'", did_you_mean(name, catalog.builds))
        return
    if model is None:
        return
    platform, build = catalog.platforms[model], catalog.builds[name]
    if (why := unfit_for(platform, build)) and not unfit:
        yield _problem(path, f"{name} cannot run on {model}: {why}")
    else:
        try:
            ports_of(platform, build)
        except KeyError:
            yield _problem(path, f"the port table of {model} under {name} is not known")


def _check_management(layers: _Layers) -> Iterator[Problem]:
    address, _ = layers.find("management", "address")
    gateway, path = layers.find("management", "gateway")
    if layers.get("management", "dhcp"):
        for key in ("ipv6", "gateway_ipv6", "routes"):
            value, where = layers.find("management", key)
            if value is not None:
                message = f"{layers.name} gets its addresses by DHCP, and has `{key}` beside"
                yield _problem(where, message, "SONiC asks DHCP only where no address is configured")
        return
    if address is not None and gateway is not None:
        yield from _check_gateway(layers, address, gateway, path)
    beside, where = layers.find("management", "ipv6")
    gateway, path = layers.find("management", "gateway_ipv6")
    if beside is not None and gateway is None:
        yield _problem(where, f"the IPv6 address of {layers.name} has no gateway", "give `gateway_ipv6`")
    elif beside is not None:
        yield from _check_gateway(layers, beside, gateway, path)
    if beside is not None and address is not None and address.version == beside.version:
        hint = f"`ipv6` stands beside an IPv4 address, and {address} is none"
        yield _problem(where, f"{layers.name} has two IPv6 addresses", hint)
    versions = {one.version for one in (address, beside) if one is not None}
    routes, where = layers.find("management", "routes")
    for route in routes or ():
        if versions and route.version not in versions:
            message = f"{route} cannot be reached over eth0 of {layers.name}, which has no IPv{route.version} address"
            yield _problem(where, message, "give `ipv6` and `gateway_ipv6`" if route.version == 6 else "")


def _check_gateway(
    layers: _Layers, address: IPv4Interface | IPv6Interface, gateway: IPv4Address | IPv6Address, path: KeyPath
) -> Iterator[Problem]:
    if gateway.version != address.version:
        yield _problem(
            path, f"gateway {gateway} is IPv{gateway.version}, the address {address} is IPv{address.version}"
        )
    elif gateway not in address.network:
        message = f"gateway {gateway} is not in {address.network}, the network of {layers.name}"
        yield _problem(path, message, alike="gateway network")
    elif gateway == address.ip:
        yield _problem(path, f"gateway {gateway} is the address of {layers.name} itself")
    elif address.network.prefixlen < address.max_prefixlen - 1:
        # an IPv6 router may have the first address of its network (RFC 4291 2.6.1), an IPv4 one not
        ends = {address.network.network_address, address.network.broadcast_address}
        if address.version == 4 and gateway in ends:
            yield _problem(path, f"gateway {gateway} is not an address of a host in {address.network}")


def _clashes(inventory: Inventory) -> Iterator[Problem]:
    """The same MAC, serial number or management address on two switches, anywhere in the inventory."""
    owners: dict[tuple[str, str], str] = {}
    contacts: dict[str, str] = {}
    for name, device in inventory.devices.items():
        address, beside = device.management.address, device.management.ipv6
        unique: tuple[tuple[KeyPath, str, object], ...] = (
            (("mac",), "MAC address", device.mac),
            (("serial",), "serial number", device.serial),
            (("port_mac",), "MAC address", device.port_mac),
            (("management", "address"), "management address", address.ip if address else None),
            (("management", "ipv6"), "management address", beside.ip if beside else None),
        )
        for keys, what, value in unique:
            if value is None:
                continue
            owner = owners.setdefault((what, str(value)), name)
            if owner != name:
                yield _problem(("devices", name, *keys), f"{what} {value} belongs to {owner} already")
        contact = device.management.contact
        if contact and contacts.setdefault(contact, name) != name:
            message = f"{contact} is the contact of {contacts[contact]} already"
            yield _problem(("devices", name, "management", "contact"), message, "one switch answers at an address")


def _settings(name: str, layers: _Layers, catalog: Catalog, services: Services) -> SwitchSettings:
    agent, dhcp = layers.get("ssh", "agent"), bool(layers.get("management", "dhcp"))
    beside = layers.get("management", "ipv6")
    platform = catalog.platforms[layers.get("platform")]
    build = catalog.builds[layers.get("image_build") or DEFAULT_BUILD]
    return SwitchSettings(
        name=name,
        role=layers.get("role"),
        platform=platform,
        build=build,
        table=ports_of(platform, build),
        mac=str(layers.device.mac),
        port_mac=layers.device.port_mac or str(layers.device.mac),
        serial=layers.device.serial or "",
        ssh=SshPlan(
            user=layers.get("ssh", "user") or "admin",
            port=layers.get("ssh", "port") or 22,
            password=layers.get("ssh", "password"),
            key=layers.get("ssh", "key"),
            passphrase=layers.get("ssh", "passphrase"),
            agent=True if agent is None else agent,
            jump_host=layers.get("ssh", "jump_host") or "",
            known_hosts=layers.get("ssh", "known_hosts") or "",
        ),
        management=ManagementPlan(
            address=layers.get("management", "address"),
            gateway=None if dhcp else layers.get("management", "gateway"),
            vrf=layers.get("management", "vrf"),
            dhcp=dhcp,
            beside=(beside, layers.get("management", "gateway_ipv6")) if beside and not dhcp else None,
            routes=() if dhcp else layers.get("management", "routes") or (),
            contact=layers.get("management", "contact") or "",
        ),
        services=services,
        site=layers.get("site") or "",
    )


def _problem(path: KeyPath, message: str, hint: str = "", *, on_key: bool = False, alike: str = "") -> Problem:
    return Problem("inventory", path, message, hint, on_key=on_key, alike=alike)
