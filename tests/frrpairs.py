"""A config with a bit of everything, and changes of it: one for each kind of change that a delta must know."""

from __future__ import annotations

import re
from collections.abc import Callable

BASE = """\
frr defaults traditional
!
ip route 10.99.0.0/24 blackhole
ip route 192.0.2.0/24 10.1.0.1
ipv6 route fd00:99::/64 blackhole
!
interface Ethernet0
 description to n1
 ipv6 nd ra-interval 1
 no ipv6 nd suppress-ra
exit
!
interface Ethernet4
 description to n2
 ipv6 nd ra-interval 1
 no ipv6 nd suppress-ra
exit
!
interface Ethernet8
 ip address 10.1.0.0/31
exit
!
interface Ethernet12
 ip address 10.1.0.2/31
exit
!
interface lo
 ip address 10.0.1.1/32
 ipv6 address fd00::1/128
exit
!
router bgp 65101
 bgp router-id 10.0.1.1
 no bgp ebgp-requires-policy
 bgp bestpath as-path multipath-relax
 neighbor FABRIC peer-group
 neighbor FABRIC remote-as external
 neighbor FABRIC timers 3 9
 neighbor FABRIC timers connect 1
 neighbor NUM peer-group
 neighbor NUM timers connect 1
 neighbor OVERLAY peer-group
 neighbor OVERLAY remote-as external
 neighbor OVERLAY ebgp-multihop 3
 neighbor OVERLAY update-source lo
 neighbor OVERLAY timers connect 1
 neighbor Ethernet0 interface peer-group FABRIC
 neighbor Ethernet0 description n1
 neighbor Ethernet4 interface peer-group FABRIC
 neighbor Ethernet4 description n2
 neighbor 10.1.0.1 remote-as 65001
 neighbor 10.1.0.1 peer-group NUM
 neighbor 10.1.0.3 remote-as 65002
 neighbor 10.1.0.3 peer-group NUM
 neighbor 10.0.0.1 peer-group OVERLAY
 neighbor 10.0.0.2 peer-group OVERLAY
 !
 address-family ipv4 unicast
  network 10.0.1.1/32
  network 10.64.1.0/24
  redistribute static route-map STATICS
  neighbor FABRIC soft-reconfiguration inbound
  neighbor FABRIC route-map FABRIC-OUT out
  neighbor NUM allowas-in 2
  neighbor NUM route-map FABRIC-OUT out
  no neighbor OVERLAY activate
  neighbor 10.1.0.1 maximum-prefix 1000
 exit-address-family
 !
 address-family ipv6 unicast
  network fd00::1/128
  neighbor FABRIC activate
 exit-address-family
 !
 address-family l2vpn evpn
  neighbor OVERLAY activate
  advertise-all-vni
 exit-address-family
exit
!
ip prefix-list HOSTS seq 5 permit 10.64.0.0/16 le 24
ip prefix-list LOOPBACKS seq 5 permit 10.0.0.0/24 ge 32
ip prefix-list LOOPBACKS seq 10 permit 10.0.1.0/24 ge 32
!
ipv6 prefix-list LOOP6 seq 5 permit fd00::/48 ge 128
!
bgp as-path access-list LOCAL seq 5 permit ^$
!
bgp community-list standard DRAIN seq 5 permit graceful-shutdown
!
route-map FABRIC-OUT permit 10
 description loopbacks
 match ip address prefix-list LOOPBACKS
exit
!
route-map FABRIC-OUT permit 20
 match ip address prefix-list HOSTS
 set community 65101:64
exit
!
route-map FABRIC-OUT permit 30
 match community DRAIN
 set as-path prepend 65101 65101
exit
!
route-map FABRIC-OUT deny 100
exit
!
route-map STATICS permit 10
 set metric 10
exit
!
end
"""

Edit = Callable[[str], str]


def put(old: str, new: str) -> Edit:
    """One text for another, wherever it stands."""

    def edit(text: str) -> str:
        assert old in text, old
        return text.replace(old, new)

    return edit


def after(line: str, *lines: str) -> Edit:
    """More lines after a line."""
    return put(f"{line}\n", "".join(f"{one}\n" for one in (line, *lines)))


def drop(pattern: str) -> Edit:
    """Without the lines in which a pattern is found."""

    def edit(text: str) -> str:
        kept = [line for line in text.splitlines(keepends=True) if not re.search(pattern, line)]
        assert len(kept) < text.count("\n"), pattern
        return "".join(kept)

    return edit


def without(opening: str, closing: str) -> Edit:
    """Without a context."""

    def edit(text: str) -> str:
        start = text.index(f"{opening}\n")
        return text[:start] + text[text.index(f"{closing}\n", start) + len(closing) + 1 :]

    return edit


EVPN = without(" address-family l2vpn evpn", " exit-address-family")
MEMBER, OVERLAY = " neighbor 10.1.0.1 peer-group NUM", " neighbor OVERLAY peer-group"
NETWORK = "  network 10.0.1.1/32"
PROFILE = """\
bfd
 profile fast
  detect-multiplier 5
  transmit-interval 200
  receive-interval 200
 exit
 !
exit
!
router bgp 65101
"""

CHANGES: dict[str, tuple[Edit, ...]] = {
    "description": (put("Ethernet0 description n1", "Ethernet0 description spine1:Ethernet0 [uplink]"),),
    "unnumbered neighbour goes": (drop("neighbor Ethernet4"),),
    "another unnumbered neighbour goes": (drop("neighbor Ethernet0"),),
    "numbered neighbour comes": (
        after(
            " neighbor 10.1.0.3 peer-group NUM",
            " neighbor 10.1.0.9 remote-as 65009",
            " neighbor 10.1.0.9 peer-group NUM",
            " neighbor 10.1.0.9 description new",
        ),
        after("  neighbor 10.1.0.1 maximum-prefix 1000", "  neighbor 10.1.0.9 maximum-prefix 5"),
    ),
    "numbered neighbour goes": (drop("neighbor 10.1.0.1 "),),
    "numbered neighbour moves": (
        put(MEMBER, f"{MEMBER}2"),
        put(OVERLAY, f" neighbor NUM2 peer-group\n neighbor NUM2 timers 5 15\n{OVERLAY}"),
    ),
    "unnumbered neighbour moves": (
        put("Ethernet0 interface peer-group FABRIC", "Ethernet0 interface peer-group FABRIC2"),
        put(
            " neighbor NUM peer-group\n",
            " neighbor FABRIC2 peer-group\n neighbor FABRIC2 remote-as external\n neighbor NUM peer-group\n",
        ),
        put("  neighbor NUM allowas", "  neighbor FABRIC2 route-map FABRIC-OUT out\n  neighbor NUM allowas"),
    ),
    "remote-as": (put("10.1.0.1 remote-as 65001", "10.1.0.1 remote-as 65011"),),
    "timers of a group": (put("FABRIC timers 3 9", "FABRIC timers 1 3"),),
    "timers of a neighbour, not of the group": (
        after(MEMBER, " neighbor 10.1.0.1 timers 10 30"),
        drop("FABRIC timers 3 9"),
    ),
    "route-map lines": (
        put(" match ip address prefix-list LOOPBACKS\n", " match ip address prefix-list HOSTS\n set metric 50\n"),
        put(" set community 65101:64\n", " set community 65101:65 no-export\n"),
        drop(" description loopbacks"),
    ),
    "route-map entries": (
        without("route-map FABRIC-OUT permit 20", "exit"),
        put(
            "route-map FABRIC-OUT permit 30\n",
            "route-map FABRIC-OUT permit 15\n match ip address prefix-list HOSTS\nexit\nroute-map FABRIC-OUT deny 30\n",
        ),
        drop("as-path prepend"),
    ),
    "prefix-list entries": (
        put("seq 10 permit 10.0.1.0/24 ge 32", "seq 10 permit 10.0.2.0/24 ge 32"),
        after(
            "ip prefix-list LOOPBACKS seq 10 permit 10.0.2.0/24 ge 32",
            "ip prefix-list LOOPBACKS seq 15 permit 10.0.1.0/24 ge 32",
        ),
        put("HOSTS seq 5 permit 10.64.0.0/16 le 24", "HOSTS seq 5 deny 10.64.0.0/16 le 24"),
        after(
            "ip prefix-list HOSTS seq 5 deny 10.64.0.0/16 le 24", "ip prefix-list HOSTS seq 6 permit 10.64.0.0/15 le 24"
        ),
        drop("LOOPBACKS seq 5"),
    ),
    "networks": (
        put("  network 10.64.1.0/24\n", "  network 10.64.2.0/24\n  network 10.64.3.0/24 route-map STATICS\n"),
    ),
    "EVPN goes": (EVPN,),
    "IPv6 goes": (without(" address-family ipv6 unicast", " exit-address-family"),),
    "router-id": (put("router-id 10.0.1.1", "router-id 10.0.1.77"),),
    "AS number": (put("router bgp 65101", "router bgp 65111"),),
    "group renamed": (
        put("neighbor FABRIC ", "neighbor UNDERLAY "),
        put("interface peer-group FABRIC", "interface peer-group UNDERLAY"),
    ),
    "maximum-paths": (
        after(NETWORK, "  maximum-paths 32"),
        after("  network fd00::1/128", "  maximum-paths 8"),
    ),
    "maximum-paths, lower": (after(NETWORK, "  maximum-paths 16"),),
    "BFD": (
        put("router bgp 65101\n", PROFILE),
        after(" neighbor FABRIC timers 3 9", " neighbor FABRIC bfd"),
        after(MEMBER, " neighbor 10.1.0.1 bfd", " neighbor 10.1.0.1 bfd profile fast"),
    ),
    "static routes": (
        put("ip route 10.99.0.0/24 blackhole\n", "ip route 10.99.0.0/24 Null0 5\nip route 10.98.0.0/24 10.1.0.3 10\n"),
        put("ip route 192.0.2.0/24 10.1.0.1\n", "ip route 192.0.2.0/24 10.1.0.3\n"),
    ),
    "interfaces": (
        put(" description to n2\n", " description to n2 (moved)\n"),
        after(" ip address 10.0.1.1/32", " ip address 10.0.9.1/32"),
        put("interface lo\n", "interface Ethernet16\n description spare\nexit\n!\ninterface lo\n"),
        drop(" ipv6 address fd00::1/128"),
    ),
    "lists and route-maps renamed": (
        put("prefix-list HOSTS", "prefix-list SERVERS"),
        put("FABRIC-OUT", "LEAF-OUT"),
        put("ipv6 prefix-list LOOP6", "ipv6 prefix-list L6"),
        put(
            "bgp as-path access-list LOCAL seq 5 permit ^$",
            "bgp large-community-list standard LC seq 5 permit 65101:1:1",
        ),
    ),
    "no bgp default ipv4-unicast, and a shutdown": (
        drop("no neighbor OVERLAY activate"),
        after(" neighbor Ethernet0 description n1", " neighbor Ethernet0 shutdown"),
        put(" bgp bestpath as-path multipath-relax\n", " no bgp default ipv4-unicast\n"),
        after(NETWORK, "  neighbor FABRIC activate", "  neighbor NUM activate"),
    ),
    "group with its members goes": (EVPN, drop("OVERLAY")),
    "options of an address family": (
        put("NUM allowas-in 2", "NUM allowas-in 4"),
        put("10.1.0.1 maximum-prefix 1000", "10.1.0.1 maximum-prefix 2000 90 warning-only"),
        put(
            "  neighbor NUM route-map FABRIC-OUT out\n",
            "  neighbor NUM next-hop-self\n  neighbor NUM route-map STATICS in\n",
        ),
        put("redistribute static route-map STATICS", "redistribute static metric 5"),
        drop("FABRIC soft-reconf"),
    ),
    "router advertisements": (
        put(" description to n2\n ipv6 nd ra-interval 1\n no ipv6 nd suppress-ra\n", " description to n2\n"),
    ),
    "password, update-source, own policy": (
        after("  neighbor FABRIC route-map FABRIC-OUT out", "  neighbor Ethernet0 route-map STATICS out"),
        after(
            " neighbor 10.0.0.2 peer-group OVERLAY",
            " neighbor 10.0.0.2 password s3cret",
            " neighbor 10.0.0.2 update-source 10.0.1.1",
        ),
    ),
    "group loses its remote-as": (
        drop("neighbor OVERLAY remote-as"),
        put(" neighbor 10.0.0.1 peer-group", " neighbor 10.0.0.1 remote-as 65001\n neighbor 10.0.0.1 peer-group"),
        put(" neighbor 10.0.0.2 peer-group", " neighbor 10.0.0.2 remote-as 65002\n neighbor 10.0.0.2 peer-group"),
    ),
    "remote-as of a group": (put("neighbor FABRIC remote-as external", "neighbor FABRIC remote-as 65001"),),
    "prefix-list entries change places": (
        put("seq 5 permit 10.0.0.0/24", "seq 5 permit 10.0.X.0/24"),
        put("seq 10 permit 10.0.1.0/24", "seq 10 permit 10.0.0.0/24"),
        put("10.0.X.0/24", "10.0.1.0/24"),
    ),
    "unnumbered neighbour out of its group": (
        put("Ethernet4 interface peer-group FABRIC", "Ethernet4 interface remote-as external"),
        after("  neighbor FABRIC activate", "  neighbor Ethernet4 activate"),
    ),
    "new members": (
        after(
            " neighbor Ethernet4 description n2",
            " neighbor Ethernet16 interface peer-group FABRIC",
            " neighbor Ethernet20 interface peer-group FABRIC",
        ),
        after(" neighbor 10.0.0.2 peer-group OVERLAY", " neighbor 10.0.0.3 peer-group OVERLAY"),
    ),
}
"""What changes -> how the text changes."""

assert len(CHANGES) == 35


def changed(*names: str) -> str:
    """The base with some changes, one after another; a change whose place another has taken raises AssertionError."""
    text = BASE
    for name in names:
        for edit in CHANGES[name]:
            text = edit(text)
    return text
