"""What verify says of port channels: rows as SONiC's databases have them, and each diagnosis with its golden text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Golden
from sonicfab.lab.sonic.channels import bonded
from sonicfab.switch.state.lags import port_channels
from sonicfab.verify.results import CheckResult, Problem
from test_bundles import opened
from test_golden import open_example
from verify_world import GOLDEN, World

LEAF1, LEAF2, SPINE1, SPINE2 = "sv-leaf1", "sv-leaf2", "sv-spine1", "sv-spine2"
Fault = Callable[[World], None]

# sonic-utilities tests/dump_input/portchannel/state_db.json and appl_db.json of 202305: a partner is not heard
STATE = {
    "LAG_TABLE|PortChannel001": {"runner.active": "true", "runner.fallback": "false", "setup.pid": "27", "state": "ok"},
    "LAG_MEMBER_TABLE|PortChannel001|Ethernet4": {
        "link.up": "true",
        "runner.aggregator.selected": "false",
        "runner.partner_lacpdu_info.port": "0",
        "runner.partner_lacpdu_info.state": "2",
        "runner.partner_lacpdu_info.system": "00:00:00:00:00:00",
        "runner.selected": "false",
        "runner.state": "defaulted",
    },
}
APPL = {
    "LAG_TABLE:PortChannel001": {"oper_status": "up", "mtu": "9100", "admin_status": "up"},
    "LAG_MEMBER_TABLE:PortChannel001:Ethernet4": {"status": "enabled"},
}

# Documentation/networking/bonding.rst of Linux, and drivers/net/bonding/bond_procfs.c: what 802.3ad prints
BOND = """\
Ethernet Channel Bonding Driver: v5.10

Bonding Mode: IEEE 802.3ad Dynamic link aggregation
Transmit Hash Policy: layer2 (0)
MII Status: up
802.3ad info
LACP rate: fast
Min links: 0
Active Aggregator Info:
	Aggregator ID: 1
	Partner Mac Address: 02:00:5e:30:01:00

Slave Interface: Ethernet64
MII Status: up
Aggregator ID: 1
details actor lacp pdu:
    system mac address: 02:00:5e:30:12:00
    port key: 15
details partner lacp pdu:
    system mac address: 02:00:5e:30:01:00
    oper key: 15
    port number: 2

Slave Interface: Ethernet68
MII Status: up
Aggregator ID: 2
details actor lacp pdu:
    system mac address: 02:00:5e:30:12:00
details partner lacp pdu:
    system mac address: 00:00:00:00:00:00
    oper key: 1
    port number: 1
"""


def test_what_the_databases_tell() -> None:
    one = port_channels(APPL, STATE)["PortChannel001"]
    assert (one.admin_up, one.oper_up, one.mtu, one.lacp, one.selected) == (True, True, 9100, True, 0)
    member = one.members["Ethernet4"]
    assert (member.link_up, member.selected, member.partner) == (True, False, "")


def test_what_a_bond_of_the_lab_tells() -> None:
    found = bonded(BOND)
    assert found[""] == {"fast_rate": "true"}
    assert (found["Ethernet64"]["runner.selected"], found["Ethernet68"]["runner.selected"]) == ("true", "false")
    assert found["Ethernet64"]["runner.partner_lacpdu_info.system"] == "02:00:5e:30:01:00"
    assert found["Ethernet68"]["runner.state"] == "defaulted"


def member(world: World, switch: str, channel: str, port: str, **fields: str) -> None:
    """Another member, as the databases tell of it."""
    lags = world.boxes[switch].lags
    told = {name.replace("_", ".", 1): value for name, value in fields.items() if name != "partner"}
    if "partner" in fields:
        told["runner.partner_lacpdu_info.system"] = fields["partner"]
    lags[f"LAG_MEMBER_TABLE|{channel}|{port}"] |= told
    if fields.get("runner_selected") == "false":
        lags[f"LAG_MEMBER_TABLE:{channel}:{port}"]["status"] = "disabled"


def no_link(world: World) -> None:
    for switch, channel, port in ((LEAF2, "PortChannel01", "Ethernet64"), (SPINE1, "PortChannel12", "Ethernet8")):
        member(world, switch, channel, port, link_up="false", runner_selected="false")
        world.change_port(switch, port, oper_up=False)


def shut_member(world: World) -> None:
    no_link(world)
    world.change_port(LEAF2, "Ethernet64", admin_up=False)
    world.boxes[LEAF2].config_db["PORT"]["Ethernet64"]["admin_status"] = "down"


def taken_out(world: World) -> None:
    for separator in ":|":
        del world.boxes[LEAF2].lags[separator.join(("LAG_MEMBER_TABLE", "PortChannel01", "Ethernet64"))]
    del world.boxes[LEAF2].config_db["PORTCHANNEL_MEMBER"]["PortChannel01|Ethernet64"]
    member(world, SPINE1, "PortChannel12", "Ethernet8", partner="00:00:00:00:00:00", runner_selected="false")


def elsewhere(world: World) -> None:
    """Nobody changed the config there: teamd has it so all the same."""
    lags = world.boxes[LEAF2].lags
    for separator in ":|":
        row = lags.pop(separator.join(("LAG_MEMBER_TABLE", "PortChannel01", "Ethernet64")))
        lags[separator.join(("LAG_MEMBER_TABLE", "PortChannel02", "Ethernet64"))] = row
    member(world, SPINE1, "PortChannel12", "Ethernet8", runner_selected="false")


def silent_partner(world: World) -> None:
    member(world, SPINE2, "PortChannel12", "Ethernet12", partner="00:00:00:00:00:00", runner_selected="false")


def silent_server(world: World) -> None:
    for port in ("Ethernet8", "Ethernet9"):
        member(world, LEAF1, "PortChannel10", port, partner="00:00:00:00:00:00", runner_selected="false")


def other_partner(world: World) -> None:
    member(world, LEAF2, "PortChannel01", "Ethernet68", partner="02:00:5e:30:11:00", runner_selected="false")


def left_out(world: World) -> None:
    member(world, LEAF2, "PortChannel01", "Ethernet68", runner_selected="false")


def other_speed(world: World) -> None:
    member(world, LEAF2, "PortChannel01", "Ethernet68", runner_selected="false")
    world.boxes[LEAF2].config_db["PORT"]["Ethernet68"]["speed"] = "40000"


def shut_channel(world: World) -> None:
    world.boxes[SPINE1].lags["LAG_TABLE:PortChannel1"] |= {"admin_status": "down", "oper_status": "down"}
    world.boxes[SPINE2].lags["LAG_TABLE:PortChannel1"] |= {"oper_status": "down"}
    world.boxes[SPINE1].config_db["PORTCHANNEL"]["PortChannel1"]["admin_status"] = "down"
    world.change_port(SPINE1, "PortChannel1", admin_up=False, oper_up=False)
    world.change_port(SPINE2, "PortChannel1", oper_up=False)
    world.session_down(SPINE1, SPINE2)


def gone(world: World) -> None:
    box = world.boxes[LEAF2]
    box.lags = {key: row for key, row in box.lags.items() if "PortChannel02" not in key}
    world.session_down(LEAF2, SPINE2)
    world.boxes[SPINE2].lags["LAG_TABLE:PortChannel12"]["oper_status"] = "down"
    for port in ("Ethernet8", "Ethernet12"):
        member(world, SPINE2, "PortChannel12", port, partner="00:00:00:00:00:00", runner_selected="false")


def small_channel(world: World) -> None:
    world.boxes[LEAF2].lags["LAG_TABLE:PortChannel01"]["mtu"] = "1500"
    world.boxes[LEAF2].config_db["PORTCHANNEL"]["PortChannel01"]["mtu"] = "1500"
    for port in ("PortChannel01", "Ethernet64", "Ethernet68"):
        world.change_port(LEAF2, port, mtu=1500)


def one_too_many(world: World) -> None:
    lags = world.boxes[LEAF1].lags
    for separator in ":|":
        names = [separator.join(("LAG_MEMBER_TABLE", "PortChannel10", port)) for port in ("Ethernet8", "Ethernet10")]
        lags[names[1]] = dict(lags[names[0]])


@pytest.mark.parametrize(
    ("fault", "code", "where"),
    [
        (no_link, "member-down", SPINE1),
        (shut_member, "member-shut", LEAF2),
        (taken_out, "member-missing", LEAF2),
        (elsewhere, "member-elsewhere", LEAF2),
        (silent_partner, "lacp-silent", SPINE2),
        (silent_server, "lacp-silent", LEAF1),
        (other_partner, "lacp-partner", LEAF2),
        (left_out, "member-left-out", LEAF2),
        (other_speed, "member-speed", LEAF2),
        (shut_channel, "bundle-shut", SPINE1),
        (gone, "bundle-missing", LEAF2),
        (small_channel, "bundle-mtu", LEAF2),
        (one_too_many, "member-unplanned", LEAF1),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_diagnoses(fault: Fault, code: str, where: str, golden: Golden) -> None:
    world = World(open_example("servers-2x2"))
    fault(world)
    results, findings = world.verified()
    assert findings[0].code == code
    assert any(one.startswith(f"{where}:") for one in findings[0].where)
    explained = [one for finding in findings for one in finding.failed]
    failed = [one for one in results if one.status == "failed"]
    assert len(explained) == len(failed) == len({id(one) for one in explained}), "each failure in exactly one finding"
    golden(GOLDEN / f"bundle_{fault.__name__}.txt", world.text())


def test_fewer_members_than_min_links(tmp_path: Path) -> None:
    link = "'dc1-leaf1:[Ethernet72, Ethernet76] - dc1-spine1:[Ethernet0, Ethernet4]'"
    world = World(opened(tmp_path, f"{{name: PortChannel1, link: {link}, min_links: 2}}"))
    for switch, port in (("dc1-leaf1", "Ethernet76"), ("dc1-spine1", "Ethernet4")):
        member(world, switch, "PortChannel1", port, link_up="false", runner_selected="false")
        world.boxes[switch].lags["LAG_TABLE:PortChannel1"]["oper_status"] = "down"
        world.change_port(switch, port, oper_up=False)
        world.change_port(switch, "PortChannel1", oper_up=False)
    world.change_port("dc1-leaf1", "Ethernet76", admin_up=False)
    world.session_down("dc1-leaf1", "dc1-spine1")
    world.lose_ways(lambda near, far: near != far)
    _, findings = world.verified()
    assert [one.code for one in findings] == ["min-links"]
    assert "the 2 that min_links asks for" in findings[0].cause
    assert findings[0].mend == "on dc1-leaf1: sudo config interface startup Ethernet76"


def judged(world: World) -> dict[tuple[str, str], CheckResult]:
    results, _ = world.verified()
    return {(one.switch, one.subject): one for one in results if one.check == "portchannel"}


def test_a_server_may_be_there_or_not() -> None:
    world = World(open_example("servers-2x2"))
    for port in ("Ethernet8", "Ethernet9"):
        member(world, LEAF1, "PortChannel10", port, link_up="false", runner_selected="false")
    world.boxes[LEAF1].lags["LAG_TABLE:PortChannel10"]["oper_status"] = "down"
    found = judged(world)
    assert {found[LEAF1, one].status for one in ("PortChannel10", "Ethernet8", "Ethernet9")} == {"ok"}
    member(world, LEAF1, "PortChannel10", "Ethernet8", link_up="true", runner_selected="true")
    assert judged(world)[LEAF1, "Ethernet9"].problem == Problem.NO_LINK, "one of two cables is not"


def test_with_fallback_a_server_may_be_silent() -> None:
    world = World(open_example("servers-2x2"))
    for port in ("Ethernet8", "Ethernet9"):
        member(world, LEAF2, "PortChannel11", port, partner="00:00:00:00:00:00")
    assert judged(world)[LEAF2, "Ethernet8"].status == "ok"


def test_members_that_hear_different_servers() -> None:
    world = World(open_example("servers-2x2"))
    member(world, LEAF1, "PortChannel10", "Ethernet9", partner="02:00:5e:99:00:02")
    assert judged(world)[LEAF1, "Ethernet9"].problem == Problem.OTHER_PARTNER
