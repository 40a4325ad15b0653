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
