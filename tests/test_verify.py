"""Verify on plain data: paths, wiring, judges, explanations with golden texts, snapshots."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import ROOT, Golden, with_rows
from known import CATALOG
from sonicfab.endpoint import Endpoint
from sonicfab.errors import InputError, SwitchError
from sonicfab.families import Family
from sonicfab.model.numbers import Numbers
from sonicfab.plan.assemble import make_plan
from sonicfab.plan.types import FabricPlan
from sonicfab.report.watch import WatchView
from sonicfab.switch.ask import Answers, Question, UnansweredError, script, split
from sonicfab.switch.state.bgp import BGP_STATE, BgpPeer
from sonicfab.transport.exec import ExecTransport
from sonicfab.verify.checks import names
from sonicfab.verify.diagnose.base import SEVERITY
from sonicfab.verify.paths import Outage, PathFinder
from sonicfab.verify.registry import CHECKS, chosen
from sonicfab.verify.run import Verification
from sonicfab.verify.snapshot import check_snapshot, compare, snapshot
from sonicfab.verify.wiring import actual_wiring, moves, planned_wiring, wrong_groups
from test_diff import with_bfd
from test_golden import open_example
from test_numbering import inventory_of, topology_of
from verify_world import GOLDEN, World, answers_of

LEAF1, LEAF2, LEAF3, LEAF4 = (f"dc1-leaf{number}" for number in range(1, 5))
SPINE1, SPINE2 = "dc1-spine1", "dc1-spine2"

# questions


def test_several_commands_in_one_channel_keep_output_and_exit_code() -> None:
    asked = [
        Question("text", "printf 'a\\n\\nb'", str),
        Question("bad", "echo why >&2; exit 7", str),
        Question("dead", "echo $((1 + )) ", str),
        Question("stdin", "cat", str),
        Question("last", "echo '{\"x\": 1}'", json.loads),
    ]
    mark = "--mark--"
    done = ExecTransport(["sh", "-c", 'eval "$3"', "sh"]).run(script(asked, mark))
    answers = Answers(split(asked, mark, done))
    assert answers.get(asked[0]) == "a\n\nb"
    assert answers.why_not(asked[1]) == "why"
    assert answers.why_not(asked[2]) != ""
    assert answers.get(asked[3]) == ""
    assert answers.get(asked[4]) == {"x": 1}
    with pytest.raises(UnansweredError, match="it was not asked"):
        answers.get(Question("other", "true", str))
    with pytest.raises(SwitchError, match="5 commands did not all run"):
        split(asked, "--another--", done)


def test_an_answer_of_another_shape_is_told() -> None:
    question = Question("bgp", "echo '{\"ipv4Unicast\": [1]} {} {} {}'", BGP_STATE.parse)
    done = ExecTransport(["sh", "-c", 'eval "$3"', "sh"]).run(script([question], "--m--"))
    assert "something unexpected" in Answers(split([question], "--m--", done)).why_not(question)


def test_no_bgp_is_no_sessions() -> None:
    """FRR prints {} or a line that begins with % where there is no BGP."""
    state = BGP_STATE.parse("{}\n% BGP instance not found\n{}\n{}\n")
    assert (state.asn, state.peers, state.sessions, state.origins) == (0, (), {}, {})


# paths


def odd_plan(links: list[tuple[int, int]], leaves: list[int], spines: list[int], asn: str = "65500") -> FabricPlan:
    extra = {"asn": {"spine": asn, "leaf": "65401-65499"}}
    return make_plan(inventory_of(leaves, spines), topology_of(links, numbered=False, extra=extra), Numbers(), CATALOG)[
        0
    ]


def naive(plan: FabricPlan, origin: str) -> dict[str, set[str]]:
    """All shortest paths without an AS number twice, by trying them all: switch -> the neighbours they begin with."""
    best: dict[str, int] = {}
    found: dict[str, set[str]] = {}
    links = {name: {one.far.switch for one in switch.fabric_sessions} for name, switch in plan.switches.items()}
    level: list[tuple[str, ...]] = [(origin,)]
    while level:
        after: list[tuple[str, ...]] = []
        reached: set[str] = set()
        for path in level:
            for far in links[path[0]]:
                if plan.switches[far].asn in {plan.switches[one].asn for one in path}:
                    continue
                if best.setdefault(far, len(path)) == len(path):
                    found.setdefault(far, set()).add(path[0])
                    reached.add(far)
                    after.append((far, *path))
        level = after
    return found


@pytest.mark.parametrize(
    ("links", "asn"),
    [
        ([(spine, leaf) for spine in range(3) for leaf in range(1, 6)], "65500"),
        ([(spine, leaf) for spine in range(3) for leaf in range(1, 6)], "65500-65509"),
        ([(spine, leaf) for spine in range(3) for leaf in range(1, 6) if (spine, leaf) != (1, 4)], "65500"),
        ([(0, 1), (0, 2), (1, 2), (1, 3), (2, 3), (2, 4)], "65500-65509"),
        ([(0, 1), (0, 3), (1, 2), (1, 3), (1, 4)], "65500"),
    ],
)
def test_ways_are_all_shortest_paths(links: list[tuple[int, int]], asn: str) -> None:
    plan = odd_plan(links, sorted({leaf for _, leaf in links}), sorted({spine for spine, _ in links}), asn)
    ways = PathFinder(plan, Family.IPV4)
    for origin in plan.switches:
        wanted = naive(plan, origin)
        for name, switch in plan.switches.items():
            way = ways.of(name, origin)
            neighbors = {one.far.switch for one in switch.fabric_sessions if way and one.interface in way.ports}
            assert neighbors == wanted.get(name, set()), (name, origin)


def test_a_way_without_what_is_broken() -> None:
    plan = open_example("dc-2x4").plan
    whole, less = (
        PathFinder(plan, Family.IPV4),
        PathFinder(plan, Family.IPV4, Outage(sessions=frozenset({Endpoint(LEAF1, "Ethernet72")}))),
    )
    first = whole.of(LEAF2, LEAF1)
    second = less.of(LEAF2, LEAF1)
    assert first is not None
    assert second is not None
    assert (sorted(first.ports), sorted(second.ports)) == (["Ethernet72", "Ethernet76"], ["Ethernet76"])
    assert PathFinder(plan, Family.IPV4, Outage(switches=frozenset({LEAF1}))).of(LEAF2, LEAF1) is None
    few = PathFinder(replace(plan, bgp=replace(plan.bgp, maximum_paths=1)), Family.IPV4).of(LEAF2, LEAF1)
    assert few is not None
    assert (few.count, len(few.ports)) == (1, 2)


def test_which_way_is_taken_may_be_open() -> None:
    """leaf4 hears of leaf1's loopback by a path with the AS of spine0 or of spine1: which, leaf3 decides."""
    links = [(0, 1), (1, 1), (0, 3), (1, 3), (2, 3), (2, 4), (3, 4)]
    plan = odd_plan(links, [1, 3, 4], [0, 1, 2, 3], "65500-65509")
    same = {**plan.switches, "spine3": replace(plan.switches["spine3"], asn=plan.switches["spine0"].asn)}
    way = PathFinder(replace(plan, switches=same), Family.IPV4).of("spine3", "leaf1")
    assert way is not None
    assert not way.certain


# wiring


def test_cables_are_put_right_with_the_fewest_moves() -> None:
    plan = open_example("dc-2x4").plan
    planned = planned_wiring(plan)
    for turned, count in ((2, 1), (3, 2), (4, 3)):
        actual = dict(planned)
        spine_ports = [Endpoint(SPINE1, f"Ethernet{4 * number}") for number in range(turned)]
        leaves = [planned[port] for port in spine_ports]
        for port, leaf in zip(spine_ports, [*leaves[1:], leaves[0]], strict=True):
            actual[port], actual[leaf] = leaf, port
        (group,) = wrong_groups(planned, actual)
        todo = moves(planned, actual, group)
        assert [move.action for move in todo] == ["swap"] * count
        assert all(move.first[0] == move.second[0] == SPINE1 for move in todo), "on one switch"


def test_a_plug_in_a_free_port_is_moved() -> None:
    planned = planned_wiring(open_example("dc-2x4").plan)
    actual = {end: far for end, far in planned.items() if end not in ((LEAF1, "Ethernet72"), (SPINE1, "Ethernet0"))}
    leaf, spine = Endpoint(LEAF1, "Ethernet72"), Endpoint(SPINE1, "Ethernet100")
    actual |= {leaf: spine, spine: leaf}
    (group,) = wrong_groups(planned, actual)
    assert list(map(str, moves(planned, actual, group))) == [
        f"move the plug in {SPINE1}:Ethernet100 to {SPINE1}:Ethernet0"
    ]
    assert actual_wiring({}) == {}


# explanations

Fault = Callable[[World], None]


def shut_port(world: World) -> None:
    world.change_port(LEAF1, "Ethernet72", admin_up=False, oper_up=False)
    world.change_port(SPINE1, "Ethernet0", oper_up=False)
    world.session_down(LEAF1, SPINE1)
    world.boxes[LEAF1].config_db["PORT"]["Ethernet72"]["admin_status"] = "down"


def swapped(world: World) -> None:
    for name, ports in ((SPINE1, ("Ethernet0", "Ethernet4")),):
        neighbors = world.boxes[name].lldp
        assert isinstance(neighbors, list)
        other = {ports[0]: ports[1], ports[1]: ports[0]}
        world.boxes[name].lldp = [replace(n, local_port=other.get(n.local_port, n.local_port)) for n in neighbors]
    for leaf, alias in ((LEAF1, "hundredGigE2"), (LEAF2, "hundredGigE1")):
        neighbors = world.boxes[leaf].lldp
        assert isinstance(neighbors, list)
        world.boxes[leaf].lldp = [replace(n, port=alias) if n.local_port == "Ethernet72" else n for n in neighbors]
        world.session_down(leaf, SPINE1, why="Hold Timer Expired")


def shut_neighbor(world: World) -> None:
    world.session_down(LEAF2, SPINE2)
    world.change_session(LEAF2, "10.120.0.7", shut=True, state="Idle", why="Admin. shutdown", reason="Admin")
    world.change_session(
        SPINE2, "10.120.0.6", state="Active", notification="Cease/Administrative Shutdown", why="BGP Notification"
    )
    world.boxes[LEAF2].frr = world.boxes[LEAF2].frr.replace(
        " neighbor 10.120.0.7 desc", " neighbor 10.120.0.7 shutdown\n neighbor 10.120.0.7 desc", 1
    )


def other_asn(world: World) -> None:
    world.boxes[LEAF3].bgp = replace(world.bgp(LEAF3), asn=4200000999)
    for spine in (SPINE1, SPINE2):
        for one in world.plan.switches[spine].fabric_sessions:
            if one.far.switch == LEAF3:
                world.change_session(
                    spine, one.peer, remote_asn=4200000999, notification="OPEN Message Error/Bad Peer AS"
                )
    world.boxes[LEAF3].frr = world.boxes[LEAF3].frr.replace("router bgp 4200000103", "router bgp 4200000999")


def small_mtu(world: World) -> None:
    world.change_port(LEAF3, "Ethernet72", mtu=1500)
    world.boxes[LEAF3].config_db["PORT"]["Ethernet72"]["mtu"] = "1500"
    lost = {str(world.plan.switches[LEAF1].loopbacks.ipv4)}
    world.boxes[LEAF3].answered -= lost
    world.boxes[LEAF3].small = lost


def no_bgpd(world: World) -> None:
    world.boxes[SPINE1].bgp = "bgpd is not running"
    for leaf in (LEAF1, LEAF2, LEAF3, LEAF4):
        for one in world.plan.switches[leaf].fabric_sessions:
            if one.far.switch == SPINE1:
                world.change_session(leaf, one.peer, state="Active", received={}, families=())
    world.lose_ways(lambda near, far: SPINE1 in (near, far))


def dead(world: World) -> None:
    world.boxes[LEAF4].unreachable = "cannot reach admin@192.0.2.24:22: timed out"
    for spine in (SPINE1, SPINE2):
        for one in world.plan.switches[spine].fabric_sessions:
            if one.far.switch == LEAF4:
                world.change_session(spine, one.peer, state="Idle", received={}, families=())
                world.change_port(spine, one.interface, oper_up=False)
    world.lose_ways(lambda near, far: LEAF4 in (near, far))


def hangs(world: World) -> None:
    world.boxes[LEAF4].problem = "commandtimeout"
    world.boxes[LEAF4].unreachable = "admin@192.0.2.24:22: no answer within 60 s to: sudo -n vtysh"


def silent(world: World) -> None:
    for spine in (SPINE1, SPINE2):
        for one in world.plan.switches[spine].fabric_sessions:
            if one.far.switch == LEAF1:
                world.change_session(spine, one.peer, received={})
    for one in world.plan.switches[LEAF1].fabric_sessions:
        world.change_session(LEAF1, one.peer, sent={})
    world.boxes[LEAF1].frr = world.boxes[LEAF1].frr.replace(
        "route-map TO-FABRIC permit 10", "route-map TO-FABRIC deny 5\nexit\n!\nroute-map TO-FABRIC permit 10"
    )
    world.lose_ways(lambda _near, far: far == LEAF1)


def edited(world: World) -> None:
    world.boxes[LEAF2].config_db["NTP_SERVER"]["192.0.2.99"] = {}
    world.boxes[LEAF4].stored_frr += "! by hand\n"


def local_hops(world: World) -> None:
    state = world.zebra(LEAF1)
    routes = {
        prefix: replace(route, link_local=route.ports) if ":" in prefix else route
        for prefix, route in state.routes.items()
    }
    world.boxes[LEAF1].zebra = replace(state, routes=routes)
    world.boxes[LEAF1].frr = world.boxes[LEAF1].frr.replace(" set ipv6 next-hop prefer-global\n", "")


def old_timers(world: World) -> None:
    for near, far in ((LEAF1, SPINE1), (SPINE1, LEAF1)):
        for one in world.plan.switches[near].fabric_sessions:
            if one.far.switch == far:
                world.change_session(near, one.peer, hold=180, keepalive=60)


def cut_off(world: World) -> None:
    state = world.bgp(LEAF1)
    hosts = [
        BgpPeer(port, Family.IPV4, 65999, state.asn, "Idle (PfxCt)", "PfxCt", 0, 0, 0.0, "storage")
        for port in ("Ethernet0", "Ethernet1")
    ]
    world.boxes[LEAF1].bgp = replace(state, peers=(*state.peers, *hosts))


def host_shut(world: World) -> None:
    state = world.bgp(LEAF1)
    host = BgpPeer("Ethernet0", Family.IPV4, 65999, state.asn, "Idle (Admin)", "Admin", 0, 0, 0.0, "storage")
    world.boxes[LEAF1].bgp = replace(state, peers=(*state.peers, host))
    world.boxes[LEAF1].frr = world.boxes[LEAF1].frr.replace(
        " neighbor HOST timers connect", " neighbor HOST shutdown\n neighbor HOST timers connect", 1
    )


def half_fabric(world: World) -> None:
    shut_port(world)
    small_mtu(world)
    no_bgpd(world)
    edited(world)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (shut_port, "port-shut"),
        (swapped, "cable-swapped"),
        (shut_neighbor, "neighbor-shut"),
        (other_asn, "asn-mismatch"),
        (small_mtu, "mtu-mismatch"),
        (no_bgpd, "bgpd-down"),
        (dead, "switch-down"),
        (hangs, "switch-hangs"),
        (silent, "policy-denies"),
        (edited, "unsaved"),
        (local_hops, "link-local-next-hop"),
        (old_timers, "old-timers"),
        (cut_off, "host-prefixes"),
        (host_shut, "host-shut"),
        (half_fabric, "bgpd-down"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_explanations(fault: Fault, code: str, golden: Golden) -> None:
    world = World(open_example("dc-2x4"))
    fault(world)
    results, findings = world.verified()
    explained = [id(one) for finding in findings for one in finding.failed]
    bad = [one for one in results if one.status in ("failed", "unreached")]
    assert sorted(explained) == sorted(map(id, bad)), "each in exactly one finding"
    assert findings[0].code == code or code in {one.code for one in findings} == {"unsaved", "drift"}
    text = world.text()
    assert all(len(line) <= 100 or line.startswith("    mend: ") for line in text.splitlines())
    golden(GOLDEN / f"{fault.__name__}.txt", text)


@pytest.mark.parametrize("link", [True, False])
def test_a_switch_that_stopped_answering_hangs_while_its_links_are_up(link: bool) -> None:
    world = World(open_example("dc-2x4"))
    dead(world)
    world.boxes[LEAF4].problem = "commandtimeout"
    for spine in (SPINE1, SPINE2) if link else ():
        for one in world.plan.switches[spine].fabric_sessions:
            world.change_port(spine, one.interface, oper_up=True)
    (finding,) = world.verified()[1]
    assert (finding.code, finding.where) == ("switch-hangs" if link else "switch-down", (LEAF4,))


def test_bfd_that_one_end_lacks_is_the_fault_of_that_end(tmp_path: Path) -> None:
    fabric = with_bfd(tmp_path).plan()
    assert World(fabric).verified()[1] == []
    for leaf in [name for name, one in fabric.plan.switches.items() if one.role == "leaf"]:
        (session,) = fabric.plan.switches[leaf].fabric_sessions
        for far_lacks in (False, True):
            world = World(fabric)
            lacks, other = (session.far.switch, leaf) if far_lacks else (leaf, session.far.switch)
            peers = {leaf: session.peer, session.far.switch: session.far.port}
            world.change_session(lacks, peers[lacks], bfd="")
            world.change_session(other, peers[other], bfd="Down")
            lines = world.boxes[lacks].frr.splitlines(keepends=True)
            world.boxes[lacks].frr = "".join(line for line in lines if not line.endswith(" bfd\n"))
            _, (finding,) = world.verified()
            assert (finding.code, finding.where) == ("bfd-missing", (f"{lacks}:{peers[lacks]}",))
            assert f"{other}:{peers[other]}" in finding.evidence[-1]
            assert finding.evidence[-1].endswith("BFD: Down")
            assert finding.mend == f"sonicfab push --limit {lacks} --overwrite-drift"
            assert {one.check for one in finding.consequences} <= {"config"}


@pytest.mark.parametrize("example", ["dc-2x4", "scs-lab", "gns3-replacement", "servers-2x2", "hall-oob"])
def test_a_healthy_fabric_has_no_findings(example: str) -> None:
    world = World(open_example(example))
    results, findings = world.verified()
    assert findings == []
    assert {one.status for one in results} == {"ok", "skipped"}
    switches = [world.fabric.of(switch) for switch in world.plan.switches.values()]
    planned = {check.name for check in CHECKS if any(list(check.wanted(one)) for one in switches)}
    assert {one.check for one in results} == planned
    assert {check.name for check in CHECKS} - planned <= {
        "outside",
        "announced",
        "static",
        "aggregate",
        "portchannel",
        "services",
        "vlan",
    }, "which the other examples have none of"


# snapshots


def verification(world: World) -> Verification:
    results, findings = world.verified()
    answers = {name: answers_of(box) for name, box in world.boxes.items()}
    names = tuple(check.name for check in CHECKS)
    return Verification("dc-2x4", tuple(results), 1.0, tuple(findings), names, answers)


def seen(world: World) -> dict[str, object]:
    return snapshot(verification(world), "then")


def test_watching_tells_what_changes(capsys: pytest.CaptureFixture[str]) -> None:
    world = World(open_example("dc-2x4"))
    with WatchView() as view:
        view.tell(verification(world), "10:00:00")
        view.tell(verification(world), "10:00:05")
        shut_port(world)
        view.tell(verification(world), "10:00:10")
        view.tell(verification(World(open_example("dc-2x4"))), "10:00:15")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("10:00:00 dc-2x4: as intended")
    assert not any(line.startswith("10:00:05") for line in lines), "nothing has changed"
    assert f"10:00:10 ✘ port-shut {LEAF1}:Ethernet72" in lines
    assert f"10:00:15 ✔ mended: port-shut {LEAF1}:Ethernet72" in lines


def test_what_has_changed_since_a_snapshot() -> None:
    before = seen(World(open_example("dc-2x4")))
    assert compare(before, seen(World(open_example("dc-2x4")))) == []
    world = World(open_example("dc-2x4"))
    shut_port(world)
    world.change_session(LEAF3, "10.120.0.9", established=3, up_since=2000)
    changes = compare(before, seen(world))
    told = {f"{one.kind} {one.switch}: {one.what}" for one in changes}
    assert f"worse {LEAF1}: interface Ethernet72: shut" in told
    assert f"worse {LEAF3}: session 10.120.0.9 has flapped 2 times" in told
    mended = compare(seen(world), before)
    assert f"better {LEAF1}: interface Ethernet72: up, MTU 9100" in {
        f"{one.kind} {one.switch}: {one.what}" for one in mended
    }


def test_a_file_that_is_no_snapshot_is_refused() -> None:
    with pytest.raises(InputError, match="is not a snapshot"):
        check_snapshot([], "x.json", "dc-2x4")
    before = seen(World(open_example("dc-2x4")))
    with pytest.raises(InputError, match="of the fabric dc-2x4, not of other"):
        check_snapshot(before, "x.json", "other")
    assert json.loads(json.dumps(before)) == before


def test_checks_by_name() -> None:
    assert [one.name for one in chosen(["lldp,bgp", "config"])] == ["bgp", "lldp", "config"]
    with pytest.raises(InputError, match="no such check"):
        chosen(["lldb"])


def test_the_table_in_the_docs_is_what_the_checks_say_of_themselves(golden: Golden) -> None:
    page = ROOT / "docs" / "verify.md"
    said = [f"| `{check.name}` | {' '.join((check.__doc__ or '').split()).removesuffix('.')} |" for check in CHECKS]
    golden(page, with_rows(page, "check", said, lambda row: row.startswith("| `login` |")))


def test_every_code_stands_on_the_page() -> None:
    page = (ROOT / "docs" / "verify.md").read_text(encoding="utf-8")
    modules = (ROOT / "src" / "sonicfab" / "verify" / "diagnose").glob("*.py")
    words = {
        node.value
        for module in modules
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    codes = {word for word in words if re.fullmatch(r"[a-z]+(-[a-z]+)+", word)} - {"maximum-prefix"}  # FRR's word
    assert sorted(code for code in codes if f"`{code}`" not in page) == []


def test_a_check_is_called_as_its_module_is() -> None:
    assert sorted(check.name for check in CHECKS) == names()
    assert all(type(check).__module__.endswith(f".{check.name}") for check in CHECKS)
    assert {check.severity for check in CHECKS} <= set(SEVERITY)
