"""A push that would leave another's row without what it refers to: refused before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from known import get_build
from sonicfab import configdb
from sonicfab.configdb import ConfigDb
from sonicfab.ownership.record import Record
from sonicfab.ownership.settle import OnSwitch
from sonicfab.push.comparison import Comparison, Target
from sonicfab.push.refusals import Observation
from sonicfab.push.single import decide
from test_push_shown import FREE, rendered

NETWORK = "networks: {office: {vlan: 100, gateway: {ipv4: 10.10.100.1/24}, switches: leaf1}}\n"
PORTS = "ports: [{switches: leaf1, ports: Ethernet0, use: access, network: office}]\n"
MEMBER = {"Vlan100|Ethernet24": {"tagging_mode": "tagged"}}


def beside(config: ConfigDb, **more: dict[str, dict[str, str]]) -> ConfigDb:
    return {**config, **{table: {**config.get(table, {}), **rows} for table, rows in more.items()}}


def asked(folder: Path, there: ConfigDb, record: Record, more: str = "", *, take_over: bool = False) -> tuple[str, str]:
    """The way of a push of `more` to a switch that runs and stores `there`, and why not."""
    (folder / "new").mkdir()
    target = Target.of(rendered(folder / "new", 2, more)[0]["leaf1"], take_over=take_over)
    frr = target.frr or ""
    target, settled = target.settled(OnSwitch(there, there, frr, record))
    changes = tuple(configdb.diff(target.config_db, there, target.owned))
    found = Comparison(changes, (), (), (), (), there, frr, "", "", "", target=target, blocked=settled.blocked)
    way, why = decide(Observation(found, FREE, 10**9), target, get_build("community-202411"))
    return way.name, why


@pytest.fixture
def before(tmp_path: Path) -> tuple[ConfigDb, Record]:
    """What leaf1 runs while it has the network, and the record of it."""
    (tmp_path / "old").mkdir()
    config = rendered(tmp_path / "old", 2, NETWORK + PORTS)[0]["leaf1"]
    return config.config_db, Record.of(config.config_db, config.frr)


def test_a_network_that_goes_under_a_member_of_another(tmp_path: Path, before: tuple[ConfigDb, Record]) -> None:
    running, record = before
    assert asked(tmp_path, beside(running, VLAN_MEMBER=MEMBER), record)[1] == (
        "what is not ours would be invalid, and no patch would be taken any more: VLAN_MEMBER|Vlan100|Ethernet24: "
        "Vlan100 is not in VLAN; remove it there, or leave in the plan what it refers to, or do away with it by "
        "--take-over leaf1"
    )


def test_who_takes_over_does_away_with_it(tmp_path: Path, before: tuple[ConfigDb, Record]) -> None:
    running, record = before
    assert asked(tmp_path, beside(running, VLAN_MEMBER=MEMBER), record, take_over=True)[1] == ""


def test_a_row_that_no_take_over_reaches(tmp_path: Path, before: tuple[ConfigDb, Record]) -> None:
    """Of a table of which nothing was rendered, nor is."""
    running, record = before
    rows = {name: keys for name, keys in record.rows.items() if name != "VLAN_MEMBER"}
    there = {**running, "VLAN_MEMBER": MEMBER}
    why = asked(tmp_path, there, Record(rows, record.frr))[1]
    assert why.endswith("remove it there, or leave in the plan what it refers to")


def test_what_is_invalid_already_is_no_reason(tmp_path: Path, before: tuple[ConfigDb, Record]) -> None:
    running, record = before
    lost = {"Vlan900|Ethernet24": {"tagging_mode": "tagged"}}
    assert asked(tmp_path, beside(running, VLAN_MEMBER=lost), record) == ("reload", "")


def test_a_network_that_goes_alone(tmp_path: Path, before: tuple[ConfigDb, Record]) -> None:
    running, record = before
    assert asked(tmp_path, running, record) == ("patch", "")
