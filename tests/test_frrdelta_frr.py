"""Deltas on real FRR: one running set of daemons is led from config to config, each in one pass with exit code 0."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from frrpairs import BASE, CHANGES, after, changed
from frrpolicies import lets_through, random_policy
from frrs import Router, canonical, fresh, holder, wait_until
from known import CATALOG
from labs import needs_lab
from sonicfab.frr.delta.compute import delta, same
from sonicfab.frr.delta.types import FrrDelta, Restart
from sonicfab.lab.netns import Holder
from sonicfab.load import Secrets
from sonicfab.model.numbers import Numbers
from sonicfab.model.topology import Topology
from sonicfab.plan.assemble import make_plan
from sonicfab.plan.types import FabricPlan
from sonicfab.render import Renderer, template_folders
from test_numbering import LEAF_PORTS, SPINE_PORTS, inventory_of

pytestmark = needs_lab


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("frr")


@pytest.fixture(scope="module")
def held(folder: Path) -> Iterator[Holder]:
    with holder(folder) as namespaces:
        yield namespaces


@pytest.fixture
def router(held: Holder, folder: Path) -> Iterator[Router]:
    one = fresh(held, folder)
    yield one
    one.end()


def test_every_change_and_its_reverse(router: Router) -> None:
    router.become(BASE)
    for name in CHANGES:
        router.become(changed(name))
        router.become(BASE)


def test_chains_of_random_changes(router: Router, held: Holder, folder: Path) -> None:
    """Several changes at once, and the next ones right from there."""
    rng = random.Random(5)
    done = 0
    while done < 7:
        try:
            text = changed(*rng.sample(list(CHANGES), rng.randint(2, 6)))
        except (AssertionError, ValueError):
            continue  # one took the other's place
        intended = canonical(held, folder, text)
        router.become(intended)
        done += 1


def test_a_refused_line_in_the_middle_is_led_back(router: Router) -> None:
    """Nothing of FRR is transactional: after a half-done load, the way back is a delta as well."""
    router.become(BASE)
    commands = delta(BASE, changed("numbered neighbour moves")).commands
    done = router.load(commands.replace("  neighbor 10.1.0.1 maximum-prefix", "  neighbor 10.1.0.77 maximum-prefix"))
    assert done.returncode != 0
    assert not same(router.running(), BASE)
    router.become(BASE)


def test_an_address_of_a_port_that_is_not_there_is_removed_in_spite_of_the_exit_code(router: Router) -> None:
    router.become(BASE)
    spare = after(" ip address 10.1.0.2/31\nexit\n!", "interface Ethernet16\n ip address 10.1.0.16/31\nexit\n!")(BASE)
    router.become(spare)
    code = router.load(delta(spare, BASE).commands).returncode
    assert code == (13 if router.major < 10 else 0)
    assert same(router.running(), BASE)


def test_policies_let_through_what_a_fresh_frr_lets_through(router: Router, held: Holder, folder: Path) -> None:
    """The running config does not show what a route-map has forgotten, so bgpd is asked what it permits."""
    rng = random.Random(2)
    for _ in range(8):
        intended = random_policy(rng)
        router.become(intended)
        other = fresh(held, folder, "bgpd")
        assert other.load(intended).returncode == 0
        assert lets_through(router) == lets_through(other), intended
        other.end()


def test_a_network_that_moves_up_in_its_list_stays_permitted(router: Router) -> None:
    """With the lines of one run alone, FRR shows the intended config and denies the network: so there are two runs."""
    head = random_policy(random.Random(0)).partition("ip prefix-list")[0]
    tail = "route-map IN permit 10\n match ip address prefix-list L\nexit\nroute-map OUT deny 10\nexit\nend\n"
    entries = [f"ip prefix-list L seq {{}} permit 10.0.{third}.0/24" for third in (0, 1, 2)]
    three = head + "".join(f"{line.format(5 * place)}\n" for place, line in enumerate(entries, 1)) + tail
    two = head + "".join(f"{line.format(5 * place)}\n" for place, line in enumerate(entries[1:], 1)) + tail
    router.become(three)
    assert router.become(two).then
    assert lets_through(router)["IN"] == ["10.0.1.0/24", "10.0.2.0/24"]
    router.become(three)
    naive = "".join(f"{line.format(5 * place)}\n" for place, line in enumerate(entries[1:], 1))
    router.load(f"{'no ' + entries[1].format(10)}\n{'no ' + entries[2].format(15)}\n{naive}")
    assert same(router.running(), two)
    one_run_does = lets_through(router)["IN"] == ["10.0.1.0/24", "10.0.2.0/24"]
    assert one_run_does is (router.major >= 10), "FRR has changed"


def random_fabric(rng: random.Random) -> FabricPlan:
    """Some spines and leaves, with numbers, hosts and settings of their own."""
    leaves, spines = rng.randint(1, 4), rng.randint(1, 3)
    cables = [(spine, leaf) for leaf in range(leaves) for spine in range(spines)]
    links = [cable for cable in cables if cable == (0, 0) or rng.random() < 0.9]
    leaf_names, spine_names = sorted({leaf for _, leaf in links} | {0}), sorted({spine for spine, _ in links} | {0})
    inventory = inventory_of(leaf_names, spine_names)
    devices = {name: device.model_dump(exclude_unset=True) for name, device in inventory.devices.items()}
    inventory = type(inventory).model_validate({"defaults": {"image_build": "edgecore-202211"}, "devices": devices})
    hosts: dict[str, object] = {}
    if rng.random() < 0.8:
        prefixes = {"ipv4": rng.sample([f"10.12{n}.0.0/16" for n in range(4)], rng.randint(1, 3))}
        if rng.random() < 0.7:
            prefixes["ipv6"] = rng.sample([f"fd00:12{n}::/64" for n in range(4)], rng.randint(1, 2))
        ports = rng.sample([f"Ethernet{number}" for number in range(12)], rng.randint(1, 8))
        one = {"role": "leaf", "ports": ports, "description": rng.choice(["", "storage", "web [1]"])}
        hosts = {"prefixes": prefixes, "max_prefixes": rng.choice([None, 1, 5]), "ports": [one]}
    keepalive = rng.choice([1, 3])
    numbered = {"ipv4": "10.1.0.0/20"}
    underlay = rng.choice(["unnumbered", numbered, numbered | {"ipv6": "fd00:1::/64"}])
    six = {} if underlay == numbered or rng.random() < 0.3 else {"ipv6": "fd00::/64"}
    topology = Topology.model_validate(
        {
            "name": "random",
            "underlay": underlay,
            "asn": {"spine": rng.choice(["65500", "65501-65510"]), "leaf": rng.choice(["65100-65120", "65101-65120"])},
            "loopbacks": {"ipv4": rng.choice(["10.0.0.0/24", "10.0.1.0/24"]), **six},
            "bgp": {
                "keepalive": keepalive,
                "hold": 3 * keepalive,
                "bfd": rng.random() < 0.4,
                "maximum_paths": rng.choice([16, 64]),
            },
            "links": [f"spine{s}:{SPINE_PORTS[leaf]} - leaf{leaf}:{LEAF_PORTS[s]}" for s, leaf in links],
            "hosts": hosts,
        }
    )
    plan, _, _ = make_plan(inventory, topology, Numbers(), CATALOG)
    return plan


@pytest.mark.parametrize("switch", ["leaf0", "spine0"])
def test_a_switch_goes_from_fabric_to_fabric(router: Router, switch: str) -> None:
    """What our templates render of one random fabric after another, on the same running FRR."""
    rng = random.Random(3)
    renderer = Renderer(template_folders(), Secrets(Path()).resolve)
    before = ""
    for _ in range(12):
        plan = random_fabric(rng)
        intended = renderer.render(plan, plan.switches[switch]).frr
        router.become(intended)
        if before and rng.random() < 0.3:
            router.become(before)
            router.become(intended)
        before = intended


MOVING = """\
frr defaults traditional
!
{interface}router bgp {asn}
 bgp router-id 10.0.0.{number}
 no bgp ebgp-requires-policy
 neighbor FAR peer-group
 neighbor FAR remote-as external
 neighbor FAR timers connect 1
 neighbor {peer} peer-group FAR
exit
!
end
"""


def moving(number: int, kind: str) -> str:
    """A router of a pair by its number: BGP unnumbered, or over addresses that FRR gives its port."""
    asn, numbered = 65000 + number, kind != "unnumbered"
    peer = f"10.9.0.{2 - number}" if numbered else "eth0 interface"
    address = f"interface eth0\n ip address 10.9.0.{number - 1}/31\n"
    rest = " description by hand\n" if kind == "numbered, described" else ""
    interface = f"{address}{rest}exit\n!\n" if numbered else ""
    return MOVING.format(asn=asn, number=number, peer=peer, interface=interface)


@pytest.mark.parametrize("kind", ["numbered", "numbered, described"])
def test_no_next_hop_of_a_neighbour_that_is_gone_is_left(held: Holder, folder: Path, kind: str) -> None:
    """Unnumbered to numbered and back with a session up: FRR finds the entry of the next hop no more by itself."""
    one, other = fresh(held, folder), fresh(held, folder)
    try:
        one.wire("eth0", other, "eth0")
        one.become(moving(1, "unnumbered"))
        other.become(moving(2, "unnumbered"))
        wait_until(lambda: set(one.sessions()) == {"eth0"} == set(other.sessions()), 60, "the unnumbered session is up")
        for intended, peers in ((kind, ({"10.9.0.1"}, {"10.9.0.0"})), ("unnumbered", ({"eth0"}, {"eth0"}))):
            one.become(moving(1, intended))
            other.become(moving(2, intended))
            wait_until(lambda: (set(one.sessions()), set(other.sessions())) == peers, 60, f"{intended} is up")  # noqa: B023
            assert one.dangling() + other.dangling() == []
    finally:
        other.end()
        one.end()


LIMITED = """\
frr defaults traditional
!
router bgp 65001
 bgp router-id 10.0.0.1
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 neighbor FAR peer-group
 neighbor FAR remote-as external
 neighbor FAR timers {timers}
 neighbor FAR timers connect 1
 neighbor eth0 interface peer-group FAR
 !
 address-family ipv4 unicast
  neighbor FAR activate
  neighbor FAR maximum-prefix {limit}
 exit-address-family
exit
!
end
"""
ANNOUNCES = """\
ip route 10.7.0.1/32 blackhole
ip route 10.7.0.2/32 blackhole
ip route 10.7.0.3/32 blackhole
router bgp 65002
 bgp router-id 10.0.0.2
 no bgp ebgp-requires-policy
 neighbor eth0 interface remote-as external
 neighbor eth0 timers connect 1
 address-family ipv4 unicast
  network 10.7.0.1/32
  network 10.7.0.2/32
  network 10.7.0.3/32
"""


def test_what_counts_from_the_next_start_counts_where_the_session_is_restarted(held: Holder, folder: Path) -> None:
    """A limit that is raised lets in whom it had shut (FRR#20068), and timers are those of the config."""
    one, other = fresh(held, folder), fresh(held, folder)

    def said(word: str) -> object:
        return one.show("show bgp neighbors")["eth0"].get(word)

    def change(restart: Restart, timers: str, limit: int) -> FrrDelta:
        intended = LIMITED.format(timers=timers, limit=limit)
        found = delta(one.running(), intended, restart)
        assert one.load(found.commands).returncode == 0
        assert same(one.running(), intended)
        return found

    try:
        one.wire("eth0", other, "eth0")
        one.become(LIMITED.format(timers="3 9", limit=1))
        other.load(ANNOUNCES)
        wait_until(
            lambda: one.show("show bgp ipv4 unicast summary")["peers"]["eth0"]["peerState"] == "PfxCt", 60, "it is shut"
        )
        found = change(Restart(shut=frozenset({"eth0"})), "3 9", 5)
        assert (found.freed, found.resets, found.later) == (("eth0",), (), ())
        wait_until(lambda: said("bgpState") == "Established", 60, "it is let in again")
        found = change(Restart(), "5 15", 5)
        assert [one.peer for one in found.later] == ["eth0"]
        assert said("bgpTimerHoldTimeMsecs") == 9000
        change(Restart(), "3 9", 5)
        found = change(Restart(later=True), "5 15", 5)
        assert ([one.peer for one in found.resets], found.later) == (["eth0"], ())
        wait_until(lambda: said("bgpTimerHoldTimeMsecs") == 15000, 60, "it runs with the new timers")
    finally:
        other.end()
        one.end()
