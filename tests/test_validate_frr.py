"""Rules on an frr.conf, with what FRR does as the measure."""

from __future__ import annotations

import pytest

from known import get_build
from sonicfab.configdb import ConfigDb, Table
from sonicfab.frr.bgp import read_frr
from sonicfab.validate.frr import check_frr
from sonicfab.validate.vtysh import check_syntax, frr_version

NEW, OLD = "community-202411", "community-202405"
BASE = """\
frr defaults traditional
ip prefix-list P seq 5 permit any
ipv6 prefix-list P seq 5 permit any
access-list A seq 5 permit any
bgp as-path access-list AS permit .*
route-map R permit 10
exit
router bgp 65001
 neighbor G peer-group
 neighbor G remote-as external
 neighbor 192.0.2.1 peer-group G
 {router}
 address-family ipv4 unicast
  {lines}
 exit-address-family
exit
"""


def found(lines: str, build: str = NEW, router: str = "", code: str = "SF-402") -> list[str]:
    text = BASE.format(lines=lines.replace("\n", "\n  "), router=router.replace("\n", "\n "))
    return [one.message for one in check_frr(text, None, get_build(build))[1] if one.code == code]


@pytest.mark.parametrize("filters", ["prefix-list P", "filter-list AS", "distribute-list A", "route-map R"])
@pytest.mark.parametrize("who", ["G", "192.0.2.1"])
def test_every_filter_is_a_policy(filters: str, who: str) -> None:
    """bgp_inbound_policy_exists() and bgp_outbound_policy_exists() of FRR's bgpd/bgp_route.c."""
    both = f"neighbor {who} {filters} in\nneighbor {who} {filters} out"
    assert found(both) == []
    assert found(f"neighbor {who} {filters} in") == ["neighbor 192.0.2.1 has no policy out for ipv4"]
    assert found(f"neighbor {who} {filters} out") == ["neighbor 192.0.2.1 has no policy in for ipv4"]
    assert found("") == ["neighbor 192.0.2.1 has no policy in and out for ipv4"]


def test_an_unsuppress_map_is_a_policy_outwards_from_frr_10() -> None:
    lines = "neighbor G prefix-list P in\nneighbor G unsuppress-map R"
    assert found(lines) == []
    assert found(lines, OLD) == ["neighbor 192.0.2.1 has no policy out for ipv4"]
    assert found("neighbor G unsuppress-map R") == ["neighbor 192.0.2.1 has no policy in for ipv4"]


def test_the_family_is_the_policys_own() -> None:
    """A policy for IPv4 is none for EVPN, and an EVPN-only neighbour is active."""
    evpn = "neighbor G route-map R in\nneighbor G route-map R out\n exit-address-family\n address-family l2vpn evpn"
    assert found(evpn + "\n  neighbor G activate") == ["neighbor 192.0.2.1 has no policy in and out for l2vpn evpn"]
    only = "no neighbor G activate\n exit-address-family\n address-family l2vpn evpn\n  neighbor G activate"
    assert found(only, code="SF-410") == []
    assert found("no neighbor G activate") == [], "no family, no routes to filter"
    assert found("no neighbor G activate", code="SF-410") == ["neighbor 192.0.2.1 is active in no address family"]


@pytest.mark.parametrize(
    "router",
    [
        "no bgp ebgp-requires-policy",
        "neighbor G remote-as internal",
        "neighbor G remote-as 65001",
        "bgp confederation peers 65002\nneighbor G remote-as 65002",
        "neighbor G oad",
    ],
)
def test_where_frr_asks_for_no_policy(router: str) -> None:
    assert found("", router=router) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("neighbor G prefix-list NO in", "ip prefix-list NO is not defined"),
        ("neighbor G filter-list NO in", "as-path access-list NO is not defined"),
        ("neighbor G distribute-list NO out", "access-list NO is not defined"),
        ("neighbor G unsuppress-map NO", "route-map NO is not defined"),
        ("neighbor G default-originate route-map NO", "route-map NO is not defined"),
        ("neighbor G advertise-map R exist-map NO", "route-map NO is not defined"),
        ("redistribute connected route-map NO", "route-map NO is not defined"),
    ],
)
def test_what_is_used_and_not_defined(line: str, said: str) -> None:
    assert found(line, code="SF-403") == [said]
    assert found(line.replace(" NO", " R" if "map" in said else " P"), code="SF-403") != [said]


def test_what_a_route_map_uses_and_nobody_defines() -> None:
    text = (
        "route-map R permit 10\n match as-path NO1\n match community NO2 exact-match\n match ip address NO3\n"
        " match ipv6 address prefix-list NO4\n match large-community NO5\n call NO6\n match interface Ethernet0\nexit\n"
        "bgp community-list standard YES permit 65001:1\nroute-map R permit 20\n match community YES\nexit\n"
    )
    assert [use.kind for use in read_frr(text).undefined] == [
        "as-path access-list",
        "community-list",
        "access-list",
        "ipv6 prefix-list",
        "large-community-list",
        "route-map",
    ]


VRF = """\
frr defaults traditional
router bgp 65001
 neighbor 192.0.2.1 remote-as 65001
exit
router bgp 65001 vrf Vrf1
 neighbor 198.51.100.2 remote-as 64999
 neighbor Ethernet10 interface remote-as external
 address-family ipv4 unicast
  network 203.0.113.0/24
 exit-address-family
exit
vrf Vrf1
 ip route 203.0.113.0/24 blackhole
exit-vrf
"""
PORT: Table = {
    "Ethernet10": {"vrf_name": "Vrf1", "ipv6_use_link_local_only": "enable"},
    "Ethernet10|198.51.100.1/24": {},
}


def test_every_instance_is_read() -> None:
    """`router bgp N vrf X` has the rules of the default one, in its own VRF."""
    ports: Table = {**PORT, "Ethernet0": {}, "Ethernet0|192.0.2.0/31": {}}
    config: ConfigDb = {"INTERFACE": ports, "VRF": {"Vrf1": {}}}
    of = get_build(NEW)
    told = [(one.code, one.message) for one in check_frr(VRF, config, of)[1] if one.code != "SF-405"]
    assert told == [
        ("SF-402", "neighbor 198.51.100.2 of VRF Vrf1 has no policy in and out for ipv4"),
        ("SF-402", "neighbor Ethernet10 of VRF Vrf1 has no policy in and out for ipv4"),
    ]
    without: ConfigDb = {"INTERFACE": {**ports, "Ethernet10": {"ipv6_use_link_local_only": "enable"}}}
    told = [(one.code, one.message) for one in check_frr(VRF, without, of)[1] if one.code not in ("SF-402", "SF-405")]
    assert told == [
        ("SF-420", "router bgp 65001 vrf Vrf1: there is no row VRF|Vrf1"),
        ("SF-214", "neighbor 198.51.100.2 of VRF Vrf1 is on no subnet of the interfaces of VRF Vrf1"),
        (
            "SF-404",
            "neighbor Ethernet10 of VRF Vrf1: INTERFACE|Ethernet10 is in VRF default, the session in Vrf1",
        ),
    ]


def test_a_network_that_is_announced_whether_it_is_there_or_not() -> None:
    config: ConfigDb = {"DEVICE_METADATA": {"localhost": {}}}
    text = "router bgp 65001\n{} address-family ipv4 unicast\n  network 203.0.113.0/24\n exit-address-family\nexit\n"
    codes = [one.code for one in check_frr(text.format(""), config, get_build(NEW))[1]]
    assert "SF-408" in codes
    codes = [one.code for one in check_frr(text.format(" no bgp network import-check\n"), config, get_build(NEW))[1]]
    assert "SF-408" not in codes


def test_unnumbered_bgp_over_a_sub_interface_has_a_mend_that_is_possible() -> None:
    text = "router bgp 65001\n neighbor Ethernet11.5 interface remote-as internal\nexit\n"
    configs: tuple[ConfigDb, ...] = ({}, {"VLAN_SUB_INTERFACE": {"Ethernet11.5": {"vlan": "5"}}})
    for rows in configs:
        (one,) = (one for one in check_frr(text, rows, get_build(NEW))[1] if one.code == "SF-404")
        assert "link_local" not in one.mend, "VLAN_SUB_INTERFACE has no such field, INTERFACE no such row"
        assert one.mend.startswith("give the sub-interface")
    text = "router bgp 65001\n neighbor PortChannel1 interface remote-as internal\nexit\n"
    (one,) = (one for one in check_frr(text, {"DEVICE_METADATA": {}}, get_build(NEW))[1] if one.code == "SF-404")
    assert one.mend == "add PORTCHANNEL_INTERFACE|PortChannel1 with ipv6_use_link_local_only: enable"


@pytest.mark.parametrize(
    ("build", "who"),
    [
        ("edgecore-202111", "zebra, staticd, bgpd"),
        ("community-202411", "mgmtd, zebra, staticd, bgpd"),
        ("community-202505", "zebra"),
    ],
)
def test_a_password_opens_the_daemons_that_listen(build: str, who: str) -> None:
    text = "password zebra\nenable password zebra\n"
    told = [(one.line, one.message) for one in check_frr(text, None, get_build(build))[1] if one.code == "SF-422"]
    said = f"a password for telnet, for which {who} of {build} listen on 127.0.0.1"
    assert told == [(1, said), (2, said)]
    alone = check_frr("enable password zebra\n", None, get_build(build))[1]
    assert "SF-422" not in {one.code for one in alone}, "without the other one nobody gets as far as this"


def test_a_file_need_not_be_indented() -> None:
    """FRR does not look at blanks: what closes a context is the next one, `exit`, or a line that only the top knows."""
    flat = BASE.format(router="", lines="neighbor G prefix-list P in").replace("\n ", "\n").replace("\n ", "\n")
    told = [one.message for one in check_frr(flat, None, get_build(NEW))[1] if one.code == "SF-402"]
    assert told == ["neighbor 192.0.2.1 has no policy out for ipv4"]


LEFT = """\
router bgp 65001
 neighbor 192.0.2.1 remote-as 65001
 !
 address-family ipv4 unicast
  maximum-paths 2
 exit-address-family
!
ip nht resolve-via-default
!
 address-family ipv6 unicast
  network 2001:db8::1/128
 exit-address-family
exit
!
route-map R permit 10
exit
"""


def test_the_line_that_left_the_context_is_named() -> None:
    """sonic-buildimage#21450: what follows is unknown, and a read of the file ends at the `exit` of nothing."""
    (one,) = (one for one in check_frr(LEFT, None, get_build(NEW))[1] if one.code == "SF-421")
    assert (one.severity, one.line, one.place) == ("error", 8, "line 8")
    assert one.message == (
        "`ip nht resolve-via-default` ends `router bgp 65001`; outside of that, `address-family ipv6 unicast` (line 10)"
        " and 1 more is unknown; FRR reads nothing after the `exit` of line 13"
    )
    if frr_version():
        assert check_syntax(LEFT, "10.0.1") == [], "vtysh says the same line by line, which is told once"


@pytest.mark.parametrize(
    "text",
    [
        LEFT.replace("!\nip nht resolve-via-default\n", ""),
        LEFT.replace("ip nht resolve-via-default", "exit\nip nht resolve-via-default\nrouter bgp 65001"),
        "interface Ethernet0\n!\nip route 192.0.2.0/24 blackhole\n!\nroute-map R permit 10\n set src 192.0.2.1\n",
        "vrf Vrf1\n ip route 192.0.2.0/24 blackhole\nexit-vrf\nrouter bgp 65001 vrf Vrf1\n bgp router-id 192.0.2.1\n",
        "router bgp 65001\nneighbor 192.0.2.1 remote-as 65002\nno neighbor 192.0.2.1 shutdown\nexit\n",
        "router bgp 65001\n bgp log-neighbor-changes\nneighbor 192.0.2.1 remote-as 65002\nexit\n",
    ],
)
def test_contexts_that_nobody_left(text: str) -> None:
    assert "SF-421" not in {one.code for one in check_frr(text, None, get_build(NEW))[1]}
    if frr_version():
        assert check_syntax(text, "10.0.1") == []


@pytest.mark.skipif(not frr_version(), reason="FRR is not installed")
@pytest.mark.parametrize(
    ("line", "message", "mend"),
    [
        ("  neighbor G activte", "`neighbor G activte`: no such command", "did you mean 'neighbor G activate'?"),
        ("  nieghbor G activate", "`nieghbor G activate`: no such command", "did you mean 'neighbor G activate'?"),
        ("  match ip address prefix-list P", "`match ip address prefix-list P` stands outside of a `route-map`", ""),
    ],
)
def test_what_this_frr_knows_otherwise_is_an_error_whatever_its_version(line: str, message: str, mend: str) -> None:
    text = BASE.format(router="", lines="").replace("  \n", f"{line}\n")
    (one,) = check_syntax(text, "another")
    assert (one.code, one.severity, one.message) == ("SF-401", "error", message)
    assert mend in one.mend


@pytest.mark.skipif(not frr_version(), reason="FRR is not installed")
def test_what_this_frr_does_not_know_at_all_is_a_warning_unless_it_is_the_builds() -> None:
    text = "router bgp 65001\n bgp frobnicate\nexit\n"
    (one,) = check_syntax(text, "another")
    assert (one.code, one.severity) == ("SF-411", "warning")
    (one,) = check_syntax(text, frr_version())
    assert (one.code, one.severity) == ("SF-401", "error")
