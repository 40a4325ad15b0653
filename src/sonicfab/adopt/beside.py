"""What FRR's text says otherwise than the plan: lines that are kept as `extra`, and lines of the plan that are left.

The files say of BGP what they have words for. With these lines beside it, what is rendered means what the switch has.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sonicfab.adopt.page import flow, scalar
from sonicfab.adopt.policies import defaults_of
from sonicfab.adopt.seen import Seen
from sonicfab.configdb import Table
from sonicfab.frr import conf
from sonicfab.frr.abbreviated import in_full
from sonicfab.frr.bgp import neighbor_of
from sonicfab.frr.chosen import SEPARATOR, chooses
from sonicfab.frr.conf import Context
from sonicfab.frr.delta.kinds import slot
from sonicfab.model.extra import Extra
from sonicfab.model.leave import FRR_WORD, is_lines, places_of
from sonicfab.ownership.daemons import made_of
from sonicfab.ownership.left import Left, Place

Line = tuple[Context, str]
_HOST = re.compile(r"(?:no )?(?:fpm|zebra|password|enable password|service|debug|line vty|banner|username) ?.*")
"""What is about FRR itself: it stays, and no file of ours says it."""
_LIST = re.compile(r"((?:ip|ipv6) (?:prefix-list|access-list) \S+|bgp \S+(?: standard| expanded)? \S+) .+")
MOST = 1000
"""So many lines or rows are kept as extra; a switch with more was made by a program that should go on with it."""


@dataclass(frozen=True)
class Beside:
    """Of one switch.

    Attributes:
        leave: words of `leave`.
        extra: context -> its lines that the plan has not.
        rows: those for frrcfgd that the plan has not, where FRR has its config of them.
        secrets: lines up to their secrets, which are not copied.
        by_rows: FRR has its config of rows for frrcfgd.
        common: lines that the plan and the switch both have; `kept`: rows and fields of theirs.
        whole: why all of FRR's config is left; "" where it is not.
    """

    leave: tuple[str, ...] = ()
    extra: Mapping[Context, Sequence[str]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    common: frozenset[Line] = field(default_factory=frozenset, repr=False)
    whole: str = ""
    by_rows: bool = False
    rows: Mapping[str, Table] = field(default_factory=dict)
    kept: frozenset[Place] = field(default_factory=frozenset, repr=False)

    def spares(self, word: str) -> bool:
        """Whether a word of `leave` names none of what the plan and the switch both have."""
        if not is_lines(word):
            named = Left(frozenset(Place(*one) for one in places_of(word)))
            return not any(named.has_field(*one) if one.name else named.has_row(*one[:2]) for one in self.kept)
        pattern = word.removeprefix(f"{FRR_WORD} ")
        return not any(chooses(pattern, *one) for one in self.common)


def why_whole(switch: Seen, rendered: str = "") -> str:
    """Why FRR's config of a switch is left whole; "" where it is not."""
    if switch.build is None or switch.mode != switch.build.routing_config_mode:
        return f"its routing mode is {switch.mode or 'not set'}, in which SONiC does not start FRR from frr.conf"
    if not switch.source.frr.strip():
        return "there is no frr.conf of it"
    own, meant = defaults_of(switch.source.frr), defaults_of(rendered)
    if switch.asn and own != meant:
        return (
            f"its profile is `frr defaults {own}`, and the fabric's {meant}: what is not written means something else"
        )
    short = next(iter(abbreviated(switch.source.frr)), "")
    if short:
        return f"'{short}' is abbreviated: take what FRR prints, `vtysh -c 'show running-config'`"
    return ""


def abbreviated(frr: str) -> Iterator[str]:
    """Lines of BGP that are not as FRR prints them."""
    for _, context, line in conf.lines(frr):
        if line and context and context[0].startswith("router bgp ") and in_full(context, line):
            yield line


def beside(switch: Seen, rendered: str) -> Beside:
    """How the two texts become one; `rendered` is that of the plan alone."""
    if why := why_whole(switch, rendered):
        return Beside((FRR_WORD,), whole=why)
    made = made_of(switch.config)
    want, have = _lines(rendered), _lines(made.without(switch.source.frr, rendered))
    common = frozenset(want.keys() & have.keys())
    extra: dict[Context, list[str]] = {}
    secrets, odd = list[str](), list[str]()
    taken = {(context, slot(context, line)) for context, line in common if line}
    for context, line in have.keys() - common:
        top = context[0] if context else line
        if _HOST.fullmatch(top) or line.startswith(conf.HOST_LINES):
            continue
        before, secret = conf.parted(line)
        if secret:
            secrets.append(_word(context, before))
        elif (context, slot(context, line)) in taken or not _can_be_said(context, line):
            odd.append(_word(context, line))
        elif line or not _has_lines(context, have):
            extra.setdefault(context, []).extend([line] if line else [])
    if sum(map(len, extra.values())) > MOST:
        return Beside((FRR_WORD,), whole=f"more than {MOST} of its lines are about what the files have no words for")
    order = {one: number for number, one in enumerate(have)}
    kept = {context: sorted(extra[context], key=lambda line: order[context, line]) for context in _sorted(extra, order)}
    words = dict.fromkeys(_leave(one, common) for one in want if one not in common)
    leave = [word for word in words if not _within(word, words)]
    return Beside((*leave, *dict.fromkeys((*secrets, *odd))), kept, tuple(dict.fromkeys(secrets)), common)


def _can_be_said(context: Context, line: str) -> bool:
    """Whether `extra` takes a line; one that it does not is left as it is, and no other because of it."""
    try:
        Extra.model_validate({"frr": {SEPARATOR.join(context): [line] if line else []}})
    except ValueError:
        return False
    return True


def _sorted(extra: Collection[Context], order: Mapping[Line, int]) -> list[Context]:
    return sorted(extra, key=lambda one: order.get((one, ""), -1))


def _lines(text: str) -> dict[Line, None]:
    """Every line in its context, and every context, in their order."""
    return dict.fromkeys((context, line) for _, context, line in conf.lines(text))


def _has_lines(context: Context, lines: Collection[Line]) -> bool:
    return any(one[: len(context)] == context and (line or one != context) for one, line in lines)


def _leave(one: Line, common: Collection[Line]) -> str:
    """The word for a line of the plan that the switch has not: as short as leaves nothing else that it has."""
    context, line = one
    for candidate in _candidates(context, line):
        pattern = candidate.removeprefix(f"{FRR_WORD} ")
        if not any(chooses(pattern, *other) for other in common):
            return candidate
    return _word(context, line)


def _candidates(context: Context, line: str) -> Iterator[str]:
    for depth in range(1, len(context) + 1):
        head = context[:depth]
        if head[-1].startswith("route-map "):
            yield _word((), " ".join(head[0].split()[:2]))
        yield _word(head[:-1], head[-1])
    if not line:
        return
    name = neighbor_of(line)
    if name:
        yield _word(context, f"neighbor {name}")
        words = line.split()
        if words[2:3] == ["description"]:
            yield _word(context, "neighbor * description")
        if len(words) > 3:
            yield _word(context, " ".join(words[:3]))
    elif not context and (match := _LIST.fullmatch(line)):
        yield _word((), match[1])


def _word(context: Context, line: str) -> str:
    """As `leave` names it; the number of an AS is `*`, so that one word does for several switches."""
    path = [*context, line] if line else list(context)
    if re.fullmatch(r"router bgp \d+", path[0]):
        path[0] = "router bgp *"
    return f"{FRR_WORD} {SEPARATOR.join(path)}"


def _within(word: str, words: Collection[str]) -> bool:
    """Whether another word leaves it, too."""
    path = tuple(word.removeprefix(f"{FRR_WORD} ").split(SEPARATOR))
    return any(one != word and chooses(one.removeprefix(f"{FRR_WORD} "), path[:-1], path[-1]) for one in words)


def common_words(found: Mapping[str, Beside]) -> list[str]:
    """Words that can be said of the whole fabric: several switches have them, and nobody else loses a line by them.

    Of rows for frrcfgd only where all have such: a switch that gets its BGP from there later is to have the plan's.
    """
    some = {name: one for name, one in found.items() if not one.whole}
    everywhere = all(one.by_rows for one in some.values())
    counts: dict[str, int] = {}
    for one in some.values():
        for word in one.leave:
            counts[word] = counts.get(word, 0) + 1
    several = [word for word, count in counts.items() if count > 1 and (everywhere or is_lines(word))]
    return [word for word in several if all(one.spares(word) for one in some.values())]


def extra_frr_lines(extra: Mapping[Context, Sequence[str]], indent: str) -> list[str]:
    """As they stand in the topology."""
    if not extra:
        return []
    lines = [f"{indent}frr:"]
    for context, some in extra.items():
        key = scalar(SEPARATOR.join(context))
        if not some:
            lines.append(f"{indent}  {key}: []")
        elif len(some) == 1:
            lines.append(f"{indent}  {key}: {flow(list(some))}")
        else:
            lines += [f"{indent}  {key}:", *(f"{indent}    - {scalar(line)}" for line in some)]
    return lines
