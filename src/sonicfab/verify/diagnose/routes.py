"""Routes that are missing, too many or in the wrong place while every session is well."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from sonicfab.families import Family
from sonicfab.frr import conf
from sonicfab.switch.state.config import RUNNING_FRR
from sonicfab.verify.checks.interface import loopbacks
from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis, some
from sonicfab.verify.paths import Outage
from sonicfab.verify.results import CheckResult, Problem

_DRAIN = re.compile(r"bgp graceful-shutdown|set community .*graceful-shutdown.*|set as-path prepend .*")


def own(case: Case) -> Iterator[Diagnosis]:
    """What is wrong at one switch by its own words: drained, its own loopback not announced, routes not installed."""
    yield from _drained(case)
    yield from _link_local(case)
    yield from _own_missing(case)
    yield from _not_installed(case)


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """What is left when the consequences of broken links and switches are gone."""
    yield from _foreign(case)
    yield from _no_routes(case)
    yield from _not_announced(case)
    yield from _fewer(case)


def _drained(case: Case) -> Iterator[Diagnosis]:
    """Switches that ask others to go around them, where that is not what they are to run."""
    for name, answers in case.answers.items():
        expected = case.expectations[name]
        running = answers.find(RUNNING_FRR) or ""
        intended = expected.config.frr if expected.config else ""
        lines = _drains(running) - _drains(intended)
        if not lines:
            continue
        evidence = case.because(name, r"graceful-shutdown|as-path prepend")
        asn = case.switch(name).asn
        undo = "no bgp graceful-shutdown" if "bgp graceful-shutdown" in lines else ""
        yield Diagnosis(
            "drained",
            "routes",
            (name,),
            f"{name} is drained: it asks its neighbours to go around it",
            evidence or tuple(f"{name} runs: {line}" for line in sorted(lines)),
            "when its maintenance is over, "
            + mends.on(name, f"sudo vtysh -c 'configure terminal' -c 'router bgp {asn}' -c '{undo}'")
            if undo
            else mends.push(case, name),
            broken=Outage(switches=frozenset({name})),
        )


def _drains(frr: str) -> set[str]:
    """The lines of a config with which a switch asks its neighbours to go around it."""
    return {line for lines in conf.parse(frr).values() for line in lines if _DRAIN.fullmatch(line)}


def _link_local(case: Case) -> Iterator[Diagnosis]:
    """Next hops that swss does not learn: a policy lacks `set ipv6 next-hop prefer-global`."""
    by_switch: dict[str, list[CheckResult]] = defaultdict(list)
    for one in case.failed("route", problems=(Problem.LINK_LOCAL_HOP,)):
        by_switch[one.switch].append(one)
    for name, results in by_switch.items():
        drift = case.because(name, r"next-hop|on-match|route-map FROM-\S+ permit 1\b")
        told = tuple(f"{one.subject} {one.seen}" for one in results[:2])
        yield Diagnosis(
            "link-local-next-hop",
            "routes",
            (name,),
            f"{name} takes routes by link-local next hops on ports with addresses: the ASIC gets none of them",
            (*drift[:3], *told),
            f"sonicfab push --limit {name}",
            case.take(lambda one, name=name: one.switch == name and one.problem == Problem.LINK_LOCAL_HOP),  # type: ignore[misc]
        )


def _foreign(case: Case) -> Iterator[Diagnosis]:
    """Prefixes that no host may announce, and loopbacks that somebody else announces."""
    strange = case.failed("route", problems=(Problem.FOREIGN, Problem.ORIGIN, Problem.OTHER_WAY))
    sources: dict[str, list[str]] = defaultdict(list)
    for one in strange:
        expected, zebra = case.expectations[one.switch], case.zebra(one.switch)
        route = zebra.routes.get(one.subject) if zebra else None
        for port in route.ports if route else ():
            if port in expected.host_ports:
                sources[f"{one.switch}:{port}"].append(one.subject)
    for end, prefixes in sources.items():
        switch, _, port = end.partition(":")
        bgp = case.session(switch, port)
        wanted = set(prefixes)
        taken = case.take(
            lambda one, wanted=wanted, switch=switch: one.switch == switch and one.subject in wanted  # type: ignore[misc]
        )
        rest = case.take(
            lambda one, wanted=wanted: (
                one.check == "route"  # type: ignore[misc]
                and one.subject in wanted
                and one.problem in (Problem.FOREIGN, Problem.ORIGIN, Problem.OTHER_WAY, Problem.PATHS)
            )
        )
        asn = f" (AS {bgp.remote_asn})" if bgp is not None else ""
        policy = case.because(switch, r"route-map|prefix-list|neighbor HOST|filter-list")
        yield Diagnosis(
            "host-foreign-prefix",
            "routes",
            (end,),
            f"the host behind {end}{asn} announces {some(sorted(wanted))}, which it may not",
            (*policy[:3], f"{switch} has a route to {some(sorted(wanted))} via {port}"),
            _host_mend(case, switch, port, drift=bool(policy)),
            taken,
            rest,
        )
    yield from _announced_by_others(case)


def _host_mend(case: Case, switch: str, port: str, *, drift: bool) -> str:
    """Where the policy is as intended, nothing is wrong at the switch."""
    stop = f"stop it on the host behind {switch}:{port}"
    return f"{stop}; {switch} lets it in: {mends.push(case, switch)}" if drift else stop


def _announced_by_others(case: Case) -> Iterator[Diagnosis]:
    """Prefixes that a switch announces and should not."""
    left: dict[str, list[CheckResult]] = defaultdict(list)
    for one in case.failed("route", problems=(Problem.FOREIGN, Problem.ORIGIN)):
        left[one.subject].append(one)
    for prefix, results in left.items():
        guilty = _origin(case, prefix)
        evidence = tuple(f"{one.switch}: {one.seen}" for one in results[:3])
        drift = case.because(guilty, re.escape(prefix) + r"|redistribute|default-originate") if guilty else ()
        taken = case.take(lambda one, prefix=prefix: one.check == "route" and one.subject == prefix)  # type: ignore[misc]
        who = f"{guilty} announces" if guilty else "somebody announces"
        yield Diagnosis(
            "foreign-route",
            "routes",
            (guilty or results[0].switch,),
            f"{who} {prefix}, {_whose(case, prefix)}",
            (*drift, *evidence),
            mends.push(case, guilty)
            if guilty
            else "to find who: "
            + mends.on(results[0].switch, f"sudo vtysh -c 'show bgp {_family(prefix)} unicast {prefix}'"),
            taken,
        )


def _whose(case: Case, prefix: str) -> str:
    owner = _owner(case, prefix)
    return f"the loopback of {owner}" if owner else "which is in no plan"


def _owner(case: Case, prefix: str) -> str:
    return next((name for name, switch in case.plan.switches.items() if prefix in loopbacks(switch)), "")


def _family(prefix: str) -> Family:
    return Family.of(prefix)


def _origin(case: Case, prefix: str) -> str:
    """The switch that announces a prefix by itself and should not; "" when it is none that was asked.

    Its own table has the prefix with its own AS number, where those that learned it have it with another's.
    """
    asns: Counter[int] = Counter()
    for name in case.answers:
        bgp = case.bgp(name)
        if bgp is not None:
            asns.update(bgp.origins.get(prefix, ()))
    owner = _owner(case, prefix)
    for name in case.answers:
        bgp, switch, zebra = case.bgp(name), case.switch(name), case.zebra(name)
        if name == owner or bgp is None or switch.asn not in bgp.origins.get(prefix, ()) or switch.asn not in asns:
            continue
        if zebra is not None and prefix not in zebra.routes:
            return name
    return ""


def _own_missing(case: Case) -> Iterator[Diagnosis]:
    """A switch whose own BGP table does not have its loopback: it announces none."""
    for name in case.answers:
        bgp, switch = case.bgp(name), case.switch(name)
        if bgp is None or bgp.asn != switch.asn:
            continue
        lacking = {
            f"{address}/{address.max_prefixlen}"
            for family in case.plan.families
            if (address := switch.loopback(family)) is not None
            and f"{address}/{address.max_prefixlen}" not in bgp.origins
        }
        ends = {far.far for far in switch.fabric_sessions}
        peers = {(far, peer) for far, port in ends for peer in case.peers(far, port)}
        results = case.take(
            lambda one, lacking=lacking: (
                one.check == "route"  # type: ignore[misc]
                and one.subject in lacking
                and one.problem in (Problem.NO_ROUTE, Problem.STALE)
            )
        )
        families = {_family(prefix) for prefix in lacking}
        results += case.take(
            lambda one, peers=peers, families=families: (
                one.problem == Problem.NO_PREFIXES  # type: ignore[misc]
                and one.end in peers
                and one.family in families
            )
        )
        if results:
            yield _no_loopback(case, name, sorted(lacking), results)


def _no_loopback(case: Case, name: str, prefixes: list[str], results: tuple[CheckResult, ...]) -> Diagnosis:
    drift = case.because(name, r"/ network |router bgp", "frr")
    return Diagnosis(
        "not-announced",
        "routes",
        (name,),
        f"{name} does not announce its loopback {some(prefixes)}",
        (*drift[:3], f"its own BGP table does not have {some(prefixes)}"),
        mends.push_or(case, name, mends.RESTART_BGP),
        results,
        broken=Outage(switches=frozenset({name})),
    )


def _not_installed(case: Case) -> Iterator[Diagnosis]:
    """Routes that bgpd has chosen and nobody forwards by: zebra has not brought them into the kernel or the ASIC."""
    by_switch: dict[str, list[CheckResult]] = defaultdict(list)
    for one in case.failed("route", problems=(Problem.NOT_INSTALLED, Problem.STALE)):
        by_switch[one.switch].append(one)
    for name, results in by_switch.items():
        far = {one.far for one in results}
        yield Diagnosis(
            "not-installed",
            "routes",
            (name,),
            f"{name} does not forward by {len(results)} of its BGP routes: zebra has not installed them",
            tuple(f"{one.subject}: {one.seen}" for one in results[:3]),
            mends.on(name, mends.CLEAR_BGP),
            case.take_these(results),
            case.take(
                lambda one, name=name, far=far: (
                    one.check == "ping"  # type: ignore[misc]
                    and ((one.switch == name and one.far in far) or (one.far == name and one.switch in far))
                )
            ),
        )


def _not_announced(case: Case) -> Iterator[Diagnosis]:
    """A loopback that nobody has, while the sessions of its switch are well."""
    missing: dict[str, list[CheckResult]] = defaultdict(list)
    for one in case.failed("route", problems=(Problem.NO_ROUTE,)):
        missing[f"{one.far} {one.family}"].append(one)
    bad = {one.switch for one in case.results if one.check == "bgp" and one.status == "failed"}
    told = {name for name in case.answers if case.bgp(name) is not None and case.bgp(name).sessions}  # type: ignore[union-attr]
    by_switch: dict[str, list[CheckResult]] = defaultdict(list)
    for results in missing.values():
        far, family = results[0].far, results[0].family
        asked = [one for one in case.results if one.check == "route" and (one.far, one.family) == (far, family)]
        # only of a switch that was asked itself can be said that it announces what does not arrive
        if far not in bad and far in told and len(results) == len(asked):
            by_switch[far] += results
    for name, results in by_switch.items():
        prefixes = sorted({one.subject for one in results})
        drift = case.because(name, r"route-map TO-|prefix-list")
        taken = case.take_these(results)
        yield Diagnosis(
            "not-announced",
            "routes",
            (name,),
            f"the loopback of {name}, {some(prefixes)}, reaches nobody",
            (*drift[:3], f"{name} has it in its BGP table, its sessions are up, and nobody has a route"),
            mends.push_or(case, name, mends.CLEAR_BGP),
            taken,
            broken=Outage(switches=frozenset({name})),
        )


def _no_routes(case: Case) -> Iterator[Diagnosis]:
    """A switch that lacks every loopback, and what it says of BGP itself."""
    missing: dict[str, list[CheckResult]] = defaultdict(list)
    for one in case.failed("route", problems=(Problem.NO_ROUTE,)):
        missing[one.switch].append(one)
    for name, results in missing.items():
        asked = [one for one in case.results if (one.check, one.switch) == ("route", name) and one.far]
        if len(results) != len(asked):
            continue
        bgp = case.bgp(name)
        planned = len(case.switch(name).fabric_sessions)
        up = sum(1 for one in bgp.sessions.values() if one.state == "Established") if bgp else 0
        said = f"AS {bgp.asn}" if bgp is not None and bgp.asn else "no BGP"
        yield Diagnosis(
            "no-routes",
            "routes",
            (name,),
            f"{name} has no route to any other switch",
            (f"it runs {said}; {up} of {planned} planned sessions are Established",),
            # without any BGP, FRR has not loaded its frr.conf
            mends.push_or(case, name, mends.RESTART_BGP)
            if bgp is not None and bgp.asn
            else mends.on(name, mends.RESTART_BGP),
            case.take_these(results),
        )


def _fewer(case: Case) -> Iterator[Diagnosis]:
    """A switch that uses fewer of the equal paths than planned, to many others at once."""
    fewer: dict[str, list[CheckResult]] = defaultdict(list)
    for one in case.failed("route", problems=(Problem.PATHS,)):
        fewer[one.switch].append(one)
    for name, results in fewer.items():
        drift = case.because(name, r"maximum-paths|bestpath")
        if drift:
            taken = case.take(lambda one, name=name: one.switch == name and one.problem == Problem.PATHS)  # type: ignore[misc]
            yield Diagnosis(
                "fewer-paths",
                "routes",
                (name,),
                f"{name} uses fewer equal paths than planned",
                (*drift, f"{results[0].subject}: {results[0].seen}"),
                mends.push(case, name),
                taken,
            )
