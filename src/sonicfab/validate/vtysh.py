"""An frr.conf read by FRR itself: `vtysh -C`, where FRR is installed. Nothing is applied, no daemon is asked."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cache

from sonicfab.frr import conf
from sonicfab.validate.contexts import lost_lines
from sonicfab.validate.findings import Finding
from sonicfab.validate.together import LEAD_OUT, Together

_ERROR = re.compile(r"^line (\d+): (.*)$")
_VERSION = re.compile(r"version ([\d.]+)")
_DAEMONS = "/usr/lib/frr:/usr/libexec/frr:/usr/sbin"
"""Where distributions keep FRR's daemons; vtysh does not tell its own version."""
_TIMEOUT = 60.0

_CONTEXTS: Sequence[conf.Context] = (
    ("router bgp 65000",),
    ("router bgp 65000", "address-family ipv4 unicast"),
    ("router bgp 65000", "address-family ipv6 unicast"),
    ("router bgp 65000", "address-family l2vpn evpn"),
    ("route-map X permit 10",),
    ("interface X",),
    ("vrf X",),
    ("bfd", "profile X"),
    (),
)
"""Where a line may be known that is not where it stands."""

_TEXT = """
activate address address-family advertise-all-vni aggregate-address allowas-in as-override as-path as-set attribute-
unchanged bestpath bfd bgp call capability community community-list connect connected continue datacenter default
default-originate defaults deny description disable-connected-check distance distribute-list dont-capability-
negotiate ebgp-multihop ebgp-requires-policy enable exit exit-address-family extcommunity extended-nexthop external
filter-list forwarding graceful-restart graceful-shutdown hostname import-check interface internal ip ipv4
ipv4-unicast ipv6 kernel l2vpn large-community link-local local-as local-preference log-neighbor-changes match
maximum-paths maximum-prefix metric multicast multipath-relax neighbor network next-hop next-hop-self nexthop nht no
on-match out passive password peer-group permit policy prefer-global prefix-list private-AS profile protocol
redistribute remote-as remove-private-AS resolve-via-default restart route route-map route-reflector-client route-
server-client router router-id send-community seq service set shutdown soft-reconfiguration source src static
suppress-fib-pending table-map timers traditional ttl-security unchanged unicast unsuppress-map update-source v6only
vrf weight
"""
_WORDS = tuple(_TEXT.split())
"""Words of FRR's commands that one may misspell; a candidate counts only when FRR accepts the line with it."""


@cache
def frr_version() -> str:
    """The version of FRR on this machine; "" when there is none, "unknown" when it does not tell."""
    if not shutil.which("vtysh"):
        return ""
    zebra = shutil.which("zebra", path=_DAEMONS)
    if not zebra:
        return "unknown"
    done = subprocess.run([zebra, "--version"], capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    found = _VERSION.search(done.stdout)
    return found[1] if found else "unknown"


def check_syntax(text: str, frr: str) -> list[Finding]:
    """The lines that vtysh does not understand; `frr` is the version of FRR in the image build.

    Another FRR than the build's may lack what the build's has: what it does not understand is a warning, unless it
    knows the line in another place, or with one word spelt otherwise. Without FRR on this machine there is nothing to
    say: `frr_version` tells.
    """
    here = frr_version()
    if not here:
        return []
    told, said, code = _read(text)
    lost = lost_lines(text)  # sonicfab.validate.contexts tells why
    lines = text.splitlines()
    contexts = {number: context for number, context, _ in conf.lines(text, host_lines=True)}
    wrong = {number: lines[number - 1].strip() for number in told if 0 < number <= len(lines) and number not in lost}
    known = _known(wrong, contexts) if wrong else {}
    found: list[Finding] = []
    remark = "" if here == frr else f" (FRR {here} of this machine; the build has {frr or 'another'})"
    for number, line in wrong.items():
        message, hint = f"`{line}`: {told[number]}{remark}", ""
        if number in known:
            message, hint = known[number]
        sure = here == frr or number in known
        found.append(Finding("SF-401" if sure else "SF-411", f"line {number}", message, hint, line=number))
    if code != 0 and not told:
        found.append(Finding("SF-401", "", f"vtysh -C failed: {(said.splitlines() or ['no reason given'])[-1]}"))
    return found


def read_together(texts: Iterable[str]) -> Together | None:
    """Begins to find those for which `check_syntax` has nothing to say; None where that takes as long as asking it."""
    several = list(dict.fromkeys(texts))
    return Together(several, lambda text: _read(text)[1].splitlines()) if len(several) > 1 and frr_version() else None


def _read(text: str) -> tuple[dict[int, str], str, int]:
    """(line -> what vtysh has against it, all it said, its exit code)."""
    with tempfile.NamedTemporaryFile("w", prefix="sonicfab-frr-", suffix=".conf", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        command = ["vtysh", "-C", "-f", file.name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
        said = (done.stderr + done.stdout).replace(file.name, "frr.conf").strip()
    matches = [match for one in said.splitlines() if (match := _ERROR.match(one))]
    return {int(match[1]): _reason(match[2]) for match in matches}, said, done.returncode


def _known(wrong: dict[int, str], contexts: dict[int, conf.Context]) -> dict[int, tuple[str, str]]:
    """Line -> (message, hint) of those that this FRR knows elsewhere, or with one word spelt otherwise."""
    trials: list[tuple[int, conf.Context, str]] = []
    for number, line in wrong.items():
        here = contexts.get(number, ())
        trials += [(number, here, one) for one in _respelt(line)]
        if not line.startswith("exit"):
            trials += [(number, context, line) for context in _CONTEXTS if context != here]
    known: dict[int, tuple[str, str]] = {}
    for number, context, line in _accepted(trials):
        written = wrong[number]
        if line != written:
            known.setdefault(number, (f"`{written}`: no such command", f"did you mean '{line}'?"))
        elif context:
            where = " / ".join(context).replace(" 65000", "").replace(" X permit 10", "").removesuffix(" X")
            known.setdefault(number, (f"`{written}` stands outside of a `{where}`", f"move it into the `{where}`"))
        else:
            known.setdefault(number, (f"`{written}` is known at the top level only", "move it to the top level"))
    return known


def _respelt(line: str) -> Iterable[str]:
    words = line.split(" ")
    for position, word in enumerate(words):
        for other in get_close_matches(word, _WORDS, n=3, cutoff=0.75) if word not in _WORDS else ():
            yield " ".join([*words[:position], other, *words[position + 1 :]])


def _accepted(trials: Sequence[tuple[int, conf.Context, str]]) -> list[tuple[int, conf.Context, str]]:
    """The trials that vtysh accepts, all by one call: each begins with what leads out of whatever came before."""
    text: list[str] = []
    at: list[int] = []
    for _, context, line in trials:
        text += [*LEAD_OUT, *context, line]
        at.append(len(text))
    refused, _, _ = _read("\n".join([*text, ""]))
    return [trial for trial, number in zip(trials, at, strict=True) if number not in refused]


def _reason(said: str) -> str:
    """`% Unknown command[25]: neighbr x` -> Unknown command."""
    return re.sub(r"\[\d+\]", "", said.removeprefix("% ").partition(":")[0]).strip()
