"""What the ASICs at both ends of a link must have alike: speed, FEC and negotiation; and ports that are not split."""

from __future__ import annotations

from collections.abc import Sequence

from sonicfab.endpoint import Endpoint
from sonicfab.plan.types import PortPlan
from sonicfab.switch.state.ports import SONIC_PORTS, SonicPort
from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis
from sonicfab.verify.paths import Outage
from sonicfab.verify.results import CheckResult, Problem

_WORDS = {"speed": "Mb/s", "autoneg": "negotiation", "fec": "FEC"}


def differing(case: Case, a: Endpoint, b: Endpoint, found: Sequence[CheckResult]) -> Diagnosis | None:
    """Both ends are known to their ASICs, and differ in what a link needs alike; None when they do not."""
    ends = {end: port for end in (a, b) if (port := _of_asic(case, end)) is not None}
    for name, word in _WORDS.items():
        values = {end: getattr(port, name) for end, port in ends.items()}
        if len(values) < 2 or not all(values.values()) or values[a] == values[b]:
            continue
        guilty = [end for end in (a, b) if values[end] != _planned(case, end, name)]
        evidence = [line for end in guilty for line in case.because(end.switch, rf"PORT\|{end.port} {name}\b")]
        down = any(one.problem in (Problem.NO_LINK, Problem.NO_TRANSCEIVER) for one in found)
        return Diagnosis(
            f"{name}-differs",
            "link",
            tuple(map(str, guilty or (a, b))),
            f"{a} has {_told(word, values[a])}, and {b} has {_told(word, values[b])}: a link wants one at both ends",
            tuple(evidence) or tuple(f"{one.end}: {one.seen}" for one in found),
            "; then ".join(_mend(case, end, name) for end in guilty)
            or f"both ends are as planned: give them one {word} in `ports:` of the topology",
            case.link_results(a, b),
            broken=Outage(sessions=frozenset({a})) if down else Outage(),
        )
    return None


def missing(case: Case, one: CheckResult, taken: tuple[CheckResult, ...]) -> Diagnosis | None:
    """A part of a port that the switch has not split; None for any other port."""
    row = case.switch(one.switch).table.get(one.subject)
    if row is None or not row.parent:
        return None
    parts = [port.name for port in case.switch(one.switch).table.values() if port.parent == row.parent]
    evidence = case.because(one.switch, rf"PORT\|({'|'.join(parts)})\b", "config_db")
    reload_it = f"on {one.switch}: sudo config reload -y"
    return Diagnosis(
        "breakout-missing",
        "link",
        (str(one.end),),
        f"{one.end} is not there: {row.parent} is not split into {len(parts)} parts",
        evidence or (f"{one.end}: {one.seen}; CONFIG_DB has its row",),
        mends.push(case, one.switch) if evidence or mends.would_push(case, one.switch) else reload_it,
        taken,
        broken=Outage(sessions=frozenset({Endpoint(one.switch, one.subject)})),
    )


def _of_asic(case: Case, end: Endpoint) -> SonicPort | None:
    answers = case.answers.get(end.switch)
    ports = answers.find(SONIC_PORTS) if answers else None
    return ports.get(end.port) if ports else None


def _plan(case: Case, end: Endpoint) -> PortPlan:
    return next(port for port in case.switch(end.switch).ports if port.name == end.port)


def _planned(case: Case, end: Endpoint, name: str) -> str:
    port = _plan(case, end)
    if name == "autoneg":
        return "on" if port.autoneg else "off"
    return str(port.speed) if name == "speed" else port.fec or "none"


def _told(word: str, value: str) -> str:
    return f"{value} {word}" if word == "Mb/s" else f"{word} {value}"


def _mend(case: Case, end: Endpoint, name: str) -> str:
    """What `config interface` of sonic-utilities calls it (config/main.py speed, fec, autoneg)."""
    value = _planned(case, end, name)
    value = {"on": "enabled", "off": "disabled"}.get(value, value) if name == "autoneg" else value
    return mends.push_or(case, end.switch, f"sudo config interface {name} {end.port} {value}")
