"""What single sessions have otherwise than the fabric's and their group's: said of their link or bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sonicfab.adopt.links import FoundLink
from sonicfab.adopt.policies import session_options
from sonicfab.adopt.seen import Seen
from sonicfab.endpoint import Endpoint

Usual = Callable[[Endpoint, Endpoint], Mapping[str, object]]
"""(end, far end) -> what the files say of such sessions without a word at the link."""
Options = dict[str, Any]


def link_options(link: FoundLink, switches: Mapping[str, Seen], usual: Usual) -> Options:
    """What `bgp` of a link says beside the kind of its session: what both ends have, and the files say otherwise."""
    told: list[Options] = []
    planned: list[Mapping[str, object]] = []
    for end, far in (link.ends, link.ends[::-1]):
        switch = switches[end.switch]
        for one in (it for it in switch.sessions if it.interface == end.port):
            told.append(session_options(switch, one.peer, one.group))
            planned.append(usual(end, far))
    if not told:
        return {}
    same = {key: value for key, value in told[0].items() if all(one.get(key) == value for one in told)}
    return {key: value for key, value in same.items() if any(one.get(key) != value for one in planned)}
