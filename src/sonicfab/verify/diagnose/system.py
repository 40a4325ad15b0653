"""What a switch lacks beside its ports and sessions: room on its disk, forwarding, an end of a mistaken maintenance."""

from __future__ import annotations

from collections.abc import Iterator

from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis
from sonicfab.verify.results import CheckResult, Problem

_FLAG = "sudo sonic-db-cli CONFIG_DB HSET 'BGP_DEVICE_GLOBAL|STATE' tsa_enabled false"
"""What TSB does (sonic-buildimage dockers/docker-fpm-frr/base_image_files/TSB, TS)."""


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """Expectation by expectation."""
    for one in case.failed("system", problems=(Problem.DISK,)):
        yield _disk(case, one)
    for one in case.failed("system", problems=(Problem.FORWARDING,)):
        yield _forwarding(case, one)
    for one in case.failed("system", problems=(Problem.TSA,)):
        yield _tsa(case, one)


def _disk(case: Case, one: CheckResult) -> Diagnosis:
    path = one.seen.partition(":")[0]
    return Diagnosis(
        "disk-full",
        "config",
        (one.switch,),
        f"the disk of {one.switch} is full: {one.seen}. Nothing can be saved or pushed, and no log is written",
        (f"{one.switch}: {one.seen}; expected {one.expected}",),
        f"on {one.switch}: sudo du -xah {path} | sort -h | tail -n 20 shows what takes the room: old images, cores, "
        "techsupports; remove some of it",
        case.take(lambda other: other is one),
    )


def _forwarding(case: Case, one: CheckResult) -> Diagnosis:
    """The pings on whose planned ways the switch is, of the families that it does not forward."""
    name = one.switch
    off = [family for family in case.plan.families if family in one.seen]
    keys = [f"net.{family}.conf.all.forwarding" for family in off]
    lost = case.take(
        lambda other: other.check == "ping" and other.family in off and name in case.between(other.switch, other.far)
    )
    return Diagnosis(
        "not-forwarding",
        "switch",
        (name,),
        f"the kernel of {name} does not forward {' and '.join(family.shown for family in off)}",
        tuple(f"{name}: {key} = 0" for key in keys),
        mends.on(name, f"sudo sysctl -w {' '.join(f'{key}=1' for key in keys)}"),
        case.take(lambda other: other is one),
        lost,
    )


def _tsa(case: Case, one: CheckResult) -> Diagnosis:
    asn = case.switch(one.switch).asn
    drain = f"sudo vtysh -c 'configure terminal' -c 'router bgp {asn}' -c 'bgp graceful-shutdown'"
    return Diagnosis(
        "maintenance-flag",
        "note",
        (one.switch,),
        f"TSA was run on {one.switch}: SONiC says Maintenance, and traffic goes through it as before, since TSA "
        "changes no route-map of an frr.conf",
        (f"CONFIG_DB of {one.switch}: BGP_DEVICE_GLOBAL|STATE tsa_enabled: true",),
        f"{mends.on(one.switch, _FLAG)}. To move traffic away: {drain}",
        case.take(lambda other: other is one),
    )
