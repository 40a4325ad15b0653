"""Switch models: their identity on the switch and their port tables. A model is a file, not code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from sonicfab.builds import Defect
from sonicfab.datafiles import STRICT, as_facts, read_facts

SONIC_FEC = {100000: "rs"}
"""What SONiC's own generator gives ports of any model: sonic-buildimage src/sonic-config-engine/minigraph.py."""


@dataclass(frozen=True, slots=True)
class PlatformPort:
    """One row of a port table; `speed` in Mb/s is what the port has when nobody asks for another."""

    __pydantic_config__: ClassVar = STRICT

    name: str
    lanes: tuple[int, ...]
    alias: str
    index: int
    speed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A switch model.

    Attributes:
        name: as inventories write it, e.g. as7326-56x.
        model: as people call it.
        platform: SONiC's platform string, e.g. x86_64-accton_as7326_56x-r0.
        hwsku: SONiC's hardware SKU, e.g. Accton-AS7326-56X.
        asic: the asic_type of sonic_version.yml.
        modules: whose platform modules (drivers for ports, fans, power supplies) an image must carry.
        fec: speed in Mb/s -> the FEC that its ports get unless the topology says another.
        fec_source: where that is from; "" where nobody says.
        speeds: port speed -> the speeds (Mb/s) that such a port can do.
        lane_speed: Mb/s that a lane can do at most; 0: not known.
        lanes_per_core: lanes n*k+1 to n*k+k are of one SerDes core, and all its ports have one speed; 0: not known.
        port_groups: port table name -> so many ports in a row share a speed under images that have that table.
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
        data = read_facts("platforms", name)
        tables = data["port_tables"].items()
        named = {table: {port: {"name": port, **row} for port, row in rows.items()} for table, rows in tables}
        return as_facts(cls, {**data, "port_tables": named})

    def ports(self, table: str) -> Mapping[str, PlatformPort]:
        """The ports as the named table has them; a KeyError says that this model has no such table."""
        return self.port_tables[table]
