"""The delta as text: order, what is refused, what it says of sessions. No FRR needed."""

from __future__ import annotations

import itertools

import pytest

from conftest import ROOT
from frrpairs import BASE, CHANGES, MEMBER, after, changed, drop, put
from sonicfab.frr.conf import masked, read
from sonicfab.frr.delta.compute import delta, same
from sonicfab.frr.delta.moved import before_addresses
from sonicfab.frr.delta.types import FrrDelta, Restart
from sonicfab.push.ways import frr_files

ALL = {"Ethernet0", "Ethernet4", "10.1.0.1", "10.1.0.3", "10.0.0.1", "10.0.0.2"}
BGP = " bgp router-id 10.0.1.1"


def lines(found: FrrDelta) -> list[str]:
    assert found.refused == ()
    return [line.strip() for line in found.commands.splitlines()]


def resets(found: FrrDelta) -> dict[str, str]:
    return {reset.peer: reset.why for reset in found.resets}


def in_order(found: FrrDelta, *expected: str) -> None:
    """Each line once, in this order; others may stand between them."""
    said = lines(found)
    assert [line for line in said if line in expected] == list(expected), found.commands


def test_equal_configs_need_nothing() -> None:
    assert delta(BASE, BASE) == FrrDelta()
    moved = BASE.replace("ip route 10.99.0.0/24 blackhole\n", "").replace("end\n", "ip route 10.99.0.0/24 blackhole\n")
    assert same(BASE, moved)
    assert delta(BASE, moved) == FrrDelta()


def test_the_program_and_the_host_are_no_difference() -> None:
    head = "Building configuration...\n\nCurrent configuration:\n!\nfrr version 10.0.1\nfrr defaults traditional\n"
    head += "hostname leaf1\nlog syslog informational\nno ip forwarding\nservice integrated-vtysh-config\n"
    assert delta(BASE, head + BASE.partition("\n")[2]) == FrrDelta()


@pytest.mark.parametrize("name", CHANGES)
def test_contexts_are_closed_exactly(name: str) -> None:
    """An `exit` too many leaves the config mode, and vtysh drops every later line."""
    for have, want in ((BASE, changed(name)), (changed(name), BASE)):
        found = delta(have, want)
        assert found.refused == ()
        assert found.commands
        depth = 0
        for line in found.commands.splitlines():
            bare = line.strip()
            closes = bare in ("exit", "exit-address-family")
            depth -= closes
            assert depth >= 0
            assert len(line) - len(bare) == depth, found.commands
            depth += (
                bare.startswith(("router ", "interface ", "route-map ", "address-family ", "profile ")) or bare == "bfd"
            )
        assert depth == 0


def test_lists_and_route_maps_come_before_bgp_and_go_after_it() -> None:
    in_order(
        delta(BASE, changed("lists and route-maps renamed")),
        "ip prefix-list SERVERS seq 5 permit 10.64.0.0/16 le 24",
        "route-map LEAF-OUT permit 10",
        "router bgp 65101",
        "neighbor NUM route-map LEAF-OUT out",
        "no route-map FABRIC-OUT permit 10",
        "no ip prefix-list HOSTS seq 5 permit 10.64.0.0/16 le 24",
    )


def test_a_neighbour_that_moves_is_made_again_with_all_its_lines() -> None:
    found = delta(BASE, changed("numbered neighbour moves"))
    in_order(
        found,
        "no neighbor 10.1.0.1",
        "neighbor NUM2 peer-group",
        "neighbor 10.1.0.1 remote-as 65001",
        "neighbor 10.1.0.1 peer-group NUM2",
        "address-family ipv4 unicast",
        "neighbor 10.1.0.1 maximum-prefix 1000",
    )
    assert resets(found) == {"10.1.0.1": "moves from peer-group NUM to peer-group NUM2"}


def test_neighbours_go_before_their_group() -> None:
    found = delta(BASE, changed("group with its members goes"))
    in_order(found, "no neighbor 10.0.0.1", "no neighbor 10.0.0.2", "no neighbor OVERLAY peer-group")
    assert not any(line.startswith("no neighbor OVERLAY ") and line[20:] != "peer-group" for line in lines(found))
    assert (found.removed, found.resets) == (("10.0.0.1", "10.0.0.2"), ())


def test_what_is_overwritten_is_not_taken_back() -> None:
    assert not any(line.startswith("no ") for line in lines(delta(BASE, changed("remote-as"))))
    found = lines(delta(BASE, changed("route-map lines")))
    assert "set community 65101:65 no-export" in found
    assert "no description" in found
    assert not any(line.startswith("no set") for line in found)


def test_address_families_lose_activation_before_policy() -> None:
    """Else everything would go out to the neighbour until the next line."""
    with_policy = put(
        "  neighbor FABRIC activate\n exit",
        "  neighbor FABRIC activate\n  neighbor FABRIC route-map STATICS out\n exit",
    )
    in_order(
        delta(with_policy(BASE), changed("IPv6 goes")),
        "no neighbor FABRIC activate",
        "no neighbor FABRIC route-map STATICS out",
    )


def test_a_route_gets_its_new_next_hop_before_it_loses_the_old_one() -> None:
    in_order(
        delta(BASE, changed("static routes")), "ip route 192.0.2.0/24 10.1.0.3", "no ip route 192.0.2.0/24 10.1.0.1"
    )


def test_another_as_number_starts_anew() -> None:
    found = delta(BASE, changed("AS number"))
    in_order(found, "no router bgp 65101", "router bgp 65111", "neighbor FABRIC peer-group")
    assert resets(found).keys() == ALL
    assert (found.added, found.removed) == ((), ())


def test_bgp_default_says_how_activation_is_printed() -> None:
    """The overlay sessions, which have IPv4 neither before nor after, are not touched."""
    found = delta(BASE, changed("no bgp default ipv4-unicast, and a shutdown"))
    in_order(found, "no bgp default ipv4-unicast", "neighbor Ethernet0 shutdown")
    assert not any(line.endswith(" activate") for line in lines(found))
    assert resets(found) == {"Ethernet0": "shutdown changes"}


def test_a_prefix_list_entry_that_moves_up_is_renumbered_in_two_runs() -> None:
    """In one run, a route-map that matches the list would lose the network that stays."""
    head = "ip prefix-list L seq {} permit 10.{}.0.0/16"
    three = "\n".join(head.format(5 * place, place) for place in (1, 2, 3))
    two = "\n".join(head.format(5 * place - 5, place) for place in (2, 3))
    found = delta(three, two)
    assert lines(found) == [
        *(f"no {line}" for line in three.splitlines()),
        head.format(16, 2),
        head.format(17, 3),
    ]
    assert found.then.splitlines() == [f"no {head.format(16, 2)}", f"no {head.format(17, 3)}", *two.splitlines()]
    assert delta(three, f"{three}\n{head.format(20, 4)}").then == "", "nothing that stays moves"


def test_timers_count_later() -> None:
    found = delta(BASE, changed("timers of a group"))
    assert found.resets == ()
    assert {(one.peer, one.why) for one in found.later} == {
        ("Ethernet0", "timers of peer-group FABRIC changes"),
        ("Ethernet4", "timers of peer-group FABRIC changes"),
    }
    also_again = put("router-id 10.0.1.1", "router-id 10.0.1.77")(changed("timers of a group"))
    assert delta(BASE, also_again).later == (), "a session that is reset starts with them"


def test_sessions_that_are_down_on_purpose_are_not_reset() -> None:
    down = after(MEMBER, " neighbor 10.1.0.1 shutdown")(BASE)
    assert resets(delta(down, put("10.1.0.1 remote-as 65001", "10.1.0.1 remote-as 65011")(down))) == {}


def test_an_address_takes_its_sessions_with_it() -> None:
    found = delta(BASE, drop("ip address 10.1.0.2/31")(BASE).replace("interface Ethernet12\nexit\n!\n", ""))
    assert resets(found) == {"10.1.0.3": "Ethernet12 loses 10.1.0.2/31"}
    found = delta(BASE, put("10.0.1.1/32\n ipv6", "10.0.1.2/32\n ipv6")(BASE))
    assert resets(found) == dict.fromkeys(("10.0.0.1", "10.0.0.2"), "lo loses 10.0.1.1/32")


REFUSED = {
    "a VRF instance": (
        put(
            "!\nip prefix-list HOSTS",
            "!\nrouter bgp 65101 vrf RED\n neighbor 10.9.0.1 remote-as 65001\nexit\n!\nip prefix-list HOSTS",
        ),
        "router bgp 65101 vrf RED: not a context that is known",
    ),
    "a VRF": (put("interface lo\n", "vrf RED\n vni 100\nexit-vrf\n!\ninterface lo\n"), "vrf RED: not a "),
    "line vty": (put("end\n", "line vty\n exec-timeout 5\nexit\n"), "line vty: not a "),
    "a VNI": (put("  advertise-all-vni\n", "  advertise-all-vni\n  vni 100\n   rd 1:1\n  exit-vni\n"), "vni 100"),
    "BFD peers": (put("router bgp", "bfd\n peer 10.1.0.1\n exit\n !\nexit\n!\nrouter bgp"), "peer 10.1.0.1"),
    "another protocol": (
        put("router bgp", "router ospf\n ospf router-id 10.0.1.1\nexit\n!\nrouter bgp"),
        "router ospf",
    ),
    "an unknown context": (
        put("router bgp", "mpls ldp\n router-id 10.0.1.1\nexit\n!\nrouter bgp"),
        "'router-id 10.0.1.1'",
    ),
    "an unknown line": (
        after(BGP, " bgp confederation identifier 7"),
        "bgp confederation identifier 7 in router bgp 65101: not",
    ),
    "an unknown option": (after(MEMBER, " neighbor 10.1.0.1 strict-capability-match"), "strict-capability-match"),
    "a start line of zebra": (put("router bgp", "fpm address 127.0.0.1\nrouter bgp"), "belongs to the start of zebra"),
    "another start line": (
        put("router bgp", "no zebra nexthop kernel enable\nrouter bgp"),
        "belongs to the start of zebra",
    ),
    "frr defaults": (lambda _: put("traditional", "datacenter")(changed("remote-as")), "`frr defaults` differs"),
    "one entry twice": (
        put("seq 10 permit 10.0.1.0/24 ge 32", "seq 10 permit 10.0.0.0/24 ge 32"),
        "ip prefix-list LOOPBACKS holds the same under two sequence numbers",
    ),
    "dynamic neighbours": (
        lambda _: after(BGP, " bgp listen range 10.7.0.0/16 peer-group NUM")(changed("remote-as")),
        "bgp listen range",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_known_is_refused_both_ways(what: str) -> None:
    edit, says = REFUSED[what]
    intended = edit(BASE)
    for found in (
        (delta(BASE, intended), delta(intended, BASE)) if what != "one entry twice" else (delta(BASE, intended),)
    ):
        assert says in " | ".join(found.refused)
        assert (found.commands, found.then, found.resets) == ("", "", ())


@pytest.mark.parametrize(
    "what", ["a VRF", "line vty", "BFD peers", "another protocol", "an unknown line", "an unknown option"]
)
def test_what_is_not_known_may_stand_where_nothing_changes(what: str) -> None:
    edit, _ = REFUSED[what]
    found = delta(edit(BASE), edit(changed("description")))
    assert lines(found) == ["router bgp 65101", "neighbor Ethernet0 description spine1:Ethernet0 [uplink]", "exit"]


def test_an_as_number_does_not_change_beside_a_vrf_instance() -> None:
    """FRR refuses to delete the default instance as long as there are others."""
    edit, _ = REFUSED["a VRF instance"]
    assert (
        "cannot be made again beside router bgp 65101 vrf RED"
        in delta(edit(BASE), edit(BASE).replace("router bgp 65101\n", "router bgp 65111\n")).refused[0]
    )


def test_passwords_are_in_the_commands_and_nowhere_else() -> None:
    secret = changed("password, update-source, own policy")
    for found in (delta(BASE, secret), delta(secret, BASE), delta(secret, put("s3cret", "hunter2")(secret))):
        assert resets(found)["10.0.0.2"].startswith("password")
        assert "s3cret" not in repr(found)
        assert "hunter2" not in repr(found)
    assert "neighbor 10.0.0.2 password s3cret" in lines(delta(BASE, secret))
    unknown = put("neighbor 10.0.0.2 password s3cret", "neighbor 10.0.0.2 tcp-ao password s3cret")(secret)
    refused = delta(BASE, unknown).refused
    assert refused == (
        f"{masked('neighbor 10.0.0.2 tcp-ao password s3cret')} in router bgp 65101: not a line that is known",
    )


GOLDENS = {path.parent.name: path.read_text() for path in sorted((ROOT / "tests" / "golden").glob("*/*/frr.conf"))}
START = ("fpm address 127.0.0.1", "no fpm use-next-hop-groups", "no zebra nexthop kernel enable")


def test_every_golden_becomes_every_other() -> None:
    """Also across fabrics and builds; only the start lines of zebra, which a build has or has not, are refused."""
    assert len(GOLDENS) == 26
    for (one, running), (other, intended) in itertools.permutations(GOLDENS.items(), 2):
        found = delta(running, intended)
        if all((line in running) == (line in intended) for line in START):
            assert found.refused == (), f"{one} -> {other}"
            assert found.commands
            continue
        assert all("belongs to the start of zebra" in reason for reason in found.refused)
        have, want = (drop(f"^({'|'.join(START)})$")(text) for text in (running, intended))
        assert delta(have, want).refused == (), f"{one} -> {other}"
        assert delta(have, want).commands


def test_a_golden_with_a_new_leaf_resets_nobody() -> None:
    running = GOLDENS["dc1-spine1"]
    one = " neighbor 10.120.0.14 peer-group LEAF-V4\n neighbor 10.120.0.14 description new\n"
    anchor = running[running.index(" !\n address-family") :]
    found = delta(running, running.replace(anchor, one + anchor))
    assert lines(found) == ["router bgp 4200000001", *(line.strip() for line in one.splitlines()), "exit"]
    assert (found.added, found.resets, found.removed, found.later) == (("10.120.0.14",), (), (), ())


def test_what_counts_later_is_told_and_on_request_made_to_count() -> None:
    found = delta(BASE, changed("timers of a group"))
    assert [one.peer for one in found.later] == ["Ethernet0", "Ethernet4"]
    assert (found.resets, "shutdown" in found.commands) == ((), False)
    found = delta(BASE, changed("timers of a group"), Restart(later=True))
    assert ([one.peer for one in found.resets], found.later) == (["Ethernet0", "Ethernet4"], ())
    end = " neighbor Ethernet4 shutdown\n no neighbor Ethernet4 shutdown\nexit\n"
    assert found.commands.endswith(end), found.commands


def test_only_who_was_shut_by_a_limit_that_changes_is_started_again() -> None:
    shut = frozenset({"10.1.0.1", "10.1.0.3"})
    found = delta(BASE, changed("options of an address family"), Restart(shut=shut))
    assert found.freed == ("10.1.0.1",)  # its own line; that of nobody else changes
    assert delta(BASE, changed("timers of a group"), Restart(shut=shut)).freed == ()


def test_a_neighbour_of_a_port_goes_before_its_port_gets_an_address() -> None:
    numbered = BASE.replace(" description to n1\n", " description to n1\n ip address 10.5.0.0/31\n")
    numbered = numbered.replace(" neighbor Ethernet0 interface peer-group FABRIC\n", "")
    numbered = numbered.replace(" neighbor Ethernet0 description n1\n", "")
    there, back = delta(BASE, numbered).commands, delta(numbered, BASE).commands
    assert there.index("no neighbor Ethernet0") < there.index("ip address 10.5.0.0/31")
    assert back.index("no ip address 10.5.0.0/31") < back.index("neighbor Ethernet0 interface")
    ports = {"Ethernet0", "Ethernet4"}
    assert before_addresses(read(BASE), read(numbered), ports) == "router bgp 65101\n no neighbor Ethernet0\nexit\n"
    assert before_addresses(read(numbered), read(BASE), ports) == ""


@pytest.mark.parametrize(("version", "kept"), [("10.3", True), ("8.4.4", False)])
def test_the_way_back_takes_nothing_away_that_frr_has_by_itself(version: str, kept: bool) -> None:
    """FRR 9.1 and later do not print it, so it is in no running config: what ran before had it all the same."""
    before = f"frr version {version}\nfrr defaults traditional\nroute-map A permit 10\nexit\n"
    intended = "ip nht resolve-via-default\nroute-map A deny 10\nexit\n"
    files = frr_files(delta(before, intended), intended, before)
    assert "route-map A permit 10" in files["frr.undo"]
    assert ("no ip nht" not in files["frr.undo"]) == kept
    assert ("ip nht" not in files["frr.delta"]) == kept
