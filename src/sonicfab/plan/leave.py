"""What the topology leaves as it is on a switch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sonicfab import tables
from sonicfab.errors import KeyPath, Problem
from sonicfab.hints import did_you_mean
from sonicfab.model.leave import FRR_WORD, frr_lines, places_of
from sonicfab.model.topology import Topology
from sonicfab.ownership.left import Left, Place
from sonicfab.plan.ports import no_port
from sonicfab.plan.types import SwitchSettings
from sonicfab.schema.facts import builtin, builtin_names


def left_on(topology: Topology, switch: str) -> Left:
    """What the topology leaves on all switches, and its entry on this one."""
    entry = topology.switches.get(switch)
    words = {*topology.leave, *(entry.leave if entry else ())}
    places = (Place(*place) for word in words if word != FRR_WORD for place in places_of(word))
    extra = entry.extra.config_db if entry else {}
    instead = (
        Place(table, key, name) for table, rows in extra.items() for key, row in rows.items() for name in ("", *row)
    )
    return Left(frozenset(places), FRR_WORD in words, tuple(sorted(frr_lines(words))), frozenset(instead))


def useless(topology: Topology) -> Iterator[Problem]:
    """`leave` of switches that are ours whole, where nothing is another's."""
    for name, entry in topology.switches.items():
        if entry.leave and (entry.ownership or topology.ownership) == "everything":
            message = f"{name} is ours whole: nothing of it is left"
            yield Problem("topology", ("switches", name, "leave"), message, "give it `ownership: planned`", on_key=True)
    owned = {topology.ownership, *(one.ownership for one in topology.switches.values())}
    if topology.leave and "planned" not in owned:
        message = "the switches are ours whole: nothing of them is left"
        yield Problem("topology", ("leave",), message, "give the fabric `ownership: planned`", on_key=True)


def unknown(topology: Topology, switches: Mapping[str, SwitchSettings]) -> Iterator[Problem]:
    """Words that leave nothing, for no build has such a table or field, or the switch no such port.

    A word that is misspelt would let the plan change what somebody wants to stay.
    """
    listed: list[tuple[KeyPath, str, SwitchSettings | None]] = [
        (("leave", number), word, None) for number, word in enumerate(topology.leave)
    ]
    for name, entry in topology.switches.items():
        listed += [
            (("switches", name, "leave", number), word, switches.get(name)) for number, word in enumerate(entry.leave)
        ]
    for path, word, switch in listed:
        for place in [] if word == FRR_WORD else [Place(*one) for one in places_of(word)]:
            fields = _fields(place.table)
            if fields is None:
                known = {*tables.tables(), *(table for name in builtin_names() for table in builtin(name))}
                message = f"no image build has a table {place.table}"
                yield Problem("topology", path, message, did_you_mean(place.table, sorted(known)))
            elif place.name and fields and place.name not in fields:
                message = f"no image build has a field '{place.name}' in {place.table}"
                yield Problem("topology", path, message, did_you_mean(place.name, sorted(fields)))
            elif switch and place.table == "PORT" and place.key and place.key not in switch.table:
                yield no_port(switch, place.key, path)


def _fields(table: str) -> set[str] | None:
    """The fields that a table has on some build, none where its models do not tell them; None for no table."""
    found = [facts[table] for facts in map(builtin, builtin_names()) if table in facts]
    if not found and table not in tables.tables():
        return None
    return {field for facts in found for row in (*facts.lists, *facts.rows.values()) for field in row.fields}
