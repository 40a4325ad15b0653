"""Every kind of line that a delta may change, set, overwritten and taken back on real FRR."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from frrs import Router, fresh, holder
from labs import needs_lab
from sonicfab.frr.bgp import neighbor_of
from sonicfab.frr.conf import Context, read, written
from sonicfab.frr.delta.compute import same
from sonicfab.frr.delta.kinds import _CONTEXTS, Kind, context_kind, find

pytestmark = needs_lab

BASE = """\
frr defaults traditional
!
interface Ethernet0
 description uplink
exit
!
bfd
 profile fast
  detect-multiplier 5
 exit
 !
exit
!
router bgp 65101
 bgp router-id 10.0.1.1
 neighbor G peer-group
 neighbor G remote-as external
 neighbor INSIDE peer-group
 neighbor INSIDE remote-as internal
 neighbor 10.1.0.1 peer-group G
 neighbor 10.1.0.3 peer-group INSIDE
 neighbor 10.1.0.5 remote-as 65105
 neighbor Ethernet0 interface peer-group G
 !
 address-family ipv4 unicast
  network 10.0.1.1/32
 exit-address-family
 !
 address-family ipv6 unicast
  network fd00::1/128
 exit-address-family
 !
 address-family l2vpn evpn
  neighbor G activate
 exit-address-family
exit
!
ip prefix-list P seq 5 permit any
!
bgp as-path access-list A seq 5 permit ^$
!
route-map M permit 10
exit
!
route-map N permit 10
exit
!
end
"""
BGP: Context = ("router bgp 65101",)
IPV4: Context = (*BGP, "address-family ipv4 unicast")
IPV6: Context = (*BGP, "address-family ipv6 unicast")
EVPN: Context = (*BGP, "address-family l2vpn evpn")
MAP: Context = ("route-map M permit 10",)
PORT: Context = ("interface Ethernet0",)
PROFILE: Context = ("bfd", "profile fast")

SAMPLES: tuple[tuple[Context, tuple[str, ...]], ...] = (
    ((), ("ip prefix-list P seq 10 deny any", "ip prefix-list P seq 10 permit 10.0.0.0/8 ge 9 le 31")),
    ((), ("ipv6 prefix-list P seq 5 permit any", "ipv6 prefix-list P seq 5 deny fd00::/48 ge 128")),
    ((), ("ip prefix-list P description what is in it", "ip prefix-list P description else")),
    ((), ("bgp as-path access-list A seq 10 permit ^65001_", "bgp as-path access-list A seq 10 deny _65002$")),
    ((), ("bgp community-list standard C seq 5 permit 65101:1", "bgp community-list standard C seq 5 deny no-export")),
    (
        (),
        ("bgp community-list expanded E seq 5 permit 65101:.*", "bgp community-list expanded E seq 5 permit 65102:.*"),
    ),
    (
        (),
        (
            "bgp large-community-list standard L seq 5 permit 1:1:1",
            "bgp large-community-list standard L seq 5 deny 1:1:2",
        ),
    ),
    (
        (),
        (
            "bgp extcommunity-list standard X seq 5 permit rt 65101:1",
            "bgp extcommunity-list standard X seq 5 deny rt 65101:2",
        ),
    ),
    ((), ("ip route 10.99.0.0/24 blackhole", "ip route 10.99.0.0/24 10.1.0.1", "ip route 10.99.0.0/24 10.1.0.1 200")),
    ((), ("ipv6 route fd00:99::/64 blackhole", "ipv6 route fd00:99::/64 fd00::9")),
    (
        (),
        (
            "ip route 10.98.0.0/24 10.1.0.1 Ethernet9",
            "ip route 10.98.0.0/24 10.1.0.1 tag 7",
            "ip route 10.98.0.0/24 10.1.0.1 Ethernet9 tag 7 200",
        ),
    ),
    ((), ("ip protocol bgp route-map M", "ip protocol bgp route-map N")),
    ((), ("ipv6 protocol bgp route-map M", "ipv6 protocol bgp route-map N")),
    ((), ("ip nht resolve-via-default",)),
    ((), ("ipv6 nht resolve-via-default",)),
    (PORT, ("description uplink", "description another [one] (here)")),
    (PORT, ("ipv6 nd ra-interval 1", "ipv6 nd ra-interval msec 500")),
    (PORT, ("no ipv6 nd suppress-ra",)),
    (("interface lo",), ("ip address 10.0.1.1/32", "ip address 10.0.1.2/32")),
    (("interface lo",), ("ipv6 address fd00::1/128", "ipv6 address fd00::2/128")),
    (PROFILE, ("detect-multiplier 5", "detect-multiplier 7")),
    (PROFILE, ("transmit-interval 200", "transmit-interval 100")),
    (PROFILE, ("receive-interval 200", "receive-interval 100")),
    (MAP, ("description a word", "description some more words")),
    (MAP, ("match ip address prefix-list P", "match ip address prefix-list Q")),
    (MAP, ("match ipv6 address prefix-list P", "match ipv6 address prefix-list Q")),
    (MAP, ("match community C", "match community D exact-match", "match community D")),
    (MAP, ("match as-path A", "match as-path B")),
    (MAP, ("match interface Ethernet0", "match interface Ethernet4")),
    (MAP, ("match tag 5", "match tag 6")),
    (MAP, ("match metric 5", "match metric 6")),
    (MAP, ("match local-preference 5", "match local-preference 6")),
    (MAP, ("match source-protocol static", "match source-protocol connected")),
    (MAP, ("set as-path prepend 65101", "set as-path prepend 65101 65101", "set as-path prepend last-as 2")),
    (MAP, ("set metric 5", "set metric +6")),
    (MAP, ("set community 65101:1", "set community graceful-shutdown additive", "set community no-export")),
    (MAP, ("set local-preference 0", "set local-preference 50")),
    (MAP, ("set src 10.0.1.1", "set src 10.0.1.2")),
    (MAP, ("set weight 5", "set weight 6")),
    (MAP, ("set tag 5", "set tag 6")),
    (MAP, ("set ipv6 next-hop prefer-global",)),
    (MAP, ("set origin igp", "set origin incomplete")),
    (MAP, ("on-match next", "on-match goto 50", "on-match goto 60")),
    (MAP, ("call N", "call O")),
    (BGP, ("bgp router-id 10.0.1.1", "bgp router-id 10.0.1.2")),
    (BGP, ("bgp log-neighbor-changes",)),
    (BGP, ("no bgp default ipv4-unicast",)),
    (BGP, ("no bgp ebgp-requires-policy",)),
    (BGP, ("bgp graceful-shutdown",)),
    (BGP, ("bgp bestpath as-path multipath-relax",)),
    (BGP, ("bgp bestpath compare-routerid",)),
    (BGP, ("bgp deterministic-med",)),
    (BGP, ("bgp always-compare-med",)),
    (BGP, ("no bgp fast-external-failover",)),
    (BGP, ("no bgp network import-check",)),
    (BGP, ("no bgp suppress-duplicates",)),
    (BGP, ("timers bgp 3 9", "timers bgp 1 3")),
    (BGP, ("neighbor H peer-group",)),
    (BGP, ("neighbor G remote-as external", "neighbor G remote-as 65001")),
    (BGP, ("neighbor 10.1.0.7 remote-as 65107", "neighbor 10.1.0.7 remote-as internal")),
    (BGP, ("neighbor Ethernet4 interface peer-group G", "neighbor Ethernet4 interface v6only peer-group G")),
    (
        BGP,
        ("neighbor Ethernet4 interface remote-as external", "neighbor Ethernet4 interface v6only remote-as external"),
    ),
    (BGP, ("neighbor Ethernet4 interface", "neighbor Ethernet4 interface v6only")),
    (BGP, ("neighbor 10.1.0.5 description who", "neighbor 10.1.0.5 description who [else]")),
    (BGP, ("neighbor G description all of them", "neighbor G description most of them")),
    (BGP, ("neighbor G timers 3 9", "neighbor G timers 1 3")),
    (BGP, ("neighbor 10.1.0.1 timers 3 9", "neighbor 10.1.0.1 timers 1 3")),
    (BGP, ("neighbor G timers connect 5", "neighbor G timers connect 10")),
    (
        BGP,
        tuple(f"neighbor 10.1.0.1 graceful-restart{mode}" for mode in ("", "-helper", "-disable")),
    ),
    (BGP, ("bgp suppress-fib-pending",)),
    (BGP, ("neighbor G bfd",)),
    (BGP, ("neighbor 10.1.0.1 bfd",)),
    (
        BGP,
        (
            "neighbor 10.1.0.1 bfd|neighbor 10.1.0.1 bfd profile fast",
            "neighbor 10.1.0.1 bfd|neighbor 10.1.0.1 bfd profile slow",
        ),
    ),
    (BGP, ("neighbor G password one", "neighbor G password two")),
    (BGP, ("neighbor 10.1.0.5 password one", "neighbor 10.1.0.5 password two")),
    (BGP, ("neighbor G update-source lo", "neighbor G update-source 10.0.1.1")),
    (BGP, ("neighbor 10.1.0.1 ebgp-multihop 2", "neighbor 10.1.0.1 ebgp-multihop 5")),
    (BGP, ("neighbor 10.1.0.5 ttl-security hops 1", "neighbor 10.1.0.5 ttl-security hops 2")),
    (BGP, ("neighbor G disable-connected-check",)),
    (BGP, ("neighbor 10.1.0.5 capability extended-nexthop",)),
    (BGP, ("neighbor G passive",)),
    (BGP, ("neighbor G shutdown", "neighbor G shutdown message work")),
    (BGP, ("neighbor 10.1.0.5 local-as 65200", "neighbor 10.1.0.5 local-as 65200 no-prepend replace-as")),
    (BGP, ("neighbor G advertisement-interval 1", "neighbor G advertisement-interval 5")),
    (IPV4, ("network 10.64.0.0/24", "network 10.64.0.0/24 route-map M")),
    (IPV6, ("network fd00:64::/64", "network fd00:64::/64 route-map M")),
    (IPV4, ("redistribute static", "redistribute static route-map M", "redistribute static metric 5")),
    (IPV6, ("redistribute connected", "redistribute connected metric 5 route-map M")),
    (IPV4, ("redistribute kernel",)),
    (IPV4, ("aggregate-address 10.96.0.0/16", "aggregate-address 10.96.0.0/16 route-map M")),
    (IPV4, ("maximum-paths 16", "maximum-paths 32")),
    (IPV6, ("maximum-paths ibgp 16", "maximum-paths ibgp 32")),
    (EVPN, ("advertise-all-vni",)),
    (EVPN, ("advertise ipv4 unicast",)),
    (EVPN, ("advertise ipv6 unicast",)),
    (IPV6, ("neighbor G activate",)),
    (IPV4, ("no neighbor G activate",)),
    (IPV4, ("no neighbor 10.1.0.1 activate",)),
    (IPV6, ("neighbor 10.1.0.5 activate",)),
    (IPV4, ("neighbor G route-map M in", "neighbor G route-map N in")),
    (IPV4, ("neighbor 10.1.0.1 route-map M out", "neighbor 10.1.0.1 route-map N out")),
    (IPV4, ("neighbor G prefix-list P in", "neighbor G prefix-list Q in")),
    (IPV4, ("neighbor G filter-list A out", "neighbor G filter-list B out")),
    (IPV4, ("neighbor G soft-reconfiguration inbound",)),
    (IPV4, ("neighbor G next-hop-self", "neighbor G next-hop-self force")),
    (
        IPV4,
        ("neighbor G allowas-in 1", "neighbor G allowas-in 2", "neighbor G allowas-in", "neighbor G allowas-in origin"),
    ),
    (
        IPV4,
        (
            "neighbor G maximum-prefix 5",
            "neighbor G maximum-prefix 6 90 warning-only",
            "neighbor G maximum-prefix 7 restart 5",
        ),
    ),
    (IPV4, ("neighbor 10.1.0.1 maximum-prefix 5", "neighbor 10.1.0.1 maximum-prefix 5 force")),
    (IPV4, ("neighbor G weight 5", "neighbor G weight 6")),
    (IPV4, ("neighbor G default-originate", "neighbor G default-originate route-map IN")),
    (IPV4, ("neighbor G as-override",)),
    (IPV4, ("neighbor INSIDE route-reflector-client",)),
    (IPV4, ("neighbor G addpath-tx-all-paths",)),
)


@pytest.fixture(scope="module")
def routers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Router]]:
    folder = tmp_path_factory.mktemp("frr")
    with holder(folder) as held:
        yield lambda: fresh(held, folder)


ROUTERS: list[Router] = []


@pytest.fixture
def router(routers: Callable[[], Router]) -> Iterator[Router]:
    """The same for all tests; a new one after a test that failed."""
    if not ROUTERS:
        ROUTERS.append(routers())
    yield ROUTERS[0]
    if not same(ROUTERS[0].running(), BASE):
        ROUTERS.pop().end()


def with_samples(samples: Sequence[tuple[Context, str]]) -> str:
    """The base with lines in their contexts, in place of those that they overwrite."""
    tree = {context: list(lines) for context, lines in read(BASE).items()}
    for context, lines in samples:
        here = tree.setdefault(context, [])
        for line in lines.split("|"):
            kind = find(context, line)
            assert kind, line
            here[:] = [one for one in here if find(context, one) != kind or kind.key(one) != kind.key(line)]
            here.append(line)
    return written((context, line) for context, lines in tree.items() for line in ("", *lines))


def rounds() -> list[list[tuple[Context, tuple[str, ...]]]]:
    """The samples in batches, in none of which two are about one thing."""
    found: list[dict[tuple[Context, str], tuple[Context, tuple[str, ...]]]] = []
    for context, lines in SAMPLES:
        first = lines[0].split("|")[0]
        kind, name = find(context, first), neighbor_of(first)
        assert kind, lines
        # not the same option of a peer-group and of its member, and not three ways to make one neighbour
        about = name if " interface" in first else " ".join(kind.key(first).replace(name, "").split())
        # `bgp default` says how activation is printed
        place = (IPV4, "neighbor activate") if about == "bgp default ipv4-unicast" else (context, about)
        home = next((batch for batch in found if place not in batch), None)
        if home is None:
            home = {}
            found.append(home)
        home[place] = (context, lines)
    return [list(batch.values()) for batch in found]


@pytest.mark.parametrize("batch", rounds(), ids=lambda batch: f"{len(batch)} kinds")
def test_each_kind_of_line(router: Router, batch: list[tuple[Context, tuple[str, ...]]]) -> None:
    """Set, overwritten by each other value, and taken away, with one after the other; in one pass, exit code 0."""
    router.become(BASE)
    for step in range(max(len(lines) for _, lines in batch) + 1):
        router.become(with_samples([(context, lines[step]) for context, lines in batch if step < len(lines)]))
    for step in range(max(len(lines) for _, lines in batch) - 1, -1, -1):
        router.become(with_samples([(context, lines[step]) for context, lines in batch if step < len(lines)]))
    router.become(BASE)


def test_every_kind_has_a_sample() -> None:
    shown: set[Kind | None] = {
        find(context, line) for context, lines in SAMPLES for one in lines for line in one.split("|")
    }
    shown |= {find(BGP, line) for line in ("neighbor G peer-group", "neighbor 10.1.0.1 peer-group G")}
    missing = [kind.pattern for kinds in _CONTEXTS.values() for kind in kinds if kind not in shown]
    assert missing == []
    assert {context_kind(context) for context, _ in SAMPLES} >= _CONTEXTS.keys() - {"bfd"}
