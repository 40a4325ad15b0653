"""Builds whose own models are not public: how much of what is planted they catch, and what they say of real configs."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import pytest

from conftest import EXAMPLES
from faults import FAULTS, Fault
from known import build_names, get_build, subject
from sonicfab.validate.findings import Finding
from sonicfab.validate.reading import as_config_db
from test_validate import Remembering, example, rendered, spoilt

VALIDATOR = Remembering(models=False, vtysh=False)
COMMUNITY = [name for name in build_names() if get_build(name).vendor == "community"]
UNKNOWN = [name for name in build_names() if not get_build(name).schema]
OF_NO_BUILD = [fault for fault in FAULTS if fault.build == Fault.build]


@functools.cache
def before(inventory: str, build: str) -> frozenset[tuple[str, str, str]]:
    fabric = example(inventory)
    found = VALIDATOR.validate(rendered(inventory, build), [(link.a, link.b) for link in fabric.plan.links]).findings
    return frozenset((one.switch, one.code, one.place) for one in found)


@functools.cache
def caught(fault: Fault, build: str) -> bool:
    """The planted fault is told, under whatever code, at a place where nothing was told before."""
    inventory = next(name for name, topology in EXAMPLES.items() if topology == fault.fabric)
    try:
        subjects = spoilt(fault, rendered(inventory, build))
    except (AssertionError, KeyError):
        return False  # what is spoilt there is not in the files of this build
    links = [(link.a, link.b) for link in example(inventory).plan.links]
    found = VALIDATOR.validate(subjects, links).findings
    return any((one.switch, one.code, one.place) not in before(inventory, build) for one in found)


@pytest.mark.parametrize("build", UNKNOWN)
def test_what_every_community_build_catches(build: str) -> None:
    """An image whose models are not public catches what all those catch that it could have been made from."""
    everywhere = [fault for fault in OF_NO_BUILD if all(caught(fault, one) for one in COMMUNITY)]
    missed = [f"{fault.code} {fault.name}" for fault in everywhere if not caught(fault, build)]
    # a table, a row or a field of another name may be the vendor's own, unless it is misspelt; and what is right there
    own = {
        "SF-126 suppress-fib-pending without synchronous mode",  # a field that came after 202305
        "SF-209 the alias of another image",
        "SF-216 split on a community build",
        "SF-238 a port that was split by hand",
        "SF-101 a table that no community build has a model of",
        "SF-102 a field of another vendor's image",
        "SF-103 the bare row of eth0",
        "SF-104 a banner that is neither on nor off",  # a table that came after 202305
    }
    assert set(missed) <= own
    assert len(everywhere) >= 60


def found_in(config: Mapping[str, Any], build: str) -> list[Finding]:
    tables, read = as_config_db(config)
    found = VALIDATOR.validate([subject(build, tables, read=read)]).findings
    return [one for one in found if one.code != "SF-502"]


@pytest.mark.parametrize("build", UNKNOWN)
def test_errors_are_what_all_models_refuse_and_warnings_what_the_nearest_refuses(build: str) -> None:
    assert get_build(build).nearest_schema == "202305"
    (common,) = found_in({"MGMT_PORT": {"eth0": {"mtu": "9217"}}}, build)
    assert (common.code, common.severity) == ("SF-104", "error")
    assert common.reason_source == "sonic-mgmt_port.yang, all community builds"
    (nearest,) = found_in({"PORT": {"Ethernet0": {"lanes": "1", "speed": "25000", "fec": "auto"}}}, build)
    assert (nearest.code, nearest.severity) == ("SF-104", "warning"), "later builds allow it"
    assert nearest.message.endswith("by the models of community-202305, this build's own are not known")
    assert found_in({"SAG": {"IPv4": {"enable": "true"}}}, build) == [], "a table of the vendor's own"
    assert found_in({"REST_SERVER": {"default": {"client_auth": "password"}}}, build) == [], "and no misspelt RESTAPI"
    (misspelt,) = found_in({"SYSLOG_SERVERS": {"192.0.2.1": {}}}, build)
    assert (misspelt.code, misspelt.severity) == ("SF-101", "warning")
    assert "did you mean 'SYSLOG_SERVER'" in misspelt.mend


@pytest.mark.parametrize("build", COMMUNITY)
def test_a_table_without_a_model_is_an_error_where_every_reload_checks(build: str) -> None:
    (one,) = found_in({"SAG": {"IPv4": {"enable": "true"}}}, build)
    always = get_build(build).reload_checks_yang == "always"
    assert one.severity == ("error" if always else "warning")
    if always:
        assert "config_file_yang_validation" in one.reason_source
