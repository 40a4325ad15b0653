"""FRR configuration text by meaning: contexts and their lines, whatever order FRR prints them in.

FRR prints named objects (route-maps, prefix-lists) in the order in which they were made, and its releases put
the sections in different orders, so two texts that mean the same need not be equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

Context = tuple[str, ...]

_CLOSERS = frozenset({"exit", "exit-address-family", "exit-vrf", "exit-vni", "end", "!"})
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

_HOST_LINES = (
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


@dataclass(frozen=True, slots=True)
class FrrChange:
    """A line that is missing from the running config (`+`) or does not belong there (`-`), in its context."""

    sign: str
    context: Context
    line: str

    @property
    def section(self) -> str:
        """The part of the config it is in: `router bgp 65404`, `route-map TO-HOST`, `ip prefix-list` ..."""
        head = (self.context[0] if self.context else self.line).split(" ")
        return " ".join(head[:3] if head[0] == "router" else head[:2])

    def reversed(self) -> FrrChange:
        """The change that leads back."""
        return FrrChange("-" if self.sign == "+" else "+", self.context, self.line)

    def __str__(self) -> str:
        """`+ router bgp 65404 / address-family ipv4 unicast / network 10.10.21.4/32`, secrets masked."""
        return f"{self.sign} {' / '.join([*self.context, masked(self.line)])}"


@lru_cache(maxsize=32)  # a comparison of many builds meets each text several times
def parse(text: str, *, host_lines: bool = False) -> Mapping[Context, frozenset[str]]:
    """Context -> its lines. The top level is the context (); a context without lines is there too.

    `host_lines` keeps what belongs to the program or the host, such as `frr version`.
    """
    contexts: dict[Context, set[str]] = {(): set()}
    for _, context, line in lines(text, host_lines=host_lines):
        contexts.setdefault(context, set())
        if line:
            contexts[context].add(line)
    return {context: frozenset(lines) for context, lines in contexts.items()}


def diff(intended: str, running: str, *, host_lines: bool = False) -> list[FrrChange]:
    """How the running config must change; an empty list says that both mean the same.

    Lines that belong to the program or the host are no difference, unless `host_lines` asks for them.
    """
    want, have = parse(intended, host_lines=host_lines), parse(running, host_lines=host_lines)
    changes: list[FrrChange] = []
    for context in sorted(want.keys() | have.keys()):
        if context not in have and not want[context]:
            changes.append(FrrChange("+", context[:-1], context[-1]))
        if context not in want and not have[context]:
            changes.append(FrrChange("-", context[:-1], context[-1]))
        missing = want.get(context, frozenset()) - have.get(context, frozenset())
        foreign = have.get(context, frozenset()) - want.get(context, frozenset())
        changes += [FrrChange("-", context, line) for line in sorted(foreign)]
        changes += [FrrChange("+", context, line) for line in sorted(missing)]
    return changes


def lines(text: str, *, host_lines: bool = False) -> Iterator[tuple[int, Context, str]]:
    """(number, context, line) of each line that means something; (number, context, "") when a context opens."""
    context: Context = ()
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line in _CLOSERS or (not host_lines and raw.startswith(_HOST_LINES)):
            continue
        depth = len(raw) - len(raw.lstrip(" "))  # FRR indents by one for each context
        if depth < len(context):
            context = context[:depth]
        if line.startswith(_OPENERS.get(context[0].split(" ", 1)[0] if context else "", ())):
            context = (*context, line)
            yield number, context, ""
        else:
            yield number, context, line


def masked(line: str) -> str:
    """The line without its secret, if it has one."""
    words = line.split(" ")
    for secret in ("password", "key-string", "md5"):
        if secret in words[:-1]:
            words[words.index(secret) + 1 :] = ["********"]
    return " ".join(words)
