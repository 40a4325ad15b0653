"""Grouping, and the files that `diff A B` reads, damaged ones as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import Run
from sonicfab.compare.differences import Difference, between, of_frr
from sonicfab.compare.folders import compare_files, read_config_db
from sonicfab.compare.grouping import Group, compress, group, pattern, rows_of, who
from sonicfab.errors import ExitCode, InputError
from sonicfab.frr.conf import diff as frr_diff
from sonicfab.report.diff import change_text
from sonicfab.roles import Role

ROLES = {"spine1": Role.SPINE, **{f"leaf{number}": Role.LEAF for number in range(1, 7)}}


@pytest.mark.parametrize(
    ("switches", "said"),
    [
        (list(ROLES), "all 7 switches"),
        ([name for name in ROLES if name != "spine1"], "all 6 leaves"),
        (["spine1"], "1 spine (spine1)"),
        (["leaf3"], "1 leaf (leaf3)"),
        (["leaf10", "leaf2"], "2 leaves (leaf2, leaf10)"),
        (["leaf1", "leaf2", "leaf3", "leaf4"], "4 of 6 leaves"),
        (["spine1", "leaf1"], "1 spine (spine1) and 1 leaf (leaf1)"),
    ],
)
def test_who(switches: list[str], said: str) -> None:
    roles = {**ROLES, "leaf10": Role.LEAF} if "leaf10" in switches else ROLES
    assert who(switches, roles) == said


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["twentyfiveGigE1", "twentyfiveGigE48"], "twentyfiveGigE*"),
        (["10.0.0.1/31", "10.0.0.3/31"], "10.0.0.*/31"),
        (["version_202311_03"], "version_202311_03"),
        (["a1", "b1"], ""),
        (["a1", "a1b"], ""),
    ],
)
def test_pattern(texts: list[str], said: str) -> None:
    assert pattern(texts) == said


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["Ethernet2", "Ethernet0", "Ethernet1"], "Ethernet0-2"),
        (["Ethernet52", "Ethernet56", "Ethernet60"], "Ethernet52-60"),
        (["Ethernet0", "Ethernet1", "Ethernet9"], "Ethernet0-1, Ethernet9"),
        (["a", "b"], "a, b"),
        ([f"Ethernet{number}" for number in (0, 7, 20, 33, 50)], "Ethernet0 ... Ethernet50"),
    ],
)
def test_compress(names: list[str], said: str) -> None:
    assert compress(names) == said


def groups(old: dict[str, Any], new: dict[str, Any], switches: tuple[str, ...] = ("leaf1",)) -> list[Group]:
    found = between((old, ""), (new, ""))
    return group(dict.fromkeys(switches, found), dict.fromkeys(switches, rows_of(old, new)))


def test_values_that_are_few_are_told_apart() -> None:
    old = {"PORT": {f"Ethernet{n}": {"speed": "25000" if n < 4 else "100000"} for n in range(8)}}
    new = {
        "PORT": {key: {"speed": "10000" if row["speed"] == "25000" else "40000"} for key, row in old["PORT"].items()}
    }
    told = [change_text(one) for one in groups(old, new)]
    assert told == [
        "~ PORT|Ethernet0-3 speed: 25000 -> 10000 (4 rows)",
        "~ PORT|Ethernet4-7 speed: 100000 -> 40000 (4 rows)",
    ]


def test_values_without_a_pattern_are_told_by_the_first_and_the_last() -> None:
    numbers = [*range(48), *range(48, 80, 4)]
    old = {"PORT": {f"Ethernet{number}": {"index": str(index)} for index, number in enumerate(numbers, 1)}}
    new = {"PORT": {f"Ethernet{number}": {"index": str(number)} for number in numbers}}
    told = [change_text(one) for one in groups(old, new)]
    assert told == ["~ PORT|* index: Ethernet0 1 -> 0 ... Ethernet76 56 -> 76 (56 rows)"]


def test_rows_that_come_and_go() -> None:
    old = {"NTP_SERVER": {"10.0.0.1": {}}, "VLAN": {"Vlan10": {"vlanid": "10"}}}
    new = {"NTP_SERVER": {"10.0.0.2": {}}, "VLAN": {f"Vlan{n}": {"vlanid": str(n)} for n in range(10, 16)}}
    told = [change_text(one) for one in groups(old, new)]
    assert told == ["- NTP_SERVER|10.0.0.1", "+ NTP_SERVER|10.0.0.2", "+ VLAN|Vlan11-15: vlanid=* (5 rows)"]


def test_switches_with_other_rows_are_told_apart() -> None:
    one, other = ([Difference("config_db", "change", "PORT", key, "mtu", "9100", "9000")] for key in ("E0", "E4"))
    found = group({"leaf1": one, "leaf2": other}, {"leaf1": {}, "leaf2": {}})
    assert [(each.place, each.switches) for each in found] == [("PORT|E0", ("leaf1",)), ("PORT|E4", ("leaf2",))]


def frr_told(old: str, new: str) -> list[str]:
    found = list(of_frr(frr_diff(new, old, host_lines=True)))
    return [change_text(one) for one in group({"leaf1": found}, {"leaf1": {}})]


def test_a_line_that_replaces_another_is_one_change() -> None:
    old = "router bgp 65001\n neighbor HOST timers 3 9\n neighbor Ethernet0 description a\nexit\n"
    new = "router bgp 65001\n neighbor HOST timers 1 3\n neighbor Ethernet1 description a\nexit\n"
    assert frr_told(old, new) == [
        "- frr.conf: router bgp 65001 / neighbor Ethernet0 description a",
        "~ frr.conf: router bgp 65001 / neighbor HOST timers 3 9 -> neighbor HOST timers 1 3",
        "+ frr.conf: router bgp 65001 / neighbor Ethernet1 description a",
    ]


def test_another_asn_is_one_change() -> None:
    body = " bgp router-id 10.0.0.1\n address-family ipv4 unicast\n  network 10.0.0.1/32\n exit-address-family\nexit\n"
    told = frr_told(f"router bgp 65001\n{body}", f"router bgp 65002\n{body.replace('.1/32', '.2/32')}")
    assert told == [
        "- frr.conf: router bgp 65001 / address-family ipv4 unicast / network 10.0.0.1/32",
        "~ frr.conf: router bgp 65001 -> router bgp 65002",
        "+ frr.conf: router bgp 65001 / address-family ipv4 unicast / network 10.0.0.2/32",
    ]


def test_a_vrf_s_router_is_not_the_other_one() -> None:
    old = "router bgp 65001\n bgp router-id 10.0.0.1\nexit\nrouter bgp 65001 vrf VrfA\nexit\n"
    new = "router bgp 65001\nexit\nrouter bgp 65001 vrf VrfA\n bgp router-id 10.0.0.1\nexit\n"
    assert len(frr_told(old, new)) == 2


def test_order_is_no_difference() -> None:
    lines = ["ip prefix-list A seq 5 permit 10.0.0.0/8", "ip prefix-list B seq 5 permit 10.0.0.0/8"]
    assert frr_told("\n".join(lines), "\n".join(reversed(lines))) == []


def test_secrets_are_masked() -> None:
    old = {
        "SNMP_COMMUNITY": {"public-one": {"TYPE": "RO"}},
        "TACPLUS_SERVER": {"10.0.0.1": {"passkey": "one-secret", "priority": "1"}},
        "NTP_KEY": {"1": {"value": "old-secret"}},
        "BGP_NEIGHBOR": {},
    }
    new = {
        "SNMP_COMMUNITY": {"other-one": {"TYPE": "RO"}},
        "TACPLUS_SERVER": {"10.0.0.2": {"passkey": "two, secret=x", "priority": "1"}},
        "NTP_KEY": {"1": {"value": "new-secret"}},
        "BGP_NEIGHBOR": {"10.0.0.9": {"auth_password": "bgp-secret"}},
    }
    told = "\n".join(change_text(one) for one in groups(old, new))
    assert "secret" not in told
    assert "-one" not in told
    assert "~ NTP_KEY|1 value: ******** -> ********" in told
    assert "passkey=********, priority=1" in told
    told = "\n".join(frr_told("", "router bgp 1\n neighbor 10.0.0.1 password top-secret\nexit\n"))
    assert "neighbor 10.0.0.1 password ********" in told
    assert "top-secret" not in told


def test_values_are_strings_as_sonic_makes_them(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    text = json.dumps(
        {
            "port": {"Ethernet0": {"mtu": 9100, "autoneg": True, "speed": 25000.5, "index": None}},
            "VLAN": {"Vlan10": {"members": ["a", "b"]}, "Vlan11": None},
            "NTP_SERVER": {"10.0.0.1": {"NULL": "NULL"}},
            "EMPTY": {},
            "bgpraw": "router bgp 1",
        }
    )
    path.write_text(text)
    tables, remarks = read_config_db(path)
    assert tables == {
        "PORT": {"Ethernet0": {"mtu": "9100", "autoneg": "True", "speed": "25000.5", "index": "None"}},
        "VLAN": {"Vlan10": {"members": ["a", "b"]}},
        "NTP_SERVER": {"10.0.0.1": {}},
    }
    assert remarks == []
    path.write_text('{"VLAN": {"Vlan10": {"dhcp_servers": [1]}}}')
    _, remarks = read_config_db(path)
    assert remarks == [f"{path}: VLAN|Vlan10 dhcp_servers: the list has members that are not strings: [1]"]


DAMAGED: dict[str, tuple[str | bytes, str]] = {
    "not-json.json": ("{oops", "not JSON"),
    "list.json": ("[]", "the file holds a list, not tables"),
    "table.json": ('{"PORT": []}', "PORT: the table holds a list, not rows"),
    "row.json": ('{"PORT": {"Ethernet0": "up"}}', "PORT|Ethernet0: the row holds text, not fields"),
    "letter.txt": ("Dear colleague,\n", "neither a config_db.json nor an frr.conf"),
    "binary.json": (b"\xff\xfe\x00", "it is not UTF-8 text"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_input_is_told(name: str, tmp_path: Path, sonicfab: Run) -> None:
    content, said = DAMAGED[name]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "good.json").write_text("{}")
    done = sonicfab("diff", tmp_path / "good.json", tmp_path / name)
    assert done.returncode == ExitCode.INPUT
    assert str(tmp_path / name) in done.stderr
    assert said in done.stderr


def test_what_is_missing_or_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "frr.conf").write_text("router bgp 65001\n")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="No such file"):
        compare_files(tmp_path / "a.json", tmp_path / "none.json")
    with pytest.raises(InputError, match="cannot be compared") as caught:
        compare_files(tmp_path / "a.json", tmp_path / "frr.conf")
    assert "is a config_db.json and" in str(caught.value)
    with pytest.raises(InputError, match="cannot be compared"):
        compare_files(tmp_path / "a.json", tmp_path)
    with pytest.raises(InputError, match=r"no config_db.json and no frr.conf"):
        compare_files(tmp_path / "empty", tmp_path / "empty")


def test_files_of_any_config(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"PORT": {"Ethernet0": {"mtu": 9100}}, "FEATURE": {"bgp": {"state": "enabled"}}}')
    (tmp_path / "b.json").write_text(
        '{"PORT": {"Ethernet0": {"mtu": "9100"}}, "FEATURE": {"bgp": {"state": "disabled"}}}'
    )
    found = compare_files(tmp_path / "a.json", tmp_path / "b.json")
    assert [change_text(one) for one in found.groups] == ["~ FEATURE|bgp state: enabled -> disabled"]
    (tmp_path / "a.conf").write_text("frr version 8.5.1\nrouter bgp 65001\nexit\n")
    (tmp_path / "b.conf").write_text("frr version 10.3\nrouter bgp 65001\nexit\n")
    lines = compare_files(tmp_path / "a.conf", tmp_path / "b.conf")
    assert [change_text(one) for one in lines.groups] == ["~ frr.conf: frr version 8.5.1 -> frr version 10.3"]


def test_a_file_on_one_side_only_is_told(tmp_path: Path) -> None:
    for side in ("a", "b"):
        (tmp_path / side / "leaf1").mkdir(parents=True)
        (tmp_path / side / "leaf1" / "frr.conf").write_text("router bgp 65001\n")
    (tmp_path / "a" / "leaf1" / "config_db.json").write_text("{}")
    found = compare_files(tmp_path / "a", tmp_path / "b")
    assert found.differs
    assert found.remarks == (f"leaf1: config_db.json is only in {tmp_path / 'a'}",)


def test_two_fabrics_with_a_switch_of_one_name(tmp_path: Path) -> None:
    for fabric in ("north", "south"):
        for side in ("a", "b"):
            (tmp_path / side / fabric / "leaf1").mkdir(parents=True)
            (tmp_path / side / fabric / "leaf1" / "frr.conf").write_text(f"hostname {fabric}\n")
    (tmp_path / "b" / "south" / "leaf1" / "frr.conf").write_text("hostname other\n")
    found = compare_files(tmp_path / "a", tmp_path / "b")
    assert found.switches == ("north/leaf1", "south/leaf1")
    assert {one.switches for one in found.groups} == {("south/leaf1",)}


@pytest.mark.parametrize("format_name", ["markdown", "json"])
def test_files_printed(format_name: str, tmp_path: Path, sonicfab: Run) -> None:
    (tmp_path / "a.json").write_text('{"PORT": {"Ethernet0": {"description": "a|b `c` <i>"}}}')
    (tmp_path / "b.json").write_text('{"PORT": {"Ethernet0": {"description": "d"}}}')
    done = sonicfab("diff", "a.json", "b.json", "--format", format_name, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    if format_name == "json":
        (one,) = json.loads(done.stdout)["changes"]
        assert (one["old"], one["new"], one["place"], one["field"]) == (
            "a|b `c` <i>",
            "d",
            "PORT|Ethernet0",
            "description",
        )
    else:
        assert "| `PORT\\|Ethernet0` | ~ ``description: a\\|b `c` <i> -> d`` |" in done.stdout
