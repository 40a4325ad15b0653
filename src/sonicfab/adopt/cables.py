"""The entries of `links` and `bundles`: cables, and the patterns that many of them make."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sonicfab.adopt.edges import Said, keys_of
from sonicfab.adopt.links import FoundLink, Links
from sonicfab.adopt.options import Usual, link_options
from sonicfab.adopt.page import Entry, flow, ranges, scalar
from sonicfab.adopt.seen import Seen
from sonicfab.adopt.sessions import text_of
from sonicfab.adopt.vlans import of_link
from sonicfab.configdb import natural_key
from sonicfab.endpoint import Endpoint
from sonicfab.roles import Role

_Cable = tuple[Endpoint, Endpoint]
"""The end on the lower switch first."""


def link_entries(
    links: Sequence[FoundLink],
    switches: Mapping[str, Seen],
    roles: Mapping[str, Role],
    odd: Mapping[FoundLink, str],
    vlans: Mapping[Endpoint, Said],
    usual: Usual,
) -> Iterator[Entry]:
    """Patterns first, then single cables; one that cannot be said as it is stands behind #."""
    plain = [one for one in links if not one.members]
    routed = [one for one in plain if one not in odd and session_of(one, switches, usual) == ""]
    rest = [one for one in plain if one not in routed]
    meshes, left = _meshes([_by_tier(one, roles) for one in routed])
    why = _why(routed)
    for spines, uplinks, leaves in meshes:
        rows = [f"      {leaf}: {flow(ports[0] if len(ports) == 1 else ports)}" for leaf, ports in leaves.items()]
        lines = [f"  - spines: {flow(spines)}", f"    uplinks: {flow(ranges(uplinks))}", "    leaves:", *rows]
        yield Entry(lines, f"links of {', '.join(leaves)}", why)
    single = [*(link for link in routed if _by_tier(link, roles) in left), *rest]
    for one in sorted(single, key=lambda link: natural_key(str_of(link))):
        word, said = (
            session_of(one, switches, usual),
            f"{one.b} - {one.a}" if _by_tier(one, roles)[0] == one.a else str_of(one),
        )
        use = of_link(one, vlans)
        keys = keys_of(use) if use else {"bgp": word} if word else {}
        text = f"  - {flow({'link': said, **keys})}" if keys else f"  - {said}"
        refused = odd.get(one, "")
        yield Entry([text], f"link {str_of(one)}", one.why, refused=refused)


def bundle_entries(
    links: Sequence[FoundLink],
    switches: Mapping[str, Seen],
    odd: Mapping[FoundLink, str],
    vlans: Mapping[Endpoint, Said],
    usual: Usual,
) -> Iterator[Entry]:
    """Bundles between switches, then those to servers."""
    for one in links:
        if not one.members:
            continue
        name: object = one.a.port if one.a.port == one.b.port else {one.a.switch: one.a.port, one.b.switch: one.b.port}
        sides = [f"{end.switch}:{_many([pair[at].port for pair in one.members])}" for at, end in enumerate(one.ends)]
        said = f"  - {{name: {flow(name)}, link: {scalar(' - '.join(sides))}"
        options = channel_options(switches[one.a.switch], one.a.port)
        use = of_link(one, vlans)
        if use:
            options |= keys_of(use)
        elif word := session_of(one, switches, usual):
            options["bgp"] = word
        said += "".join(f", {key}: {flow(value)}" for key, value in options.items()) + "}"
        why = one.why if one.sure else f"{one.why}; which member goes to which is not known: paired in their order"
        yield Entry([said], f"bundle {str_of(one)}", why, refused=odd.get(one, ""))

    taken = {end for one in links for end in one.ends}
    yield from _to_servers(switches, taken)


def _to_servers(switches: Mapping[str, Seen], taken: Collection[Endpoint]) -> Iterator[Entry]:
    """Bundles with one end; those that are alike on several switches together."""
    alike: dict[str, list[str]] = {}
    for switch in switches.values():
        for name, members in switch.bundles.items():
            if members and Endpoint(switch.name, name) not in taken:
                options = {"ports": ranges(members), **channel_options(switch, name)}
                if text := text_of(switch.config.get("PORTCHANNEL", {}).get(name, {}), "description"):
                    options["description"] = text
                alike.setdefault(flow({"name": name, **options}), []).append(switch.name)
    for said, names in alike.items():
        text = said.replace(", ports: ", f", switches: {flow(names)}, ports: ", 1)
        yield Entry([f"  - {text}"], f"bundle of {', '.join(names)}", "a port channel that no switch here is behind")


def gaps(links: Links, later: Iterable[FoundLink], there: Collection[str]) -> Iterator[Entry]:
    """Sessions that lead to a switch here, and nobody can tell to which of its ports; `later`: of switches to complete.

    Of these the inventory tells what is missing, and nothing is told again.
    """
    by_missing: dict[tuple[str, ...], list[str]] = {}
    for one in later:
        missing = tuple(end.switch for end in one.ends if end.switch not in there)
        by_missing.setdefault(missing, []).append(f"  - {one.b} - {one.a}")
    for names, lines in by_missing.items():
        yield Entry(lines, "", f"{' and '.join(names)}: to be completed in the inventory first", gap=True)
    by_far: dict[tuple[Endpoint, ...], list[Endpoint]] = {}
    for end, far in links.open_to.items():
        by_far.setdefault(tuple(sorted(far, key=lambda one: natural_key(str(one)))), []).append(end)
    done: set[frozenset[Endpoint]] = set()
    for far, ends in by_far.items():
        both = frozenset((*far, *ends))
        if both in done:
            continue
        done.add(both)
        to = f"one of {_ends(far)}" if far else "a switch whose ASN it names, where nothing fits"
        why = f"the other end of {_ends(ends)} is {to}: which, the configs do not say; --link tells it"
        yield Entry([f"  - {far[0] if far else 'SWITCH:PORT'} - {ends[0]}"], f"link of {ends[0]}", why, gap=True)


def _ends(ends: Iterable[Endpoint]) -> str:
    """`spine1:Ethernet0, Ethernet4; spine2:Ethernet0`."""
    by_switch: dict[str, list[str]] = {}
    for end in ends:
        by_switch.setdefault(end.switch, []).append(end.port)
    return "; ".join(f"{switch}:{', '.join(ranges(ports))}" for switch, ports in by_switch.items())


def session_of(link: FoundLink, switches: Mapping[str, Seen], usual: Usual) -> str | dict[str, Any]:
    """What `bgp:` of a link says: a word, or options that its session has otherwise than others."""
    word = word_of(link, switches)
    options = {} if word == "none" else link_options(link, switches, usual)
    return {**({"session": word} if word else {}), **options} if options else word


def word_of(link: FoundLink, switches: Mapping[str, Seen]) -> str:
    """What `bgp:` of a link says: none without a session, ibgp within one ASN, "" for what it is by itself."""
    a, b = (switches[end.switch] for end in link.ends)
    speaks = [any(one.interface == end.port for one in switches[end.switch].sessions) for end in link.ends]
    if not all(speaks):
        return "none"
    return "ibgp" if a.asn == b.asn else ""


def channel_options(switch: Seen, name: str) -> dict[str, object]:
    """How a port channel is set, where it is not as a bundle is by itself."""
    row = switch.config.get("PORTCHANNEL", {}).get(name, {})
    found: dict[str, object] = {}
    if row.get("fast_rate") == "true":
        found["lacp_rate"] = "fast"
    least = row.get("min_links")
    if isinstance(least, str) and least.isdigit() and int(least) >= 1:
        found["min_links"] = int(least)
    if row.get("fallback") == "true":
        found["fallback"] = True
    return found


def str_of(link: FoundLink) -> str:
    """As the topology names it."""
    return f"{link.a} - {link.b}"


def _many(ports: Sequence[str]) -> str:
    return ports[0] if len(ports) == 1 else f"[{', '.join(ports)}]"


def _why(links: Iterable[FoundLink]) -> str:
    return ", ".join(dict.fromkeys(one.why for one in links))


def _by_tier(link: FoundLink, roles: Mapping[str, Role]) -> _Cable:
    """The end of the lower tier first, as patterns have it."""
    lower = roles[link.a.switch].tier <= roles[link.b.switch].tier
    return link.ends if lower else (link.b, link.a)


def _meshes(cables: Sequence[_Cable]) -> tuple[list[tuple[list[str], list[str], dict[str, list[str]]]], list[_Cable]]:
    """(spines, uplinks, leaf -> its port on each spine) for leaves that are cabled alike; and the other cables."""
    of_leaf: dict[str, list[_Cable]] = {}
    for cable in cables:
        of_leaf.setdefault(cable[0].switch, []).append(cable)
    alike: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[str, list[str]]] = {}
    left: list[_Cable] = []
    for leaf, some in of_leaf.items():
        some.sort(key=lambda cable: natural_key(cable[0].port))
        spines = tuple(dict.fromkeys(cable[1].switch for cable in some))
        each = len(some) // len(spines)
        per = [[cable[1].port for cable in some[at * each : (at + 1) * each]] for at in range(len(spines))]
        in_order = [cable[1].switch for cable in some] == [spine for spine in spines for _ in range(each)]
        if in_order and all(ports == per[0] for ports in per):
            key = spines, tuple(cable[0].port for cable in some)
            alike.setdefault(key, {})[leaf] = per[0]
        else:
            left += some
    meshes = []
    for (spines, uplinks), leaves in alike.items():
        if len(leaves) * len(uplinks) > 2 and len(leaves) > 1:
            meshes.append((list(spines), list(uplinks), leaves))
        else:
            left += [cable for leaf in leaves for cable in of_leaf[leaf]]
    return meshes, left
