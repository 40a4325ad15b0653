"""Static routes, aggregates and what neighbours outside are told, on a world that is spoilt: what verify calls it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from conftest import ROOT
from sonicfab.fabric import Fabric, open_fabric
from sonicfab.families import Family
from sonicfab.model.policies import read_prefixes
from sonicfab.plan.outside import Let, OutsidePlan
from sonicfab.switch.ask import Question, failure
from sonicfab.switch.state.bgp import (
    ADVERTISED,
    TCP_SIGNATURES,
    TCP_SIGNATURES_LATER,
    BgpPeer,
    advertised,
    signatures,
)
from sonicfab.switch.state.routes import STATIC_ROUTES, Route, StaticRoute, static_routes
from test_golden import open_example
from test_push_shown import fabric_of
from verify_world import World, established

ONE, TWO = "bp-border1", "bp-border2"


class Bordered(World):
    """The example with its upstreams, all as planned."""

    def __init__(self, fabric: Fabric | None = None) -> None:
        super().__init__(fabric or open_example("border-pair"))
        for name, switch in self.plan.switches.items():
            box, bgp, zebra = self.boxes[name], self.bgp(name), self.zebra(name)
            origins = {**bgp.origins, "0.0.0.0/0": frozenset({64999}), "::/0": frozenset({64999})}
            origins |= {str(one.prefix): frozenset({switch.asn}) for own in switch.bgp for one in own.aggregates}
            peers, sessions = list(bgp.peers), dict(bgp.sessions)
            for group, one in switch.sessions:
                if not group.of:
                    continue
                asn = one.remote_asn or 0
                for family in one.families:
                    peers.append(BgpPeer(one.peer, family, asn, switch.asn, "Established", "", 2, 2, 9.0, ""))
                    told = ADVERTISED.of(family=family, peer=one.peer)
                    box.more[told] = ("10.140.0.0/15",) if family is Family.IPV4 else ("fd00:140::/31",)
                sessions[one.peer] = established(switch, one)
            box.bgp = replace(bgp, origins=origins, peers=tuple(peers), sessions=sessions)
            routes = {prefix: Route(prefix, True, ("Ethernet72",)) for prefix in ("0.0.0.0/0", "::/0")}
            box.zebra = replace(zebra, routes={**zebra.routes, **routes})
            found: dict[str, StaticRoute] = {}
            for line in switch.statics:
                hop = (str(line.address), "Ethernet40") if line.address else ("", "")
                found[str(line.prefix)] = StaticRoute(str(line.prefix), True, True, frozenset({hop}))
            box.more[STATIC_ROUTES] = found

    def codes(self) -> list[str]:
        """What is found; every failure is in one finding."""
        results, found = self.verified()
        failed = [one for one in results if one.status == "failed"]
        assert sorted(map(repr, failed)) == sorted(repr(one) for finding in found for one in finding.failed)
        return [finding.code for finding in found]

    def static(self, prefix: str, **fields: object) -> None:
        """Another static route of the second; without fields none."""
        question: Question[object] = STATIC_ROUTES
        found = dict(self.boxes[TWO].more[question])  # type: ignore[call-overload]
        if fields:
            found[prefix] = replace(found[prefix], **fields)
        else:
            del found[prefix]
        self.boxes[TWO].more[question] = found


def test_as_planned() -> None:
    world = Bordered()
    results, found = world.verified()
    assert found == []
    counts = {
        check: sum(one.check == check for one in results) for check in ("static", "aggregate", "announced", "outside")
    }
    assert counts == {"static": 2, "aggregate": 4, "announced": 3, "outside": 8}
    assert {one.status for one in results if one.check in counts} == {"ok"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "static-inactive"),
        ({"hops": frozenset({("192.0.2.9", "Ethernet40")})}, "static-inactive"),
        ({"installed": False}, "static-inactive"),
        ({"selected": False}, "static-behind"),
    ],
)
def test_a_static_route_that_does_not_work(fields: dict[str, object], code: str) -> None:
    world = Bordered()
    world.static("198.18.0.0/24", **fields)
    assert world.codes() == [code]
    (finding,) = world.verified()[1]
    assert finding.where == (f"{TWO}:Ethernet40",)
    assert finding.mend.startswith(f"on {TWO}: sudo vtysh -c 'show ip ")


def test_a_static_route_that_is_not_configured() -> None:
    world = Bordered()
    world.static("198.18.0.0/24")
    box = world.boxes[TWO]
    box.frr = box.frr.replace("ip route 198.18.0.0/24 192.0.2.2 tag 7\n", "")
    assert world.codes() == ["static-missing"]
    assert world.verified()[1][0].mend == f"sonicfab push --limit {TWO} --overwrite-drift"


def test_a_port_that_is_shut_explains_the_static_route_and_the_session() -> None:
    world = Bordered()
    world.change_port(TWO, "Ethernet40", admin_up=False, oper_up=False)
    world.static("198.18.0.0/24")
    world.change_session(TWO, "192.0.2.2", state="Active")
    assert world.codes() == ["port-shut"]
    assert "the port of UPSTREAM2, is shut" in world.verified()[1][0].cause


@pytest.mark.parametrize(
    ("bgp", "zebra", "code"),
    [
        ("Error response from daemon: container bgp is not running",) * 2 + ("bgp-container-down",),
        ("bgpd is not running", "", "bgpd-down"),
        ("", "zebra is not running", "zebra-down"),
    ],
)
def test_what_frr_does_not_say_is_one_finding(bgp: str, zebra: str, code: str) -> None:
    """Static routes, aggregates, the defaults and what upstreams are told are asked of it, too."""
    world = Bordered()
    box = world.boxes[TWO]
    if bgp:
        upstream = world.boxes[TWO].more
        world.boxes[TWO].more = {
            one: failure(bgp) if one.name.startswith(ADVERTISED.name) else value for one, value in upstream.items()
        }
    if zebra:
        box.more[STATIC_ROUTES] = failure(zebra)
    box.bgp, box.zebra = bgp or box.bgp, zebra or box.zebra
    assert world.codes() == [code]


def test_an_aggregate_without_members() -> None:
    world = Bordered()
    bgp = world.bgp(TWO)
    kept = {one: asns for one, asns in bgp.origins.items() if not one.startswith("10.14")}
    world.boxes[TWO].bgp = replace(bgp, origins=kept)
    assert "aggregate-without-members" in world.codes()


def test_an_aggregate_that_is_not_made() -> None:
    world = Bordered()
    bgp = world.bgp(TWO)
    world.boxes[TWO].bgp = replace(bgp, origins={one: a for one, a in bgp.origins.items() if one != "10.140.0.0/15"})
    assert world.codes() == ["aggregate-missing"]


def test_what_leaks_out() -> None:
    world = Bordered()
    told = ADVERTISED.of(family=Family.IPV4, peer="192.0.2.2")
    world.boxes[TWO].more[told] = ("10.140.0.0/15", "10.140.255.3/32")
    assert world.codes() == ["leaked-out"]
    assert "10.140.255.3/32" in world.verified()[1][0].evidence[0]


def test_what_leaks_in_is_of_its_neighbour() -> None:
    world = Bordered()
    bgp, zebra = world.bgp(TWO), world.zebra(TWO)
    leaked = {"203.0.113.0/24": frozenset({"192.0.2.2"})}
    world.boxes[TWO].bgp = replace(bgp, learned={**bgp.learned, **leaked})
    route = Route("203.0.113.0/24", True, ("Ethernet40",))
    world.boxes[TWO].zebra = replace(zebra, routes={**zebra.routes, route.prefix: route})
    assert world.codes() == ["leaked-in"]
    (finding,) = world.verified()[1]
    assert "UPSTREAM2 (AS 64998) announces 203.0.113.0/24" in finding.cause


def test_a_neighbour_that_we_have_shut() -> None:
    world = Bordered()
    world.change_session(TWO, "192.0.2.2", state="Idle", shut=True)
    assert world.codes() == ["outside-shut"]
    assert "no neighbor 192.0.2.2 shutdown" in world.verified()[1][0].mend


def test_a_prefix_passes_by_the_first_entry_that_matches() -> None:
    deny, some, all_ = (read_prefixes(one) for one in ("10.0.0.0/8 le 32", "198.51.100.0/24", "any"))
    entries = (Let(False, deny), Let(False, some, sure=False), Let(True, all_))
    one = OutsidePlan("UP", ONE, "Ethernet40", 64999, all_, takes=entries, tells=entries, originates_default=True)
    passed = {word: one.may_announce(ip_network(word)) for word in ("10.1.0.0/16", "198.51.100.0/24", "203.0.113.0/24")}
    assert passed == {"10.1.0.0/16": False, "198.51.100.0/24": True, "203.0.113.0/24": True}
    assert replace(one, tells=()).may_be_told(ip_network("0.0.0.0/0"))
    assert not replace(one, tells=()).may_be_told(ip_network("10.1.0.0/16"))


def test_what_the_switch_says() -> None:
    """As FRR and the kernel print it."""
    entry = '{"prefix":"198.18.0.0/24","protocol":"static","selected":true,"installed":true,"nexthops":[%s]}'
    hop = '{"fib":true,"ip":"192.0.2.2","interfaceName":"Ethernet40","active":true}'
    black = '{"unreachable":true,"blackhole":true,"active":true}'
    read = static_routes(f'{{"198.18.0.0/24":[{entry % hop}],"198.18.1.0/24":[{entry % black}]}}\n{{}}')
    assert read["198.18.0.0/24"].leads_to(ip_address("192.0.2.2"), "Ethernet40")
    assert read["198.18.0.0/24"].leads_to(None, "Ethernet40")
    assert not read["198.18.0.0/24"].leads_to(None, "")
    assert read["198.18.1.0/24"].leads_to(None, "")
    assert advertised('{"advertisedRoutes":{"10.0.0.0/8":{}},"totalPrefixCounter":1}') == ("10.0.0.0/8",)
    assert advertised("") == ()
    text = "TcpExt: SyncookiesSent TCPMD5NotFound TCPMD5Unexpected TCPMD5Failure\nTcpExt: 5 1 0 3\nIpExt: A\nIpExt: 1\n"
    assert (signatures(text), signatures("TcpExt: A\n")) == (4, 0)
    assert TCP_SIGNATURES.command == "cat /proc/net/netstat"


@pytest.mark.parametrize(
    ("before", "later", "code", "said"),
    [
        (7, 9, "outside-password", "drops TCP segments for their signature, 2 just now"),
        (7, 7, "outside-down", "7 TCP segments for their signature since it started, and none while it was looked at"),
        (7, None, "outside-down", "perhaps another password, if `grep TcpExt /proc/net/netstat` counts more"),
        (0, 0, "outside-down", ""),
    ],
)
def test_what_a_kernel_dropped_since_it_started_is_no_other_password(
    before: int, later: int | None, code: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what it drops while it is looked at is."""
    monkeypatch.setenv("UPSTREAM", "a-w0rd")
    for folder in ("inventories", "topologies"):
        text = (ROOT / folder / "border-pair.yml").read_text()
        (tmp_path / f"{folder}.yml").write_text(text.replace("100}", "100, password: env:UPSTREAM}", 1))
    world = Bordered(open_fabric(tmp_path / "inventories.yml", tmp_path / "topologies.yml"))
    more = world.boxes[ONE].more
    more[TCP_SIGNATURES] = before
    if later is not None:
        more[TCP_SIGNATURES_LATER] = later
    world.change_session(ONE, "192.0.2.0", state="Active")
    assert world.codes() == [code]
    evidence = str(world.verified()[1][0].evidence)
    assert said in evidence
    assert said or "signature" not in evidence


@pytest.mark.parametrize(("peer", "code"), [("192.0.2.99", []), ("192.0.2.98", ["unplanned-session"])])
def test_a_neighbour_of_extra_is_somebodys_intent(peer: str, code: list[str], tmp_path: Path) -> None:
    """No session of the plan, and none that nobody wanted."""
    lines = "{frr: {router bgp 4200000001: [neighbor 192.0.2.99 remote-as 65000]}}"
    world = World(open_fabric(*fabric_of(tmp_path, 1, f"switches: {{leaf1: {{extra: {lines}}}}}\n")))
    bgp = world.bgp("leaf1")
    more = BgpPeer(peer, Family.IPV4, 65000, 4200000001, "Established", "", 0, 0, 9.0, "")
    world.boxes["leaf1"].bgp = replace(bgp, peers=(*bgp.peers, more))
    assert [one.code for one in world.verified()[1]] == code
