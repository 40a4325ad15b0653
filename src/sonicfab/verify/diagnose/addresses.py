"""Addresses that a switch lacks, or that are another one's: of Loopback0, of numbered links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from ipaddress import ip_interface

from sonicfab.endpoint import Endpoint
from sonicfab.families import Family
from sonicfab.plan.interfaces import LOOPBACK
from sonicfab.verify.checks.interface import loopbacks
from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis, some
from sonicfab.verify.paths import Outage
from sonicfab.verify.results import CheckResult, Problem


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """Whoever has an address that is another's before whoever lacks one."""
    yield from _twice(case)
    for one in case.failed("interface", problems=(Problem.LOOPBACK,)):
        yield _loopback(case, one)
    for one in case.failed("interface", problems=(Problem.ADDRESS,)):
        yield _link(case, one)


def _twice(case: Case) -> Iterator[Diagnosis]:
    """A switch that has the loopback of another, too: packets to that one end there."""
    owners = {prefix: name for name, switch in case.plan.switches.items() for prefix in loopbacks(switch)}
    for name in case.answers:
        zebra = case.zebra(name)
        for port, addresses in zebra.addresses.items() if zebra else ():
            for address in addresses:
                prefix = str(ip_interface(str(ip_interface(address).ip)))
                if owners.get(prefix, name) != name:
                    yield from _has_others(case, name, port, address, owners[prefix])


def _has_others(case: Case, name: str, port: str, address: str, owner: str) -> Iterator[Diagnosis]:
    word = address.partition("/")[0]
    drift = case.because(name, re.escape(word) + r"(?![0-9a-f:.])", "config_db", "frr")
    prefix = str(ip_interface(word))
    own = case.take(lambda one: one.switch == name and one.check == "route" and one.subject == prefix)
    rest = case.take(
        lambda one: (
            (one.check == "route" and one.subject == prefix)
            or (one.check == "ping" and one.subject == word)
            # what asks from its own loopback gets no answer to it where the answer goes to the other
            or (one.check == "ping" and one.switch == owner and one.family == Family.of(word))
        )
    )
    if not own and not rest:
        return
    configured = any("config_db" in line or "INTERFACE|" in line for line in drift)
    steps = [] if configured else [mends.on(name, f"sudo ip address del {shlex.quote(address)} dev {port}")]
    if drift:
        steps.append(mends.push(case, name))
    yield Diagnosis(
        "address-twice",
        "routes",
        (name,),
        f"{name} has the loopback of {owner}, {word}, on {port}: what is sent to {owner} ends at {name}",
        (*drift[:3], f"{port} of {name} has {address}"),
        "; then ".join(steps),
        own,
        rest,
    )


def _loopback(case: Case, result: CheckResult) -> Diagnosis:
    """What nobody has because its switch does not have it: no route, no prefix over its sessions, no answer."""
    name = result.switch
    zebra = case.zebra(name)
    there = zebra.addresses.get(LOOPBACK, ()) if zebra else ()
    lacking = [prefix for prefix in loopbacks(case.switch(name)) if prefix not in there]
    families = {Family.of(prefix) for prefix in lacking}
    drift = case.because(name, r"LOOPBACK_INTERFACE|Loopback0", "config_db")
    own = case.take(lambda one: one is result)
    own += case.take(
        lambda one: one.check == "route" and one.subject in lacking and one.problem in (Problem.NO_ROUTE, Problem.STALE)
    )
    ends = {session.far for session in case.switch(name).fabric_sessions}
    peers = {(switch, peer) for switch, port in ends for peer in case.peers(switch, port)}
    rest = case.take(
        lambda one: (
            one.family in families
            and (
                (one.check == "bgp" and one.problem == Problem.NO_PREFIXES and (one.switch, one.subject) in peers)
                # routes whose source address it is are not installed without it
                or (one.check == "route" and one.switch == name and one.problem == Problem.NOT_INSTALLED)
                or (one.check == "ping" and name in (one.switch, one.far))
            )
        )
    )
    steps = [mends.again("LOOPBACK_INTERFACE", LOOPBACK, prefix) for prefix in lacking]
    return Diagnosis(
        "loopback-missing",
        "routes",
        (name,),
        f"{name} does not have its loopback {some(lacking)}",
        (*drift[:3], f"{LOOPBACK} of {name}: {result.seen}"),
        mends.push(case, name) if drift else mends.on(name, *steps, mends.CLEAR_BGP),
        own,
        rest,
        Outage(switches=frozenset({name})) if families == set(case.plan.families) else Outage(),
    )


def _link(case: Case, result: CheckResult) -> Diagnosis:
    name, port = result.switch, result.subject
    end = Endpoint(name, port)
    planned = {str(one) for one in case.switch(name).interfaces[port].addresses}
    zebra = case.zebra(name)
    there = {one for one in (zebra.addresses.get(port, ()) if zebra else ()) if not one.lower().startswith("fe80:")}
    drift = case.because(name, rf"INTERFACE\|{re.escape(port)}\b", "config_db")
    lacking, strange = sorted(planned - there), sorted(there - planned)
    words = f"has {some(strange)} instead of {some(lacking)}" if strange else f"does not have {some(lacking)}"
    steps = [f"sudo ip address del {shlex.quote(address)} dev {port}" for address in strange]
    steps += [mends.again("INTERFACE", port, address) for address in lacking]
    far = next((link.b if link.a == end else link.a for link in case.plan.links if end in (link.a, link.b)), end)
    return Diagnosis(
        "address-wrong" if strange else "address-missing",
        "link",
        (f"{name}:{port}",),
        f"{name}:{port} {words}, so the session with {far} has no ends",
        (*drift[:3], f"{name}:{port}: {result.seen}"),
        mends.push(case, name) if drift else mends.on(name, *steps),
        case.link_results(end, far),
        broken=Outage(sessions=frozenset({end})),
    )
