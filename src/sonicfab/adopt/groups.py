"""What the switches call the peer-groups of their sessions, by the words that the topology has for these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pydantic import TypeAdapter, ValidationError

from sonicfab.adopt.links import Links
from sonicfab.adopt.seen import Seen
from sonicfab.endpoint import Endpoint
from sonicfab.model.sessions import HOST, IBGP, PeerGroupName
from sonicfab.roles import Role

Names = Mapping[str, Mapping[str, str]]
"""Switch -> role, ibgp or host -> the name of the group."""
FABRIC = ""
"""Stands for all switches."""
_NAME = TypeAdapter[str](PeerGroupName)


def group_names(
    switches: Sequence[Seen], roles: Mapping[str, Role], links: Links, hosts: Iterable[Endpoint]
) -> dict[str, dict[str, str]]:
    """What is not called as sonicfab calls it: what most say for the fabric, what others say by switch."""
    by_name = {one.name: one for one in switches}
    words: dict[Endpoint, str] = dict.fromkeys(hosts, HOST)
    for link in links.found:
        if {end.switch for end in link.ends} <= by_name.keys():
            inside = by_name[link.a.switch].asn == by_name[link.b.switch].asn
            for end, far in (link.ends, link.ends[::-1]):
                words[end] = IBGP if inside else str(roles[far.switch])
    own = {one.name: _of_switch(one, words) for one in switches}
    most: dict[str, str] = {}
    for word in dict.fromkeys(word for names in own.values() for word in names):
        name, _ = Counter(names[word] for names in own.values() if word in names).most_common(1)[0]
        if name != word.upper():
            most[word] = name
    found = {FABRIC: most}
    for switch, names in own.items():
        odd = {word: name for word, name in names.items() if name != most.get(word, word.upper())}
        if odd:
            found[switch] = odd
    return {switch: names for switch, names in found.items() if names}


def _of_switch(switch: Seen, words: Mapping[Endpoint, str]) -> dict[str, str]:
    """Word -> the group that most of its sessions are in; each group has one word."""
    counts: dict[str, Counter[str]] = {}
    for one in switch.sessions:
        word = words.get(Endpoint(switch.name, one.interface))
        name = one.group if one.unnumbered else one.group.removesuffix("-V4").removesuffix("-V6")
        if word and name and _is_name(name):
            counts.setdefault(word, Counter())[name] += 1
    found: dict[str, str] = {}
    for word, names in counts.items():
        name = next((one for one, _ in names.most_common() if one not in found.values()), "")
        if name:
            found[word] = name
    return found


def _is_name(name: str) -> bool:
    try:
        _NAME.validate_python(name)
    except ValidationError:
        return False
    return True
