"""A border pair with two upstream routers, which are hosts with real FRR: what comes in, what goes out, what is lost.

Of each fault verify says what is missing and why, of whom; where the fault is ours, what it says to type mends it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from conftest import ROOT, Run
from labs import Lab, booted, needs_lab
from mends import Fault, Planted, apply, findings, found_of, planted
from patience import Patience

pytestmark = needs_lab
ONE, TWO = "bp-border1", "bp-border2"
ASN = {ONE: 4200020201, TWO: 4200020202}
AT_ONE, AT_TWO = f"{ONE}:Ethernet40", f"{TWO}:Ethernet40"


@pytest.fixture(scope="module")
def lab(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The example, quick to notice, with MD5 and a limit that can be reached."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "md5").write_text("not-in-git")
    (folder / "md5").chmod(0o600)
    (folder / "inventory.yml").write_text((ROOT / "inventories" / "border-pair.yml").read_text())
    text = (ROOT / "topologies" / "border-pair.yml").read_text()
    for old, new in (
        ("bgp: {max_prefixes: 100}", "bgp: {max_prefixes: 3, password: file:md5}"),
        ("{permit: default, set: {local_pref", "{permit: [default, 198.51.100.0/22 ge 24], set: {local_pref"),
        ("loopbacks:\n", "bgp: {keepalive: 1, hold: 3, connect_retry: 1}\nloopbacks:\n"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "topology.yml").write_text(text)
    files = ["-i", str(folder / "inventory.yml"), "-t", str(folder / "topology.yml")]
    done = sonicfab("render", *files, "-o", folder / "out")
    assert done.returncode == 0, done.stderr
    with booted(sonicfab, "outside", "", "--from", folder / "out", files=files) as running:
        done = running.verify(40)
        assert done.returncode == 0, done.stdout
        yield running


def typed(node: str, *lines: str) -> Planted:
    """Lines of FRR's configuration, typed on a switch or a router outside."""

    def plant(lab: Lab) -> None:
        words = " ".join(f"-c '{line}'" for line in ("configure terminal", *lines))
        done = lab.inside(node, f"vtysh {words}")
        assert done.code == 0, done.out + done.err

    return plant


def shell(node: str, command: str) -> Planted:
    """A command in a shell there."""

    def plant(lab: Lab) -> None:
        done = lab.inside(node, command)
        assert done.code == 0, done.out + done.err

    return plant


def well(lab: Lab) -> None:
    done = lab.verify(40)
    assert done.returncode == 0, done.stdout


def routes(lab: Lab, node: str, family: str = "ip") -> set[str]:
    return set(json.loads(lab.inside(node, f"vtysh -c 'show {family} route bgp json'").out))


def test_the_default_comes_in_and_the_aggregate_goes_out(lab: Lab) -> None:
    """Everywhere the default of the first, and a static route of the second; outside nothing but the aggregate."""
    assert routes(lab, "UPSTREAM1") == routes(lab, "UPSTREAM2") == {"10.140.0.0/15"}
    assert routes(lab, "UPSTREAM1", "ipv6") == {"fd00:140::/31"}
    for switch in ("bp-leaf1", "bp-spine1"):
        assert {"0.0.0.0/0", "198.18.0.0/24", "198.51.100.0/24"} <= routes(lab, switch)
        assert not {"198.18.1.0/24", "10.140.0.0/15"} & routes(lab, switch), "told outside, or nobody, and not here"
    path = json.loads(lab.inside("bp-leaf1", "vtysh -c 'show bgp ipv4 unicast 0.0.0.0/0 json'").out)["paths"]
    assert [one["aspath"]["string"].split()[-1] for one in path if one.get("bestpath")] in (["64999"], ["64998"])
    assert "password" in lab.inside(ONE, "vtysh -c 'show running-config'").out


FORGED = ("router bgp 64999", "address-family ipv4 unicast", "network 203.0.113.0/24")
ROUNDS: dict[str, list[Fault]] = {
    "what a policy lets in, and a static route": [
        Fault(
            "leaked-in",
            AT_ONE,
            lambda lab: (
                typed("UPSTREAM1", *FORGED)(lab),
                typed(ONE, "route-map FROM-UPSTREAM permit 30", "on-match next")(lab),
            ),
        ),
        Fault("static-missing", AT_TWO, typed(TWO, "no ip route 198.18.0.0/24 192.0.2.2 tag 7")),
    ],
    "what a policy lets out, and an aggregate": [
        Fault("leaked-out", ONE, typed(ONE, "route-map TO-UPSTREAM permit 30", "on-match next")),
        Fault(
            "aggregate-missing",
            TWO,
            typed(TWO, f"router bgp {ASN[TWO]}", "address-family ipv4 unicast", "no aggregate-address 10.140.0.0/15"),
        ),
    ],
    "the password, and a session that is gone": [
        Fault(
            "outside-password",
            AT_ONE,
            typed(ONE, f"router bgp {ASN[ONE]}", "neighbor 192.0.2.0 password another", "end", "clear bgp 192.0.2.0"),
        ),
        Fault("outside-not-configured", AT_TWO, typed(TWO, f"router bgp {ASN[TWO]}", "no neighbor 192.0.2.2")),
    ],
}


@pytest.mark.parametrize("name", ROUNDS)
def test_what_is_ours_is_mended_as_it_says(lab: Lab, name: str) -> None:
    mends = planted(lab, ROUNDS[name])
    assert [text for mend in mends.values() for text in apply(lab, mend)] == []
    deadline = time.monotonic() + 60
    while left := {found_of(one) for one in findings(lab)}:
        assert time.monotonic() < deadline, f"not cured: {left}; typed: {mends}"


def seen(lab: Lab, *codes: tuple[str, str]) -> list[dict[str, object]]:
    """The findings, once they are those."""
    patience = Patience(40)
    found = findings(lab)
    while {found_of(one) for one in found} != set(codes):
        assert not patience.ended, found
        found = findings(lab)
    return found


def test_an_upstream_is_lost_then_both(lab: Lab) -> None:
    """One: its session. Both: the default route, too, which follows from the sessions and is no finding of its own."""
    stop, go = "kill -STOP $(cat /run/frr/bgpd.pid)", "kill -CONT $(cat /run/frr/bgpd.pid)"
    try:
        shell("UPSTREAM2", stop)(lab)
        (finding,) = seen(lab, ("outside-down", AT_TWO))
        assert "UPSTREAM2 (AS 64998)" in str(finding["cause"])
        shell("UPSTREAM1", stop)(lab)
        first, second = seen(lab, ("outside-down", AT_ONE), ("outside-down", AT_TWO))
        lost = [str(one["subject"]) for found in (first, second) for one in found["consequences"]]  # type: ignore[attr-defined]
        assert {"0.0.0.0/0", "::/0"} <= set(lost)
    finally:
        for name in ("UPSTREAM1", "UPSTREAM2"):
            shell(name, go)(lab)
    well(lab)


def test_another_password_at_the_other_end(lab: Lab) -> None:
    line = "neighbor 192.0.2.1 password {}"
    typed("UPSTREAM1", "router bgp 64999", line.format("another"))(lab)
    (finding,) = seen(lab, ("outside-password", AT_ONE))
    assert "TCP segments for their signature" in str(finding["evidence"])
    typed("UPSTREAM1", "router bgp 64999", line.format("not-in-git"))(lab)
    well(lab)


def test_more_prefixes_than_it_may_announce(lab: Lab) -> None:
    """The limit cuts the session off, and it stays down: what it says brings it back once there are fewer."""
    more = [f"network 198.51.{number}.0/24" for number in (101, 102, 103)]
    family = ("router bgp 64999", "address-family ipv4 unicast")
    typed("UPSTREAM1", *family, *more)(lab)
    (finding,) = seen(lab, ("outside-prefixes", AT_ONE))
    typed("UPSTREAM1", *family, *(f"no {line}" for line in more))(lab)
    assert apply(lab, str(finding["mend"]).partition(": ")[2]) == []
    well(lab)


def test_napalm_tells_of_them(lab: Lab) -> None:
    """A session with its policies and its limit, and static routes, of which one leads nowhere."""
    napalm = pytest.importorskip("napalm", reason="the extra `napalm` is not installed")
    found = {}
    for switch in (ONE, TWO):
        options = {
            "port": lab.state.node(switch).port,
            "key_file": str(lab.state.key),
            "known_hosts": str(lab.state.known_hosts),
            "allow_agent": False,
            "use_ssh_config": False,
        }
        found[switch] = napalm.get_network_driver("sonic")("127.0.0.1", "admin", "", 30, options)
    with found[ONE] as one, found[TWO] as two:
        peer = one.get_bgp_neighbors()["global"]["peers"]["192.0.2.0"]
        assert (peer["is_up"], peer["remote_as"], peer["description"]) == (True, 64999, "UPSTREAM1")
        group = one.get_bgp_config(group="UPSTREAM1-V4")["UPSTREAM1-V4"]
        assert (group["import_policy"], group["export_policy"]) == ("FROM-UPSTREAM", "TO-UPSTREAM")
        assert group["prefix_limit"]["inet"]["unicast"]["limit"] == 3
        assert group["neighbors"]["192.0.2.0"]["authentication_key"] == "", "no secret is told"
        (route,) = two.get_route_to("198.18.0.0/24", "static")["198.18.0.0/24"]
        assert (route["next_hop"], route["outgoing_interface"]) == ("192.0.2.2", "Ethernet40")
        assert route["current_active"]
        (route,) = two.get_route_to("198.18.1.0/24", "static")["198.18.1.0/24"]
        assert (route["next_hop"], route["outgoing_interface"], route["protocol"]) == ("", "", "static")
