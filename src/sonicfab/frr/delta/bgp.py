"""The commands for one `router bgp`."""

from __future__ import annotations

from collections.abc import Collection

from sonicfab.frr.bgp import neighbor_of, neighbors_of
from sonicfab.frr.conf import Command, Context, Tree, under
from sonicfab.frr.delta.changes import line_changes
from sonicfab.frr.delta.peers import in_convention_of, made_again


def instances(tree: Tree) -> list[str]:
    """The BGP instances: `router bgp 65404`."""
    return [context[0] for context in tree if len(context) == 1 and context[0].startswith("router bgp ")]


def bgp_commands(have: Tree, want: Tree, name: str) -> list[Command]:
    """The commands for an instance that both configs have.

    What goes comes first: neighbours, then peer-groups, then lines; then what comes, peer-groups before their
    members and both before the address families, as FRR itself prints it.
    """
    have = in_convention_of(have, want, name)
    old, new = neighbors_of(have[name,]), neighbors_of(want[name,])
    again = made_again(old, new)
    gone = [peer for peer in old.values() if peer.name not in new or peer.name in again]
    gone += [peer for peer in old.values() if peer.is_group and peer.name in new and not new[peer.name].is_group]
    commands: list[Command] = [((name,), f"no neighbor {peer.name}") for peer in gone if not peer.is_group]
    commands += [((name,), f"no neighbor {peer.name} peer-group") for peer in gone if peer.is_group]
    removals, settings = _lines(have, want, name, {peer.name for peer in gone})
    return commands + removals + settings


def _lines(have: Tree, want: Tree, name: str, gone: Collection[str]) -> tuple[list[Command], list[Command]]:
    removals: list[Command] = []
    settings: list[Command] = []
    for context in dict.fromkeys([*under(want, name), *under(have, name)]):
        left = [line for line in have.get(context, ()) if neighbor_of(line) not in gone]  # their lines went with them
        taken, set_ = line_changes(context, left, want.get(context, ()))
        removals += [(context, line) for line in taken]
        settings += [(context, line) for line in set_]
    removals.sort(key=_removal_order)
    settings.sort(key=_setting_order)
    return removals, settings


def _removal_order(command: Command) -> tuple[int, bool]:
    """Address families first; and there activation before policy, so that nothing goes out without its policy."""
    context, line = command
    return -len(context), not line.endswith(" activate")


def _setting_order(command: Command) -> tuple[int, bool]:
    """`bgp default` first: it says what a new neighbour begins with."""
    context, line = command
    return len(context), not line.removeprefix("no ").startswith("bgp default ")


def new_instance(want: Tree, name: str) -> list[Command]:
    """The commands for an instance that is not there yet."""
    contexts: list[Context] = under(want, name)
    return [(context, line) for context in contexts for line in ("", *want[context])]
