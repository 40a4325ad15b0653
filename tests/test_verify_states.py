"""Answers are read, absent or unreadable; what is not read is no success; causes told from plain data."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sonicfab.errors import SwitchError
from sonicfab.fabric import open_fabric
from sonicfab.ownership.record import Record
from sonicfab.switch.ask import AbsentError, Answers, HangsError, Question, UnreadableError, script, split
from sonicfab.switch.state.bgp import BGP_STATE
from sonicfab.switch.state.config import RECORD, RUNNING_FRR
from sonicfab.switch.state.routes import BGP_ROUTES, Route
from sonicfab.transport import CommandResult
from sonicfab.transport.exec import ExecTransport
from sonicfab.verify.checks import ping
from sonicfab.verify.checks.lldp import far_ends
from sonicfab.verify.diagnose.base import Diagnosis
from sonicfab.verify.registry import CHECKS
from sonicfab.verify.results import Problem
from test_golden import open_example
from test_networks import TOPOLOGY, written
from verify_world import World, answers_of

LEAF1, LEAF2, SPINE1, SPINE2 = "dc1-leaf1", "dc1-leaf2", "dc1-spine1", "dc1-spine2"


def world() -> World:
    return World(open_example("dc-2x4"))


def first(one: World) -> Diagnosis:
    return one.verified()[1][0]


@pytest.mark.parametrize(
    ("code", "out", "err", "kind"),
    [
        (1, "", "bgpd is not running", AbsentError),
        (1, "", "Exiting: failed to connect to any daemons.", AbsentError),
        (1, "", "Error response from daemon: container 6f is not running", AbsentError),
        (1, "", "cat: /etc/sonic/frr/frr.conf: No such file or directory", AbsentError),
        (1, "", "sudo: a password is required", UnreadableError),
        (0, "garbage", "", UnreadableError),
        (0, "{} {} {}", "", UnreadableError),
        (0, "", "", UnreadableError),
        (0, '{"ipv4Unicast": 7} {} {} {}', "", UnreadableError),
        (124, "", "", HangsError),
    ],
)
def test_an_answer_has_three_states(code: int, out: str, err: str, kind: type[Exception]) -> None:
    question = Question("bgp", "sudo -n vtysh -d bgpd", BGP_STATE.parse)
    answers = Answers({"bgp": CommandResult("", code, out, err, 0)})
    with pytest.raises(kind):
        answers.get(question)
    assert answers.is_absent(question) == (kind is AbsentError)
    if kind is AbsentError:
        assert answers.optional(question) is None
    else:
        with pytest.raises(kind):
            answers.optional(question)


def test_who_hangs_does_not_keep_others_waiting() -> None:
    asked = [Question("slow", "sudo -n sleep 30", str), Question("quick", "echo yes", str)]
    text = script(asked, "--m--", 0.3).replace("sudo -n ", "")
    done = ExecTransport(["sh", "-c", 'eval "$3"', "sh"]).run(text)
    answers = Answers(split(asked, "--m--", done))
    assert answers.hangs(asked[0])
    assert answers.get(asked[1]).strip() == "yes"
    assert done.seconds < 10


@pytest.mark.parametrize("text", ["", "garbage", "{}", "% Unknown command"])
def test_what_is_no_config_of_frr_is_no_empty_config(text: str) -> None:
    with pytest.raises(SwitchError, match="not FRR's config"):
        RUNNING_FRR.parse(text)


@pytest.mark.parametrize(
    ("fields", "lacks"),
    [
        ({"installed": True}, ""),
        ({"installed": True, "offloaded": True}, ""),
        ({}, "not installed"),
        ({"installed": True, "queued": True}, "queued"),
        ({"installed": True, "failed": True}, "failed to install"),
        ({"installed": True, "offloaded": False}, "refused by the ASIC"),
    ],
)
def test_a_route_that_zebra_still_waits_for_is_not_installed(fields: dict[str, object], lacks: str) -> None:
    hops = [
        {"interfaceName": "Ethernet0", "active": True, "fib": True},
        {"interfaceName": "Ethernet4", "active": True},
        {"interfaceName": "Ethernet8"},
    ]
    text = json.dumps({"10.0.0.1/32": [{"selected": True, **fields, "nexthops": hops}]})
    (route,) = BGP_ROUTES.parse(text).values()
    assert (route.installed, route.lacks, route.ports) == (not lacks, lacks, ("Ethernet0",))


Spoil = Callable[[World], None]


def unreadable(one: World) -> None:
    one.boxes[LEAF1].bgp = "not JSON: 'garbage'"


def no_zebra(one: World) -> None:
    one.boxes[LEAF1].zebra = "not JSON: 'garbage'"


def garbled(one: World) -> None:
    """An answer of another shape than JSON's objects; the database that gave it runs."""
    one.boxes[LEAF1].config_db = "the running config_db: not a JSON object but list"  # type: ignore[assignment]


def no_marks(one: World) -> None:
    """Who prints this can be logged in to, and its management network is as good as can be."""
    one.boxes[LEAF1].unreachable = "4 commands did not all run: h\ufffdq_)"
    one.boxes[LEAF1].problem = "switch"


def odd_identity(one: World) -> None:
    one.boxes[LEAF1].unreachable = "sonic_version.yml: it printed something unexpected: 7"
    one.boxes[LEAF1].problem = "unreadable"


def no_redis(one: World) -> None:
    """Who it is cannot be told without its database, and `failure` takes a socket that is gone for an absence."""
    said = "`show platform summary --json` failed with exit code 1: RuntimeError: Could not connect to Redis at "
    said += "/run/redis/redis.sock: No such file or directory"
    one.boxes[LEAF1].unreachable = said
    one.boxes[LEAF1].problem = Problem.of(AbsentError(said))


def v6_stands(one: World) -> None:
    one.boxes[SPINE2].forwarding["ipv6"] = False
    lost = {str(switch.loopbacks.ipv6) for name, switch in one.plan.switches.items() if name.startswith("dc1-leaf")}
    for name, box in one.boxes.items():
        if name.startswith("dc1-leaf"):
            box.answered -= lost


def tsa(one: World) -> None:
    one.boxes[SPINE1].tsa = "true"


def no_address(one: World) -> None:
    state = one.zebra(LEAF1)
    one.boxes[LEAF1].zebra = replace(state, addresses={**state.addresses, "Ethernet72": ("10.9.9.0/31",)})
    one.session_down(LEAF1, SPINE1, why="Hold Timer Expired")


def no_loopback(one: World) -> None:
    state = one.zebra(LEAF1)
    kept = tuple(one_ for one_ in state.addresses["Loopback0"] if ":" not in one_)
    one.boxes[LEAF1].zebra = replace(state, addresses={**state.addresses, "Loopback0": kept})
    for spine in (SPINE1, SPINE2):
        for session in one.plan.switches[spine].fabric_sessions:
            if session.far.switch == LEAF1 and "ipv6" in session.families:
                one.change_session(spine, session.peer, received={})


@pytest.mark.parametrize(
    ("spoil", "code", "where"),
    [
        (unreadable, "unreadable", LEAF1),
        (no_zebra, "unreadable", LEAF1),
        (garbled, "unreadable", LEAF1),
        (no_marks, "unreadable", LEAF1),
        (odd_identity, "unreadable", LEAF1),
        (no_redis, "database-down", LEAF1),
        (v6_stands, "not-forwarding", SPINE2),
        (tsa, "maintenance-flag", SPINE1),
        (no_address, "address-wrong", f"{LEAF1}:Ethernet72"),
        (no_loopback, "loopback-missing", LEAF1),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_the_right_switch_and_cause_come_first(spoil: Spoil, code: str, where: str) -> None:
    one = world()
    spoil(one)
    found = first(one)
    assert (found.code, found.where[0]) == (code, where)
    assert "does not run" not in found.cause


def test_every_program_that_cannot_be_read_is_told() -> None:
    """Else the ports, of which zebra would have told, are called other than planned, and a push is to mend them."""
    one = world()
    unreadable(one)
    no_zebra(one)
    found = [(finding.code, finding.cause) for finding in one.verified()[1] if finding.where[0].startswith(LEAF1)]
    assert found == [("unreadable", f"what {name} of {LEAF1} says cannot be read") for name in ("bgpd", "zebra")]


def test_what_cannot_be_read_is_no_success_of_any_check() -> None:
    """Each check by itself, with nothing but answers that cannot be read."""
    one = world()
    expected = one.fabric.of(one.plan.switches[LEAF1])
    for check in CHECKS:
        garbage = {question.name: CommandResult("", 0, "\x00 garbage", "", 0) for question in check.questions(expected)}
        results = check.results(expected, Answers(garbage))
        # of these this switch has none: there is nothing to expect
        none = ("aggregate", "announced", "outside", "portchannel", "static", "vlan")
        assert bool(results) == (check.name not in none), check.name
        assert not [result for result in results if result.status == "ok"], check.name


def test_routes_without_bgpd_are_no_success() -> None:
    """What zebra has kept of a bgpd that is gone."""
    one = world()
    one.boxes[LEAF1].bgp = "bgpd is not running"
    expected = one.fabric.of(one.plan.switches[LEAF1])
    route = next(check for check in CHECKS if check.name == "route")
    results = route.results(expected, answers_of(one.boxes[LEAF1]))
    assert {(result.status, result.problem) for result in results} == {("failed", Problem.UNANSWERED)}


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_lldp_neighbours_the_younger_counts(turned: bool) -> None:
    one = world()
    neighbors = one.boxes[LEAF1].lldp
    assert isinstance(neighbors, list)
    right = next(neighbor for neighbor in neighbors if neighbor.local_port == "Ethernet72")
    stale = replace(right, chassis=one.plan.switches[SPINE2].mac, system_name=SPINE2, age=7000)
    entries = [replace(right, age=20), stale]
    found = far_ends(one.plan, LEAF1, entries[::-1] if turned else entries)
    assert str(found["Ethernet72"]) == f"{SPINE1}:Ethernet0"


def test_an_account_without_sudo_is_told_so() -> None:
    one = world()
    box = one.boxes[LEAF2]
    box.unreachable = f"{LEAF2}: `sudo -n sonic-cfggen -H` failed with exit code 1: sudo: a password is required"
    box.problem = "switch"
    found = first(one)
    assert (found.code, found.where) == ("no-sudo", (LEAF2,))
    assert found.mend == f"on {LEAF2}: echo 'admin ALL=(ALL) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/admin"


@pytest.mark.parametrize(
    ("said", "code"), [("password abc", "password-mismatch"), ("ttl-security hops 1", "neighbor-config")]
)
def test_a_fault_of_a_neighbours_config_is_told_by_its_line(said: str, code: str) -> None:
    """What FRR has no word of its own for."""
    one = world()
    one.session_down(LEAF1, SPINE1, why="Waiting for peer OPEN")
    peer = next(session.peer for session in one.plan.switches[LEAF1].fabric_sessions if session.far.switch == SPINE1)
    line = f" neighbor {peer} description"
    one.boxes[LEAF1].frr = one.boxes[LEAF1].frr.replace(line, f" neighbor {peer} {said}\n{line}", 1)
    found = next(finding for finding in one.verified()[1] if finding.code == code)
    assert found.where == (f"{LEAF1}:{peer}",)
    assert "abc" not in " ".join(found.evidence), "a secret"
    assert found.mend.endswith(f"--limit {LEAF1} --overwrite-drift")


@pytest.mark.parametrize(("peer", "address"), [("10.99.0.2", "10.99.0.2"), ("Ethernet20", "fe80::99")])
def test_what_a_neighbour_of_another_announces_is_not_ours_either(peer: str, address: str) -> None:
    """Saved by hand, it may stay; a route of a neighbour of ours beside it, or of one not saved, is still foreign."""
    one, prefix = world(), "198.51.100.0/24"
    box, bgp, zebra = one.boxes[LEAF1], one.bgp(LEAF1), one.zebra(LEAF1)
    heading = f"router bgp {bgp.asn}\n"
    box.frr = box.frr.replace(heading, f"{heading} neighbor {peer} remote-as 65000\n", 1)
    ours = next(iter(bgp.sessions.values()))
    session = replace(ours, peer=peer, address=address, remote_asn=65000)
    box.zebra = replace(zebra, routes={**zebra.routes, prefix: Route(prefix, installed=True, ports=("Ethernet20",))})

    def seen(stored: str, *learned: str) -> list[str]:
        box.stored_frr = stored
        box.bgp = replace(
            bgp,
            sessions={**bgp.sessions, peer: session},
            origins={**bgp.origins, prefix: frozenset({65000})},
            learned={prefix: frozenset(learned)},
        )
        return [one.code for one in one.verified()[1]]

    saved, unsaved = box.frr, one.configs[LEAF1].frr
    assert not seen(saved, address)
    assert "foreign-route" in seen(saved, address, ours.peer)
    assert "foreign-route" in seen(saved, "(unspec)")
    assert "foreign-route" in seen(unsaved, address)


@pytest.mark.parametrize("build", ["frr.conf", "rows of bgpcfgd"])
def test_an_aggregate_that_another_has_saved_is_no_finding(build: str) -> None:
    """Zebra has it as a BGP route to nowhere; what a neighbour brings, or nobody has saved, is still foreign."""
    one, prefix = world(), "192.168.200.0/22"
    box, bgp, zebra = one.boxes[LEAF1], one.bgp(LEAF1), one.zebra(LEAF1)
    box.zebra = replace(zebra, routes={**zebra.routes, prefix: Route(prefix, installed=True, ports=())})
    family, plain = " address-family ipv4 unicast\n", box.stored_frr
    with_it = plain.replace(family, f"{family}  aggregate-address {prefix}\n", 1)
    box.frr = with_it
    if build == "rows of bgpcfgd":
        saved: dict[str, dict[str, dict[str, object]]] = {"BGP_AGGREGATE_ADDRESS": {prefix: {"bbr-required": "false"}}}
        metadata = box.config_db["DEVICE_METADATA"]["localhost"]
        box.config_db |= {**saved, "DEVICE_METADATA": {"localhost": {**metadata, "bgp_asn": str(bgp.asn)}}}

    def seen(peer: str, *, stored: bool) -> list[str]:
        box.bgp = replace(
            bgp,
            origins={**bgp.origins, prefix: frozenset({one.plan.switches[LEAF1].asn})},
            learned={**bgp.learned, prefix: frozenset({peer})},
        )
        if build == "frr.conf":
            box.stored_frr = with_it if stored else plain
        elif stored:
            box.stored_config_db |= saved
        else:
            box.stored_config_db.pop("BGP_AGGREGATE_ADDRESS", None)
        return [found.code for found in one.verified()[1]]

    # bgpcfgd makes rows of BGP only where there is an AS number, which is not in our plan
    assert seen("(unspec)", stored=True) == ([] if build == "frr.conf" else ["drift"])
    assert "foreign-route" in seen("(unspec)", stored=False)
    assert "foreign-route" in seen(next(iter(bgp.sessions)), stored=True)


def test_an_aggregate_of_rows_for_frrcfgd_that_another_has_saved_is_no_finding(tmp_path: Path) -> None:
    """What was ours and is planned no more is none of another's."""
    topology = TOPOLOGY + "bgp: {source: config_db}\n"
    one, prefix = World(open_fabric(*written(tmp_path, topology))), "192.168.200.0/22"
    box, bgp, zebra = one.boxes["leaf1"], one.bgp("leaf1"), one.zebra("leaf1")
    route = Route(prefix, installed=True, ports=())
    box.zebra = replace(zebra, routes={**zebra.routes, prefix: route})
    box.bgp = replace(bgp, learned={**bgp.learned, prefix: frozenset({"(unspec)"})})

    def foreign(record: Record) -> list[str]:
        box.more[RECORD] = record
        return [one.subject for one in one.verified()[0] if one.problem == Problem.FOREIGN]

    assert foreign(Record()) == [prefix]
    box.stored_config_db["BGP_GLOBALS_AF_AGGREGATE_ADDR"] = {f"default|ipv4_unicast|{prefix}": {}}
    assert foreign(Record()) == []
    ours = Record({"BGP_GLOBALS_AF_AGGREGATE_ADDR": frozenset({f"default|ipv4_unicast|{prefix}"})})
    assert foreign(ours) == [prefix]


def test_from_whom_a_route_is() -> None:
    """Of the paths that are used, as bgpd of FRR 8.4 and 10.0 tells them."""
    paths = [
        {"bestpath": True, "peerId": "10.99.0.2", "path": "65000"},
        {"multipath": True, "peerId": "fe80::99", "path": "65000"},
        {"valid": True, "peerId": "10.0.0.1", "path": "65001"},
    ]
    table = {"localAS": 65404, "routes": {"198.51.100.0/24": paths}}
    state = BGP_STATE.parse("\n".join(json.dumps(one) for one in ({}, {}, table, {})))
    assert state.learned == {"198.51.100.0/24": {"10.99.0.2", "fe80::99"}}


def test_answers_that_are_cut_off_are_told_without_our_own_marks() -> None:
    questions = [Question("a", "true", str), Question("b", "true", str)]
    for out, err in (("one\n--x-- 0\ntw", "--x--\n"), ("", "--x--\n--x--\n")):
        with pytest.raises(SwitchError, match=r"^2 commands did not all run: what came back is not whole$"):
            split(questions, "--x--", CommandResult("", 0, out, err, 0))
    with pytest.raises(SwitchError, match="2 commands did not all run: sh: not found"):
        split(questions, "--x--", CommandResult("", 127, "", "sh: not found\n", 0))


def test_of_a_switch_that_is_well_nothing_more_is_asked() -> None:
    """A command takes as long as a login; with a hundred switches it was a quarter of the time of a verify."""
    one = world()
    for name, switch in one.plan.switches.items():
        expected, answers = one.fabric.of(switch), answers_of(one.boxes[name])
        assert [more for check in CHECKS for more in check.then(expected, answers)] == []


def test_an_answer_to_a_second_ping_says_nothing_of_a_first_that_was_not_heard() -> None:
    one = world()
    expected, answers = one.fabric.of(one.plan.switches[LEAF1]), answers_of(one.boxes[LEAF1])
    answers.put(ping.FIRST, UnreadableError("the connection broke"))
    answers.put(ping.AGAIN, frozenset(one.boxes[LEAF1].answered))
    check = next(check for check in CHECKS if check.name == "ping")
    assert list(check.then(expected, answers)) == []
    assert {result.status for result in check.results(expected, answers)} == {"failed"}
