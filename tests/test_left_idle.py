"""Words of `leave` that name nothing, in the plan or on the switches: told, for they may be misspelt."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace

import pytest

import sonicfab
from sonicfab.operations.push import Planned
from sonicfab.ownership.left import Left, Place
from sonicfab.push.comparison import Comparison, Target, compare
from sonicfab.push.run import Decision, PushOptions
from sonicfab.render import SwitchConfig
from sonicfab.runner import Outcome
from sonicfab.switch.operations import Switch
from test_push_asking import Answering
from test_push_shown import fabric_of, looked

THERE = {"VLAN": {"Vlan7": {"mtu": "9000"}}}


def test_a_word_is_idle_that_names_nothing_of_a_config() -> None:
    places = [Place("VLAN"), Place("VLAN", "Vlan7"), Place("VLAN", "", "mtu"), Place("VLAN", "Vlan7", "mtu")]
    idle = [Place("VRF"), Place("VLAN", "Vlan8"), Place("VLAN", "", "x"), Place("VLAN", "Vlan7", "x")]
    lines = ("router bgp * / neighbor A", "router bgp *", "router bgp * / neigbor A")
    text = "router bgp 65001\n neighbor A peer-group\nexit\n"
    left = Left(frozenset([*places, *idle]), lines=lines)
    assert left.idle(THERE, text) == {*map(str, idle), f"frr {lines[2]}"}


LEAVE = """
ownership: planned
leave:
  - frr router bgp * / neigbor * description
  - frr router bgp * / neighbor * description
  - frr ip route 192.0.2.0/24
  - frr ip prefix-list OTHERS
  - VLAN|Vlan7
  - VLAN|Vlan70 mtu
  - PORT|Ethernet0-3 fec
switches:
  leaf1:
    leave: ["DEVICE_METADATA|localhst hostname", frr router bgp * / bgp router-id]
  leaf2:
    ownership: everything
"""


def compared(config: SwitchConfig, target: Target, *, frr: str = "", tables: str = "{}") -> Comparison:
    """With what a switch runs and stores that has what is planned, and something besides."""
    text = config.frr.removesuffix("end\n") + frr
    running = json.dumps({**config.config_db, **json.loads(tables)})
    answers: dict[str, str | tuple[int, str]] = {
        "config_db.json": running,
        "frr.conf": text,
        "running-config": f"Current configuration:\n!\n{text}",
        "summary json": "{}",
        "sonic-cfggen": running,
    }
    return compare(Switch(config.switch, Answering(answers)), target)


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """leaf1 has a VLAN and a static route of its own, and the fabric's words name these, and others that nobody has."""
    folder = tmp_path_factory.mktemp("idle")
    files = fabric_of(folder, 2, LEAVE)
    sonicfab.Site.open(*files).fabric.keep_numbers()
    site = sonicfab.Site.open(*files)
    configs = {one.switch: one for one in site.configs()}
    targets = {name: Target.of(one) for name, one in configs.items()}
    own = {"leaf1": {"frr": "ip route 192.0.2.0/24 10.0.0.1\n", "tables": json.dumps(THERE)}}
    outcomes = {}
    for name, config in configs.items():
        found = compared(config, targets[name], **own.get(name, {}))
        outcomes[name] = Outcome(value=replace(looked(config, targets[name]), found=found))
    return Planned(site, "push", targets, PushOptions(), outcomes, Decision({}, (), {}))


def words(planned: Planned) -> Collection[str]:
    return [one.excerpt.strip().removeprefix("- ").removeprefix("leave: ") for one in planned.idle]


def test_each_word_that_names_nothing_is_told_at_its_place(idle: Planned) -> None:
    found = idle.idle
    assert words(idle) == [
        "frr router bgp * / neigbor * description",
        "frr ip prefix-list OTHERS",
        "VLAN|Vlan70 mtu",
        '["DEVICE_METADATA|localhst hostname", frr router bgp * / bgp router-id]',
    ]
    assert {one.severity for one in found} == {"warning"}
    assert [one.hint for one in found[::3]] == ["did you mean 'neighbor'?", "did you mean 'localhost'?"]
    assert "see what it was to name" in found[1].hint
    assert "neither the plan nor leaf1, spine1, spine2 have it" in found[0].message
    assert "neither the plan nor leaf1 has it" in found[3].message


def test_of_switches_that_nobody_has_looked_at_nothing_is_known(idle: Planned) -> None:
    some = {name: one for name, one in idle.outcomes.items() if name != "spine1"}
    assert len(words(replace(idle, outcomes=some))) == 1, "a word of the fabric may be for that one"


def test_what_is_taken_over_is_left_nowhere(idle: Planned) -> None:
    outcomes = {}
    for name, one in idle.outcomes.items():
        assert one.value is not None
        target = replace(idle.targets[name], take_over=True)
        outcomes[name] = Outcome(value=replace(one.value, found=replace(one.value.found, target=target)))
    assert words(replace(idle, outcomes=outcomes)) == []
