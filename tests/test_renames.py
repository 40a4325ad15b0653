"""A switch is told by its MAC: no rename, of how many switches ever and together with what else, moves a number."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT, Run
from known import CATALOG
from sonicfab.model.inventory import Inventory
from sonicfab.model.numbers import Numbers
from sonicfab.model.topology import Topology
from sonicfab.plan.assemble import PlanProblems, make_plan
from sonicfab.plan.dump import numbers_text
from sonicfab.plan.types import FabricPlan
from test_numbering import LEAF_PORTS, SPINE_PORTS

Link = tuple[int, int, int]  # spine, leaf, which of two cables between them
Links = st.sets(st.tuples(st.integers(0, 3), st.integers(0, 7), st.integers(0, 1)), min_size=1, max_size=20)


def box(role: str, number: int) -> str:
    """The MAC address that a switch keeps whatever it is called."""
    return f"02:00:{'01' if role == 'leaf' else '02'}:00:00:{number:02x}"


def planned(links: list[Link], names: Mapping[str, str], recorded: Numbers) -> tuple[FabricPlan, Numbers]:
    devices, cables = {}, []
    for spine, leaf, cable in links:
        for role, number in (("spine", spine), ("leaf", leaf)):
            mac = box(role, number)
            address = f"192.0.{2 if role == 'leaf' else 3}.{number + 1}/16"
            devices[names[mac]] = {
                "role": role,
                "platform": "as7326-56x" if role == "leaf" else "as7726-32x",
                "mac": mac,
                "management": {"address": address, "gateway": "192.0.0.1"},
            }
        ends = (f"{names[box('spine', spine)]}:{SPINE_PORTS[2 * leaf + cable]}",)
        cables.append(f"{ends[0]} - {names[box('leaf', leaf)]}:{LEAF_PORTS[2 * spine + cable]}")
    topology = {
        "name": "property",
        "underlay": {"ipv4": "10.1.0.0/24", "ipv6": "fd00:1::/64"},
        "asn": {"spine": "65500-65530", "leaf": "4200000100-4200000300"},
        "loopbacks": {"ipv4": "10.0.0.0/24", "ipv6": "fd00::/64"},
        "links": cables,
    }
    plan, kept, _ = make_plan(
        Inventory.model_validate({"devices": devices}), Topology.model_validate(topology), recorded, CATALOG
    )
    # as a user has it: written to the file and read again
    return plan, Numbers.model_validate(yaml.load(numbers_text("property", kept), yaml.BaseLoader) or {})


def everything(plan: FabricPlan) -> dict[tuple[str, str], object]:
    """Every number, by box and port."""
    found: dict[tuple[str, str], object] = {}
    for switch in plan.switches.values():
        found[switch.mac, ""] = (switch.asn, switch.loopbacks.ipv4, switch.loopbacks.ipv6)
        found |= {(switch.mac, one.name): one.addresses for one in switch.interfaces.values() if one.use == "link"}
    return found


@st.composite
def naming(draw: st.DrawFn) -> dict[str, str]:
    """Any names for all boxes, so that any may be swapped, moved on in a circle, or new."""
    boxes = [box(role, number) for role, count in (("leaf", 8), ("spine", 4)) for number in range(count)]
    words = draw(st.permutations([f"sw{number}" for number in range(12)]))
    return dict(zip(boxes, words, strict=True))


@settings(deadline=None, max_examples=40)
@given(Links, Links, naming(), naming(), st.randoms())
def test_renames_and_any_change_of_cables_in_one_commit_move_no_number(
    before: set[Link], after: set[Link], names: dict[str, str], later: dict[str, str], rng: random.Random
) -> None:
    order = sorted(after)
    rng.shuffle(order)
    first, kept = planned(sorted(before), names, Numbers())
    second, _ = planned(order, later, kept)
    old, new = everything(first), everything(second)
    # a port that now ends another cable has another link's addresses
    same = {
        end
        for spine, leaf, cable in before & after
        for end in (
            (box("spine", spine), SPINE_PORTS[2 * leaf + cable]),
            (box("leaf", leaf), LEAF_PORTS[2 * spine + cable]),
        )
    }
    for key in old.keys() & new.keys():
        if not key[1] or key in same:
            assert new[key] == old[key], f"{key} was renumbered"


@settings(deadline=None, max_examples=40)
@given(Links, naming(), naming())
def test_a_second_render_after_renames_changes_nothing(
    links: set[Link], names: dict[str, str], later: dict[str, str]
) -> None:
    _, kept = planned(sorted(links), names, Numbers())
    plan, renamed = planned(sorted(links), later, kept)
    again, same = planned(sorted(links), later, renamed)
    assert everything(again) == everything(plan)
    assert same == renamed
    assert not any(getattr(renamed.freed, field) for field in type(renamed.freed).model_fields)


@settings(deadline=None, max_examples=40)
@given(Links, Links, naming())
def test_a_file_without_macs_is_read_by_name_and_gets_them(
    before: set[Link], after: set[Link], names: dict[str, str]
) -> None:
    first, kept = planned(sorted(before), names, Numbers())
    rows = {name: row.model_copy(update={"mac": None}) for name, row in kept.switches.items()}
    old_file = Numbers.model_construct(switches=rows, links=kept.links, freed=kept.freed)
    again, upgraded = planned(sorted(before), names, old_file)
    assert everything(again) == everything(first)
    assert upgraded == kept
    moved, _ = planned(sorted(after), names, old_file)
    expected, _ = planned(sorted(after), names, kept)
    assert everything(moved) == everything(expected)


@settings(deadline=None, max_examples=40)
@given(st.lists(Links, min_size=2, max_size=6), naming())
def test_a_freed_number_comes_last(steps: list[set[Link]], names: dict[str, str]) -> None:
    """Nobody gets a number that another box had while one is left that nobody had; the pools here never run out."""
    had: dict[object, str] = {}
    kept = Numbers()
    for links in steps:
        plan, kept = planned(sorted(links), names, kept)
        for switch in plan.switches.values():
            for number in (switch.asn, switch.loopbacks.ipv4, switch.loopbacks.ipv6):
                assert had.setdefault(number, switch.mac) == switch.mac, f"{number} went to another box"


def test_when_only_freed_numbers_are_left_the_longest_free_goes_first() -> None:
    names = {box("leaf", number): f"leaf{number}" for number in range(8)} | {box("spine", 0): "spine0"}
    kept = Numbers()
    seen = []
    for leaf in range(4):  # one leaf after the other, from a pool of three
        devices = {
            name: {
                "role": role,
                "platform": platform,
                "mac": box(role, number),
                "management": {
                    "address": f"192.0.2.{1 + number + 100 * (role == 'spine')}/24",
                    "gateway": "192.0.2.254",
                },
            }
            for name, role, platform, number in (
                (names[box("leaf", leaf)], "leaf", "as7326-56x", leaf),
                ("spine0", "spine", "as7726-32x", 0),
            )
        }
        topology = Topology.model_validate(
            {
                "name": "small",
                "asn": {"spine": "65500", "leaf": "65401-65403"},
                "loopbacks": {"ipv4": "10.0.0.0/24"},
                "links": [f"spine0:Ethernet0 - leaf{leaf}:Ethernet48"],
            }
        )
        plan, kept, _ = make_plan(Inventory.model_validate({"devices": devices}), topology, kept, CATALOG)
        seen.append(plan.switches[f"leaf{leaf}"].asn)
    assert seen == [65401, 65402, 65403, 65401]
    assert kept.freed.asn == (65402, 65403)


def test_replaced_hardware_keeps_the_numbers_of_its_name() -> None:
    names = {box("leaf", 0): "leaf1", box("leaf", 1): "leaf1", box("spine", 0): "spine1"}
    first, kept = planned([(0, 0, 0)], names, Numbers())
    second, _ = planned([(0, 1, 0)], names, kept)
    assert second.switches["leaf1"].mac != first.switches["leaf1"].mac
    assert second.switches["leaf1"].loopbacks.ipv4 == first.switches["leaf1"].loopbacks.ipv4
    assert second.switches["leaf1"].asn == first.switches["leaf1"].asn


def test_a_mac_that_stands_twice_in_the_numbers_file_is_refused() -> None:
    names = {box("leaf", 0): "leaf1", box("leaf", 1): "leaf2", box("spine", 0): "spine1"}
    _, kept = planned([(0, 0, 0), (0, 1, 0)], names, Numbers())
    rows = {**kept.switches, "leaf2": kept.switches["leaf2"].model_copy(update={"mac": box("leaf", 0)})}
    with pytest.raises(PlanProblems) as caught:
        planned(
            [(0, 0, 0), (0, 1, 0)], names, Numbers.model_construct(switches=rows, links=kept.links, freed=kept.freed)
        )
    assert "belongs to leaf1 already" in caught.value.problems[0].message


def test_two_leaves_that_are_renamed_in_one_go(sonicfab: Run, tmp_path: Path) -> None:
    for source in ("inventories/dc-2x4.yml", "topologies/dc-2x4.yml", "topologies/dc-2x4.numbers.yml"):
        kind = "inventory.yml" if source.startswith("inv") else Path(source).name
        text = (ROOT / source).read_text()
        if not source.endswith("numbers.yml"):
            text = text.replace("dc1-leaf3", "dc1-aa").replace("dc1-leaf1", "dc1-zz")
        (tmp_path / kind).write_text(text)
    old = yaml.safe_load((ROOT / "topologies/dc-2x4.numbers.yml").read_text())
    done = sonicfab("render", "-i", "inventory.yml", "-t", "dc-2x4.yml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "dc1-leaf3 is now dc1-aa, dc1-leaf1 is now dc1-zz, numbers kept" in " ".join(done.stderr.split())
    new = yaml.safe_load((tmp_path / "dc-2x4.numbers.yml").read_text())
    assert new["switches"]["dc1-zz"] == old["switches"]["dc1-leaf1"]
    assert new["switches"]["dc1-aa"] == old["switches"]["dc1-leaf3"]
    assert "freed" not in new
    # the leaf keeps the lower address although its name now sorts behind that of the spine
    assert (
        new["links"]["dc1-zz:Ethernet72 - dc1-spine1:Ethernet0"]
        == old["links"]["dc1-leaf1:Ethernet72 - dc1-spine1:Ethernet0"]
    )
    where = sonicfab("explain", "-i", "inventory.yml", "-t", "dc-2x4.yml", "dc1-zz", "LOOPBACK_INTERFACE", cwd=tmp_path)
    assert "numbers.yml" in where.stdout, where.stderr
