"""What the ports towards servers are for: BGP to the host, and what is in VLANs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sonicfab.adopt.links import Links
from sonicfab.adopt.page import Entry, flow, one_or_list, ranges
from sonicfab.adopt.roles import find_role
from sonicfab.adopt.seen import Seen
from sonicfab.adopt.sessions import text_of
from sonicfab.configdb import natural_key
from sonicfab.endpoint import Endpoint
from sonicfab.roles import Role

Said = tuple[tuple[str, object], ...]
"""Keys and values of an entry of `ports:`."""


def host_ports(switches: Sequence[Seen], links: Links) -> dict[Endpoint, Said]:
    """Ports and bundles over which a server speaks BGP: a session without a number over link-local addresses."""
    taken = {*links.taken, *links.open_to, *(far for some in links.open_to.values() for far in some)}
    found: dict[Endpoint, Said] = {}
    for switch in switches:
        for one in switch.sessions:
            if one.interface not in switch.config.get("PORT", {}) and not switch.bundles.get(one.interface):
                continue  # a neighbour without a port
            end = Endpoint(switch.name, one.interface)
            if one.unnumbered and one.remote_as == "external" and end not in taken and find_role(one.group) is None:
                text = one.description or text_of(switch.config.get("PORT", {}).get(one.interface, {}), "description")
                said = text if text and text != "host" else ""
                found[end] = (("use", "bgp"), *((("description", said),) if said else ()))
    return found


def keys_of(said: Said) -> dict[str, object]:
    """As a mapping for a file, lists of one as their value."""
    return {key: one_or_list(value) if isinstance(value, tuple) else value for key, value in said}


def port_entries(
    said: Mapping[Endpoint, Said], roles: Mapping[str, Role], why: Callable[[Said], str]
) -> Iterator[Entry]:
    """What is said of ports, in few entries: of a role where all of the role have them."""
    by_said: dict[Said, dict[str, list[str]]] = {}
    for end, one in said.items():
        by_said.setdefault(one, {}).setdefault(end.switch, []).append(end.port)
    for one, ports in by_said.items():
        alike: dict[tuple[str, ...], list[str]] = {}
        for switch, some in ports.items():
            alike.setdefault(tuple(sorted(some, key=natural_key)), []).append(switch)
        for names_of, names in alike.items():
            entry = {**picked(names, roles), "ports": one_or_list(ranges(names_of)), **keys_of(one)}
            yield Entry([f"  - {flow(entry)}"], f"ports of {', '.join(names)}", why(one))


def picked(names: Iterable[str], roles: Mapping[str, Role]) -> dict[str, object]:
    """The role whose switches these are, or the switches by name."""
    chosen = set(names)
    for role in dict.fromkeys(roles[name] for name in chosen):
        if len(chosen) > 1 and chosen == {name for name, one in roles.items() if one == role}:
            return {"role": str(role)}
    return {"switches": sorted(chosen, key=natural_key)}
