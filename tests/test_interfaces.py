"""A port channel, a VLAN: values of the plan with a template. What judges a switch takes them as what they are."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from ipaddress import ip_interface
from pathlib import Path
from typing import Any

import pytest

from sonicfab.configdb import ConfigChange, ConfigDb
from sonicfab.endpoint import Endpoint
from sonicfab.fabric import Fabric, render_fabric
from sonicfab.plan.bgp import Session
from sonicfab.plan.dump import plan_text
from sonicfab.plan.interfaces import InterfaceKind
from sonicfab.plan.types import InterfacePlan, SwitchPlan
from sonicfab.push.gate import make_gate
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.state.interfaces import Interface as InterfaceOfZebra
from sonicfab.switch.state.routes import ZEBRA_STATE, ZebraState
from sonicfab.verify.checks.interface import Interface
from sonicfab.verify.expect import FabricExpectations
from sonicfab.verify.results import Problem
from test_golden import open_example
from test_push_steps import seen

LEAF, SPINE = "dc1-leaf1", "dc1-spine1"
CHANNEL = """\
PORTCHANNEL:
{% for interface in switch.interfaces_of("port channel") %}
  {{ interface.name }}:
    admin_status: up
    mtu: {{ interface.mtu }}
{% endfor %}

PORTCHANNEL_MEMBER:
{% for interface in switch.interfaces_of("port channel") %}
{% for member in interface.members %}
  {{ interface.name }}|{{ member }}: {}
{% endfor %}
{% endfor %}

PORTCHANNEL_INTERFACE:
{% for interface in switch.interfaces_of("port channel") %}
  {{ interface.name }}: {}
{% for address in interface.addresses %}
  {{ interface.name }}|{{ address }}: {}
{% endfor %}
{% endfor %}
"""


def bundled(switch: SwitchPlan, far: SwitchPlan) -> SwitchPlan:
    """The switch with its links to another one in a port channel, over which one session runs."""
    old = [one for one in switch.fabric_sessions if one.far.switch == far.name]
    members = tuple(dict.fromkeys(one.interface for one in old))
    first = switch.interfaces[members[0]]
    channel = InterfacePlan(
        "PortChannel1", InterfaceKind.PORT_CHANNEL, "", members, addresses=first.addresses, mtu=9100
    )
    interfaces = {name: one for name, one in switch.interfaces.items() if name not in members}

    def over(session: Session) -> Session:
        end = Endpoint(far.name, channel.name)
        return replace(session, interface=channel.name, far=end) if session.far.switch == far.name else session

    groups = tuple(replace(one, sessions=tuple(map(over, one.sessions))) for one in switch.bgp[0].groups)
    return replace(
        switch, interfaces={**interfaces, channel.name: channel}, bgp=(replace(switch.bgp[0], groups=groups),)
    )


@pytest.fixture
def fabric() -> Fabric:
    """A leaf and a spine whose link is a port channel."""
    one = open_example("dc-2x4")
    leaf, spine = one.plan.switches[LEAF], one.plan.switches[SPINE]
    changed = {LEAF: bundled(leaf, spine), SPINE: bundled(spine, leaf)}
    return replace(one, plan=replace(one.plan, switches={**one.plan.switches, **changed}))


def test_a_template_is_all_that_its_tables_need(fabric: Fabric, tmp_path: Path) -> None:
    (tmp_path / "config_db").mkdir()
    (tmp_path / "config_db" / "portchannel.yml.j2").write_text(CHANNEL)
    leaf = fabric.plan.switches[LEAF]
    (config,) = render_fabric(fabric, [leaf], [tmp_path])
    channel = leaf.interfaces["PortChannel1"]
    assert config.config_db["PORTCHANNEL"] == {"PortChannel1": {"admin_status": "up", "mtu": "9100"}}
    assert set(config.config_db["PORTCHANNEL_INTERFACE"]) == {
        "PortChannel1",
        *(f"PortChannel1|{address}" for address in channel.addresses),
    }
    used = {key.partition("|")[0] for key in config.config_db["INTERFACE"]}
    assert used.isdisjoint(channel.members), "a member is no interface of its own"
    assert all(config.config_db["PORT"][member]["admin_status"] == "up" for member in channel.members)


@pytest.mark.parametrize(
    ("table", "key", "touches"),
    [
        ("PORT", "{member}", True),
        ("PORTCHANNEL", "PortChannel1", True),
        ("PORTCHANNEL_MEMBER", "PortChannel1|Ethernet100", True),
        ("PORTCHANNEL_INTERFACE", "PortChannel1|10.0.0.0/31", True),
        ("PORTCHANNEL", "PortChannel2", False),
        ("VLAN_MEMBER", "Vlan9|Ethernet100", False),
        ("PORT", "Ethernet100", False),
    ],
)
def test_the_gate_knows_what_touches_a_session_over_it(fabric: Fabric, table: str, key: str, touches: bool) -> None:
    leaf, spine = fabric.plan.switches[LEAF], fabric.plan.switches[SPINE]
    session = next(one for one in leaf.fabric_sessions if one.interface == "PortChannel1")
    row = ConfigChange("change", table, key.format(member=spine.interfaces["PortChannel1"].members[0]), "mtu", "1", "2")
    before = {LEAF: seen({session.peer: 3}), SPINE: seen({}, (row,))}
    gate = make_gate(fabric.plan, leaf, before, [SPINE])
    assert (session.peer in gate.later) == touches
    assert (session.peer in gate.must) != touches


def test_a_session_that_gets_an_address_is_the_one_of_its_interface(fabric: Fabric) -> None:
    """What ran over the port channel by its name is to run by an address of its network."""
    leaf = fabric.plan.switches[LEAF]
    session = next(one for one in leaf.fabric_sessions if one.interface == "PortChannel1")
    assert session.peer != "PortChannel1"
    gate = make_gate(fabric.plan, leaf, {LEAF: seen({"PortChannel1": 3})}, [])
    assert session.peer in gate.must
    found = seen({"192.0.2.1": 3})
    running: ConfigDb = {"PORTCHANNEL_INTERFACE": {"PortChannel1|192.0.2.0/31": {}}}
    gate = make_gate(fabric.plan, leaf, {LEAF: replace(found, running=running)}, [])
    assert session.peer in gate.must


@pytest.mark.parametrize(
    ("up", "mtu", "own", "problem"),
    [
        (True, 9100, True, Problem.NONE),
        (False, 9100, True, Problem.NO_LINK),
        (True, 1500, True, Problem.MTU),
        (True, 9100, False, Problem.ADDRESS),
    ],
)
@pytest.mark.parametrize("kind", [InterfaceKind.PORT_CHANNEL, InterfaceKind.VLAN])
def test_verify_looks_at_it(kind: InterfaceKind, up: bool, mtu: int, own: bool, problem: Problem) -> None:
    plan = open_example("dc-2x4").plan
    leaf = plan.switches[LEAF]
    one = InterfacePlan("Some1", kind, "", ("Ethernet4",), addresses=(ip_interface("192.0.2.0/31"),), mtu=9100)
    changed = replace(leaf, interfaces={**leaf.interfaces, one.name: one})
    expected = FabricExpectations(replace(plan, switches={**plan.switches, LEAF: changed})).of(changed)
    (wanted,) = [asked for asked in Interface().wanted(expected) if asked.subject == one.name]
    assert wanted.text == "up, MTU 9100, 192.0.2.0/31"
    found = InterfaceOfZebra(one.name, admin_up=True, oper_up=up, mtu=mtu, speed=0, mac="", description="")
    zebra = ZebraState({one.name: found}, {one.name: ("192.0.2.0/31",) if own else ()}, {})

    class Told(Answers):
        def get(self, question: Question[Any]) -> Any:
            return zebra if question is ZEBRA_STATE else super().get(question)

    assert Interface().judge(expected, wanted, Told({})).problem == problem


def test_what_interfaces_there_are_is_in_one_table() -> None:
    assert len({kind.table for kind in InterfaceKind}) == len(InterfaceKind)
    assert all(kind.table in kind.tables and re.fullmatch(r"[A-Z_]+", kind.table) for kind in InterfaceKind)


def test_what_a_plan_can_say_is_in_its_file(fabric: Fabric) -> None:
    before = json.loads(plan_text(fabric.plan))
    assert set(before["switches"][LEAF]["ports"]["Ethernet72"]) == {
        *("alias", "use", "far_end", "speed", "fec", "mtu", "addresses")
    }
    leaf = fabric.plan.switches[LEAF]
    blue = replace(leaf.bgp[0], vrf="Vrf_blue")
    leaf = replace(leaf, bgp=(blue,), ports=(replace(leaf.ports[0], use="link", description="shown by no name"),))
    plan = replace(fabric.plan, switches={LEAF: leaf})
    said = json.loads(plan_text(plan))["switches"][LEAF]
    channel = said["interfaces"]["PortChannel1"]
    assert channel["kind"] == "port channel"
    assert channel["members"] == ["Ethernet72"]
    assert "vrf" not in channel, "what has its default is left out"
    assert {one["vrf"] for one in said["sessions"]} == {"Vrf_blue"}
