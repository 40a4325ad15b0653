"""Bundles: port channels between switches and to servers, from the topology to what is rendered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import ROOT
from sonicfab.endpoint import Endpoint
from sonicfab.errors import InputError
from sonicfab.fabric import Fabric, open_fabric, render_fabric
from sonicfab.ownership.record import Record
from sonicfab.ownership.settle import OnSwitch, Rendered, Settled, settle
from sonicfab.plan.dump import plan_text
from sonicfab.plan.interfaces import InterfaceKind
from sonicfab.push.patch import PatchPlan, plan_patch
from sonicfab.validate.run import Validator
from sonicfab.validate.subjects import of_fabric

LEAF, SPINE = "dc1-leaf1", "dc1-spine1"
BASE = """\
name: bundled
{underlay}
asn: {{spine: 4200000001, leaf: 4200000101-4200000199}}
loopbacks: {{ipv4: 10.120.255.0/24, ipv6: "fd00:120:ff::/64"}}
bundles:
"""
NUMBERED = 'underlay: {ipv4: 10.120.0.0/22, ipv6: "fd00:120::/64"}'
UP = "{name: PortChannel1, link: 'dc1-leaf1:[Ethernet72, Ethernet76] - dc1-spine1:[Ethernet0, Ethernet4]'}"


def opened(tmp_path: Path, *bundles: str, underlay: str = "", build: str = "", more: str = "") -> Fabric:
    """A fabric of the example's switches with these bundles."""
    topology = tmp_path / "bundled.yml"
    lines = "".join(f"  - {one}\n" for one in bundles)
    topology.write_text(BASE.format(underlay=underlay) + lines + more)
    return open_fabric(ROOT / "inventories/dc-2x4.yml", topology, build=build)


def tables(fabric: Fabric, switch: str) -> dict[str, dict[str, dict[str, str]]]:
    """The rendered tables of a switch that are about port channels, and its ports."""
    (config,) = render_fabric(fabric, [fabric.plan.switches[switch]])
    found: dict[str, dict[str, dict[str, str]]] = json.loads(config.config_db_text)
    return found


def refused(tmp_path: Path, *bundles: str, more: str = "") -> str:
    """What is said of bundles that cannot be."""
    with pytest.raises(InputError) as caught:
        opened(tmp_path, *bundles, more=more)
    return "\n".join(f"{one.message} {one.hint}" for one in caught.value.diagnostics)


def test_a_bundle_is_one_link_with_its_own_cables(tmp_path: Path) -> None:
    plan = opened(tmp_path, UP).plan
    (link,) = plan.links
    assert link.name == "dc1-leaf1:PortChannel1 - dc1-spine1:PortChannel1"
    assert link.cables == (
        (Endpoint(LEAF, "Ethernet72"), Endpoint(SPINE, "Ethernet0")),
        (Endpoint(LEAF, "Ethernet76"), Endpoint(SPINE, "Ethernet4")),
    )
    ports = {port.name: port for port in plan.switches[LEAF].ports}
    assert (ports["Ethernet76"].use, ports["Ethernet76"].far) == ("member", Endpoint(SPINE, "Ethernet4"))
    channel = plan.switches[LEAF].interfaces["PortChannel1"]
    assert (channel.kind, channel.members) == (InterfaceKind.PORT_CHANNEL, ("Ethernet72", "Ethernet76"))
    (session,) = plan.switches[LEAF].fabric_sessions
    assert (session.peer, session.far) == ("PortChannel1", Endpoint(SPINE, "PortChannel1"))
    written = json.loads(plan_text(plan))
    assert written["links"][0]["members"] == [f"{a} - {b}" for a, b in link.cables]
    assert written["switches"][LEAF]["port_channels"]["PortChannel1"]["members"] == ["Ethernet72", "Ethernet76"]


def test_unnumbered(tmp_path: Path) -> None:
    found = tables(opened(tmp_path, UP), LEAF)
    far = "dc1-spine1:PortChannel1"
    row = {"admin_status": "up", "description": far, "lacp_key": "auto", "mtu": "9100"}
    assert found["PORTCHANNEL"] == {"PortChannel1": row}
    assert found["PORTCHANNEL_MEMBER"] == {"PortChannel1|Ethernet72": {}, "PortChannel1|Ethernet76": {}}
    assert found["PORTCHANNEL_INTERFACE"] == {"PortChannel1": {"ipv6_use_link_local_only": "enable"}}
    assert "INTERFACE" not in found, "a member is no interface of its own"
    assert found["PORT"]["Ethernet72"]["admin_status"] == "up"


def test_numbered(tmp_path: Path) -> None:
    fabric = opened(tmp_path, UP, underlay=NUMBERED)
    assert tables(fabric, LEAF)["PORTCHANNEL_INTERFACE"] == {
        "PortChannel1": {},
        "PortChannel1|10.120.0.0/31": {},
        "PortChannel1|fd00:120::/127": {},
    }
    assert [one.peer for one in fabric.plan.switches[LEAF].fabric_sessions] == ["10.120.0.1", "fd00:120::1"]


def test_a_bundle_with_another_name_keeps_its_numbers(tmp_path: Path) -> None:
    numbers = "links:\n  dc1-leaf1:PortChannel1 - dc1-spine1:PortChannel1: {ipv4: 10.120.1.6/31}\n"
    (tmp_path / "bundled.numbers.yml").write_text(numbers)
    renamed = UP.replace("PortChannel1", "PortChannel7")
    other = "{name: PortChannel8, link: 'dc1-leaf1:Ethernet48 - dc1-spine1:Ethernet8'}"
    first, *others = (
        {link.name: link.ipv4 for link in opened(tmp_path, *some, underlay=NUMBERED).plan.links}
        for some in ([renamed], [renamed, other])
    )
    assert str(first["dc1-leaf1:PortChannel7 - dc1-spine1:PortChannel7"]) == "10.120.1.6/31"
    assert "10.120.1.6/31" not in map(str, others[0].values()), "which of two it is, nobody can know"


def test_each_side_has_its_own_name(tmp_path: Path) -> None:
    """PortChannel01 and PortChannel1 are two names, and stay as they are on the box."""
    link = UP.replace("PortChannel1", "{dc1-leaf1: PortChannel01, dc1-spine1: PortChannel7}")
    fabric = opened(tmp_path, link)
    assert set(tables(fabric, LEAF)["PORTCHANNEL"]) == {"PortChannel01"}
    assert set(tables(fabric, SPINE)["PORTCHANNEL"]) == {"PortChannel7"}
    assert fabric.plan.links[0].name == "dc1-leaf1:PortChannel01 - dc1-spine1:PortChannel7"


@pytest.mark.parametrize("build", [f"community-{one}" for one in (202305, 202311, 202405, 202411, 202505, 202605)])
def test_every_build_takes_it(tmp_path: Path, build: str) -> None:
    options = "lacp_rate: fast, min_links: 1, fallback: true, mtu: 9000, admin: up}"
    fabric = opened(tmp_path, UP.replace("}", f", {options}"), underlay=NUMBERED, build=build)
    row = tables(fabric, LEAF)["PORTCHANNEL"]["PortChannel1"]
    assert (row["fast_rate"], row["min_links"], row["fallback"], row["mtu"]) == ("true", "1", "true", "9000")
    configs = list(render_fabric(fabric, fabric.plan.switches.values()))
    subjects, links = of_fabric(fabric.plan, configs)
    found = Validator(models=False).validate(subjects, links).findings
    assert [one for one in found if one.code not in ("SF-504", "SF-505")] == [], "those are of the services"


@pytest.mark.parametrize(
    ("bundle", "said"),
    [
        (UP.replace("PortChannel1", "Bond0"), "expected the name of a port channel"),
        (UP.replace("PortChannel1", "PortChannel10000"), "expected the name of a port channel"),
        (UP.replace(", Ethernet4]", "]"), "as many members at one end as at the other"),
        (UP.replace("dc1-leaf1:[", "dc1-leaf1["), "the members at both ends"),
        (UP.replace("PortChannel1", "{dc1-leaf1: PortChannel1}"), "a name for dc1-leaf1 and one for dc1-spine1"),
        (UP.replace("}", ", min_links: 3}"), "at most as many min_links as members (2)"),
        (UP.replace("Ethernet72,", "Ethernet76,"), "dc1-leaf1:Ethernet76 is used twice"),
        (UP.replace("Ethernet72,", "Ethernet99,"), "has no port 'Ethernet99'"),
        (UP.replace("Ethernet72,", "Ethernet0,").replace("[Ethernet0, Ethernet4]", "[Ethernet0, Ethernet4]"), "speeds"),
    ],
)
def test_what_is_refused(tmp_path: Path, bundle: str, said: str) -> None:
    assert said in refused(tmp_path, bundle)


def test_a_port_or_a_name_used_twice(tmp_path: Path) -> None:
    again = UP.replace("Ethernet72, Ethernet76", "Ethernet64, Ethernet68")
    again = again.replace("Ethernet0, Ethernet4", "Ethernet8, Ethernet12")
    assert "dc1-leaf1:PortChannel1 is used twice" in refused(tmp_path, UP, again)
    assert "dc1-leaf1:Ethernet72 is used twice" in refused(
        tmp_path, UP, more="links: ['dc1-leaf1:Ethernet72 - dc1-spine1:Ethernet8']\n"
    )


SERVER = "{name: PortChannel5, switches: [dc1-leaf1], ports: [Ethernet4, Ethernet5], description: storage1}"
PREFIXES = "hosts: {prefixes: {ipv4: 10.121.0.0/16}%s}\n"


@pytest.mark.parametrize(
    "more",
    [
        PREFIXES % ", ports: [{switches: dc1-leaf1, ports: PortChannel5}]",
        PREFIXES % "" + "ports: [{switches: dc1-leaf1, ports: PortChannel5, use: bgp}]\n",
    ],
)
def test_a_server_behind_a_bundle_speaks_bgp_over_it(tmp_path: Path, more: str) -> None:
    fabric = opened(tmp_path, UP, SERVER, more=more)
    assert not [one for one in fabric.warnings if "PortChannel5" in one.message]
    (idle,) = opened(tmp_path, UP, SERVER).warnings
    assert idle.message == "dc1-leaf1:PortChannel5 carries nothing: nobody says what it is for"
    leaf = fabric.plan.switches[LEAF]
    (session,) = leaf.host_sessions
    assert (session.peer, session.description) == ("PortChannel5", "storage1")
    found = tables(fabric, LEAF)
    assert found["PORTCHANNEL_INTERFACE"]["PortChannel5"] == {"ipv6_use_link_local_only": "enable"}
    assert found["PORTCHANNEL"]["PortChannel5"]["description"] == "storage1"
    assert "PortChannel5|Ethernet5" in found["PORTCHANNEL_MEMBER"]
    ports = {port.name: port for port in leaf.ports}
    assert (ports["Ethernet4"].use, ports["Ethernet4"].admin_status) == ("member", "up")


def test_its_settings_by_name(tmp_path: Path) -> None:
    """`ports:` sets a bundle by its name; the members get its MTU (teammgrd gives them it)."""
    more = "ports: [{switches: dc1-leaf1, ports: [PortChannel1, PortChannel5], mtu: 1500, description: x}]\n"
    found = tables(opened(tmp_path, UP, SERVER, more=more), LEAF)
    for name, port in (("PortChannel1", "Ethernet72"), ("PortChannel5", "Ethernet4")):
        assert (found["PORTCHANNEL"][name]["mtu"], found["PORT"][port]["mtu"]) == ("1500", "1500")
        assert found["PORTCHANNEL"][name]["description"] == "x"


@pytest.mark.parametrize(
    ("bundle", "more", "said"),
    [
        (SERVER.replace("ports: [", "link: ["), "", "the members at both ends"),
        (SERVER.replace("switches: [dc1-leaf1], ", ""), "", "either link, to another switch, or switches and ports"),
        (SERVER.replace("Ethernet5", "Ethernet64"), "", "the members have different speeds: 25G and 100G"),
        (SERVER, PREFIXES % ", ports: [{switches: dc1-leaf1, ports: Ethernet4}]", "dc1-leaf1:Ethernet4 is used twice"),
        (
            SERVER,
            PREFIXES % ", ports: [{switches: dc1-leaf1, ports: [PortChannel5, PortChannel5]}]",
            "dc1-leaf1:PortChannel5 is used twice",
        ),
        (SERVER, PREFIXES % ", ports: [{switches: dc1-leaf1, ports: PortChannel1}]", "PortChannel1 is used twice"),
        (SERVER, PREFIXES % ", ports: [{switches: dc1-leaf1, ports: PortChannel6}]", "has no port 'PortChannel6'"),
    ],
)
def test_what_is_refused_of_one_to_a_server(tmp_path: Path, bundle: str, more: str, said: str) -> None:
    assert said in refused(tmp_path, UP, bundle, more=more)


# onto the switches


def planned_patch(fabric: Fabric, change: dict[str, dict[str, dict[str, str] | None]]) -> PatchPlan:
    """The patch to the rendered config from one in which rows differ; None takes a row away."""
    intended = tables(fabric, LEAF)
    running = {name: {key: dict(row) for key, row in rows.items()} for name, rows in intended.items()}
    for table, rows in change.items():
        for key, row in rows.items():
            if row is None:
                del running[table][key]
            else:
                running.setdefault(table, {})[key] = row
    owned = {*intended, *running}
    return plan_patch(intended, running, owned, fabric.plan.switches[LEAF].build)


@pytest.mark.parametrize(
    ("table", "key", "fields", "told"),
    [
        (
            "PORTCHANNEL_MEMBER",
            "PortChannel1|Ethernet76",
            None,
            "link: Ethernet76: it is taken down to become",
        ),
        ("PORTCHANNEL_MEMBER", "PortChannel1|Ethernet64", {}, "traffic: PortChannel1: loses its member Ethernet64"),
        ("PORTCHANNEL", "PortChannel1", {"admin_status": "down"}, "link: PortChannel1: admin_status: it becomes up"),
        ("PORTCHANNEL", "PortChannel1", {"mtu": "1500"}, "traffic: PortChannel1: mtu"),
    ],
)
def test_what_a_patch_of_a_port_channel_interrupts(
    tmp_path: Path, table: str, key: str, fields: dict[str, str] | None, told: str
) -> None:
    fabric = opened(tmp_path, UP)
    row = None if fields is None else {**tables(fabric, LEAF)[table].get(key, {}), **fields}
    plan = planned_patch(fabric, {table: {key: row}})
    assert not plan.refused
    assert [f"{one.kind}: {one}"[: len(told)] for one in plan.interrupts] == [told]


@pytest.mark.parametrize(
    ("option", "field"),
    [("lacp_rate: fast", "fast_rate"), ("min_links: 2", "min_links"), ("fallback: true", "fallback")],
)
def test_what_counts_only_when_it_is_made_is_no_patch(tmp_path: Path, option: str, field: str) -> None:
    fabric = opened(tmp_path, UP.replace("}", f", {option}}}"))
    row = tables(fabric, LEAF)["PORTCHANNEL"]["PortChannel1"]
    plan = planned_patch(fabric, {"PORTCHANNEL": {"PortChannel1": {k: v for k, v in row.items() if k != field}}})
    assert [one for one in plan.refused if f"PortChannel1 {field}: SONiC reads it when it makes" in one]


def test_a_routed_port_becomes_a_member_by_reload(tmp_path: Path) -> None:
    fabric = opened(tmp_path, UP)
    plan = planned_patch(
        fabric, {"PORTCHANNEL_MEMBER": {"PortChannel1|Ethernet76": None}, "INTERFACE": {"Ethernet76": {}}}
    )
    assert "the port is routed now" in plan.refused[0]


def settled(fabric: Fabric, running: dict[str, dict[str, dict[str, str]]]) -> Settled:
    """What the leaf is to run beside what it has stored."""
    config = tables(fabric, LEAF)
    stored = {**config, **running}
    return settle(Rendered(config, None, frozenset(config)), OnSwitch(stored, stored, "", Record()))


def test_an_operators_port_channel_stays_his(tmp_path: Path) -> None:
    fabric = opened(tmp_path, UP)
    own = tables(fabric, LEAF)
    row = {"admin_status": "up", "mtu": "9100"}
    theirs = {
        "PORT": {**own["PORT"], "Ethernet8": {**own["PORT"]["Ethernet8"], "admin_status": "up"}},
        "PORTCHANNEL": {**own["PORTCHANNEL"], "PortChannel99": row},
        "PORTCHANNEL_MEMBER": {**own["PORTCHANNEL_MEMBER"], "PortChannel99|Ethernet8": {}},
    }
    found = settled(fabric, theirs)
    assert found.config_db["PORTCHANNEL"]["PortChannel99"] == row
    assert "PortChannel99|Ethernet8" in found.config_db["PORTCHANNEL_MEMBER"]
    assert found.config_db["PORT"]["Ethernet8"]["admin_status"] == "up"
    assert not found.blocked
    assert "PORTCHANNEL PortChannel99" in found.theirs


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("PORTCHANNEL_MEMBER", "PortChannel99|Ethernet76"),
        ("VLAN_MEMBER", "Vlan9|Ethernet76"),
        ("INTERFACE", "Ethernet76|192.0.2.0/31"),
    ],
)
def test_a_port_that_we_bundle_cannot_be_anothers(tmp_path: Path, table: str, key: str) -> None:
    fabric = opened(tmp_path, UP, more="links: ['dc1-leaf1:Ethernet64 - dc1-spine1:Ethernet8']\n")
    own = tables(fabric, LEAF)
    found = settled(fabric, {table: {**own.get(table, {}), key: {}}})
    assert found.blocked == (f"{table}|{key}, whose port is a member of a port channel in the plan",)


def test_a_bundle_that_is_gone_takes_its_rows_with_it(tmp_path: Path) -> None:
    """They were ours when the switch was last confirmed: the record says so."""
    fabric = opened(tmp_path, UP, SERVER)
    before = tables(fabric, LEAF)
    without = opened(tmp_path, UP)
    after = tables(without, LEAF)
    there = OnSwitch(before, before, "", Record.of(before, None))
    found = settle(Rendered(after, None, frozenset(after)), there)
    assert (set(found.config_db["PORTCHANNEL"]), found.blocked) == ({"PortChannel1"}, ())
    assert not any("PortChannel5" in key for key in found.config_db["PORTCHANNEL_MEMBER"])
    plan = plan_patch(found.config_db, before, found.owned, without.plan.switches[LEAF].build)
    assert not plan.refused
    order = [one.path.rpartition("/")[2] for one in plan.operations if "PortChannel5" in one.path]
    assert order == ["PortChannel5|Ethernet5", "PortChannel5|Ethernet4", "PortChannel5"]
    back = [one.path for one in plan.undo if "PortChannel5" in one.path]
    assert back[0] == "/PORTCHANNEL/PortChannel5", "what others refer to comes first, and goes last"
