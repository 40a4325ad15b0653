"""The control-plane ACL: whom caclmgrd lets in, and that none is pushed that would shut us out."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from known import get_build
from sonicfab.configdb import ConfigDb
from sonicfab.push.comparison import Comparison, Target
from sonicfab.push.refusals import NOBODY_INSISTS, Insisted, Observation, refusal
from sonicfab.push.ways import Way
from sonicfab.switch.guard import GuardStatus
from sonicfab.switch.state.system import CAME_FROM, CameFrom
from sonicfab.validate.controlplane import closed_to

FREE = GuardStatus("none", "", "", 0, (), "", "")
WAY = Way("patch", "", (), 1.0, (), disruptive=False, files={})
Rules = list[dict[str, str]]


def accept(source: str = "", priority: str = "100", action: str = "ACCEPT", **more: str) -> dict[str, str]:
    family = {"SRC_IPV6" if ":" in source else "SRC_IP": source} if source else {}
    return {"PRIORITY": priority, "PACKET_ACTION": action, **family, **more}


def acl(rules: Rules, service: str = "SSH", more: Rules | None = None) -> ConfigDb:
    """A table of a service, and a second one where `more` is given."""
    tables = {"A": (service, rules), **({"B": ("SSH", more)} if more else {})}
    return {
        "ACL_TABLE": {name: {"type": "CTRLPLANE", "services": [one]} for name, (one, _) in tables.items()},
        "ACL_RULE": {f"{name}|R{i}": rule for name, (_, rules) in tables.items() for i, rule in enumerate(rules)},
    }


V4, V6 = "10.0.0.0/8", "2001:db8::/32"
DATA_PLANE: dict[str, Any] = {"ACL_TABLE": {"D": {"type": "L3"}}, "ACL_RULE": {"D|R": accept(V4, action="DROP")}}


@pytest.mark.parametrize(
    ("config", "source", "port", "said"),
    [
        ({}, "10.1.1.1", 22, ""),
        (DATA_PLANE, "10.1.1.1", 22, ""),
        (acl([accept(V4)]), "10.1.1.1", 22, ""),
        (acl([accept(V4)]), "127.0.0.1", 2022, ""),
        (acl([accept(V4)]), "192.0.2.1", 22, "no rule accepts it"),
        (acl([accept(V4)]), "2001:db8::1", 22, "no rule accepts it"),  # the drop at the end is of both families
        (acl([accept(V6)]), "2001:db8::1", 22, ""),
        (acl([accept(V6)]), "10.1.1.1", 22, "no rule accepts it"),
        (acl([accept(V4)]), "10.1.1.1", 2022, "no rule accepts it"),  # caclmgrd knows SSH by port 22 alone
        (acl([accept(V4)], "SNMP"), "10.1.1.1", 22, "no rule accepts it"),
        (acl([accept(V4)], "NTP"), "10.1.1.1", 22, "no rule accepts it"),
        (acl([accept(V4)], "ANY"), "10.1.1.1", 2022, ""),
        (acl([accept(V4, L4_DST_PORT="2022")], "EXTERNAL_CLIENT"), "10.1.1.1", 2022, ""),
        (acl([accept(V4, L4_DST_PORT_RANGE="2000-2100")], "EXTERNAL_CLIENT"), "10.1.1.1", 2022, ""),
        (acl([accept(V4, L4_DST_PORT="2022")], "EXTERNAL_CLIENT"), "10.1.1.1", 22, "no rule accepts it"),
        (
            acl([accept()]),
            "10.1.1.1",
            22,
            "",
        ),  # without an address it is of no family, and passed over
        (acl([accept(), accept("192.0.2.0/24", "50")]), "10.1.1.1", 22, ""),  # without a source: everybody of IPv4
        (acl([accept(), accept("192.0.2.0/24", "50")]), "2001:db8::1", 22, "no rule accepts it"),
        (acl([accept(V4, "100"), accept(V4, "200", "DROP")]), "10.1.1.1", 22, "ACL_RULE|A|R1 refuses it"),
        (acl([accept(V4, "200"), accept(V4, "100", "DROP")]), "10.1.1.1", 22, ""),
        # as text 9999 comes before 10000
        (acl([accept(V4, "10000"), accept(V4, "9999", "DROP")]), "10.1.1.1", 22, "ACL_RULE|A|R1 refuses it"),
        (acl([accept(V4), accept(V6, "50")]), "2001:db8::1", 22, "no rule accepts it"),  # the table is of IPv4
        (acl([accept(V4, action="REJECT")]), "10.1.1.1", 22, "ACL_RULE|A|R0 refuses it"),
        (acl([accept(V4, action="FORWARD")]), "10.1.1.1", 22, "no rule accepts it"),  # no target of iptables
        (acl([accept(V4, TCP_FLAGS="0x10/0x10")]), "10.1.1.1", 22, "no rule accepts it"),  # no first packet has ACK
        (acl([accept("10.1.1.1/8")]), "10.2.2.2", 22, ""),
        (acl([accept("nonsense")]), "10.1.1.1", 22, "no rule accepts it"),
        (acl([accept(V4)], more=[accept("10.1.0.0/16", action="DROP")]), "10.1.1.1", 22, "ACL_RULE|B|R0 refuses it"),
    ],
)
def test_whom_caclmgrd_lets_in(config: ConfigDb, source: str, port: int, said: str) -> None:
    found = closed_to(config, ip_address(source), port)
    assert found.startswith(said)
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [("192.0.2.9 51000 192.0.2.11 22\n", "192.0.2.9", 22), ("fe80::1%eth0 5 fe80::2%eth0 2022", "fe80::1%eth0", 2022)],
)
def test_where_we_come_from_is_what_the_switch_sees(text: str, address: str, port: int) -> None:
    assert CAME_FROM.parse(text) == CameFrom(ip_address(address), port)


@pytest.mark.parametrize("text", ["", "\n", "UNKNOWN 65535 UNKNOWN 65535", "192.0.2.9 1 192.0.2.11", "a b c 22"])
def test_who_does_not_come_by_ssh_is_not_judged(text: str) -> None:
    assert CAME_FROM.parse(text) is None


def looked(running: ConfigDb, target: Target, came: str = "192.0.2.9") -> Observation:
    found = Comparison((), (), (), (), (), running, "", "", "", "", target=target)
    return Observation(found, FREE, 10**9, CameFrom(ip_address(came), 22))


def target_of(config: ConfigDb) -> Target:
    return Target("leaf1", config, None, ("ACL_TABLE", "ACL_RULE"))


def judged(running: ConfigDb, meant: ConfigDb, came: str = "192.0.2.9", insisted: Insisted = NOBODY_INSISTS) -> str:
    target = target_of(meant)
    return refusal(looked(running, target, came), target, WAY, get_build("community-202411"), insisted)


def test_an_acl_that_would_shut_us_out_is_refused() -> None:
    said = judged({}, acl([accept(V4)]))
    assert said == (
        "its control-plane ACL would shut us out: we come from 192.0.2.9 to TCP port 22, and no rule accepts it, and "
        "what none accepts is dropped; `control_plane.ssh` is to have that network; --despite-acl tries it all the "
        "same, and the guard takes it back where no new login succeeds"
    )
    assert judged({}, acl([accept(V4)]), "2001:db8::9").startswith("its control-plane ACL would shut us out")


def test_who_insists_may_try() -> None:
    assert judged({}, acl([accept(V4)]), insisted=Insisted(despite_acl=True)) == ""
    assert judged({}, acl([accept(V4)]), insisted=Insisted(overwrite_drift=True)) != ""


def test_what_lets_us_in_is_not_refused() -> None:
    assert judged({}, acl([accept("192.0.2.0/24")])) == ""
    assert judged(acl([accept(V4)]), acl([accept("192.0.2.0/24")])) == ""
    assert judged(acl([accept(V4)]), {}) == ""


def test_the_acl_that_has_let_us_in_is_no_reason() -> None:
    """We are in: the address that the switch filters may be another one than sshd tells, or caclmgrd does not run."""
    assert judged(acl([accept(V4)]), acl([accept(V4)])) == ""


def test_a_way_back_that_does_not_end_is_told_with_what_ends_it() -> None:
    """A guard that has failed has no seconds left, and confirms nothing any more."""
    failed = GuardStatus("failed", "20261122-001", "ann@jump", 0, ("reload",), "timer", "what runs differs in 11 lines")
    seen = replace(looked({}, target_of({})), guarded=failed)
    assert refusal(seen, target_of({}), WAY, get_build("community-202411"), NOBODY_INSISTS) == (
        "the way back of push 20261122-001 of ann@jump has not ended: what runs differs in 11 lines; once it runs "
        "what it did before, `sudo sh /etc/sonic/sonicfab/guard.sh restore 20261122-001` on it ends the push"
    )
