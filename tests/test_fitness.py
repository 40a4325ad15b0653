"""Facts that decide: where a build works, what it is known to ignore, and the FEC of a switch model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from known import build_names, get_build, get_platform, platform_names, subject
from sonicfab.configdb import ConfigDb
from sonicfab.ports import unfit_for
from sonicfab.validate.defects import check_defects, found_at
from sonicfab.validate.run import Subject, Validator
from test_switched_off import TOPOLOGY, rendered

MGMT_NTP: dict[str, Any] = {"management": {"vrf": "true"}, "ntp": ["192.0.2.2"]}


def told(build: str, inventory: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(place, severity, mend) of the defects that validate tells of what is rendered."""
    config = rendered({**inventory, "image_build": build}, {}).config_db
    found = Validator(models=False, vtysh=False).validate([subject(build, config)]).findings
    return [(one.place, one.severity, one.mend) for one in found if one.code == "SF-504"]


def test_ntp_in_the_management_vrf_is_told_where_it_does_not_work() -> None:
    """sonic-buildimage files/image_config/chrony/chrony.conf.j2 and override.conf of the branches."""
    by_build = {
        build: [mend for place, severity, mend in told(build, MGMT_NTP) if place == "NTP|global vrf"]
        for build in ("community-202411", "community-202505", "community-202605")
    }
    assert by_build["community-202411"] == by_build["community-202605"] == []
    never, late = by_build["community-202505"]
    assert "sed -i /bindacqdevice/d /usr/share/sonic/templates/chrony.conf.j2" in never
    assert "systemctl restart chrony" in late
    in_202511 = list(check_defects(rendered(MGMT_NTP, {}).config_db, get_build("community-202511"), None))
    assert ["issue 25728" in one.source for one in in_202511] == [True]
    for build in build_names():
        if build.startswith("community") and not unfit_for(get_platform("as7326-56x"), get_build(build)):
            assert told(build, {"ntp": ["192.0.2.2"]}) == [], "outside the VRF it works"


@pytest.mark.parametrize("build", ["edgecore-202111", "edgecore-202211"])
def test_options_that_a_build_ignores_are_told(build: str) -> None:
    places = {place for place, severity, _ in told(build, {"timezone": "Europe/Berlin", "dns": ["192.0.2.2"]})}
    assert places == {"DEVICE_METADATA|localhost timezone", "DNS_NAMESERVER|192.0.2.2"}
    assert told(build, {}) == []


def test_a_place_in_a_config() -> None:
    config: ConfigDb = {"NTP": {"global": {"vrf": "mgmt"}}, "SYSLOG_SERVER": {"a": {}, "b": {"vrf": "mgmt"}}}
    said = {
        "NTP": "NTP|global",
        "NTP|global": "NTP|global",
        "NTP|global vrf=mgmt": "NTP|global vrf",
        "NTP|global vrf=default": "",
        "NTP|other": "",
        "SYSLOG_SERVER|* vrf": "SYSLOG_SERVER|b vrf",
        "DNS_NAMESERVER": "",
    }
    assert {rows: found_at(config, rows) for rows in said} == said


def test_where_a_build_works_follows_from_its_platform_modules() -> None:
    for platform in platform_names():
        for build in build_names():
            carried = get_build(build).platform_modules
            whose = get_platform(platform).modules
            assert not whose or whose in carried, f"{build} says whether it carries them"
            assert bool(unfit_for(get_platform(platform), get_build(build))) == (bool(whose) and not carried[whose])
    leaf = get_platform("as7326-56x")
    known = get_build("community-202411")
    assert "no Accton platform modules" in str(unfit_for(leaf, replace(known, platform_modules={"accton": False})))
    new = replace(leaf, name="new", modules="nobody")
    assert unfit_for(new, known) is None, "what nobody has said is not known, and not fit by default"
    assert unfit_for(leaf, replace(known, platform_modules={}, ports={leaf.hwsku: {}})) is None, "ports are no drivers"
    exception = replace(known, unfit_platforms={leaf.name: "no driver for the fans"})
    assert unfit_for(leaf, exception) == "no driver for the fans", "an exception has its reason"
    told = Validator(models=False, vtysh=False).validate([Subject("s", replace(known, platform_modules={}), leaf, {})])
    assert "nobody has looked for Accton platform modules in it" in " ".join(told.skipped)


def test_fec_is_that_of_the_model_unless_the_topology_says_another() -> None:
    def fec(link: dict[str, str], host: dict[str, str]) -> tuple[object, object]:
        topology = {
            "links": [{"link": TOPOLOGY["links"][0], **link}],
            "hosts": {
                "prefixes": {"ipv4": "198.51.100.0/24"},
                "ports": [{"role": "leaf", "ports": "Ethernet0", **host}],
            },
        }
        rows = rendered({}, topology).config_db["PORT"]
        return rows["Ethernet48"].get("fec"), rows["Ethernet0"].get("fec")

    assert fec({}, {}) == ("rs", None)
    assert fec({"fec": "none"}, {"fec": "rs"}) == ("none", "rs")
    assert fec({"speed": "40G"}, {}) == (None, None)
