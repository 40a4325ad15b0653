"""What the configs of the switches say, one value for each switch, before anything is concluded from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from sonicfab.adopt.identify import build_of, metadata, name_of, platform_of
from sonicfab.adopt.sessions import IpInterface, SeenSession, addresses, read_bgp, sessions_of, text_of
from sonicfab.adopt.source import Source
from sonicfab.breakouts import Mode, modes_of, parts_in
from sonicfab.builds import Build
from sonicfab.catalog import Catalog
from sonicfab.configdb import ConfigDb, natural_key
from sonicfab.errors import InputError
from sonicfab.frr import frrcfgd
from sonicfab.frr.bgp import Bgp
from sonicfab.hints import did_you_mean
from sonicfab.plan.interfaces import LOOPBACK
from sonicfab.platforms import Platform, PlatformPort
from sonicfab.ports import ports_of

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


@dataclass(frozen=True)
class Seen:
    """One switch as its config tells of it.

    Attributes:
        build_why, platform_why: how that is known, or why it is not.
        frr: what FRR has its config from: its text, or what frrcfgd makes of the tables where it does.
        mac: of DEVICE_METADATA, or told by the switch itself; "" where nobody says.
        bgp_from: `frr`, the table that SONiC makes BGP of, or "" without BGP.
        addresses: interface -> its addresses.
        bundles: port channel -> its members, in natural order.
        aliases: of its ports -> their names.
    """

    source: Source = field(repr=False)
    name: str
    platform: Platform | None
    platform_why: str
    build: Build | None
    build_why: str
    mac: str
    frr: str = field(repr=False)
    bgp: Bgp = field(repr=False)
    bgp_from: str
    sessions: tuple[SeenSession, ...] = field(repr=False)
    addresses: Mapping[str, list[IpInterface]] = field(repr=False)
    bundles: Mapping[str, tuple[str, ...]] = field(repr=False)
    aliases: Mapping[str, str] = field(repr=False)

    @property
    def config(self) -> ConfigDb:
        """Its config_db."""
        return self.source.config_db

    @property
    def mode(self) -> str:
        """Its docker_routing_config_mode; "" where that is not set."""
        return text_of(metadata(self.config), "docker_routing_config_mode")

    @property
    def has_rows_for_frr(self) -> bool:
        """Whether frrcfgd makes FRR's config of tables, or would if it ran."""
        keeping = self.build.routing_config_mode if self.build else ""
        return frrcfgd.runs(self.config, keeping) or "BGP_GLOBALS" in self.config

    @property
    def asn(self) -> int:
        """Of its BGP; 0 without one."""
        return int(self.bgp.asn) if self.bgp.asn.isdigit() else 0

    @property
    def ports(self) -> Mapping[str, PlatformPort]:
        """Its ports as the build has them; none where the model or the build is not known."""
        if self.platform is None or self.build is None:
            return {}
        try:
            return ports_of(self.platform, self.build)
        except KeyError:
            return {}

    @property
    def splits(self) -> dict[str, str]:
        """Port that is split into parts of one kind -> the mode that makes these parts, of those that the port has."""
        if self.platform is None or self.build is None:
            return {}
        rows, found = self.config.get("PORT", {}), dict[str, str]()
        lanes = {name: text_of(row, "lanes").split(",") for name, row in rows.items()}
        for port, parts in parts_in(lanes, self.ports).items():
            kinds = {(len(lanes[part]), text_of(rows[part], "speed")) for part in parts}
            (count, speed), *others = kinds
            if others or not speed.isdigit() or int(speed) < 1000:
                continue
            asked = Mode.of(f"{len(parts)}x{int(speed) // 1000}G")
            whole, modes = self.ports[port], modes_of(self.platform, self.build, self.ports[port])
            if any(mode.at(asked) and (mode.lanes or len(whole.lanes)) == count * len(parts) for mode in modes):
                found[port] = asked.text
        return found

    def loopback(self, version: int) -> IPv4Address | IPv6Address | None:
        """The address of Loopback0."""
        found = (one for one in self.addresses.get(LOOPBACK, ()) if one.version == version)
        return next((one.ip for one in found if one.network.prefixlen == one.max_prefixlen), None)

    def port_of(self, word: str) -> str:
        """The port that a word names, by its name or alias; "" for none."""
        if word in self.config.get("PORT", {}) or word in self.bundles:
            return word
        return self.aliases.get(word, "")


def see(sources: Iterable[Source], catalog: Catalog, builds: Mapping[str, str]) -> list[Seen]:
    """Every switch, in natural order; `builds` are given: switch -> image build, "" for all others.

    Raises:
        InputError: a build that is given is not known.
    """
    for name in builds.values():
        if name not in catalog.builds:
            raise InputError(f"--image-build {name}: no such image build", did_you_mean(name, catalog.builds))
    taken: set[str] = set()
    found = [_see(source, catalog, builds, taken) for source in sources]
    return sorted(found, key=lambda one: natural_key(one.name))


def _see(source: Source, catalog: Catalog, builds: Mapping[str, str], taken: set[str]) -> Seen:
    known = name_of(source)
    name = _free(known.value or "switch", taken)
    platform, platform_why = platform_of(source, catalog)
    given = builds.get(name, builds.get("", ""))
    build: Build | None = catalog.builds[given] if given else None
    build_why = "given" if given else platform_why
    if platform is not None and build is None:
        build, build_why = build_of(source, platform, catalog.builds.values())
    made = _made_of_tables(source.config_db, build)
    bgp, bgp_from = read_bgp(source.config_db, made or source.frr)
    if made:
        bgp_from = "BGP_GLOBALS"
    mac = (text_of(metadata(source.config_db), "mac") or source.mac).lower().replace("-", ":")
    ports = source.config_db.get("PORT", {})
    return Seen(
        source=source,
        name=name,
        platform=platform,
        platform_why=platform_why,
        build=build,
        build_why=build_why,
        mac=mac if _MAC.fullmatch(mac) else "",
        frr=made or source.frr,
        bgp=bgp,
        bgp_from=bgp_from,
        sessions=tuple(sessions_of(name, bgp, source.config_db)),
        addresses=addresses(source.config_db),
        bundles=_bundles(source.config_db),
        aliases={text_of(row, "alias"): port for port, row in ports.items() if text_of(row, "alias")},
    )


def _made_of_tables(config: ConfigDb, build: Build | None) -> str:
    """What frrcfgd makes FRR's config of; "" where it does not, or where nobody knows what it makes."""
    daemon = build.frrcfgd if build else None
    if build is None or daemon is None or daemon.broken or not frrcfgd.runs(config, build.routing_config_mode):
        return ""
    try:
        return daemon.makes(config)
    except frrcfgd.FrrcfgdError:
        return ""


def _free(name: str, taken: set[str]) -> str:
    """The name, or with a number behind it where another switch has it."""
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    taken.add(free)
    return free


def _bundles(config: ConfigDb) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {name: [] for name in config.get("PORTCHANNEL", {})}
    for key in config.get("PORTCHANNEL_MEMBER", {}):
        name, _, port = key.partition("|")
        if port:
            found.setdefault(name, []).append(port)
    return {name: tuple(sorted(ports, key=natural_key)) for name, ports in found.items()}
