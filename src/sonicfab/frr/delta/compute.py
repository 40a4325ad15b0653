"""The delta: commands for `vtysh -f` that make the running FRR config the intended one, without a restart.

The order is that of what refers to what: lists and route-maps come before BGP, which uses them, and go after it.
Both texts are canonical, that is as `show running-config` prints them; otherwise lines that FRR spells in another
way would be taken back and set again.
"""

from __future__ import annotations

from collections.abc import Sequence

from sonicfab.frr import conf
from sonicfab.frr.bgp import neighbors_of
from sonicfab.frr.conf import Command, Context, Tree, read, written
from sonicfab.frr.delta import moved
from sonicfab.frr.delta.bgp import bgp_commands, instances, new_instance
from sonicfab.frr.delta.changes import line_changes
from sonicfab.frr.delta.effects import Effects, effects_of
from sonicfab.frr.delta.lists import ListCommands, is_entry, list_commands
from sonicfab.frr.delta.refusals import delta_refusals
from sonicfab.frr.delta.types import FrrDelta, Restart


def same(running: str, intended: str) -> bool:
    """Whether both texts mean the same config."""
    return not conf.diff(intended, running)


def delta(running: str, intended: str, restart: Restart = Restart()) -> FrrDelta:  # noqa: B008 - frozen
    """What turns the running config into the intended one, and what the BGP sessions feel of it."""
    changes = conf.diff(intended, running)
    if not changes:
        return FrrDelta()
    have, want = dict(read(running)), read(intended)
    have[()] = [*have[()], *(line for line in want[()] if line in conf.unprinted(running))]
    refused = delta_refusals(running, intended, have, want, changes)
    if refused:
        return FrrDelta(refused=refused)
    felt = effects_of(have, want)
    again = _restarted(felt, restart)
    lists = list_commands(have[()], want[()])
    return FrrDelta(
        commands=written([*_commands(have, want, lists), *_restarts(want, again)]),
        then=written(((), line) for line in lists.then),
        resets=felt.told_resets(),
        removed=tuple(felt.removed),
        added=tuple(felt.added),
        later=felt.told_later(),
        freed=tuple(peer for peer in again if peer in restart.shut),
    )


def _restarted(felt: Effects, restart: Restart) -> list[str]:
    """The sessions that are started anew, which `felt` tells of from then on."""
    shut = sorted(felt.limits & restart.shut - felt.resets.keys())
    if not restart.later:
        return shut
    pending = {peer: why for peer, why in felt.later.items() if peer not in felt.resets}
    felt.later = {}
    felt.resets |= pending
    return [*dict.fromkeys([*pending, *shut])]


def _restarts(want: Tree, peers: Sequence[str]) -> list[Command]:
    """`shutdown` ends a session, and forgets that a limit has shut it (bgpd/bgpd.c peer_flag_modify, 8.4 to 10.5).

    `clear bgp` does the same, but is no line of a config, and `vtysh -f` takes no other.
    """
    commands: list[Command] = []
    for name in instances(want):
        known = neighbors_of(want[name,])
        lines = set(want[name,])
        for peer in peers:
            if peer in known and not any(line.startswith(f"neighbor {peer} shutdown") for line in lines):
                commands += [((name,), f"neighbor {peer} shutdown"), ((name,), f"no neighbor {peer} shutdown")]
    return commands


def _commands(have: Tree, want: Tree, lists: ListCommands) -> list[Command]:
    first = moved.leaving(have, want, moved.gets_addresses(have, want))
    commands = moved.removals(first)
    have = moved.without(have, first)
    commands += [((), line) for line in lists.before]
    commands += _route_maps(have, want)
    for context in want:
        if context and context[0].startswith(("interface ", "bfd")):
            commands += _context(have, want, context)
    early = [context for context in have if context not in want and _port(context) in moved.coming(have, want)]
    commands += _interfaces_left(have, early)
    have = {context: lines for context, lines in have.items() if context not in early}
    commands += [((), line) for line in _single_lines(have[()], want[()])]
    commands += _bgp(have, want)
    commands += _leftovers(have, want)
    return commands + [((), line) for line in lists.after]


def _context(have: Tree, want: Tree, context: Context) -> list[Command]:
    removals, settings = line_changes(context, have.get(context, ()), want[context])
    opened: list[Command] = [] if context in have else [(context, "")]
    return opened + [(context, line) for line in removals + settings]


def _route_maps(have: Tree, want: Tree) -> list[Command]:
    """New and changed entries. `route-map M deny 30` over `permit 30` keeps its body, so the lines are compared."""
    old = {_entry(context): context for context in _entries(have)}
    commands: list[Command] = []
    for context in _entries(want):
        before = old.get(_entry(context))
        removals, settings = line_changes(context, have[before] if before else (), want[context])
        if before != context:
            commands.append((context, ""))
        commands += [(context, line) for line in removals + settings]
    return commands


def _single_lines(have: Sequence[str], want: Sequence[str]) -> list[str]:
    """One-line commands that are no lists. A route gets its new next hop before it loses the old one."""
    old = [line for line in have if not is_entry(line)]
    new = [line for line in want if not is_entry(line)]
    removals, settings = line_changes((), old, new)
    kept = {_route(line) for line in new}
    return settings + [line for line in removals if _route(line.removeprefix("no ")) not in kept]


def _route(line: str) -> tuple[str, ...]:
    """What a static route is told apart by: prefix, next hop and interface; `blackhole` and `Null0` are one."""
    words = line.replace(" blackhole", " Null0").split(" ")
    return tuple(words[: 5 if words[4:] and words[4][0].isupper() else 4]) if words[1] == "route" else (line,)


def _bgp(have: Tree, want: Tree) -> list[Command]:
    """FRR refuses a second AS number for the same instance, so the old one goes first, with all its sessions."""
    old, new = instances(have), instances(want)
    commands: list[Command] = [((), f"no {name}") for name in old if name not in new]
    for name in new:
        commands += bgp_commands(have, want, name) if name in old else new_instance(want, name)
    return commands


def _leftovers(have: Tree, want: Tree) -> list[Command]:
    """What nothing uses any more."""
    commands: list[Command] = []
    for context in have:
        if not context or context in want:
            continue
        if context[0].startswith("interface "):
            commands += _interfaces_left(have, [context])
        elif context == ("bfd",):
            commands.append(((), "no bfd"))
        elif context[0] == "bfd" and ("bfd",) in want:
            commands.append((context[:-1], f"no {context[-1]}"))
    kept = {_entry(context) for context in _entries(want)}
    return commands + [((), f"no {c[0]}") for c in _entries(have) if _entry(c) not in kept]


def _port(context: Context) -> str:
    return context[0].removeprefix("interface ") if context and context[0].startswith("interface ") else ""


def _interfaces_left(have: Tree, contexts: Sequence[Context]) -> list[Command]:
    """What takes back all that is said of some interfaces."""
    commands: list[Command] = []
    for context in contexts:
        removals, _ = line_changes(context, have[context], ())
        commands += [(context, line) for line in removals] or [((), f"no {context[0]}")]
    return commands


def _entries(tree: Tree) -> list[Context]:
    return [context for context in tree if context and context[0].startswith("route-map ")]


def _entry(context: Context) -> tuple[str, str]:
    """Name and number; permit or deny is what it says."""
    _, name, _, number = context[0].split(" ")
    return name, number
