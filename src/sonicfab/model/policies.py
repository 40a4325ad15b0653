"""Policies that the topology names: what is let through, in which order, and what is set on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from sonicfab.model.fields import Strict, expected

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,47}")
_COMMUNITY = re.compile(r"(\d{1,5}):(\d{1,5})")
_PREFIX = re.compile(r"(\S+/\d+)(?: ge (\d+))?(?: le (\d+))?")
_OWN = ("FROM-FABRIC", "TO-FABRIC", "FROM-HOST", "TO-HOST", "FROM-IBGP", "RM_SET_SRC", "RM_SET_SRC6")
DEFAULT_ROUTE, ANY = "default", "any"
_WELL_KNOWN = ("no-export", "no-advertise", "local-AS", "graceful-shutdown", "blackhole", "internet")
"""FRR's words for communities that have one: lib/communities of bgpd/bgp_community.c community_str_get."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """A network, and which lengths within it: `ge` and `le`, 0 where nobody says; without both it is meant exactly."""

    network: IPv4Network | IPv6Network
    ge: int = 0
    le: int = 0

    @property
    def text(self) -> str:
        """As FRR's lists have it."""
        return f"{self.network}{f' ge {self.ge}' if self.ge else ''}{f' le {self.le}' if self.le else ''}"

    def covers(self, one: IPv4Network | IPv6Network) -> bool:
        """Whether a list with it permits a prefix (FRR lib/plist.c prefix_list_entry_match)."""
        own = self.network
        if one.version != own.version or one.prefixlen < own.prefixlen or one.network_address not in own:
            return False
        shortest = self.ge or own.prefixlen
        longest = self.le or (own.max_prefixlen if self.ge else own.prefixlen)
        return shortest <= one.prefixlen <= longest


def _default(version: int, *, wide: bool = False) -> Prefix:
    network = ip_network("0.0.0.0/0" if version == 4 else "::/0")
    return Prefix(network, le=network.max_prefixlen if wide else 0)


def read_prefixes(value: Any) -> Any:
    """The prefixes of a word or a list: `NET`, `NET le N`, `NET ge N`, `NET ge N le M`, `default`, `any`.

    Raises:
        PydanticCustomError: one of them is no such thing.
    """
    found: list[Prefix] = []
    for word in [value] if isinstance(value, str) else value:
        if isinstance(word, Prefix):
            found.append(word)
        elif word in (DEFAULT_ROUTE, ANY):
            found += [_default(version, wide=word == ANY) for version in (4, 6)]
        else:
            found.append(_prefix(word))
    if len({one.text for one in found}) < len(found):
        raise expected("each prefix once", value, "FRR keeps one of two that are the same")
    return tuple(found)


def _prefix(word: Any) -> Prefix:
    match = _PREFIX.fullmatch(" ".join(word.split())) if isinstance(word, str) else None
    if match is None:
        raise expected("a prefix such as 192.0.2.0/24, '192.0.2.0/24 le 28', default or any", word)
    try:
        network = ip_network(match[1])
    except ValueError:
        raise expected("a network without host bits such as 192.0.2.0/24", match[1]) from None
    ge, le = int(match[2] or 0), int(match[3] or 0)
    rising = [network.prefixlen, *([ge] if ge else []), *([le] if le else [])]
    # lib/filter_nb.c lib_prefix_list_entry_is_dup and prefix_list_length_validate: len < ge <= le <= longest
    too_small = any(one <= network.prefixlen for one in rising[1:])
    if too_small or sorted(rising) != rising or rising[-1] > network.max_prefixlen:
        what = f"lengths above {network.prefixlen}, `ge` no more than `le`, at most {network.max_prefixlen}"
        raise expected(what, word)
    return Prefix(network, ge, le)


def _community(value: str) -> str:
    match = _COMMUNITY.fullmatch(value)
    if value not in _WELL_KNOWN and not (match and all(int(one) <= 65535 for one in match.groups())):
        raise expected(f"a community such as 65000:100, or one of {', '.join(_WELL_KNOWN)}", value)
    return value


def _as_path(value: str) -> str:
    try:
        re.compile(value.replace("_", "( |^|$)"))
    except re.error:
        raise expected("a regular expression for AS paths such as ^64999_", value) from None
    if not value or re.search(r"\s", value):
        raise expected("a regular expression without blanks; _ stands between AS numbers", value)
    return value


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def policy_name(value: str) -> str:
    """The name of a policy.

    Raises:
        PydanticCustomError: it is none, or one of the fabric's own.
    """
    if not _NAME.fullmatch(value):
        raise expected("the name of a policy (a letter, then letters, digits and _ -, at most 48)", value)
    if value in (*_OWN, DEFAULT_ROUTE, ANY):
        raise expected("a name of its own", value, f"the fabric has something else of the name {value}")
    return value


_WORDS = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
PolicyName = Annotated[str, AfterValidator(policy_name)]
Prefixes = Annotated[tuple[Prefix, ...], BeforeValidator(read_prefixes), WithJsonSchema(_WORDS)]
Communities = Annotated[
    tuple[Annotated[str, AfterValidator(_community)], ...], BeforeValidator(_one_or_many), WithJsonSchema(_WORDS)
]


class PolicySet(Strict):
    """What is set on what an entry lets through; `prepend` is how often our own AS number, `communities` are added."""

    local_preference: Annotated[int, Field(ge=0, le=4294967295)] | None = None
    metric: Annotated[int, Field(ge=0, le=4294967295)] | None = None
    prepend: Annotated[int, Field(ge=1, le=10)] | None = None
    communities: Communities = ()


class PolicyEntry(Strict):
    """What is permitted or denied: prefixes, of paths that `as_path` matches and that have one of `communities`."""

    permit: Prefixes | None = None
    deny: Prefixes | None = None
    as_path: Annotated[str, AfterValidator(_as_path)] | None = None
    communities: Communities = ()
    set: PolicySet = PolicySet.model_construct()

    @model_validator(mode="after")
    def _check(self) -> PolicyEntry:
        if (self.permit is None) == (self.deny is None):
            raise expected("either `permit` or `deny`", "both" if self.permit is not None else "neither")
        if not self.prefixes:
            raise expected("a prefix, default or any", "an empty list")
        if self.deny is not None and self.set != PolicySet():
            raise expected(
                "`set` with `permit` alone", "`set` with `deny`", "nothing is set on what is not let through"
            )
        return self

    @property
    def prefixes(self) -> tuple[Prefix, ...]:
        """Those that it is about."""
        return self.permit or self.deny or ()


def _some(value: tuple[PolicyEntry, ...]) -> tuple[PolicyEntry, ...]:
    if not value:
        raise expected("the entries of a policy", "an empty list", "`- {deny: any}` lets nothing through")
    return value


Policy = Annotated[tuple[PolicyEntry, ...], AfterValidator(_some)]
"""Its entries, the first that matches counts; what none matches is denied."""
EXACTLY_ANY = tuple(_default(version, wide=True) for version in (4, 6))
"""What `any` stands for."""
