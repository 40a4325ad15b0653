"""What a switch is in the fabric: as its neighbours call it, as SONiC calls it, as it is called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from sonicfab.adopt.identify import metadata
from sonicfab.adopt.links import Links
from sonicfab.adopt.seen import Seen
from sonicfab.adopt.sessions import text_of
from sonicfab.roles import Role

_WORDS = {
    Role.SUPERSPINE: ("superspine", "superspines", "super-spine"),
    Role.BORDERLEAF: ("borderleaf", "borderleaves", "border-leaf", "border", "exit"),
    Role.SPINE: ("spine", "spines", "core", "uplink", "agg"),
    Role.LEAF: ("leaf", "leaves", "leafs", "tor", "downlink", "access"),
}
_ENDING = re.compile(r"[-_]?(?:v[46]|ipv[46]|[0-9]+)$", re.IGNORECASE)
_TYPES = {"SpineRouter": Role.SPINE, "LeafRouter": Role.LEAF, "ToRRouter": Role.LEAF}


def roles_of(switches: Sequence[Seen], links: Links, given: Mapping[str, Role]) -> dict[str, tuple[Role, str]]:
    """The role of every switch and how it is known.

    Votes: what the peer-groups at the other ends of its links are called; then what its own are called, which is what
    its neighbours are; then its name, and at last SONiC's `type`, which an image sets to LeafRouter by itself.
    """
    calls: dict[str, Counter[Role]] = {one.name: Counter() for one in switches}
    by_name = {one.name: one for one in switches}
    for link in links.found:
        for end, far in (link.ends, link.ends[::-1]):
            for session in by_name[far.switch].sessions:
                if session.interface == far.port and (role := find_role(session.group)):
                    calls[end.switch][role] += 1
    found: dict[str, tuple[Role, str]] = {}
    for one in switches:
        found[one.name] = _role(one, calls[one.name], given)
    return found


def _role(switch: Seen, called: Counter[Role], given: Mapping[str, Role]) -> tuple[Role, str]:
    if switch.name in given:
        return given[switch.name], "given"
    if called:
        role = called.most_common(1)[0][0]
        return role, f"its neighbours' peer-groups call it {role}"
    kind = text_of(metadata(switch.config), "type")
    named = find_role(switch.name)
    if _TYPES.get(kind) == Role.SPINE:
        return named if named == Role.SUPERSPINE else Role.SPINE, f"its type is {kind}"
    groups = {find_role(session.group) for session in switch.sessions}
    if Role.LEAF in groups and not groups & {Role.SPINE, Role.SUPERSPINE}:
        return Role.SPINE, "it has a peer-group of leaves"
    if named:
        return named, "its name"
    return Role.LEAF, f"its type is {kind}" if kind else "nothing says another"


def find_role(text: str) -> Role | None:
    """The role that a word such as SPINES-V4 or dc1-leaf2 names."""
    text = text.lower()
    plain = _ENDING.sub("", _ENDING.sub("", text))
    for role, words in _WORDS.items():
        if plain in words:
            return role
    parts = set(re.split(r"[^a-z]+", text))
    for role, words in _WORDS.items():
        if any(word in text for word in words[:2]) or parts & set(words):
            return role
    return None
