"""FRR configuration text by meaning: contexts and their lines, whatever order FRR prints them in.

FRR prints named objects (route-maps, prefix-lists) in the order in which they were made, or by their names where it was
built with libyang 3 (src/tree_data_sorted.h), and its releases put the sections in different orders, so two texts that
mean the same need not be equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

Context = tuple[str, ...]
Tree = Mapping[Context, Sequence[str]]
"""Context -> its lines in the order of the text; the top level is the context ()."""
Command = tuple[Context, str]
"""A line in its context; "" opens the context and says nothing in it."""

_CLOSERS: Mapping[str, str] = {
    "exit": "",
    "exit-address-family": "address-family ",
    "exit-vrf": "vrf ",
    "exit-vni": "vni ",
}
"""Line that closes a context -> how that context begins; `exit` closes any."""
_OPENERS: Mapping[str, tuple[str, ...]] = {
    "": (
        "router ",
        "interface ",
        "route-map ",
        "vrf ",
        "line vty",
        "bfd",
        "nexthop-group ",
        "pbr-map ",
        "key chain ",
    ),
    "router": ("address-family ", "vni ", "segment-routing "),
    "bfd": ("peer ", "profile "),
}
"""First word of the outermost context -> how lines begin that open a context in it."""

_TOP = (
    *(opener for opener in _OPENERS[""] if opener != "bfd"),
    "access-list ",
    "bgp as-path ",
    "bgp community-list ",
    "bgp extcommunity-list ",
    "bgp large-community-list ",
    "debug ",
    "enable password ",
    "fpm ",
    "ip as-path ",
    "ip community-list ",
    "ip forwarding",
    "ip prefix-list ",
    "ipv6 access-list ",
    "ipv6 forwarding",
    "ipv6 prefix-list ",
    "mac access-list ",
    "no fpm ",
    "no zebra ",
    "password ",
    "service ",
    "zebra ",
)
"""How lines begin that no context knows but the top level: FRR leaves the context that it is in when it reads one
(FRR lib/command.c command_config_read_one_line tries the parents of the node)."""

_TOP_OR_VRF = tuple(
    f"{no}{ip} {word} " for no in ("", "no ") for ip in ("ip", "ipv6") for word in ("nht", "protocol", "route")
)
"""The same of what a VRF has, too."""

_VERSION = re.compile(r"^frr version (\d+)\.(\d+)", re.MULTILINE)
HOST_LINES = (
    # what belongs to the program or the host and not to the fabric; `ip forwarding` shows what the kernel does
    "frr version ",
    "frr defaults ",
    "hostname ",
    "log ",
    "agentx",  # for the SNMP agent; it came into the frr.conf of a switch with its upgrade to Edgecore's 202211
    "service integrated-vtysh-config",
    "no service integrated-vtysh-config",
    "Building configuration...",
    "Current configuration:",
    "no ip forwarding",
    "no ipv6 forwarding",
)
"""How lines of the top level begin that are nobody's change; guard.sh is told so."""


@dataclass(frozen=True, slots=True)
class FrrLineChange:
    """A line that is missing from the running config (`+`) or does not belong there (`-`), in its context."""

    sign: str
    context: Context
    line: str

    @property
    def section(self) -> str:
        """The part of the config it is in: `router bgp 65404`, `route-map TO-HOST`, `ip prefix-list` ..."""
        head = (self.context[0] if self.context else self.line).split(" ")
        return " ".join(head[:3] if head[0] == "router" else head[:2])

    def reversed(self) -> FrrLineChange:
        """The change that leads back."""
        return FrrLineChange("-" if self.sign == "+" else "+", self.context, self.line)

    def __str__(self) -> str:
        """`+ router bgp 65404 / address-family ipv4 unicast / network 10.10.21.4/32`, secrets masked."""
        return f"{self.sign} {' / '.join([*self.context, masked(self.line)])}"


def read(text: str, *, host_lines: bool = False) -> Tree:
    """The contexts of a config with their lines, in its order; a context without lines is there too.

    `host_lines` keeps what belongs to the program or the host, such as `frr version`.
    """
    tree: dict[Context, list[str]] = {(): []}
    for _, context, line in lines(text, host_lines=host_lines):
        within = tree.setdefault(context, [])
        if line:
            within.append(line)
    return tree


@lru_cache(maxsize=32)  # a comparison of many builds meets each text several times
def parse(text: str, *, host_lines: bool = False) -> Mapping[Context, frozenset[str]]:
    """Context -> its lines. The top level is the context (); a context without lines is there too.

    `host_lines` keeps what belongs to the program or the host, such as `frr version`.
    """
    return {context: frozenset(lines) for context, lines in read(text, host_lines=host_lines).items()}


def unprinted(running: str) -> frozenset[str]:
    """Lines of the top level that the FRR of a running config has by itself, and does not print.

    FRR zebra/zebra_vrf.h ZEBRA_IP_NHT_RESOLVE_VIA_DEFAULT: none in 9.0.1, true in 9.1 with its traditional defaults.
    """
    version = _VERSION.search(running)
    if version is None or (int(version[1]), int(version[2])) < (9, 1) or "\nfrr defaults traditional" not in running:
        return frozenset()
    own = frozenset(("ip nht resolve-via-default", "ipv6 nht resolve-via-default"))
    return frozenset(line for line in own if f"no {line}" not in parse(running)[()])


def diff(intended: str, running: str, *, host_lines: bool = False, printed: bool = False) -> list[FrrLineChange]:
    """How the running config must change; an empty list says that both mean the same.

    Lines that belong to the program or the host are no difference, unless `host_lines` asks for them. Where both are
    `printed` by one FRR, neither has a line that it does not print.
    """
    want, have = parse(intended, host_lines=host_lines), dict(parse(running, host_lines=host_lines))
    if not printed:
        have[()] |= want[()] & unprinted(running)
    changes: list[FrrLineChange] = []
    for context in sorted(want.keys() | have.keys()):
        if context not in have and not want[context]:
            changes.append(FrrLineChange("+", context[:-1], context[-1]))
        if context not in want and not have[context]:
            changes.append(FrrLineChange("-", context[:-1], context[-1]))
        missing = want.get(context, frozenset()) - have.get(context, frozenset())
        foreign = have.get(context, frozenset()) - want.get(context, frozenset())
        changes += [FrrLineChange("-", context, line) for line in sorted(foreign)]
        changes += [FrrLineChange("+", context, line) for line in sorted(missing)]
    return changes


_WRITTEN_OUT = {f"address-family {ip}": f"address-family {ip} unicast" for ip in ("ipv4", "ipv6")}
"""Lines that FRR reads and prints otherwise: bgpd/bgp_vty.c address_family_ipv4, address_family_ipv6."""

INSIDE = (
    "activate",
    "address-family ",
    "aggregate-address ",
    "bgp router-id ",
    "call ",
    "continue",
    "match ",
    "maximum-paths ",
    "neighbor ",
    "network ",
    "no bgp default ",
    "no bgp ebgp-requires-policy",
    "no neighbor ",
    "on-match ",
    "redistribute ",
    "set ",
)
"""How lines begin that the top level does not know: they stay in the context that is open, indented or not."""


@dataclass(slots=True)
class _Open:
    """A context that is open: its line and how far that is indented; `indents` says that its own lines are further."""

    line: str
    depth: int
    indents: bool | None = None

    def holds(self, depth: int) -> bool:
        """False when a line so far indented stands outside: FRR indents by one for each context, people need not."""
        if self.indents is None:
            self.indents = depth > self.depth
        return depth > self.depth or not self.indents


def lines(text: str, *, host_lines: bool = False) -> Iterator[tuple[int, Context, str]]:
    """(number, context, line) of each line that means something; (number, context, "") when a context opens.

    As FRR reads a file: a context lasts until it is closed, another one begins, or a line comes that only the top level
    knows. Where lines are indented, one that is not ends it, too.
    """
    stack: list[_Open] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = " ".join(raw.split())  # FRR takes tabs and several blanks for one
        if not line or line[0] in "!#" or line == "end":
            continue
        line = _WRITTEN_OUT.get(line, line)
        begins = _begins(line)
        if begins.host and not host_lines:
            stack.clear()
            continue
        if line in _CLOSERS:
            if stack and stack[-1].line.startswith(_CLOSERS[line]):
                stack.pop()
            continue
        depth = len(raw) - len(raw.lstrip())
        _leave(stack, begins, depth)
        kind = stack[0].line.split(" ", 1)[0] if stack else ""
        context = tuple(one.line for one in stack)
        if line.startswith(_OPENERS.get(kind, ())):
            stack[1:] = []
            stack.append(_Open(line, depth))
            yield number, (*context[:1], line), ""
        else:
            yield number, context, line


class _Begins(NamedTuple):
    """What a line is by how it begins."""

    host: bool
    top: bool
    top_or_vrf: bool
    inside: bool


@lru_cache(maxsize=4096)  # the configs of a fabric have most of their lines in common
def _begins(line: str) -> _Begins:
    return _Begins(*map(line.startswith, (HOST_LINES, _TOP, _TOP_OR_VRF, INSIDE)))


def _leave(stack: list[_Open], begins: _Begins, depth: int) -> None:
    """Close the contexts that a line does not belong to."""
    in_vrf = bool(stack) and stack[0].line.startswith("vrf ")
    if begins.top or (begins.top_or_vrf and not in_vrf):
        stack.clear()
    while stack and not stack[-1].holds(depth) and not (begins.inside and len(stack) == 1):
        stack.pop()


def masked(line: str) -> str:
    """The line without its secret, if it has one."""
    before, secret = parted(line)
    return f"{before} ********" if secret else line


def parted(line: str) -> tuple[str, str]:
    """A line up to its secret, and that; "" where it has none."""
    words = line.split(" ")
    for secret in ("password", "key-string", "md5"):
        if secret in words[:-1]:
            at = words.index(secret) + 1
            return " ".join(words[:at]), " ".join(words[at:])
    return line, ""


def too_deep(text: str) -> list[str]:
    """Lines that stand deeper than the contexts that are known: some line above them opens one that is not."""
    raw = text.splitlines()
    found = []
    for number, context, line in lines(text):
        depth = len(raw[number - 1]) - len(raw[number - 1].lstrip())
        if depth > len(context) - (not line):
            found.append(raw[number - 1].strip())
    return found


def under(tree: Tree, name: str) -> list[Context]:
    """The contexts of an outermost context, itself first."""
    return [context for context in tree if context[:1] == (name,)]


def written(commands: Iterable[Command]) -> str:
    """The text for `vtysh -f`.

    Each context is closed by its own word and never twice: an `exit` at the top level leaves the config mode of
    vtysh, and every later line would be lost.
    """
    out: list[str] = []
    here: Context = ()
    for context, line in commands:
        same = 0
        while same < min(len(context), len(here)) and context[same] == here[same]:
            same += 1
        out += _closed(here, same)
        out += [" " * depth + context[depth] for depth in range(same, len(context))]
        here = context
        if line:
            out.append(" " * len(context) + line)
    out += _closed(here, 0)
    return "".join(f"{line}\n" for line in out)


def _closed(context: Context, down_to: int) -> list[str]:
    return [
        " " * depth + ("exit-address-family" if context[depth].startswith("address-family ") else "exit")
        for depth in range(len(context) - 1, down_to - 1, -1)
    ]
