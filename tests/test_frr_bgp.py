"""What an FRR config says of BGP, by instance and address family."""

from __future__ import annotations

from sonicfab.frr.bgp import Limit, neighbors_of, read_frr

TEXT = """\
router bgp 65001
 bgp shutdown
 neighbor SPINE peer-group
 neighbor SPINE remote-as external
 neighbor SPINE description up to the spines
 neighbor Ethernet0 interface v6only peer-group SPINE
 neighbor 10.0.0.9 remote-as 65009
 neighbor 10.0.0.9 ebgp-multihop 3
 neighbor 10.0.0.9 shutdown message later
 !
 address-family ipv6 unicast
  neighbor SPINE activate
  neighbor SPINE maximum-prefix 10 80 restart 5
  neighbor SPINE route-map IN in
  maximum-paths 1
 exit-address-family
exit
!
router bgp 65001 vrf red
 neighbor 10.0.0.9 remote-as internal
 !
 address-family l2vpn evpn
  rd 10.0.0.1:7
 exit-address-family
exit
!
router bgp 65002 view blue
 neighbor 10.0.0.9 remote-as 1
exit
!
route-map IN deny 5
exit
!
route-map IN permit 10
exit
"""


def test_instances_are_told_apart() -> None:
    read = read_frr(TEXT)
    assert list(read.instances) == ["", "red", "view blue"]
    assert (read.bgp.asn, read.instance("default").asn, read.instance("view blue").asn) == ("65001", "65001", "65002")
    assert read.instance("red").neighbors["10.0.0.9"].remote_as == "internal"
    assert (read.bgp.rd, read.instance("red").rd, read.instance("nobody").rd) == ("", "10.0.0.1:7", "")
    assert (read.bgp.shutdown, read.instance("red").shutdown) == (True, False)
    assert (read.bgp.multipath, read.instance("red").multipath) == (False, True)
    assert read.route_maps == {"IN": [5, 10]}


def test_what_is_said_of_neighbours() -> None:
    bgp = read_frr(TEXT).bgp
    spine, port, far = (bgp.neighbors[name] for name in ("SPINE", "Ethernet0", "10.0.0.9"))
    assert (spine.is_group, spine.description, spine.remote_as) == (True, "up to the spines", "external")
    assert spine.limits == {"ipv6": Limit(10, 80, 5, warning_only=False)}
    assert [use.name for use in spine.filters["ipv6", "in"]] == ["IN"]
    assert (port.interface, port.group, bgp.remote_as(port)) == (True, "SPINE", "external")
    assert (far.hops, far.multihop, far.shutdown) == (3, True, 9)
    assert bgp.families(port) == {"ipv4", "ipv6"}


def test_the_shape_is_what_frr_cannot_change_in_place() -> None:
    lines = TEXT.replace("\n ", "\n").splitlines()[2:9]
    shapes = {name: one.shape for name, one in neighbors_of(lines).items()}
    assert shapes == {
        "SPINE": {"remote-as"},
        "Ethernet0": {"interface v6only peer-group SPINE"},
        "10.0.0.9": {"remote-as"},
    }
