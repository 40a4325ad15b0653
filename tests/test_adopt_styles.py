"""FRR as other people and tools write it: what is rendered from the adopted files means what was read, line by line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sonicfab.adopt.source import Source, read_folders
from sonicfab.adopt.whole import Adopted, Given, adopt
from sonicfab.catalog import Catalog
from sonicfab.yamltext import compose, value
from test_adopt import GOLDEN, rendered, sections

SWITCHES = {"st01-sw100g-r01-u36": 65501, "st01-sw25g-r01-u34": 65404, "st01-sw25g-r01-u35": 65405}
UPLINKS = {"st01-sw100g-r01-u36": ("Ethernet112", "Ethernet116"), "st01-sw25g-r01-u34": ("Ethernet76",)}
HEAD = """\
frr version 10.0.1
frr defaults {defaults}
hostname {name}
log syslog debugging
service integrated-vtysh-config
!
"""

NO_POLICY = """\
router bgp {asn}
 bgp router-id {id}
 bgp log-neighbor-changes
 bgp always-compare-med
 no bgp ebgp-requires-policy
 neighbor {up} peer-group
 neighbor {up} remote-as external
{sessions}{servers} !
 address-family ipv4 unicast
  network {id}/32
 exit-address-family
 !
 address-family ipv6 unicast
  neighbor {up} activate
 exit-address-family
exit
!
"""
FABRIC = """\
debug bgp updates
!
vrf Vrf104
 vni 104
exit-vrf
!
interface {port}
 ipv6 nd ra-interval 6
 no ipv6 nd suppress-ra
exit
!
router bgp {asn}
 bgp router-id {id}
 bgp bestpath as-path multipath-relax
 neighbor FABRIC peer-group
 neighbor FABRIC remote-as external
 neighbor FABRIC timers 1 3
{sessions} !
 address-family ipv4 unicast
  redistribute connected route-map LOOPS
  neighbor FABRIC allowas-in 2
 exit-address-family
 !
 address-family l2vpn evpn
  neighbor FABRIC activate
  advertise-all-vni
 exit-address-family
exit
!
router bgp {asn} vrf Vrf104
 bgp router-id {id}
 !
 address-family ipv4 unicast
  redistribute connected
 exit-address-family
exit
!
route-map LOOPS permit 10
 match interface Loopback0
exit
!
"""
ALLOW = """\
bgp as-path access-list LONG seq 5 deny _65000_
bgp community-list standard BLUE seq 5 permit 65000:1
!
ip prefix-list ALL seq 5 permit 0.0.0.0/0 le 32
!
router bgp {asn}
 bgp router-id {id}
 bgp log-neighbor-changes
 no bgp default ipv4-unicast
 neighbor {up} peer-group
 neighbor {up} remote-as external
 neighbor {up} bfd
 neighbor {up} timers 5 15
{sessions}{servers} neighbor 192.0.2.77 remote-as 64999
 neighbor 192.0.2.77 ebgp-multihop 4
 !
 address-family ipv4 unicast
  redistribute connected
  network 198.51.100.0/24
  neighbor {up} activate
  neighbor {up} route-map ALLOW in
  neighbor {up} route-map ALLOW out
  neighbor {up} maximum-prefix 500 80 warning-only
  neighbor 192.0.2.77 activate
 exit-address-family
exit
!
route-map ALLOW permit 1
 match ip address prefix-list ALL
exit
!
"""
BY_HAND = """\
! written long ago
router bgp {asn}
\tbgp router-id {id}
\tno   bgp ebgp-requires-policy
{bare}
\taddress-family ipv4
\t\tnetwork {id}/32
\texit-address-family
!
ip route 203.0.113.0/24 blackhole
"""
STYLES = {"no policy": NO_POLICY, "evpn": FABRIC, "allow": ALLOW, "by hand": BY_HAND}


def source_of(style: str, name: str, defaults: str = "traditional", **words: str) -> Source:
    source = read_folders([GOLDEN / "spine-leaf-1x2" / name])[0]
    up = "leaf" if "100g" in name else "core"
    ports = UPLINKS.get(name, ("Ethernet72",))
    servers = [] if "100g" in name else ["Ethernet0", "Ethernet1"]
    group = "FABRIC" if style == "evpn" else up
    text = (HEAD + STYLES[style]).format(
        name=name,
        defaults=defaults,
        asn=SWITCHES[name],
        id=f"10.10.21.{name[-1]}",
        up=up,
        port=ports[0],
        sessions="".join(f" neighbor {port} interface peer-group {group}\n" for port in ports),
        servers="".join(f" neighbor {port} interface remote-as external\n" for port in servers),
        bare="\n".join(f"\tneighbor {port}  interface remote-as external" for port in ports),
    )
    for before, after in words.items():
        text = text.replace(before, after)
    return replace(source, name=name, frr=text)


def adopted(style: str, **more: str) -> tuple[Adopted, dict[str, Source]]:
    sources = {name: source_of(style, name, **more) for name in SWITCHES}
    return adopt(list(sources.values()), Catalog.load(), Given()), sources


def topology_of(found: Adopted) -> Any:
    return value(compose(found.files["topology.yml"]))


def meaning(text: str) -> dict[str, set[str]]:
    """Without what is about FRR itself; blanks as FRR takes them."""
    tidy = "\n".join(
        raw[: len(raw) - len(raw.lstrip())].replace("\t", " ") + " ".join(raw.split()) for raw in text.splitlines()
    )
    tidy = tidy.replace("address-family ipv4\n", "address-family ipv4 unicast\n")
    host = ("frr ", "hostname ", "log ", "service ", "debug ", "fpm ", "password ", "enable ", "agentx")
    found = {
        where: {line for line in lines if where or not line.startswith(host)} for where, lines in sections(tidy).items()
    }
    return {where: lines for where, lines in found.items() if lines}


@pytest.mark.parametrize("style", STYLES)
def test_what_others_write_comes_back_line_by_line(style: str, tmp_path: Path) -> None:
    defaults = "datacenter" if style == "evpn" else "traditional"
    found, sources = adopted(style, defaults=defaults)
    assert found.unchanged, {name: one for name, one in found.changes.items() if one}
    assert not any("frr" in words for words in found.leave.values()), "nothing is left whole"
    for name, text in found.files.items():
        (tmp_path / name).write_text(text)
    after = rendered(tmp_path / "inventory.yml", tmp_path / "topology.yml", tmp_path / "build")
    for name, source in sources.items():
        text = (after / name / "frr.conf").read_text()
        assert meaning(text) == meaning(source.frr), name
        assert f"frr defaults {defaults}\n" in text
    assert len(topology_of(found)["links"]) == 2 if style != "evpn" else topology_of(found)["bgp"]["hold"] == "3"


def test_options_of_groups_are_said() -> None:
    limit = {"limit": "500", "warning_only": "true"}
    assert topology_of(adopted("allow")[0])["bgp"]["groups"]["spine"] == {"max_prefixes": limit}
    bgp = topology_of(adopted("evpn", defaults="datacenter")[0])["bgp"]
    assert bgp["groups"]["spine"] == {"allowas_in": "2"}
    assert bgp["peer_groups"] == {"leaf": "FABRIC", "spine": "FABRIC"}


def test_a_new_session_is_made_as_the_others_are(tmp_path: Path) -> None:
    found, _ = adopted("no policy")
    for name, text in found.files.items():
        (tmp_path / name).write_text(text)
    topology = tmp_path / "topology.yml"
    topology.write_text(
        topology.read_text().replace(
            "links:\n", "links:\n  - st01-sw100g-r01-u36:Ethernet104 - st01-sw25g-r01-u35:Ethernet76\n", 1
        )
    )
    after = rendered(tmp_path / "inventory.yml", topology, tmp_path / "build")
    text = (after / "st01-sw25g-r01-u35" / "frr.conf").read_text()
    assert " neighbor Ethernet76 interface peer-group core\n" in text
    assert "neighbor Ethernet76 description" not in text


def test_a_password_stays_and_is_not_copied() -> None:
    found, _ = adopted(
        "no policy",
        **{" neighbor core remote-as external": " neighbor core remote-as external\n neighbor core password hunter2"},
    )
    assert found.unchanged
    assert "hunter2" not in "".join(found.files.values())
    leaf = "st01-sw25g-r01-u34"
    assert "frr router bgp * / neighbor core password" in found.leave[leaf]
    assert any("password" in one.about and "env:" in "".join(one.lines) for one in found.gaps)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (" neighbor core peer-group", " neigh core peer-group", "abbreviated"),
        ("frr version 10.0.1", "", ""),
        ("\n", "\r\n", ""),
        (" bgp log-neighbor-changes\n", " bgp log-neighbor-changes\n no neighbor core shutdown\n", ""),
        (" bgp log-neighbor-changes\n", " bgp log-neighbor-changes\n no neighbor core peer-group\n", ""),
        (" bgp log-neighbor-changes\n", ' hostname inside\n neighbor core description a / b: "c" # d\n', ""),
        (" bgp always-compare-med\n", "banner motd # hello #\n bgp always-compare-med\n", ""),
    ],
)
def test_odd_texts(before: str, after: str, why: str) -> None:
    found, _ = adopted("no policy", **{before: after})
    assert found.unchanged
    leaf = "st01-sw25g-r01-u34"
    assert ("frr" in found.leave[leaf]) is bool(why)
    assert why in found.whole.get(leaf, "")
    assert why in " ".join(found.files["topology.yml"].replace("#", "").split())
