"""`interface`: ports of links and hosts, and Loopback0: up, MTU, addresses; what SONiC tells of the ASIC."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sonicfab.access import Feature
from sonicfab.plan.interfaces import LOOPBACK, InterfaceKind
from sonicfab.plan.types import InterfacePlan, PortPlan, SwitchPlan
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.state.interfaces import Interface as InterfaceOfZebra
from sonicfab.switch.state.ports import PORT_ERRORS, SONIC_PORTS, TRANSCEIVERS, SonicPort
from sonicfab.switch.state.routes import ZEBRA_STATE
from sonicfab.verify.check import Check, Other, Seen, Wanted
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import Problem


class Interface(Check[PortPlan | InterfacePlan]):
    """Ports of links have link, none that is used is shut, MTU as planned; the planned addresses on numbered links and
    Loopback0, a link-local one where BGP unnumbered needs it; speed, FEC and transceiver where SONiC's databases tell.
    """

    what = "ports"
    counted = ("port", "ports")
    order = 40
    shows = "sudo vtysh -c 'show interface brief'"

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """A lab switch has no ASIC to ask."""
        asic = (SONIC_PORTS, TRANSCEIVERS, PORT_ERRORS) if Feature.ASIC in expected.provides else ()
        return (ZEBRA_STATE, *asic)

    def wanted(self, expected: Expectations) -> Iterator[Wanted[PortPlan | InterfacePlan]]:
        """Ports with a cable (of a host's, whether it is there is its own business), and the loopback."""
        for port in expected.plan.ports:
            if port.use != "unused":
                yield Wanted(port, port.name, _wanted(expected.plan, port), far=str(port.far))
        for one in expected.plan.interfaces.values():
            if one.kind != InterfaceKind.PORT:
                up = () if one.kind == InterfaceKind.LOOPBACK else ("not shut" if one.use == "host" else "up",)
                yield Wanted(one, one.name, ", ".join([*up, *_mtu(one.mtu), *map(str, one.addresses)]))

    def judge(self, expected: Expectations, one: Wanted[PortPlan | InterfacePlan], answers: Answers) -> Seen:
        """What zebra says of a port, then what SONiC's databases say."""
        zebra = answers.get(ZEBRA_STATE)
        own = zebra.addresses.get(one.subject, ())
        if isinstance(one.about, InterfacePlan):
            return _made_of_ports(one.about, zebra.interfaces.get(one.subject), own, one.text)
        port, interface = one.about, zebra.interfaces.get(one.subject)
        problem, seen = _fault(port, interface)
        if not problem and interface is not None and interface.oper_up:
            if _is_unnumbered(expected, port) and not any(address.lower().startswith("fe80:") for address in own):
                problem, seen = Problem.LINK_LOCAL, f"{seen}, no link-local address"
            elif lacking := _lacking(expected.plan.interfaces.get(port.name), own):
                problem, seen = Problem.ADDRESS, f"{seen}, {_addresses(lacking, own)}"
        sonic, plugged = answers.find(SONIC_PORTS), answers.find(TRANSCEIVERS)
        if not problem and sonic is not None and port.name in sonic:
            problem, seen = _sonic_fault(port, sonic[port.name], seen)
        if problem is Problem.NO_LINK and plugged and port.name not in plugged:
            problem, seen = Problem.NO_TRANSCEIVER, "no link, no transceiver"
        return Seen(seen, problem)

    def others(self, expected: Expectations, answers: Answers) -> Iterator[Other]:
        """What the ASIC would tell, where it does not."""
        answers.get(ZEBRA_STATE)  # where nothing answers, that is what there is to say
        if Feature.ASIC not in expected.provides:
            wanted = Wanted(None, "ASIC", "speed, FEC and transceivers as planned")
            yield wanted, Seen("a switch of a lab has no ASIC and no optics", skipped=True)
        elif answers.find(SONIC_PORTS) is None:
            why = answers.why_not(SONIC_PORTS) or "no answer"
            wanted = Wanted(None, "ASIC", "speed and FEC as planned")
            yield wanted, Seen(f"APPL_DB cannot be read: {why}", Problem.UNANSWERED)


def loopbacks(plan: SwitchPlan) -> list[str]:
    """The addresses of a switch's Loopback0, as zebra writes them; none where it has no such interface."""
    return [str(address) for address in (plan.interfaces[LOOPBACK].addresses if LOOPBACK in plan.interfaces else ())]


def _addresses(lacking: Iterable[str], own: Iterable[str]) -> str:
    there = [address for address in own if not address.lower().startswith("fe80:")]
    return f"without {', '.join(lacking)}; it has {', '.join(there) or 'no address'}"


def _is_unnumbered(expected: Expectations, port: PortPlan) -> bool:
    return any(session.interface == session.peer == port.name for session in expected.sessions)


def _fault(port: PortPlan, interface: InterfaceOfZebra | None) -> tuple[Problem, str]:
    if interface is None:
        return Problem.MISSING, "no such interface"
    seen = f"{'up' if interface.oper_up else 'no link'}, MTU {interface.mtu}"
    if not interface.admin_up:
        return (Problem.NONE, "shut, as planned") if _to_be_shut(port) else (Problem.SHUT, "shut")
    if not interface.oper_up and port.far:
        return Problem.NO_LINK, "no link"
    if interface.mtu != port.mtu:
        return Problem.MTU, seen
    return Problem.NONE, seen


def _to_be_shut(port: PortPlan) -> bool:
    """Whether that is what is wanted of a port; one to another switch carries what the plan expects to come by."""
    return port.admin_status == "down" and not port.far


def _sonic_fault(port: PortPlan, found: SonicPort, seen: str) -> tuple[Problem, str]:
    if found.speed and found.speed != str(port.speed):
        return Problem.SPEED, f"{seen}, {found.speed} Mb/s"
    if (port.far or "fec" in port.decided) and port.fec and found.fec and found.fec != port.fec:
        return Problem.FEC, f"{seen}, FEC {found.fec}"
    if port.autoneg is not None and found.autoneg and (found.autoneg == "on") != port.autoneg:
        return Problem.AUTONEG, f"{seen}, negotiation {found.autoneg}"
    return Problem.NONE, seen


def _wanted(plan: SwitchPlan, port: PortPlan) -> str:
    fec = f", FEC {port.fec}" if port.fec else ""
    fec += "" if port.autoneg is None else f", negotiation {'on' if port.autoneg else 'off'}"
    interface = plan.interfaces.get(port.name)
    addresses = "".join(f", {address}" for address in (interface.addresses if interface else ()))
    if _to_be_shut(port):
        return "shut"
    return f"{'up' if port.use == 'link' else 'not shut'}, MTU {port.mtu}, {port.speed} Mb/s{fec}{addresses}"


def _lacking(interface: InterfacePlan | None, own: Collection[str]) -> list[str]:
    return [str(one) for one in (interface.addresses if interface else ()) if str(one) not in own]


def _made_of_ports(plan: InterfacePlan, found: InterfaceOfZebra | None, own: tuple[str, ...], wanted: str) -> Seen:
    """A loopback, whose addresses are all that counts; or what is up as long as enough of its ports are."""
    lacking = _lacking(plan, own)
    if plan.kind == InterfaceKind.LOOPBACK:
        return Seen(_addresses(lacking, own), Problem.LOOPBACK) if lacking else Seen(wanted)
    if found is None:
        return Seen("no such interface", Problem.MISSING)
    seen = ", ".join(["up" if found.oper_up else "no link", *_mtu(found.mtu)])
    if not found.admin_up:
        return Seen("shut", Problem.SHUT)
    if not found.oper_up and plan.use != "host":
        return Seen(seen, Problem.NO_LINK)
    if plan.mtu and found.mtu != plan.mtu:
        return Seen(seen, Problem.MTU)
    return Seen(f"{seen}, {_addresses(lacking, own)}", Problem.ADDRESS) if lacking else Seen(seen)


def _mtu(mtu: int) -> list[str]:
    return [f"MTU {mtu}"] if mtu else []
