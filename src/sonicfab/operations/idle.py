"""Words of `leave` that leave nothing: neither the plan nor the switches have what they name.

Whoever misspells one is not told by what is refused: a word may name what only a switch has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sonicfab.errors import KeyPath, Problem
from sonicfab.hints import did_you_mean, first_of
from sonicfab.model.leave import FRR_WORD, is_lines, places_of
from sonicfab.model.topology import Topology
from sonicfab.ownership.left import Place
from sonicfab.plan.types import FabricPlan
from sonicfab.push.comparison import Comparison

_LOOK = "a word that is misspelt leaves nothing as it is: see what it was to name, or take it out"


def idle_words(topology: Topology, plan: FabricPlan, found: Mapping[str, Comparison]) -> Iterator[Problem]:
    """Those that are so on each switch that has them; of a switch that nobody has looked at nothing is known."""
    careful = [name for name, switch in plan.switches.items() if switch.ownership == "planned"]
    taken = {name for name, one in found.items() if one.target is not None and one.target.take_over}
    said: list[tuple[KeyPath, str, list[str]]] = [
        (("leave", number), word, [name for name in careful if name not in taken])
        for number, word in enumerate(topology.leave)
    ]
    for name in (one for one in careful if one not in taken):
        words = topology.switches[name].leave if name in topology.switches else ()
        said += [(("switches", name, "leave", number), word, [name]) for number, word in enumerate(words)]
    for path, word, switches in said:
        parts = set() if word == FRR_WORD else _parts(word)
        if parts and switches and all(name in found and parts <= found[name].idle for name in switches):
            has = "has" if len(switches) == 1 else "have"
            message = f"nothing is left by '{word}': neither the plan nor {first_of(switches)} {has} it"
            yield Problem("topology", path, message, _hint(word, [found[name] for name in switches]), "warning")


def _parts(word: str) -> set[str]:
    return {word} if is_lines(word) else {str(Place(*one)) for one in places_of(word)}


def _hint(word: str, found: list[Comparison]) -> str:
    """What one of its words may have meant, of those that the configs have."""
    if not is_lines(word):
        place = Place(*places_of(word)[0])
        keys = {key for one in found for tables in _tables(one) for key in tables.get(place.table, {})}
        wrong, known = place.key if place.key not in keys else "", keys
    else:
        known = {part for one in found for text in _texts(one) for part in text.split()}
        wrong = next((part for part in word.split()[1:] if part not in known and part not in ("*", "/")), "")
        known = {part for part in known if part.islower() == wrong.islower()}  # a command is no name
    hint = did_you_mean(wrong, sorted(known)) if wrong else ""
    return hint if hint.startswith("did ") else _LOOK


def _tables(one: Comparison) -> Iterator[Mapping[str, Mapping[str, object]]]:
    yield one.running
    if one.target is not None and one.target.meant is not None:
        yield one.target.meant.config_db


def _texts(one: Comparison) -> Iterator[str]:
    yield one.running_frr
    if one.target is not None and one.target.meant is not None:
        yield one.target.meant.frr or ""
