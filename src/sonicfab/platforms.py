"""Switch models: their identity on the switch and their port tables. A model is a file, not code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sonicfab.builds import Defect
from sonicfab.datafiles import STRICT, as_facts, read_facts

SONIC_FEC = {100000: "rs"}
"""What SONiC's own generator gives ports of any model: sonic-buildimage src/sonic-config-engine/minigraph.py."""

WITHOUT_FEC = {"rs": frozenset({1000, 10000, 40000}), "fc": frozenset({1000, 100000, 200000, 400000, 800000})}
"""FEC -> speeds in Mb/s for which IEEE 802.3 does not have it (RS: clauses 91, 108, 134; FC: clause 74)."""


@dataclass(frozen=True, slots=True)
class PlatformPort:
    """One row of a port table; `speed` in Mb/s is what the port has when nobody asks for another.

    Attributes:
        autoneg: what the port table says of it; None: nothing.
        speeds: those that a part of a port can do that was broken out; of a whole port the model's say it.
        parent: the port that it is a part of, and `subport` its place in it, counted from 1; "" and 0 of a whole one.
    """

    __pydantic_config__: ClassVar = STRICT

    name: str
    lanes: tuple[int, ...]
    alias: str
    index: int
    speed: int
    autoneg: bool | None = None
    speeds: tuple[int, ...] = ()
    parent: str = ""
    subport: int = 0


@dataclass(frozen=True, slots=True)
class Breakouts:
    """How the ports of a model split into parts under the images that have a port table.

    Attributes:
        modes: speed of a port in Mb/s -> the modes that it has beside the whole port, as platform.json writes them.
        alias: of a part; {alias} and {index} are those of the port, {part} counts from 1.
        platform_json: the image has platform.json, so BREAKOUT_CFG counts and `config interface breakout` works.
        subport: the rows of its parts have a subport.
        refused: port -> why it has no modes.
    """

    __pydantic_config__: ClassVar = STRICT

    modes: Mapping[int, tuple[str, ...]]
    alias: str
    platform_json: bool = False
    subport: bool = True
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FrontBlock:
    """The next `count` ports on the front: filled column by column from the top, so many rows high.

    `kind` is what they are where lanes and speeds do not tell: `RJ45`.
    """

    __pydantic_config__: ClassVar = STRICT

    count: int
    rows: int
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A switch model.

    Attributes:
        name: as inventories write it, e.g. as7326-56x.
        model: as people call it.
        platform: SONiC's platform string, e.g. x86_64-accton_as7326_56x-r0.
        hwsku: SONiC's hardware SKU, e.g. Accton-AS7326-56X.
        asic: the asic_type of sonic_version.yml.
        modules: whose platform modules (drivers for ports, fans, power supplies) an image must carry; "" for none.
        fec: speed in Mb/s -> the FEC that its ports get unless the topology says another.
        fec_source: where that is from; "" where nobody says.
        speeds: port speed -> the speeds (Mb/s) that such a port can do.
        lane_speed: Mb/s that a lane can do at most; 0: not known.
        lanes_per_core: lanes n*k+1 to n*k+k are of one SerDes core, and all its ports have one speed; 0: not known.
        port_groups: port table name -> so many ports in a row share a speed under images that have that table.
        front: the blocks of ports on the front, from left to right; none: not known.
        bare: blocks of cages to the right of them that are in no port table.
        breakouts: port table name -> how its ports split; images with a table that is not there cannot.
        defects: port table name -> what is wrong with this model under images that have that table; `{branch}` in a
            source is that of the image.
        port_tables: port table name (a build says which) -> port name -> port, in front panel order.
    """

    __pydantic_config__: ClassVar = STRICT

    name: str
    model: str
    platform: str
    hwsku: str
    asic: str
    modules: str
    fec: Mapping[int, str]
    fec_source: str = ""
    speeds: Mapping[int, tuple[int, ...]]
    lane_speed: int = 0
    lanes_per_core: int = 0
    port_groups: Mapping[str, int] = field(default_factory=dict)
    front: tuple[FrontBlock, ...] = ()
    bare: tuple[FrontBlock, ...] = ()
    breakouts: Mapping[str, Breakouts] = field(default_factory=dict)
    defects: Mapping[str, tuple[Defect, ...]] = field(default_factory=dict)
    port_tables: Mapping[str, Mapping[str, PlatformPort]]

    def __hash__(self) -> int:
        return hash(self.name)  # no two models share one

    @classmethod
    def read(cls, name: str) -> Platform:
        """The model of that name.

        Raises:
            KeyError: it is not known.
        """
        return cls.of(read_facts("platforms", name))

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Platform:
        """The model that a file says.

        Raises:
            ValueError: it says none.
            KeyError: it has no port tables.
        """
        tables = data["port_tables"].items()
        named = {table: {port: {"name": port, **row} for port, row in rows.items()} for table, rows in tables}
        return as_facts(cls, {**data, "port_tables": named})

    def speeds_of(self, port: PlatformPort) -> tuple[int, ...]:
        """The speeds (Mb/s) that a port can do, the usual one first."""
        return port.speeds or self.speeds[port.speed]

    def ports(self, table: str) -> Mapping[str, PlatformPort]:
        """The ports as the named table has them; a KeyError says that this model has no such table."""
        return self.port_tables[table]
