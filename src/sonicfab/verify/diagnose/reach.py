"""Switches that could not be asked: down, or only their management."""

from __future__ import annotations

from collections.abc import Iterator

from sonicfab.endpoint import Endpoint
from sonicfab.verify.diagnose.base import Case, Diagnosis
from sonicfab.verify.diagnose.daemons import database
from sonicfab.verify.paths import Outage
from sonicfab.verify.results import CheckResult, Problem

_MENDS = {
    Problem.WRONG_SWITCH: ("wrong-switch", "correct the address or the facts in the inventory"),
    Problem.HOST_KEY: ("host-key", "compare the key at the switch's console, then correct known_hosts"),
    Problem.SCHEDULER: ("no-worker", "see that the scheduler runs, and workers that serve its site"),
    Problem.LOGIN: ("login-refused", "check user and key in the inventory; try `ssh` with them"),
}
_DATABASE = ("redis", "database", "Could not connect", "sonic-cfggen", "platform summary")


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """A switch that does not answer, with what its neighbours say of it."""
    for result in case.failed("login"):
        own = case.take(lambda one, result=result: one is result)  # type: ignore[misc]
        name = result.switch
        up, asked = _neighbours(case, name)
        evidence = [result.seen]
        if asked:
            evidence.append(f"its neighbours: {up} of {asked} sessions with it are Established")
        if result.problem in _MENDS:
            code, mend = _MENDS[result.problem]
            yield Diagnosis(
                code, "unreachable", (name,), f"{name} was not looked at: {_sentence(code)}", tuple(evidence), mend, own
            )
        elif result.problem == Problem.SWITCH and any(word in result.seen for word in _DATABASE):
            cause = f"{name} can be logged in to, but its databases do not answer"
            yield database(case, name, evidence[0], own, cause, *evidence[1:])
        elif result.problem in (Problem.SWITCH, Problem.UNREADABLE):
            cause = f"{name} can be logged in to, but what it says cannot be read"
            show = f"log in to {name} with `ssh`, and look at what `cat /etc/sonic/sonic_version.yml` prints"
            yield Diagnosis("unreadable", "unreachable", (name,), cause, tuple(evidence), show, own)
        elif result.problem == Problem.COMMAND_TIMEOUT and not _links_down(case, name):
            yield _hangs(case, name, own, evidence, forwards=bool(up))
        elif asked and not up:
            yield _down(case, name, own, evidence)
        else:
            code, text = "unreachable", f"{name} cannot be reached over its management network"
            if up:
                text += ", but it forwards: its BGP sessions are up"
            mend = f"look at its management port and at what is between: `ping` and `ssh` to {name}, else its console"
            yield Diagnosis(code, "unreachable", (name,), text, tuple(evidence), mend, own)


def _hangs(case: Case, name: str, own: tuple[CheckResult, ...], evidence: list[str], *, forwards: bool) -> Diagnosis:
    return Diagnosis(
        "switch-hangs",
        "unreachable",
        (name,),
        f"{name} can be logged in to, but a program on it hangs, and so does what asks it",
        tuple(evidence),
        f"on {name}: ps -eo stat,etime,args | grep '^[TD]' shows programs that stand still",
        own,
        () if forwards else case.link_results(*_ends(case, name)),
        Outage() if forwards else Outage(switches=frozenset({name})),
    )


def _links_down(case: Case, name: str) -> bool:
    """Whether its neighbours have lost their links to it."""
    down = {one.end for one in case.failed("interface")}
    return not down.isdisjoint(_ends(case, name))


def _down(case: Case, name: str, own: tuple[CheckResult, ...], evidence: list[str]) -> Diagnosis:
    taken = case.link_results(*_ends(case, name))
    return Diagnosis(
        "switch-down",
        "unreachable",
        (name,),
        f"{name} is down: it cannot be reached, and no neighbour has a session with it",
        tuple(evidence),
        f"look at the power and the console of {name}",
        own,
        taken,
        Outage(switches=frozenset({name})),
    )


def _neighbours(case: Case, name: str) -> tuple[int, int]:
    """(Established, asked): the ends of its sessions at the other switches."""
    up = asked = 0
    for session in case.switch(name).fabric_sessions:
        far = case.far_session(name, session)
        if far is not None and case.bgp(session.far.switch) is not None:
            asked += 1
            up += far[1] is not None and far[1].state == "Established"
    return up, asked


def _ends(case: Case, name: str) -> list[Endpoint]:
    return [session.far for session in case.switch(name).fabric_sessions]


def _sentence(code: str) -> str:
    return {
        "wrong-switch": "what answers at its address is another switch",
        "host-key": "its host key is not the known one",
        "login-refused": "it refuses the login",
        "no-worker": "nobody was there to do the work",
    }[code]
