"""Lines of FRR's running config that SONiC's daemons make of rows of CONFIG_DB: nobody wrote them, in no frr.conf.

Which daemon makes which lines of which table is in data/tables.yml, with sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from sonicfab import tables
from sonicfab.configdb import ConfigDb, Row
from sonicfab.families import Family
from sonicfab.frr import conf
from sonicfab.frr.conf import Context

_ON_EVERY_SWITCH = re.compile(
    r"ip(v6)? nht resolve-via-default|ip(v6)? protocol bgp route-map RM_SET_SRC6?|route-map RM_SET_SRC6? permit 10"
)
"""Of loopbacks, in every mode: sonic-buildimage src/sonic-bgpcfgd managers_setsrc.py and zebra.conf.j2."""


_OF_A_ROW = re.compile(r" tag [12]( |$)")
"""Of a route that bgpcfgd makes: managers_static_rt.py, ROUTE_ADVERTISE_ENABLE_TAG and ROUTE_ADVERTISE_DISABLE_TAG."""


def is_on_every_switch(context: Context, line: str) -> bool:
    """Whether bgpcfgd makes a line on every switch, whoever wrote its frr.conf."""
    return _ON_EVERY_SWITCH.fullmatch(context[0] if context else line) is not None


def writes_everywhere(text: str) -> bool:
    """Whether a frr.conf has such lines; where it has none, as what somebody had before us, they run all the same."""
    return any(is_on_every_switch(context, line) for _, context, line in conf.lines(text))


@dataclass(frozen=True)
class Made:
    """The lines that the rows of a config make.

    Attributes:
        patterns: (pattern of the outermost context, pattern of the line).
        routes: static routes: the VRF, "" for the default one, and the words of the line in any order.
    """

    patterns: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = ()
    routes: frozenset[tuple[str, frozenset[str]]] = frozenset()

    def with_everywhere(self) -> Made:
        """The same with what bgpcfgd makes on every switch: where that is not rendered, it runs all the same."""
        return Made((*self.patterns, *EVERYWHERE.patterns), self.routes)

    def with_left_over(self, stored_frr: str, running_frr: str) -> Made:
        """The same with routes of rows that are no more: `write memory` has saved them, and they do not run.

        When a row goes, bgpcfgd takes its route out of FRR and writes no file (managers_static_rt.py). Where another
        route does not run either, it may be staticd that does not, and nobody can tell.
        """
        saved = {(vrf, frozenset(words)): " ".join(words) for vrf, words in static_routes(stored_frr)}
        idle = saved.keys() - {(vrf, frozenset(words)) for vrf, words in static_routes(running_frr)} if saved else set()
        if any(route in self.routes or not _OF_A_ROW.search(saved[route]) for route in idle):
            return self
        return Made(self.patterns, self.routes | idle) if idle else self

    def has(self, context: Context, line: str) -> bool:
        """Whether a daemon made the line."""
        if route := _static_route(context, line):
            return (route[0], frozenset(route[1])) in self.routes
        head = context[0] if context else ""
        return any(where.fullmatch(head) and what.fullmatch(line) for where, what in self.patterns)

    def without(self, text: str, intended: str) -> str:
        """FRR's running config without these lines, but for those that are intended as well."""
        if not self.patterns and not self.routes:
            return text
        wanted = conf.parse(intended)
        drop = {
            number
            for number, context, line in conf.lines(text)
            if self.has(context, line)
            and (context not in wanted if not line else line not in wanted.get(context, frozenset()))
        }
        if not drop:
            return text
        return "".join(f"{raw}\n" for number, raw in enumerate(text.splitlines(), 1) if number not in drop)


def static_routes(frr: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Of each static route of a config of FRR the VRF, "" for the default one, and the words: `ip route PREFIX ...`."""
    return (route for _, context, line in conf.lines(frr) if (route := _static_route(context, line)))


def _static_route(context: Context, line: str) -> tuple[str, tuple[str, ...]] | None:
    head = context[0] if context else ""
    if " route " not in line or (head and not head.startswith("vrf ")):
        return None
    return head.removeprefix("vrf "), tuple(line.split())


EVERYWHERE = Made(
    (
        (re.compile(""), re.compile(r"ip(v6)? nht resolve-via-default|ip(v6)? protocol bgp route-map RM_SET_SRC6?")),
        (re.compile(r"route-map RM_SET_SRC6? permit 10"), re.compile(r".*")),
    )
)
"""What `is_on_every_switch` knows."""


def made_of(config: ConfigDb) -> Made:
    """What the daemons make of a config that runs."""
    patterns: list[tuple[re.Pattern[str], re.Pattern[str]]] = []
    routes: set[tuple[str, frozenset[str]]] = set()
    has_asn = _has_asn(config)
    for name, one in tables.tables().items():
        for key, row in config.get(name, {}).items() if one.frr else ():
            for rule in one.frr:
                if rule.asn and not has_asn:
                    continue
                if rule.make:
                    routes.update(_routes(key, row))
                else:
                    named = rule.line.replace("{key}", re.escape(key.rpartition("|")[2]))
                    patterns.append((re.compile(rule.context), re.compile(named)))
    return Made(tuple(dict.fromkeys(patterns)), frozenset(routes))


def _has_asn(config: ConfigDb) -> bool:
    """Whether bgpcfgd makes anything in `router bgp`: without a bgp_asn its rows wait, so such a line is somebody's.

    The managers that write there wait for DEVICE_METADATA|localhost bgp_asn (their `deps` in managers_bgp.py,
    managers_static_rt.py and managers_aggregate_address.py). One that is no number, as the `None` of a minigraph
    without BGP, ends in a `router bgp None` that FRR refuses; a newer managers_db.py leaves such a row out itself.
    """
    asn = str(config.get("DEVICE_METADATA", {}).get("localhost", {}).get("bgp_asn", ""))
    return asn.isascii() and asn.isdigit() and int(asn) > 0


def _routes(key: str, row: Row) -> Iterator[tuple[str, frozenset[str]]]:
    """The lines of a STATIC_ROUTE: StaticRouteMgr of bgpcfgd's managers_static_rt.py, as FRR prints them.

    A route with `bfd` is made by staticroutebfd, for the next hops that answer: any of its lines may be there or not.
    FRR leaves out a distance of 1 and a next hop's VRF that is the route's own (staticd/static_vty.c).
    """
    vrf, _, prefix = key.rpartition("|")
    vrf = "" if vrf == "default" else vrf
    try:
        network = ip_network(prefix, strict=False)
    except ValueError:
        return
    tag = "2" if row.get("advertise") == "false" else "1"
    columns = {name: _listed(row.get(name)) for name in ("blackhole", "nexthop", "ifname", "distance", "nexthop-vrf")}
    for at in range(max(map(len, columns.values()))):
        one = {name: values[at] if at < len(values) else "" for name, values in columns.items()}
        words = [Family.of(network).command, "route", str(network), "tag", tag]
        if one["blackhole"] == "true":
            words.append("blackhole")
        else:
            words += [one["nexthop"]] if one["nexthop"].strip("0.:") else []
            words += [one["ifname"]] if one["ifname"] else []
            if one["nexthop-vrf"] not in ("", vrf or "default"):
                words += ["nexthop-vrf", one["nexthop-vrf"]]
        if one["distance"] not in ("", "0", "1"):
            words.append(one["distance"])
        yield vrf, frozenset(words)


def _listed(value: str | Iterable[str] | None) -> list[str]:
    if not value:
        return []
    return [one.strip() for one in value.split(",")] if isinstance(value, str) else list(value)
