"""FRR's config as parts that belong to somebody as a whole: a neighbour, a static route, a list, a section.

A line inside a part that is ours is ours, too: `neighbor OURS shutdown` is a change of our neighbour and no thing of
another. Inside our `router bgp`, a neighbour, a network and an address family are parts of their own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sonicfab.frr import conf
from sonicfab.frr.bgp import neighbor_of
from sonicfab.frr.conf import Context
from sonicfab.frr.delta.kinds import slot

INSTANCE = re.compile(r"router bgp \d+")
"""The default instance of BGP: FRR has one."""
_ADDED = re.compile(r"(network \S+|aggregate-address \S+|redistribute \S+|bgp listen range \S+)(?: .*)?")
_AGGREGATE = re.compile(rf"aggregate-address (\S+) of {INSTANCE.pattern}(?: / .+)?")
_LIST = re.compile(
    r"((?:ip|ipv6) (?:prefix-list|access-list) \S+|access-list \S+|bgp (?:as-path access-list|"
    r"(?:large-|ext)?community-list (?:standard|expanded)) \S+) .+"
)
_CLOSED = {"address-family": "exit-address-family", "vni": "exit-vni", "vrf": "exit-vrf"}
_PROGRAM = re.compile(r"(?:no )?(?:fpm|zebra) .+")
"""What the image's own start script writes: no thing of anybody."""


def part_of(context: Context, line: str) -> str:
    """The part of the config that a line belongs to; with an empty line, that of the context itself."""
    if not context:
        found = _LIST.fullmatch(line)
        return found[1] if found else line
    head = context[0]
    if head.startswith("route-map "):
        return " ".join(head.split(" ")[:2])
    if head.startswith("router bgp "):
        return _bgp_part(context, line)
    if head == "bfd" and len(context) > 1:
        return f"bfd / {context[1]}"
    return head


def _bgp_part(context: Context, line: str) -> str:
    neighbor, added = neighbor_of(line), _ADDED.fullmatch(line)
    if neighbor:
        return f"neighbor {neighbor} of {context[0]}"
    if added:
        return f"{added[1]} of {' / '.join(context)}"
    return " / ".join(context)


def parts(text: str) -> dict[str, None]:
    """Every part of a config, in its order."""
    return dict.fromkeys(part_of(context, line) for _, context, line in conf.lines(text))


def settings(text: str) -> dict[str, None]:
    """The lines of BGP's instances and families that are no part of their own."""
    found = ((context, line) for _, context, line in conf.lines(text) if line and _is_setting(context, line))
    return dict.fromkeys(" / ".join([*context, line]) for context, line in found)


def _is_setting(context: Context, line: str) -> bool:
    return bool(context) and context[0].startswith("router bgp ") and part_of(context, line) == " / ".join(context)


@dataclass(frozen=True)
class Foreign:
    """What of a config is another's.

    Attributes:
        parts: names of the parts, in their order.
        lines: context of ours -> the lines that come into it.
        sections: whole sections, as they stand in the text.
        blocked: parts that cannot stay beside what is intended.
        settings: part of ours -> the settings in it that are another's.
    """

    parts: tuple[str, ...] = ()
    lines: Mapping[Context, tuple[str, ...]] = field(default_factory=dict, repr=False)
    sections: tuple[str, ...] = field(default=(), repr=False)
    blocked: tuple[str, ...] = ()
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def foreign(stored: str, intended: str, ours: Iterable[str], our_lines: Collection[str] | None = None) -> Foreign:
    """What of `stored` is neither intended nor named in `ours`.

    With `our_lines`, as `settings` names them, so are the settings of our BGP that no intended line overwrites.
    """
    if stored == intended:
        return Foreign()
    known = {*parts(intended), *ours}
    contexts = conf.parse(intended)
    slots = {(context, slot(context, line)) for context, some in contexts.items() for line in some}
    instances = {context[0] for context in contexts if context and INSTANCE.fullmatch(context[0])}
    names: dict[str, None] = {}
    lines: dict[Context, list[str]] = {}
    sections: dict[str, None] = {}
    blocked: dict[str, None] = {}
    settings_of: dict[str, list[str]] = {}
    for block in _blocks(stored):
        text = "\n".join(block)
        for _, context, line in conf.lines(text):
            part = _whole(context, known) or part_of(context, line)
            if our_lines is not None and part in known and line and context in contexts and _is_setting(context, line):
                if (context, slot(context, line)) not in slots and f"{part} / {line}" not in our_lines:
                    settings_of.setdefault(part, []).append(line)
                    lines.setdefault(context, []).append(line)
                continue
            if part in known or _PROGRAM.fullmatch(part):
                continue
            head = context[0] if context else ""
            if INSTANCE.fullmatch(head) and instances and head not in instances:
                blocked[part] = None  # FRR has one default instance, and it is to be another
                continue
            names[part] = None
            if context and context[:1] not in contexts:
                sections[text] = None
            elif line:
                lines.setdefault(context, []).append(line)
    return Foreign(
        tuple(names),
        {context: tuple(some) for context, some in lines.items()},
        tuple(sections),
        tuple(blocked),
        {part: tuple(some) for part, some in settings_of.items()},
    )


def foreign_neighbors(stored: str, intended: str, ours: Iterable[str]) -> frozenset[str]:
    """The neighbours in our own BGP that are another's."""
    found = (re.fullmatch(r"neighbor (\S+) of .+", part) for part in foreign(stored, intended, ours).parts)
    return frozenset(match[1] for match in found if match)


def aggregates(names: Iterable[str]) -> frozenset[str]:
    """The prefixes of the aggregates of the default instance, of names of parts."""
    found = (_AGGREGATE.fullmatch(part) for part in names)
    return frozenset(match[1] for match in found if match)


def without_others(text: str, now: str, ours: Collection[str], our_lines: Collection[str] | None) -> str:
    """The text without what is neither named in `ours` nor in `our_lines`, as far as `now` has it.

    What `now` has in another form is another's change of it, unless a line of ours has overwritten it; without
    `our_lines`, all lines of the parts in `ours` are.
    """
    there = parts(now)
    slots = {(context, slot(context, line)): line for context, some in conf.parse(now).items() for line in some}
    out: list[str] = []
    gone = False
    for block in _blocks(text):
        joined = "\n".join(block)
        drop: set[int] = set()
        until = ""  # what closes a context that goes, after the indentation with which it stands
        for number, context, line in conf.lines(joined):
            part = _whole(context, ours) or part_of(context, line)
            after = slots.get((context, slot(context, line))) if line and _is_setting(context, line) else None
            told = {f"{part} / {one}" for one in (line, after)}
            setting = after is not None and our_lines is not None and not told & {*our_lines}
            if ((part not in ours and part in there) or setting) and not _PROGRAM.fullmatch(part):
                drop.add(number)
        gone = gone or bool(drop)
        if 1 in drop:
            continue
        for number, raw in enumerate(block, 1):
            indent = len(raw) - len(raw.lstrip())
            if until and raw.rstrip() == until:
                until = ""
                continue
            if number in drop:
                closer = _CLOSED.get(raw.split()[0])
                until = " " * indent + closer if closer and indent else until
                continue
            out.append(raw)
        out.append("!")
    return "\n".join(out) + "\n" if gone else text  # as it was kept, to the byte


def _whole(context: Context, known: Collection[str]) -> str:
    """The outermost context of BGP that is not known: all in it goes with it, lines about our neighbours, too."""
    if not context or not context[0].startswith("router bgp "):
        return ""
    outer = (" / ".join(context[:depth]) for depth in range(1, len(context) + 1))
    return next((one for one in outer if one not in known), "")


def _blocks(text: str) -> Iterator[list[str]]:
    """The text section by section: what begins in the first column, with the indented lines below it."""
    block: list[str] = []
    for raw in text.splitlines():
        said = raw.strip()
        if not said or said.startswith(("!", "#")):
            continue
        if block and not raw.startswith((" ", "\t")) and said not in ("exit", "exit-vrf"):
            yield block
            block = []
        block.append(raw)
    if block:
        yield block


def carried(intended: str, other: Foreign) -> str:
    """The intended text with what is another's in it; the same text when it is done again."""
    if not other.lines and not other.sections:
        return intended
    return "".join(f"{line}\n" for _, line in laid_out(intended, other))


def laid_out(intended: str, other: Foreign) -> list[tuple[int, str]]:
    """The lines of the text with those of another in their places; with the number of each that was there, else 0."""
    raw = intended.splitlines()
    direct, last = _places(intended)
    into: dict[int, list[str]] = {}
    for context, lines in sorted(other.lines.items(), key=lambda one: len(one[0])):
        if not context:
            continue
        if context in direct:
            for line in lines:
                places = direct[context]
                place = places.get(_among_neighbors(line), max(places.values()))
                into.setdefault(place, []).append(" " * len(context) + line)
            continue
        above = next(context[:depth] for depth in range(len(context) - 1, 0, -1) if context[:depth] in last)
        place = last[above]
        while place < len(raw) and raw[place].startswith(" " * len(above)):
            place += 1  # past what closes the contexts inside
        into.setdefault(place, []).extend(_opened(context, len(above), lines))
    blocks = _ranked(raw)
    for one in sorted((*other.lines.get((), ()), *other.sections), key=_rank):
        place = max((end for end, rank in blocks if rank <= _rank(one)), default=0)
        into.setdefault(place, []).extend([*one.splitlines(), "!"])
    return [
        *((0, line) for line in into.get(0, ())),
        *(
            one
            for number, line in enumerate(raw, 1)
            for one in ((number, line), *((0, more) for more in into.get(number, ())))
        ),
    ]


_ORDER = (
    ("debug ",),
    ("key chain ",),
    ("ip prefix-list ", "ipv6 prefix-list ", "access-list ", "ip access-list ", "ipv6 access-list "),
    ("bgp as-path ", "bgp community-list ", "bgp large-community-list ", "bgp extcommunity-list "),
    ("ip route ", "ipv6 route "),
    ("vrf ",),
    ("interface ",),
    ("router ",),
    ("route-map ",),
    ("ip protocol ", "ipv6 protocol "),
    ("ip nht ", "ipv6 nht "),
    ("bfd",),
    ("line vty",),
)
"""The order of what stands at the top level, as the templates have it; FRR's releases print them in different ones."""


def _rank(line: str) -> int:
    return next((rank for rank, begins in enumerate(_ORDER) if line.startswith(begins)), len(_ORDER))


def _ranked(raw: list[str]) -> list[tuple[int, int]]:
    """(number of its last line, rank) of each block of a text; what is of no kind goes to the end, before `end`."""
    found: list[tuple[int, int]] = []
    rank, open_ = -1, False
    for number, line in enumerate(raw, 1):
        said = line.strip()
        if said == "end":
            break
        if not line.startswith(" ") and said not in ("", "!", "exit", "exit-vrf"):
            rank = _rank(line) if _rank(line) < len(_ORDER) else rank
            open_ = True
        if open_:
            found.append((number, rank))
    return found


def _places(text: str) -> tuple[dict[Context, dict[bool, int]], dict[Context, int]]:
    """Context -> the number of the last line that is right in it, and of the last that is in it at all.

    Of the first, one each for what `_among_neighbors` tells apart.
    """
    direct: dict[Context, dict[bool, int]] = {}
    last: dict[Context, int] = {}
    for number, context, line in conf.lines(text, host_lines=True):
        direct.setdefault(context, {})[_among_neighbors(line)] = number
        for depth in range(1, len(context) + 1):
            last[context[:depth]] = number
    return direct, last


def _among_neighbors(line: str) -> bool:
    """Whether a line's place is with the neighbours, where FRR prints them apart from the instance's own settings.

    A listen range is refused where its peer-group is not there yet ("Configure the peer-group first", FRR's
    bgpd/bgp_vty.c bgp_listen_range), so it stands behind the groups, as bgpd prints it (bgp_config_write_listen).
    No other line right below `router bgp` names what a neighbour's line makes.
    """
    return bool(neighbor_of(line)) or line.startswith("bgp listen range ")


def _opened(context: Context, depth: int, lines: Iterable[str]) -> list[str]:
    opened = [" " * at + context[at] for at in range(depth, len(context))]
    closed = [
        " " * at + _CLOSED.get(context[at].split(" ")[0], "exit") for at in range(len(context) - 1, depth - 1, -1)
    ]
    return [*opened, *(" " * len(context) + line for line in lines), *closed]
