"""Why a switch is left alone: routes that would be gone without a word."""

from typing import Any

import pytest

from known import get_build
from sonicfab.push.comparison import Comparison, Target
from sonicfab.push.refusals import NOBODY_INSISTS, Observation, refusal
from sonicfab.push.ways import Way
from sonicfab.switch.guard import GuardStatus

FREE = GuardStatus("none", "", "", 0, (), "", "")
BUILD = get_build("community-202411")
MODE = BUILD.routing_config_mode
WAY = Way("restart-bgp", "", (), 1.0, (), disruptive=True, files={})
ROWS = {"10.8.0.0/16": {"nexthop": "192.0.2.1"}, "Vrf1|2001:db8::/32": {"nexthop": "2001:db8:1::1"}, "junk": {}}


def metadata(mode: str = MODE, *, framework: bool) -> dict[str, Any]:
    more = {"frr_mgmt_framework_config": "true"} if framework else {}
    return {"DEVICE_METADATA": {"localhost": {"docker_routing_config_mode": mode, **more}}}


def judged(before: dict[str, Any], after: dict[str, Any], frr: str | None = "", stored: str = "") -> str:
    target = Target("leaf1", after, frr, ("DEVICE_METADATA",))
    found = Comparison((), (), (), (), (), before, "", "", stored, "", target=target)
    return refusal(Observation(found, FREE, 10**9), target, WAY, BUILD, NOBODY_INSISTS)


def test_routes_of_rows_that_frrcfgd_would_not_make_are_not_lost_without_a_word() -> None:
    said = judged({**metadata(framework=False), "STATIC_ROUTE": ROWS}, metadata(framework=True))
    assert said.startswith("the routes that SONiC makes of STATIC_ROUTE 10.8.0.0/16, Vrf1|2001:db8::/32 would be gone")
    assert "`routes` of the topology" in said


def test_what_frr_conf_says_as_well_is_not_lost() -> None:
    before = {**metadata(framework=False), "STATIC_ROUTE": {**ROWS, "default|10.9.1.0/16": {"blackhole": "true"}}}
    frr = "ip route 10.8.0.0/16 192.0.2.1\nip route 10.9.0.0/16 blackhole\n"
    within = "vrf Vrf1\n ipv6 route 2001:db8::/32 2001:db8:1::1\nexit-vrf\n"
    assert "STATIC_ROUTE Vrf1|2001:db8::/32 would" in judged(before, metadata(framework=True), frr)
    assert judged(before, metadata(framework=True), frr + within) == ""
    assert judged(before, metadata(framework=True), None, frr + within) == "", "one that is left as it is"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({**metadata(framework=False), "STATIC_ROUTE": ROWS}, metadata(framework=False)),
        ({**metadata(framework=True), "STATIC_ROUTE": ROWS}, metadata(framework=True)),
        ({**metadata(framework=True), "STATIC_ROUTE": ROWS}, metadata(framework=False)),
        (
            {**metadata(framework=False), "STATIC_ROUTE": ROWS},
            metadata(BUILD.frrcfgd.mode if BUILD.frrcfgd else "", framework=True),
        ),
        (metadata(framework=False), {**metadata(framework=True), "STATIC_ROUTE": ROWS}),
        (metadata(framework=False), metadata(framework=True)),
    ],
)
def test_where_no_route_is_lost_nothing_is_refused(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert judged(before, after) == ""
