"""`interface`: ports of links and hosts as planned: up, MTU, link-local address; speed and FEC where SONiC tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sonicfab.plan.types import PortPlan
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.parse import Interface
from sonicfab.switch.parse_state import SonicPort
from sonicfab.verify.checks.base import Check, skipped
from sonicfab.verify.checks.questions import PORT_COUNTERS, SONIC_PORTS, TRANSCEIVERS, ZEBRA
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import CheckResult


def judge(expected: Expectations, answers: Answers) -> Iterator[CheckResult]:
    """See Check.judge."""
    zebra = answers.get(ZEBRA)
    sonic = answers.find(SONIC_PORTS)
    plugged = answers.find(TRANSCEIVERS)
    unnumbered = {session.port for session in expected.sessions if session.peer == session.port}
    for port in _used(expected):
        interface = zebra.interfaces.get(port.name)
        own = zebra.addresses.get(port.name, ())
        lacks_address = port.name in unnumbered and interface is not None and interface.oper_up and not _local(own)
        problem, seen = _fault(port, interface, lacks_address=lacks_address)
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
    if expected.lab or expected.stock:
        wanted = "speed, FEC and transceivers as planned"
        yield skipped(expected, "interface", "ASIC", wanted, "a switch of a lab has no ASIC and no optics")
    elif sonic is None:
        why = answers.why_not(SONIC_PORTS) or "no answer"
        yield skipped(expected, "interface", "ASIC", "speed and FEC as planned", f"APPL_DB does not tell: {why}")


def _used(expected: Expectations) -> Iterator[PortPlan]:
    """Ports with a cable; of a host's, whether it is there is its own business."""
    return (port for port in expected.plan.ports if port.use != "unused")


def _fault(port: PortPlan, interface: Interface | None, *, lacks_address: bool) -> tuple[str, str]:
    if interface is None:
        return "missing", "no such interface"
    seen = f"{'up' if interface.oper_up else 'no link'}, MTU {interface.mtu}"
    if not interface.admin_up:
        return "shut", "shut"
    if not interface.oper_up and port.use == "link":
        return "no-link", "no link"
    if interface.mtu != port.mtu:
        return "mtu", seen
    if lacks_address:
        return "link-local", f"{seen}, no link-local address"
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
    return f"{'up' if port.use == 'link' else 'not shut'}, MTU {port.mtu}, {port.speed} Mb/s{fec}"


def unasked(expected: Expectations, seen: str) -> Iterator[CheckResult]:
    """See Check.unasked."""
    for port in _used(expected):
        yield CheckResult(
            expected.plan.name,
            "interface",
            port.name,
            "",
            port.far_end,
            "failed",
            _wanted(port),
            seen,
            problem="unanswered",
        )


def questions(expected: Expectations) -> Iterable[Question[Any]]:
    """See Check.questions: a lab switch has no ASIC to ask."""
    asic = () if expected.lab or expected.stock else (SONIC_PORTS, TRANSCEIVERS, PORT_COUNTERS)
    return (ZEBRA, *asic)


CHECK = Check("interface", "ports", questions, judge, unasked)
