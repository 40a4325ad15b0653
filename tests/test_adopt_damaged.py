"""Whatever the configs of switches are like: adopt describes what it can, tells the rest, and has no traceback."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ROOT
from sonicfab.adopt.source import Source
from sonicfab.adopt.whole import adopt
from sonicfab.catalog import Catalog
from sonicfab.errors import InputError
from sonicfab.validate.reading import as_config_db

FOLDER = ROOT / "tests" / "golden" / "spine-leaf-1x2"
JUNK = st.sampled_from(
    ["", "x", "0", "-1", "99999999999", "a|b", "Ethernet", "fe80::/10", "10.0.0.1", "{", "\u00e9", "none"]
)
ROWS = st.dictionaries(st.sampled_from(["vlanid", "speed", "nexthop", "mtu", "asn", "x"]), JUNK, max_size=2)
KEYS = st.sampled_from(
    [
        "Vlan10",
        "Vlan10|Ethernet0",
        "Vlan0|10.0.0.1/24",
        "PortChannel1",
        "PortChannel1|Ethernet4",
        "Ethernet4",
        "default|x",
    ]
)
TABLES = st.sampled_from(
    [
        "VLAN",
        "VLAN_MEMBER",
        "VLAN_INTERFACE",
        "PORTCHANNEL",
        "PORTCHANNEL_MEMBER",
        "INTERFACE",
        "BGP_NEIGHBOR",
        "BGP_GLOBALS",
    ]
)


@cache
def configs() -> dict[str, tuple[dict[str, Any], str]]:
    return {
        path.name: (json.loads((path / "config_db.json").read_text()), (path / "frr.conf").read_text())
        for path in FOLDER.iterdir()
        if path.is_dir()
    }


@cache
def catalog() -> Catalog:
    return Catalog.load()


@st.composite
def damaged(draw: st.DrawFn) -> list[Source]:
    """The switches of an example, of each of which something was taken, put in or replaced."""
    sources = []
    for name, (whole, text) in configs().items():
        config, lines = copy.deepcopy(whole), text.splitlines()
        for _ in range(draw(st.integers(0, 3))):
            table = draw(st.sampled_from(sorted(config)))
            rows = config[table]
            key = draw(st.sampled_from(sorted(rows))) if rows else ""
            match draw(st.integers(0, 4)):
                case 0:
                    config.pop(table)
                case 1 if rows:
                    rows.pop(key)
                case 2 if rows and rows[key]:
                    rows[key][draw(st.sampled_from(sorted(rows[key])))] = draw(JUNK)
                case 3 if rows:
                    rows[draw(JUNK.filter(bool))] = rows.pop(key)
                case _:
                    config.setdefault(draw(TABLES), {})[draw(KEYS)] = draw(ROWS)
        for _ in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(lines) - 1))
            lines[at : at + 1] = draw(
                st.sampled_from([[], [lines[at].rsplit(" ", 1)[0]], ["router bgp x"], [lines[at] * 2]])
            )
        sources.append(Source(name, name, as_config_db(config)[0], "\n".join(lines)))
    return sources


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(damaged())
def test_damaged_configs_are_described_or_refused(sources: list[Source]) -> None:
    try:
        found = adopt(sources, catalog())
    except InputError:
        return
    assert not any(one.config_db or one.frr for one in found.changes.values()), found.changes
    assert set(found.tallies) == {one.name for one in found.switches}
