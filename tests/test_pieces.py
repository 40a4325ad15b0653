"""Small pieces: files on disk, the runner, who answers, who reaches whom, documents."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from string import ascii_lowercase

import pytest

from conftest import ROOT
from known import CATALOG, build_names, get_build, get_platform, platform_names
from sonicfab.access import check_identity
from sonicfab.document import read_document
from sonicfab.errors import InputError, LabError, OutputError, SonicfabError, WrongSwitchError
from sonicfab.families import Family
from sonicfab.hints import did_you_mean
from sonicfab.output import OutputFile, write_file, write_files
from sonicfab.runner import run_all
from sonicfab.switch.ask import Answers
from sonicfab.switch.state.bgp import BGP_STATE, BgpPeer, BgpState
from sonicfab.switch.state.routes import ZEBRA_STATE, Route, ZebraState
from sonicfab.switch.state.system import SwitchFacts
from sonicfab.verify.expect import FabricExpectations
from sonicfab.verify.registry import BY_NAME
from sonicfab.verify.run import Verification
from test_golden import open_example

LEAF = "st01-sw25g-r01-u34"


# files


def test_a_file_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    assert write_file(path, OutputFile("text\n"))
    stamp = path.stat().st_mtime_ns
    assert not write_file(path, OutputFile("text\n"))
    assert path.stat().st_mtime_ns == stamp
    assert write_file(path, OutputFile("text\n", secret=True)), "other permissions are a change"
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_file_is_replaced_when_one_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("old")
    (tmp_path / "blocked").write_text("a file, not a folder")
    with pytest.raises(OutputError, match="cannot write"):
        write_files(tmp_path, {"one": OutputFile("new"), "blocked/two": OutputFile("new")})
    assert (tmp_path / "one").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blocked", "one"]
    with pytest.raises(OutputError, match=r"^cannot write /proc/nosuch\.svg: "):  # and no temporary name is told
        write_file(Path("/proc/nosuch.svg"), OutputFile("text"))


def test_a_device_is_neither_read_to_its_end_nor_replaced(tmp_path: Path) -> None:
    pipe, stream, link = tmp_path / "pipe", tmp_path / "stream", tmp_path / "link"
    os.mkfifo(pipe)
    stream.symlink_to("/proc/self/fd/1")
    link.symlink_to(tmp_path / "file")
    for path in (pipe, stream):
        with pytest.raises(OutputError, match="is a device or a pipe"):
            write_file(path, OutputFile("text\n"))
    assert pipe.is_fifo()
    assert write_file(link, OutputFile("text\n")), "a link is replaced, not followed"
    assert not (tmp_path / "file").exists()


# the runner


def test_outcomes_are_in_order_and_errors_stay_with_their_item() -> None:
    def task(number: int, _stop: threading.Event) -> int:
        time.sleep(0.01 * (5 - number))
        if number == 2:
            raise LabError("two")
        return number * 10

    seen: list[int] = []
    outcomes = run_all(range(5), task, lambda item, _: seen.append(item))
    assert [outcome.value for outcome in outcomes] == [0, 10, None, 30, 40]
    assert str(outcomes[2].error) == "two"
    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_an_interrupt_stops_what_has_not_begun_and_lets_the_rest_end() -> None:
    began: list[int] = []
    ended: list[int] = []

    def task(number: int, stop: threading.Event) -> None:
        began.append(number)
        if number == 0:
            raise KeyboardInterrupt
        stop.wait(5)
        ended.append(number)

    with pytest.raises(KeyboardInterrupt):
        run_all(range(10), task, workers=2)
    assert len(began) < 10
    assert set(ended) == set(began) - {0}


# who answers


def facts_of(**other: object) -> SwitchFacts:
    facts = SwitchFacts(
        platform="x86_64-accton_as7326_56x-r0",
        hwsku="Accton-AS7326-56X",
        serial="",
        mac="d0:77:ce:4b:b4:7a",
        sonic_version={"branch": "202411", "build_version": "202411.1"},
        lab="",
        lab_switch="",
    )
    return replace(facts, **other)  # type: ignore[arg-type]


def test_the_switch_that_is_meant_is_let_through() -> None:
    check_identity(open_example("scs-lab").plan.switches[LEAF], facts_of(), "")
    check_identity(open_example("scs-lab").plan.switches[LEAF], facts_of(lab="x", lab_switch=LEAF), "x")


@pytest.mark.parametrize(
    ("facts", "lab", "says"),
    [
        (facts_of(platform="x86_64-accton_as7726_32x-r0"), "", "its platform is x86_64-accton_as7726_32x-r0, not"),
        (facts_of(hwsku=""), "", "its HWSKU is unknown, not Accton-AS7326-56X"),
        (facts_of(mac="d0:77:ce:4b:b4:7b"), "", "its base MAC is d0:77:ce:4b:b4:7b, not d0:77:ce:4b:b4:7a"),
        (
            facts_of(sonic_version={"branch": "202405", "build_version": "202405.9"}),
            "",
            "it runs 202405.9, not community-202411",
        ),
        (facts_of(lab="x", lab_switch=LEAF), "", "is a switch of the lab x, not a real one"),
        (facts_of(), "x", "is a real switch, not one of the lab x"),
        (facts_of(lab="y", lab_switch=LEAF), "x", "belongs to the lab y, not to x"),
        (facts_of(lab="x", lab_switch="other"), "x", "it is other of the lab"),
    ],
)
def test_another_switch_is_refused(facts: SwitchFacts, lab: str, says: str) -> None:
    with pytest.raises(WrongSwitchError, match=says):
        check_identity(open_example("scs-lab").plan.switches[LEAF], facts, lab)


def test_a_serial_number_counts_when_the_inventory_gives_one() -> None:
    plan = replace(open_example("scs-lab").plan.switches[LEAF], serial="A1")
    check_identity(plan, facts_of(serial="A1"), "")
    with pytest.raises(WrongSwitchError, match="its serial number is B2, not A1"):
        check_identity(plan, facts_of(serial="B2"), "")


# who reaches whom


def test_two_spines_of_one_asn_do_not_see_each_other() -> None:
    """Their loopbacks meet their own AS number on any path through a leaf."""
    plan = open_example("dc-2x4").plan
    expectations = FabricExpectations(plan)
    seen = {name: set(expectations.of(switch).loopbacks) for name, switch in plan.switches.items()}
    assert seen["dc1-spine1"] == {"dc1-leaf1", "dc1-leaf2", "dc1-leaf3", "dc1-leaf4"}
    assert seen["dc1-leaf1"] == set(plan.switches) - {"dc1-leaf1"}


def test_leaves_of_different_spines_of_one_asn_do_not_see_each_other() -> None:
    """leaf1 - spine1 - leaf3 - spine2 - leaf2: spine2 drops what has its own AS number in the path."""
    from sonicfab.model.numbers import Numbers
    from sonicfab.plan.assemble import make_plan
    from test_numbering import inventory_of, topology_of

    links = [(0, 1), (0, 3), (1, 2), (1, 3)]
    one_asn = {"asn": {"spine": "65500", "leaf": "65401-65409"}}
    plan, _, _ = make_plan(
        inventory_of([1, 2, 3], [0, 1]), topology_of(links, numbered=False, extra=one_asn), Numbers(), CATALOG
    )
    expectations = FabricExpectations(plan)
    assert set(expectations.of(plan.switches["leaf1"]).loopbacks) == {"leaf3", "spine0"}
    two = {"asn": {"spine": "65500-65501", "leaf": "65401-65409"}}
    plan, _, _ = make_plan(
        inventory_of([1, 2, 3], [0, 1]), topology_of(links, numbered=False, extra=two), Numbers(), CATALOG
    )
    assert set(FabricExpectations(plan).of(plan.switches["leaf1"]).loopbacks) == {"leaf2", "leaf3", "spine0", "spine1"}


def peer(
    name: str, asn: int = 65501, state: str = "Established", family: Family = Family.IPV4, reason: str = ""
) -> BgpPeer:
    return BgpPeer(name, family, asn, 65404, state, reason, 2, 1, 10.0, "")


@pytest.mark.parametrize(
    ("found", "status", "seen"),
    [
        (peer("Ethernet76"), "ok", "Established"),
        (peer("Ethernet76", asn=65502), "failed", "Established, AS 65502"),
        (peer("Ethernet76", state="Idle"), "failed", "Idle"),
        (peer("Ethernet76", asn=0, state="Idle (Admin)", reason="Admin"), "failed", "Idle (Admin)"),
        (peer("Ethernet0", asn=65777), "ok", "Established, AS 65777"),
        (peer("Ethernet0", asn=0, state="Active"), "skipped", "no host answers (Active)"),
        (peer("10.0.0.1", asn=65200, state="Active"), "failed", "Active, AS 65200"),
    ],
)
def test_judging_sessions(found: BgpPeer, status: str, seen: str) -> None:
    plan = open_example("scs-lab").plan
    expected = FabricExpectations(plan).of(plan.switches[LEAF])
    answers = Answers({})
    answers.put(BGP_STATE, BgpState(65404, (found,), {}, {}))
    results = {(one.subject, one.family): one for one in BY_NAME["bgp"].results(expected, answers)}
    assert (results[found.peer, "ipv4"].status, results[found.peer, "ipv4"].seen) == (status, seen)
    assert results["Ethernet76", "ipv6"].seen == "not configured"


def test_judging_routes() -> None:
    plan = open_example("scs-lab").plan
    expected = FabricExpectations(plan).of(plan.switches[LEAF])
    routes = {
        "10.10.21.5/32": Route("10.10.21.5/32", installed=True, ports=("Ethernet76",)),
        "10.10.21.6/32": Route("10.10.21.6/32", installed=False, ports=("Ethernet76",)),
    }
    leaf = frozenset({plan.switches["st01-sw25g-r01-u35"].asn})
    answers = Answers({})
    answers.put(BGP_STATE, BgpState(65404, (), {}, {"10.10.21.5/32": leaf, "10.10.21.6/32": leaf}))
    answers.put(ZEBRA_STATE, ZebraState({}, {}, routes))
    results = {one.subject: (one.status, one.seen) for one in BY_NAME["route"].results(expected, answers)}
    assert results["10.10.21.5/32"] == ("ok", "via Ethernet76")
    assert results["10.10.21.6/32"] == ("failed", "via Ethernet76, not installed")
    assert results["fd0c:cc24:75a0:1:10:10:21:5/128"] == ("failed", "no BGP route")


def test_nothing_checked_is_no_success() -> None:
    assert Verification("x", (), 0.0).exit_code == 3


# documents, hints, facts


def test_merge_keys_and_aliases(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\nd:\n")
    value = read_document(path, "inventory")[1]
    assert value == {"a": {"x": "1", "y": "2"}, "b": {"x": "1", "y": "3"}, "c": {"x": "1", "y": "2"}, "d": None}


def test_a_mac_address_is_never_a_number(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text("mac: 10:20:30:40:50:10\nname: on\n")
    assert read_document(path, "inventory")[1] == {"mac": "10:20:30:40:50:10", "name": "on"}


def test_two_documents_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text("a: 1\n---\nb: 2\n")
    with pytest.raises(InputError) as caught:
        read_document(path, "inventory")
    assert "expected a single document" in str(caught.value.diagnostics[0])


def test_hints() -> None:
    assert did_you_mean("platfrom", ["platform", "role"]) == "did you mean 'platform'?"
    assert did_you_mean("xyz", ["leaf", "spine"]) == "known are: leaf, spine"
    assert did_you_mean("xyz", [f"switch{number}" for number in range(100)]) == ""


@pytest.mark.parametrize("name", platform_names())
def test_platform_files(name: str) -> None:
    platform = get_platform(name)
    assert platform.name == name
    for table in platform.port_tables.values():
        lanes = [lane for port in table.values() for lane in port.lanes]
        assert len(set(lanes)) == len(lanes), "no lane is in two ports"
        assert len({port.alias for port in table.values()}) == len(table)
        assert all(port.speed in platform.speeds[port.speed] for port in table.values())
        # as7326-56x: the name of a model of Accton's has the number of its ports
        ports = name.rpartition("-")[2].rstrip(ascii_lowercase)
        assert len(table) == (int(ports) if platform.modules == "accton" else 32)


@pytest.mark.parametrize("name", [name for name in platform_names() if "edgecore" in get_platform(name).port_tables])
def test_edgecore_images_differ_from_the_community_in_the_aliases_only(name: str) -> None:
    """Their alias tells the port with the first of the four lanes of a group, the lane, and the port on the front."""
    table = get_platform(name).ports("edgecore")
    first_index = 1 if name == "as9716-32d" else 0  # that of the community begins with 0
    assert {port: replace(row, alias="") for port, row in table.items()} == {
        port: replace(row, alias="", index=row.index + first_index)
        for port, row in get_platform(name).ports("community").items()
    }
    if name not in ("as7326-56x", "as7726-32x"):  # those that 202111 has been seen on, where ports stand in groups
        assert all(row.alias == f"Eth{row.index}(Port{row.index})" for row in table.values())
        return
    first = {row.lanes[0]: row.index for row in table.values()}
    for row in table.values():
        group, lane = divmod(row.lanes[0] - 1, 4)
        part = f"/{lane + 1}" if len(row.lanes) == 1 else ""
        assert row.alias == f"Eth{first[group * 4 + 1]}{part}(Port{row.index})"


@pytest.mark.parametrize("name", build_names())
def test_build_files(name: str) -> None:
    build = get_build(name)
    assert build.name == name
    assert build.routing_config_mode == {"community": "split-unified", "edgecore": "split"}[build.vendor]
    assert build.unfit_platforms.keys() <= set(platform_names())
    assert build.is_told_by({**build.identified_by, "more": "keys"})
    others = [other for other in build_names() if other != name and get_build(other).is_told_by(build.identified_by)]
    assert others == []


def test_every_error_has_an_exit_code() -> None:
    def classes(root: type[SonicfabError]) -> list[type[SonicfabError]]:
        return [root, *(inner for child in root.__subclasses__() for inner in classes(child))]

    import sonicfab.errors as module

    tree = (ROOT / "src" / "sonicfab" / "errors.py").read_text().split('"""')[1]
    for one in classes(SonicfabError):
        if one.__module__ == module.__name__:
            assert f"{one.__name__} " in tree or one is SonicfabError, f"{one.__name__} is not in the tree"
