"""`interface`: ports of links and hosts, and Loopback0: up, MTU, addresses; speed and FEC where SONiC tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_interface
from typing import Any

from sonicfab.plan.types import PortPlan, SwitchPlan
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.parse import Interface
from sonicfab.switch.parse_state import SonicPort
from sonicfab.verify.checks.base import Check, skipped
from sonicfab.verify.checks.questions import PORT_COUNTERS, SONIC_PORTS, TRANSCEIVERS, ZEBRA
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import CheckResult

LOOPBACK = "Loopback0"


def judge(expected: Expectations, answers: Answers) -> Iterator[CheckResult]:
    """See Check.judge."""
    zebra = answers.get(ZEBRA)
    sonic = answers.find(SONIC_PORTS)
    plugged = answers.find(TRANSCEIVERS)
    unnumbered = {session.port for session in expected.sessions if session.peer == session.port}
    for port in _used(expected):
        interface = zebra.interfaces.get(port.name)
        own = zebra.addresses.get(port.name, ())
        problem, seen = _fault(port, interface)
        if not problem and interface is not None and interface.oper_up:
            if port.name in unnumbered and not _local(own):
                problem, seen = "link-local", f"{seen}, no link-local address"
            elif lacking := [str(address) for address in port.addresses if str(address) not in own]:
                problem, seen = "address", f"{seen}, {_addresses(lacking, own)}"
        if not problem and sonic is not None and port.name in sonic:
            problem, seen = _sonic_fault(port, sonic[port.name], seen)
        if problem == "no-link" and plugged and port.name not in plugged:
            problem, seen = "no-transceiver", "no link, no transceiver"
        yield CheckResult(
            expected.plan.name,
            "interface",
            port.name,
            "",
            port.far_end,
            "failed" if problem else "ok",
            _wanted(port),
            seen,
            problem=problem,
        )
    yield _loopback(expected, zebra.addresses.get(LOOPBACK, ()))
    if expected.lab or expected.stock:
        wanted = "speed, FEC and transceivers as planned"
        yield skipped(expected, "interface", "ASIC", wanted, "a switch of a lab has no ASIC and no optics")
    elif sonic is None:
        yield CheckResult(
            expected.plan.name,
            "interface",
            "ASIC",
            "",
            "",
            "failed",
            "speed and FEC as planned",
            f"APPL_DB cannot be read: {answers.why_not(SONIC_PORTS) or 'no answer'}",
            problem="unanswered",
        )


def _loopback(expected: Expectations, own: tuple[str, ...]) -> CheckResult:
    wanted = loopbacks(expected.plan)
    lacking = [prefix for prefix in wanted if prefix not in own]
    return CheckResult(
        expected.plan.name,
        "interface",
        LOOPBACK,
        "",
        "",
        "failed" if lacking else "ok",
        ", ".join(wanted),
        _addresses(lacking, own) if lacking else ", ".join(wanted),
        problem="loopback" if lacking else "",
    )


def loopbacks(plan: SwitchPlan) -> list[str]:
    """The addresses of a switch's Loopback0, as zebra writes them."""
    both = (plan.loopback_ipv4, plan.loopback_ipv6)
    return [str(ip_interface(address)) for address in both if address is not None]


def _addresses(lacking: Iterable[str], own: Iterable[str]) -> str:
    there = [address for address in own if not address.lower().startswith("fe80:")]
    return f"without {', '.join(lacking)}; it has {', '.join(there) or 'no address'}"


def _used(expected: Expectations) -> Iterator[PortPlan]:
    """Ports with a cable; of a host's, whether it is there is its own business."""
    return (port for port in expected.plan.ports if port.use != "unused")


def _fault(port: PortPlan, interface: Interface | None) -> tuple[str, str]:
    if interface is None:
        return "missing", "no such interface"
    seen = f"{'up' if interface.oper_up else 'no link'}, MTU {interface.mtu}"
    if not interface.admin_up:
        return "shut", "shut"
    if not interface.oper_up and port.use == "link":
        return "no-link", "no link"
    if interface.mtu != port.mtu:
        return "mtu", seen
    return "", seen


def _sonic_fault(port: PortPlan, found: SonicPort, seen: str) -> tuple[str, str]:
    if found.speed and found.speed != str(port.speed):
        return "speed", f"{seen}, {found.speed} Mb/s"
    if port.use == "link" and port.fec and found.fec and found.fec != port.fec:
        return "fec", f"{seen}, FEC {found.fec}"
    return "", seen


def _local(addresses: tuple[str, ...]) -> bool:
    return any(address.lower().startswith("fe80:") for address in addresses)


def _wanted(port: PortPlan) -> str:
    fec = f", FEC {port.fec}" if port.fec else ""
    addresses = "".join(f", {address}" for address in port.addresses)
    return f"{'up' if port.use == 'link' else 'not shut'}, MTU {port.mtu}, {port.speed} Mb/s{fec}{addresses}"


def unasked(expected: Expectations, seen: str) -> Iterator[CheckResult]:
    """See Check.unasked."""
    wanted = [(port.name, port.far_end, _wanted(port)) for port in _used(expected)]
    wanted.append((LOOPBACK, "", ", ".join(loopbacks(expected.plan))))
    for name, far, text in wanted:
        yield CheckResult(expected.plan.name, "interface", name, "", far, "failed", text, seen, problem="unanswered")


def questions(expected: Expectations) -> Iterable[Question[Any]]:
    """See Check.questions: a lab switch has no ASIC to ask."""
    asic = () if expected.lab or expected.stock else (SONIC_PORTS, TRANSCEIVERS, PORT_COUNTERS)
    return (ZEBRA, *asic)


CHECK = Check("interface", "ports", questions, judge, unasked)
