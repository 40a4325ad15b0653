"""config_db as a value."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from sonicfab.configdb import FABRIC_TABLES, ConfigChange, diff, dumps, merge, natural_key

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12)
values = st.one_of(words, st.lists(words, min_size=1, max_size=3))
configs = st.dictionaries(
    words, st.dictionaries(words, st.dictionaries(words, values, max_size=4), max_size=4), max_size=4
)


@given(configs)
def test_what_is_written_is_what_json_reads(config: dict[str, dict[str, dict[str, str | list[str]]]]) -> None:
    assert json.loads(dumps(config)) == {table: rows for table, rows in config.items() if rows}


@given(configs)
def test_a_config_does_not_differ_from_itself(config: dict[str, dict[str, dict[str, str | list[str]]]]) -> None:
    assert diff(config, config, config.keys()) == []


def test_natural_order() -> None:
    assert sorted(["Ethernet10", "Ethernet2", "Ethernet1"], key=natural_key) == ["Ethernet1", "Ethernet2", "Ethernet10"]
    assert sorted(["b", "a10", "a9", "10", "9"], key=natural_key) == ["9", "10", "a9", "a10", "b"]


@given(st.lists(st.text("ab|-:/0129", max_size=6), max_size=8))
def test_natural_order_is_that_of_texts_and_numbers_in_turn(names: list[str]) -> None:
    def parts(text: str) -> list[object]:
        return [int(one) if index % 2 else one for index, one in enumerate(re.split(r"(\d+)", text))]

    assert [parts(one) for one in sorted(names, key=natural_key)] == sorted(map(parts, names))


def test_an_empty_table_is_not_written() -> None:
    assert (
        dumps({"NTP_SERVER": {}, "PORT": {"Ethernet0": {}}}) == '{\n    "PORT": {\n        "Ethernet0": {}\n    }\n}\n'
    )


def test_changes_read_like_config_db() -> None:
    intended = {"PORT": {"Ethernet0": {"mtu": "9100", "fec": "rs"}, "Ethernet4": {"mtu": "9100"}}}
    running = {"PORT": {"Ethernet0": {"mtu": "1500", "autoneg": "on"}, "Ethernet8": {"mtu": "9100"}}}
    assert [str(change) for change in diff(intended, running, {"PORT"})] == [
        "- PORT|Ethernet0 autoneg: on",
        "+ PORT|Ethernet0 fec: rs",
        "~ PORT|Ethernet0 mtu: 1500 -> 9100",
        "+ PORT|Ethernet4: mtu=9100",
        "- PORT|Ethernet8: mtu=9100",
    ]


def test_tables_that_are_not_owned_are_no_difference_and_are_kept() -> None:
    running = {"ACL_TABLE": {"A": {"type": "L3"}}, "BGP_NEIGHBOR": {"10.0.0.1": {"asn": "65200"}}}
    intended: dict[str, dict[str, dict[str, str]]] = {"PORT": {"Ethernet0": {}}}
    assert [str(change) for change in diff(intended, running, FABRIC_TABLES)] == [
        "- BGP_NEIGHBOR|10.0.0.1: asn=65200",
        "+ PORT|Ethernet0",
    ]
    assert merge(intended, running, FABRIC_TABLES) == {"ACL_TABLE": {"A": {"type": "L3"}}, "PORT": {"Ethernet0": {}}}


def test_what_sonic_adds_by_itself_is_no_difference_and_is_kept() -> None:
    """init_cfg.json and the migrator: buffer_model, default_bgp_status, dhcp_rate_limit, NTP|global."""
    running = {
        "DEVICE_METADATA": {"localhost": {"hostname": "leaf1", "buffer_model": "dynamic", "default_bgp_status": "up"}},
        "PORT": {"Ethernet0": {"mtu": "9100", "dhcp_rate_limit": "300"}},
        "NTP": {"global": {"vrf": "default", "dhcp": "enabled"}},
    }
    intended: dict[str, dict[str, dict[str, str]]] = {
        "DEVICE_METADATA": {"localhost": {"hostname": "leaf1"}},
        "PORT": {"Ethernet0": {"mtu": "9100"}},
        "NTP": {},
    }
    assert diff(intended, running, running.keys()) == []
    merged = merge(intended, running, running.keys())
    assert merged["DEVICE_METADATA"]["localhost"]["buffer_model"] == "dynamic"
    assert merged["PORT"]["Ethernet0"]["dhcp_rate_limit"] == "300"


def test_a_factory_bgp_asn_is_a_difference() -> None:
    """It would make bgpcfgd act."""
    running = {"DEVICE_METADATA": {"localhost": {"hostname": "leaf1", "bgp_asn": "65100"}}}
    intended = {"DEVICE_METADATA": {"localhost": {"hostname": "leaf1"}}}
    assert [str(change) for change in diff(intended, running, {"DEVICE_METADATA"})] == [
        "- DEVICE_METADATA|localhost bgp_asn: 65100"
    ]


def test_secrets_are_masked() -> None:
    change = ConfigChange("add", "SNMP_COMMUNITY", "topsecret", new="TYPE=RO")
    assert str(change) == "+ SNMP_COMMUNITY|********"
    changes = diff(
        {"SNMP_COMMUNITY": {"new": {"TYPE": "RO"}}}, {"SNMP_COMMUNITY": {"old": {"TYPE": "RO"}}}, {"SNMP_COMMUNITY"}
    )
    assert {str(one) for one in changes} == {"+ SNMP_COMMUNITY|********", "- SNMP_COMMUNITY|********"}
