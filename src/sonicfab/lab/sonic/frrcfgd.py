"""frrcfgd: FRR's config out of CONFIG_DB, when the bgp container starts and as rows change.

Follows sonic-buildimage src/sonic-frr-mgmt-framework: templates/frr/frr.conf.j2 at the start; afterwards frrcfgd.py,
which gives FRR line by line what rows that change mean. Here that is what the lines of before and of now differ in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sonicfab.frr.frrcfgd import FrrcfgdError
from sonicfab.frr.frrcfgd import frr_conf as made_of_tables
from sonicfab.lab.sonic import paths

_MEMORY = paths.STATE / "frrcfgd.lines"
"""What frrcfgd has in its memory: what it has made of the rows so far."""

Tree = dict[tuple[str, ...], list[str]]


def frr_conf(config: Mapping[str, Any]) -> str:
    """What frr.conf.j2 makes: zebra's part, then BGP and its policies.

    Raises:
        RuntimeError: the template fails, or is not found: there is no new frr.conf.
    """
    metadata = config.get("DEVICE_METADATA", {}).get("localhost", {})
    linked = sorted({key.partition("|")[0] for key in config.get("INTERFACE", {}) if "|" in key})
    lines = [
        f"hostname {metadata.get('hostname', 'sonic')}",
        *("password zebra", "enable password zebra", "log syslog informational", "log facility local4"),
        *_facts()["start_lines"],
        *("ip nht resolve-via-default", "ipv6 nht resolve-via-default"),
    ]
    for name in [*linked, *config.get("PORTCHANNEL", {})]:
        lines += [f"interface {name}", " link-detect", "exit"]
    return "".join(f"{line}\n" for line in lines) + _made(config)


def remember(config: Mapping[str, Any]) -> None:
    """A new frrcfgd takes for given what the container has started from."""
    try:
        text = _made(config)
    except RuntimeError:
        text = ""
    _MEMORY.write_text(json.dumps(text), encoding="utf-8")


def changes(config: Mapping[str, Any]) -> list[str]:
    """FRR's commands for what the rows say by now; from here on they count as given."""
    before = json.loads(_MEMORY.read_text(encoding="utf-8")) if _MEMORY.exists() else ""
    try:
        now = _made(config)
    except RuntimeError:
        return []  # frrcfgd logs an error, and goes on
    _MEMORY.write_text(json.dumps(now), encoding="utf-8")
    return commands(before, now) if before != now else []


def _facts() -> dict[str, Any]:
    """What frrcfgd of the build reads, as the lab says."""
    facts: dict[str, Any] = json.loads(paths.LAB.read_text(encoding="utf-8"))["frrcfgd"]
    return facts


def _made(config: Mapping[str, Any]) -> str:
    facts = _facts()
    if facts["broken"]:
        raise RuntimeError(str(facts["broken"]))
    try:
        return made_of_tables(config, active=facts["active"], numbered=facts["numbered"])
    except FrrcfgdError as err:
        raise RuntimeError(str(err)) from err


def commands(before: str, now: str) -> list[str]:
    """From one config to another: what is new first, but for neighbours that go; lists and policies go last."""
    old, new = _tree(before), _tree(now)
    gone = [context for context in old if context not in new and len(context) == 1]
    lines = [f"no {context[0]}" for context in gone if context[0].startswith("router ")]
    for context in new:
        fresh = list(_fresh(context, old, new))
        if fresh or (context and context not in old):
            lines += [*context, *fresh, *("exit" for _ in context)]
    lines += [f"no {line}" for line in old.get((), []) if line not in new.get((), [])]
    return [*lines, *(f"no {context[0]}" for context in gone if not context[0].startswith("router "))]


def _fresh(context: tuple[str, ...], old: Tree, new: Tree) -> Iterator[str]:
    """What a context loses and gets; the top level loses its lines last."""
    had, has = old.get(context, []), new[context]
    left = _neighbors(old, context) - _neighbors(new, context)
    if len(context) == 1:
        yield from (f"no neighbor {name}{' peer-group' if group else ''}" for name, group in sorted(left))
    names = {name for name, _ in left}
    for line in had if context else []:
        words = line.removeprefix("no ").split()
        if line not in has and not (words[0] == "neighbor" and words[1] in names):
            yield line.removeprefix("no ") if line.startswith("no ") else f"no {line}"
    yield from (line for line in has if line not in had)


def _neighbors(tree: Tree, context: tuple[str, ...]) -> set[tuple[str, bool]]:
    """The neighbours of an instance of BGP, and whether each is a group."""
    words = [line.split() for line in tree.get(context[:1], [])]
    names = {one[1] for one in words if one[0] == "neighbor"}
    groups = {one[1] for one in words if one[0] == "neighbor" and one[2:] == ["peer-group"]}
    return {(name, name in groups) for name in names}


def _tree(text: str) -> Tree:
    """Context -> its lines; the depth of a line is that of its indent."""
    tree: Tree = {(): []}
    context: tuple[str, ...] = ()
    for line in text.splitlines():
        word, depth = line.strip(), len(line) - len(line.lstrip())
        context = context[:depth]
        if word.startswith("exit"):
            continue
        if word.startswith(("router bgp ", "route-map ", "address-family ")) and depth < 2:
            context = (*context, word)
            tree.setdefault(context, [])
        else:
            tree[context].append(word)
    return tree
