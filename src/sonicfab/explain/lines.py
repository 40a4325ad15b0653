"""The origin of every kind of line in frr.conf."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sonicfab.explain.inputs import Fact, Given, Origin, Sources
from sonicfab.plan.types import PeerGroup, Session

Explain = Callable[[Sources, "re.Match[str]"], "Origin | None"]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of line: the context it is in, how it reads, and its origin."""

    context: str
    line: str
    explain: Explain


def origin_of(sources: Sources, context: tuple[str, ...], line: str) -> Origin | None:
    """The origin of a line; None for what only the user's own templates write."""
    where = " / ".join(context)
    for kind in KINDS:
        if re.fullmatch(kind.context, where) and (match := re.fullmatch(kind.line, line)):
            return kind.explain(sources, match)
    return None


def _fixed(rule: str, *facts: Fact) -> Explain:
    return lambda _sources, _match: Origin(rule, facts=facts)


def _start_line(sources: Sources, match: re.Match[str]) -> Origin | None:
    if match[0] not in sources.build.frr_start_lines:
        return None
    rule = "the start script of the bgp container appends it unless it is there: then the file would not be ours"
    return Origin(rule, sources.setting("image_build"), sources.fact("frr_start_lines", match[0]))


def _version(sources: Sources, _match: re.Match[str]) -> Origin:
    rule = "FRR writes its own version into its config"
    return Origin(rule, sources.setting("image_build"), sources.fact("frr"))


def _hostname(sources: Sources, _match: re.Match[str]) -> Origin:
    return Origin("the switch's name", sources.name())


def _asn(sources: Sources, _match: re.Match[str]) -> Origin:
    given, rule = sources.number("asn")
    return Origin(f"the ASN of the switch: {rule}", given)


def _loopback(rule: str) -> Explain:
    def explain(sources: Sources, match: re.Match[str]) -> Origin:
        given, how = sources.number("ipv6" if ":" in match[1] else "ipv4")
        return Origin(f"{rule}: {how}", given)

    return explain


def _bgp(rule: str, *keys: str) -> Explain:
    """A value of the topology's `bgp`, or its default."""

    def explain(sources: Sources, _match: re.Match[str]) -> Origin:
        given = tuple(one for key in keys for one in sources.topology("bgp", key))
        return Origin(rule if given else f"{rule}; the topology gives none: these are the defaults", given)

    return explain


def _prefixes(sources: Sources, match: re.Match[str]) -> Origin:
    family = "ipv6" if match[1] == "ipv6" else "ipv4"
    if match[2] == "LOOPBACKS":
        return Origin("what the switches announce: single addresses of the pool", sources.topology("loopbacks", family))
    written = sources.topology("hosts", "prefixes", family)
    members = (sources.topology("hosts", "prefixes", family, index) for index in range(64))
    exact = tuple(one for found in members for one in found if one.written == match[3])
    return Origin("what the servers may announce: single addresses of the prefixes", exact[:1] or written)


def _group(sources: Sources, name: str) -> PeerGroup | None:
    return next((group for group in sources.switch.groups if group.name == name), None)


def _of_group(fabric: str, host: str) -> Explain:
    def explain(sources: Sources, match: re.Match[str]) -> Origin:
        group = _group(sources, match[1])
        if group is not None and not group.inside:
            return Origin(host, sources.topology("hosts"))
        return Origin(fabric, sources.topology("underlay"))

    return explain


def _session(sources: Sources, peer: str) -> Session | None:
    return next((session for _, session in sources.switch.sessions if session.peer == peer), None)


def _neighbor(sources: Sources, match: re.Match[str]) -> Origin | None:
    session = _session(sources, match[1])
    if session is None:
        return None
    port = sources.ports[session.interface]
    if not session.far.switch:
        return Origin(f"a server is behind {session.interface}: BGP unnumbered", sources.uses(port))
    if session.peer == session.interface:
        return Origin(f"the link to {session.far}: BGP unnumbered", sources.uses(port))
    networks = sources.network(port, 6 if ":" in session.peer else 4)
    rule = f"the link to {session.far}: the other address of its network"
    return Origin(rule, (*networks, *sources.uses(port)))


def _description(sources: Sources, match: re.Match[str]) -> Origin | None:
    session = _session(sources, match[1])
    if session is None:
        return None
    port = sources.ports[session.interface]
    if session.far.switch:
        return Origin("SWITCH:PORT at the far end", sources.uses(port))
    if given := sources.option(port, "description"):
        return Origin("as given for the host ports", given)
    return Origin("`host` where the topology gives no description", sources.uses(port))


def _max_prefix(sources: Sources, _match: re.Match[str]) -> Origin:
    return Origin(
        "a server may announce no more; the session ends if it does", sources.topology("hosts", "max_prefixes")
    )


def _family(sources: Sources, match: re.Match[str]) -> Origin:
    return Origin("the fabric routes what it has loopbacks of", sources.topology("loopbacks", match[1]))


def _extended_nexthop(sources: Sources, _match: re.Match[str]) -> Origin:
    rule = "the underlay has IPv6 addresses alone: IPv4 routes get IPv6 next hops, which both ends must agree on"
    return Origin(rule, sources.topology("underlay"), (_RFC8950,))


def _prefer_global(sources: Sources, _match: re.Match[str]) -> Origin:
    rule = "next hops are the addresses of the links: swss does not know a link-local one on a port with addresses"
    return Origin(rule, sources.topology("underlay"), (_PREFER_GLOBAL,))


def _policy(sources: Sources, match: re.Match[str]) -> Origin:
    rules = {
        "FROM-FABRIC": "what a switch takes from another: loopbacks and the addresses of servers",
        "TO-FABRIC": "what a switch tells another: loopbacks and the addresses of servers",
        "FROM-HOST": "what a switch takes from a server: addresses of the prefixes, nothing else",
        "TO-HOST": "what a switch tells a server: loopbacks and the addresses of other servers",
    }
    return Origin(f"{rules[match['policy']]}; eBGP exchanges nothing without a policy (RFC 8212)", _lists(sources))


def _match(sources: Sources, match: re.Match[str]) -> Origin | None:
    lists = {"LOOPBACKS": ("loopbacks",), "HOSTS": ("hosts", "prefixes")}
    if match[1] not in lists:
        return None
    return Origin("single addresses of this list", sources.topology(*lists[match[1]]), (_RFC8212,))


def _lists(sources: Sources) -> tuple[Given, ...]:
    return (*sources.topology("loopbacks"), *sources.topology("hosts", "prefixes"))


_RFC8212 = Fact("eBGP exchanges nothing without a policy", "RFC 8212, and FRR's default profile")
_RFC8950 = Fact(
    "IPv4 over IPv6 next hops is a capability of a session", "RFC 8950; FRR offers it unasked only unnumbered"
)
_PREFER_GLOBAL = Fact(
    "SONiC's own templates begin their IPv6 policy with the same entry",
    "sonic-buildimage dockers/docker-fpm-frr/frr/bgpd/templates/general/policies.conf.j2; sonic-swss#1872",
)
_BGPCFGD = Fact("bgpcfgd adds it by itself in every mode", "sonic-buildimage src/sonic-bgpcfgd")

_BGP = r"router bgp \d+"
_AF = rf"{_BGP} / address-family (?:ipv4|ipv6) unicast"
_POLICY = r"(?P<policy>(?:FROM|TO)-(?:FABRIC|HOST))"

KINDS: tuple[_Kind, ...] = (
    _Kind("", r"frr version .*", _version),
    _Kind("", r"frr defaults traditional", _fixed("FRR's default profile, written out as FRR prints it")),
    _Kind("", r"hostname .*", _hostname),
    _Kind("", r"log syslog informational", _fixed("FRR logs to the switch's syslog")),
    _Kind("", r"(no )?(fpm|zebra) .*", _start_line),
    _Kind("", r"service integrated-vtysh-config", _fixed("one frr.conf for all daemons, which the mode asks for")),
    _Kind("", r"(ip|ipv6) prefix-list (\S+) seq \d+ permit (\S+)(?: ge \d+)?", _prefixes),
    _Kind("", r"router bgp \d+", _asn),
    _Kind("", r"route-map FROM-FABRIC permit 1", _prefer_global),
    _Kind("", rf"route-map {_POLICY} (?:permit|deny) \d+", _policy),
    _Kind("", r"route-map RM_SET_SRC6? permit 10", _fixed("routes leave with the loopback as source", _BGPCFGD)),
    _Kind("", r"(?:ip|ipv6) protocol bgp route-map \S+", _fixed("routes leave with the loopback as source", _BGPCFGD)),
    _Kind(
        "", r"(?:ip|ipv6) nht resolve-via-default", _fixed("next hops may be found over the default route", _BGPCFGD)
    ),
    _Kind(_BGP, r"bgp router-id (\S+)", _loopback("the IPv4 loopback is the router id")),
    _Kind(_BGP, r"bgp log-neighbor-changes", _fixed("sessions that come and go are logged")),
    _Kind(_BGP, r"no bgp default ipv4-unicast", _fixed("a family is on where it is activated, and only there")),
    _Kind(_BGP, r"bgp bestpath as-path multipath-relax", _fixed("ECMP also over paths of different ASNs")),
    _Kind(
        _BGP,
        r"neighbor (\S+) peer-group",
        _of_group("one group for all switches of a role (and family)", "one group for all servers"),
    ),
    _Kind(_BGP, r"neighbor (\S+) remote-as external", _fixed("eBGP: any ASN but our own")),
    _Kind(_BGP, r"neighbor (\S+) bfd", _bgp("BFD on the links of the fabric", "bfd")),
    _Kind(_BGP, r"neighbor (\S+) timers \d+ \d+", _bgp("keepalive and hold time in seconds", "keepalive", "hold")),
    _Kind(_BGP, r"neighbor (\S+) timers connect \d+", _bgp("seconds until a session is tried again", "connect_retry")),
    _Kind(_BGP, r"neighbor (\S+) capability extended-nexthop", _extended_nexthop),
    _Kind(_BGP, r"neighbor (\S+) (?:interface )?peer-group \S+", _neighbor),
    _Kind(_BGP, r"neighbor (\S+) description .*", _description),
    _Kind(_BGP, r"address-family (ipv4|ipv6) unicast", _family),
    _Kind(_AF, r"network (\S+)/\d+", _loopback("the switch announces its loopback")),
    _Kind(
        _AF,
        r"neighbor (\S+) activate",
        _of_group("the group carries this family", "the sessions with servers carry this family"),
    ),
    _Kind(_AF, r"neighbor (\S+) maximum-prefix \d+", _max_prefix),
    _Kind(_AF, rf"neighbor (\S+) route-map {_POLICY} (?:in|out)", _policy),
    _Kind(_AF, r"maximum-paths \d+", _bgp("so many equal paths are used", "maximum_paths")),
    _Kind(
        rf"route-map {_POLICY} permit \d+",
        r"match (?:ip|ipv6) address prefix-list (\S+)",
        _match,
    ),
    _Kind(r"route-map FROM-FABRIC permit 1", r"on-match next|set ipv6 next-hop prefer-global", _prefer_global),
    _Kind(r"route-map RM_SET_SRC6? permit 10", r"set src (\S+)", _loopback("the loopback is the source of routes")),
)
