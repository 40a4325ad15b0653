"""The examples as rendered, file by file: goldens, and what must hold for any rendering."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import EXAMPLES, ROOT, Golden
from sonicfab.configdb import natural_key
from sonicfab.fabric import Fabric, open_fabric, render_fabric
from sonicfab.plan.dump import numbers_text, plan_text
from sonicfab.render import SwitchConfig
from sonicfab.tables import tables

GOLDEN = Path(__file__).parent / "golden"


def open_example(inventory: str) -> Fabric:
    return open_fabric(ROOT / f"inventories/{inventory}.yml", ROOT / f"topologies/{EXAMPLES[inventory]}.yml")


def render_example(inventory: str) -> dict[str, SwitchConfig]:
    fabric = open_example(inventory)
    return {config.switch: config for config in render_fabric(fabric, fabric.plan.switches.values())}


def test_every_example_file_is_rendered() -> None:
    inventories = {path.stem for path in (ROOT / "inventories").glob("*.yml")}
    topologies = {path.stem for path in (ROOT / "topologies").glob("*.yml") if not path.stem.endswith(".numbers")}
    assert inventories == set(EXAMPLES)
    assert topologies == set(EXAMPLES.values())


@pytest.mark.parametrize("inventory", EXAMPLES)
def test_golden(inventory: str, golden: Golden) -> None:
    fabric = open_example(inventory)
    assert not fabric.warnings
    assert not fabric.allotted, "the numbers file in git is complete"
    assert not fabric.released
    assert not fabric.stale
    folder = GOLDEN / fabric.plan.name
    golden(folder / "plan.json", plan_text(fabric.plan))
    for name, config in render_example(inventory).items():
        golden(folder / name / "config_db.json", config.config_db_text)
        golden(folder / name / "frr.conf", config.frr)


@pytest.mark.parametrize("inventory", EXAMPLES)
def test_the_same_input_makes_the_same_bytes(inventory: str) -> None:
    first, second = render_example(inventory), render_example(inventory)
    assert [(c.config_db_text, c.frr) for c in first.values()] == [(c.config_db_text, c.frr) for c in second.values()]


@pytest.mark.parametrize("inventory", EXAMPLES)
def test_every_value_is_a_string(inventory: str) -> None:
    """SONiC turns a JSON true into "True" and fails on a number in a list (sonic-swss-common configdb.h)."""
    for config in render_example(inventory).values():
        for rows in json.loads(config.config_db_text).values():
            assert rows, "an empty table is left out"
            for row in rows.values():
                for value in row.values():
                    members = value if isinstance(value, list) else [value]
                    assert all(isinstance(member, str) for member in members)


@pytest.mark.parametrize("inventory", EXAMPLES)
def test_keys_are_in_natural_order(inventory: str) -> None:
    for config in render_example(inventory).values():
        ports = list(json.loads(config.config_db_text)["PORT"])
        assert ports == sorted(ports, key=natural_key)
        assert ports.index("Ethernet4") < ports.index("Ethernet12" if "Ethernet12" in ports else "Ethernet40")


@pytest.mark.parametrize("inventory", EXAMPLES)
def test_only_known_tables_are_rendered(inventory: str) -> None:
    for config in render_example(inventory).values():
        assert config.config_db.keys() <= tables().keys(), "there is a record of each"


def test_the_landscape_is_that_of_the_public_documentation() -> None:
    """The facts of the SCS hardware landscape that the example promises."""
    plan = open_example("scs-lab").plan
    facts = {
        "st01-sw100g-r01-u36": ("as7726-32x", "spine", "10.10.23.110/24", "90:2d:77:58:27:50", 65501, "6"),
        "st01-sw25g-r01-u34": ("as7326-56x", "leaf", "10.10.23.107/24", "d0:77:ce:4b:b4:7a", 65404, "4"),
        "st01-sw25g-r01-u35": ("as7326-56x", "leaf", "10.10.23.108/24", "d0:77:ce:c1:63:80", 65405, "5"),
    }
    for name, (platform, role, address, mac, asn, number) in facts.items():
        switch = plan.switches[name]
        assert (switch.platform.name, switch.role, str(switch.management.address)) == (platform, role, address)
        assert (switch.mac, switch.asn) == (mac, asn)
        assert str(switch.loopbacks.ipv4) == f"10.10.21.{number}"
        assert str(switch.loopbacks.ipv6) == f"fd0c:cc24:75a0:1:10:10:21:{number}"
        assert str(switch.management.gateway) == "10.10.23.254"
        assert switch.management.vrf
        assert switch.services.ntp == ("10.10.23.253", "10.10.23.254")
        assert switch.services.syslog == ("10.10.23.254",)
    assert [link.name for link in plan.links] == [
        "st01-sw25g-r01-u34:Ethernet76 - st01-sw100g-r01-u36:Ethernet116",
        "st01-sw25g-r01-u35:Ethernet72 - st01-sw100g-r01-u36:Ethernet112",
    ]
    hosts = [port.name for port in plan.switches["st01-sw25g-r01-u34"].ports if port.use == "host"]
    assert hosts == [f"Ethernet{number}" for number in (0, 1, 2, 4, 5, *range(38, 48))]
    assert plan.mtu == 9100
    assert plan.underlay == "unnumbered"


def test_numbers_file_is_written_as_it_is_read() -> None:
    fabric = open_example("dc-2x4")
    text = (ROOT / "topologies" / "dc-2x4.numbers.yml").read_text()
    assert fabric.numbers == text
    from sonicfab.load import load_numbers

    assert numbers_text("dc-2x4", load_numbers(ROOT / "topologies" / "dc-2x4.numbers.yml").value) == text
