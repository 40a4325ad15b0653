"""Programs of a switch that do not run, and switches that run another config altogether."""

from __future__ import annotations

from collections.abc import Iterator

from sonicfab.switch import ask
from sonicfab.switch.state.bgp import BGP_STATE
from sonicfab.switch.state.config import RUNNING_CONFIG_DB
from sonicfab.switch.state.lldp import LLDP_NEIGHBORS
from sonicfab.switch.state.routes import ZEBRA_STATE
from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis
from sonicfab.verify.paths import Outage
from sonicfab.verify.results import CheckResult, Problem


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """Switch by switch."""
    for name in case.answers:
        if any(one.switch == name for one in case.open.values()):
            yield from _frr(case, name)
            yield from _config(case, name)
            yield from _lldp(case, name)
            yield from _database(case, name)


def _frr(case: Case, name: str) -> Iterator[Diagnosis]:
    answers = case.answers[name]
    bgp, zebra = answers.why_not(BGP_STATE), answers.why_not(ZEBRA_STATE)
    said = bgp or zebra
    if not said:
        return
    restart = mends.on(name, mends.RESTART_BGP)
    if "container" in said.lower() and (answers.is_absent(BGP_STATE) or answers.is_absent(ZEBRA_STATE)):
        code, cause = "bgp-container-down", f"the container bgp does not run on {name}"
    elif answers.is_absent(BGP_STATE):
        code, cause = "bgpd-down", f"bgpd does not run on {name}"
    elif answers.is_absent(ZEBRA_STATE):
        code, cause = "zebra-down", f"zebra does not run on {name}: what BGP learns is not installed"
    elif answers.hangs(BGP_STATE) or answers.hangs(ZEBRA_STATE):
        hung = "bgpd" if answers.hangs(BGP_STATE) else "zebra"
        code, cause = "frr-silent", f"{hung} runs on {name} and does not answer"
    else:
        yield from (
            _unreadable(case, name, program, said) for program, said in (("bgpd", bgp), ("zebra", zebra)) if said
        )
        return
    own = case.take(
        lambda one: (
            (
                one.switch == name
                and one.check in ("bgp", "route", "ping", "interface", "outside")
                and one.problem in (Problem.UNANSWERED, Problem.NOT_INSTALLED, Problem.NO_ROUTE)
            )
            or _unanswered(one, name, "bgpd")
            or _unanswered(one, name, "zebra", bgp, zebra)
        )
    )
    own += case.take(lambda one: one.switch == name and one.check == "config" and one.subject == "frr")
    # with bgpd or its container gone, so are the ends of its sessions at its neighbours
    near = _neighbours(case, name)
    lost = bool(near) or code in ("bgp-container-down", "bgpd-down")
    own_sessions = case.take(lambda one: one.switch == name and one.check in ("bgp", "route"))
    broken = Outage(switches=frozenset({name})) if lost else Outage()
    yield Diagnosis(code, "switch", (name,), cause, (said,), restart, own, (*own_sessions, *near), broken)


_OF_PROGRAM = {
    "bgpd": ("bgp", "route", "aggregate", "announced"),
    "zebra": ("route", "interface", "ping", "static", "outside"),
}
"""Checks that ask a program of FRR and hardly anything else."""


def _unanswered(one: CheckResult, name: str, program: str, *words: str) -> bool:
    """Whether a check got no word of a program, also one that needs it beside others: VLANs want to know of links."""
    if one.switch != name or one.problem != Problem.UNANSWERED:
        return False
    return one.check in _OF_PROGRAM[program] or (bool(one.seen) and one.seen in words)


def _unreadable(case: Case, name: str, program: str, said: str) -> Diagnosis:
    """What it prints is no answer: nothing is known of it, so nothing is said to be down."""
    show = "show bgp summary json" if program == "bgpd" else "show interface json"
    return Diagnosis(
        "unreadable",
        "switch",
        (name,),
        f"what {program} of {name} says cannot be read",
        (said,),
        mends.on(name, f"sudo vtysh -d {program} -c '{show}' shows what it prints"),
        case.take(lambda one: _unanswered(one, name, program, *([said] if program == "zebra" else []))),
    )


def _config(case: Case, name: str) -> Iterator[Diagnosis]:
    """None of the planned sessions is configured: it runs something else."""
    bgp = case.bgp(name)
    # neighbours that run something else, too, may have taken some of them already
    missing = [one for one in case.results if (one.switch, one.problem) == (name, Problem.NOT_CONFIGURED)]
    planned = sum(len(session.families) for session in case.switch(name).fabric_sessions)
    if bgp is None or not planned or len(missing) < planned:
        return
    plan = case.switch(name)
    stored_is_right = not case.failed("config", switch=name, problems=(Problem.UNSAVED,))
    config_known = any(one.switch == name and one.subject == "stored frr.conf" for one in case.results)
    expected_db = case.answers[name].find(RUNNING_CONFIG_DB) or {}
    mode = expected_db.get("DEVICE_METADATA", {}).get("localhost", {}).get("docker_routing_config_mode", "")
    strangers = len({one.subject for one in case.failed("bgp", switch=name, problems=(Problem.UNPLANNED,))})
    count = len(plan.fabric_sessions)
    asn = f"AS {bgp.asn}" if bgp.asn else "no BGP at all"
    evidence = [f"it runs {asn}; planned: AS {plan.asn} with {count} session{'s' * (count != 1)}"]
    if strangers:
        evidence.append(f"{strangers} sessions that nobody planned")
    if mode:
        evidence.append(f"docker_routing_config_mode is {mode}")
    if config_known and stored_is_right and bgp.asn != plan.asn:
        code, cause = "frr-conf-not-loaded", f"frr.conf is on {name}, but FRR has not loaded it"
        mend = mends.on(name, mends.RESTART_BGP)
    else:
        code, cause = "not-pushed", f"{name} does not run the fabric's config"
        mend = mends.push(case, name)
    own = case.take(
        lambda one: (
            one.switch == name and (one.check in ("bgp", "interface", "config") or one.problem == Problem.FOREIGN)
        )
    )
    near = _neighbours(case, name)
    ends = case.take(lambda one: one.switch == name and one.check in ("route", "ping"))
    yield Diagnosis(
        code,
        "switch",
        (name,),
        cause,
        tuple(evidence),
        mend,
        own,
        (*near, *ends),
        Outage(switches=frozenset({name})),
    )


def _neighbours(case: Case, name: str) -> tuple[CheckResult, ...]:
    """What failed at the other ends of its sessions."""
    ends = [session.far for session in case.switch(name).fabric_sessions]
    return case.link_results(*ends, checks=("bgp",))


def _lldp(case: Case, name: str) -> Iterator[Diagnosis]:
    said = case.answers[name].why_not(LLDP_NEIGHBORS)
    own = case.failed("lldp", switch=name, problems=(Problem.UNANSWERED,))
    if not said or not own:
        return
    taken = case.take(lambda one: one.switch == name and one.check == "lldp")
    ends = {far for port in case.switch(name).ports if (far := port.far)}
    near = case.take(lambda one: one.problem == Problem.NO_NEIGHBOR and one.end in ends)
    yield Diagnosis(
        "lldpd-down",
        "config",
        (name,),
        f"lldpd does not answer on {name}: its cables cannot be looked at",
        (said,),
        mends.on(name, "sudo systemctl restart lldp"),
        taken,
        near,
    )


def _database(case: Case, name: str) -> Iterator[Diagnosis]:
    said = case.answers[name].why_not(RUNNING_CONFIG_DB)
    if not said or not case.failed("config", switch=name, problems=(Problem.UNANSWERED,)):
        return
    own = case.take(lambda one: one.switch == name and one.check == "config" and one.problem == Problem.UNANSWERED)
    yield database(case, name, said, own, f"CONFIG_DB of {name} cannot be read")


def database(case: Case, name: str, said: str, own: tuple[CheckResult, ...], cause: str, *more: str) -> Diagnosis:
    """CONFIG_DB has no answer; whether redis is gone, or only may not be asked, its own words tell."""
    if ask.NO_SUDO.search(said):
        user = case.switch(name).ssh.user
        return Diagnosis(
            "no-sudo",
            "unreachable",
            (name,),
            f"{user} may not use sudo without a password on {name}, so {name} was not looked at",
            (said, *more),
            mends.on(name, f"echo '{user} ALL=(ALL) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/{user}"),
            own,
        )
    if any(word in said for word in ("not JSON", "not a JSON object", "unexpected")):
        show = "sudo sonic-cfggen -d --print-data"
        return Diagnosis(
            "unreadable", "switch", (name,), cause, (said, *more), mends.on(name, f"{show} shows what it prints"), own
        )
    return Diagnosis("database-down", "switch", (name,), cause, (said, *more), mends.on(name, _DATABASE), own)


_DATABASE = "sudo systemctl restart database"
"""It loads config_db.json, and restarts what depends on it (sonic-buildimage files/build_templates/
docker_image_ctl.j2 postStartAction(), *.service.j2 Requires=database.service)."""
