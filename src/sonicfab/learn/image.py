"""What the files of an image say of it: texts in, facts out. Nothing of them is ever run.

The files are those of sonic-buildimage: dockers/docker-fpm-frr/docker_init.sh and its supervisord template,
/etc/sonic/sonic_version.yml, rules/*.mk, and db_migrator.py of sonic-utilities.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from sonicfab import yamltext
from sonicfab.builds import DEBIAN_RELEASES

_MODE = re.compile(r'"?\$\{?CONFIG_TYPE\}?"?\s*==?\s*"?([a-z][a-z-]{0,39})"?')
_FUNCTION = re.compile(r"(?:function\s+)?([A-Za-z_]\w*)\s*(?:\(\))?\s*\{?")
_APPEND = re.compile(r"""echo\s+(["'])([^"'`$\\]{1,120})\1\s*>>\s*"?(\S+?)"?\s*$""")
_CALL = re.compile(r"([A-Za-z_]\w*)\s+\"?(/\S+?)\"?\s*")
_CURRENT_VERSION = re.compile(r"CURRENT_VERSION\s*=\s*['\"](version_[0-9A-Za-z_]{1,40})['\"]")
_PROGRAM = re.compile(r"\[program:([\w-]+)\]")
_FRAMEWORK = re.compile(r"frr_mgmt_framework_config\s*==\s*[\"']true[\"']")
_FPM = re.compile(r"\s-M\s+((?:dplane_)?fpm[\w]*)")
_RUNNING_ORDER = ("no zebra nexthop kernel enable", "fpm address 127.0.0.1", "no fpm use-next-hop-groups")
"""How `show running-config` orders what the start scripts of SONiC append: FRR zebra/zebra_vty.c, then the module."""


@dataclass(frozen=True, slots=True)
class StartScript:
    """What the start script of the bgp container does to frr.conf.

    Attributes:
        modes: the values of docker_routing_config_mode that it knows.
        keeping: those in which frr.conf stays the operator's and FRR reads it.
        start_lines: what it appends to frr.conf then, in the order of `show running-config`; by mode.
    """

    modes: tuple[str, ...]
    keeping: tuple[str, ...]
    start_lines: Mapping[str, tuple[str, ...]]


_NO_TELNET = re.compile(r"(?:^|\s)-P\s*0(?:\s|$)")
"""The option of FRR's daemons with which they do not listen for telnet (FRR lib/libfrr.c)."""


@dataclass(frozen=True, slots=True)
class Programs:
    """What supervisord starts in the bgp container; "" or None where its template does not say."""

    fpm_module: str
    frr_daemons: tuple[str, ...]
    frr_telnet_daemons: tuple[str, ...]
    bfd_needs_mgmt_framework: bool | None
    bgp_daemon: str


def sonic_version(text: str) -> dict[str, str]:
    """The keys of sonic_version.yml; none when it is not YAML."""
    try:
        value = yamltext.value(yamltext.compose(text))
    except (yaml.YAMLError, ValueError):
        return {}
    return {name: one for name, one in value.items() if isinstance(one, str)} if isinstance(value, dict) else {}


def debian(version: str) -> str:
    """The code name of debian_version, for instance 12.8; "" when it is none that is known."""
    return DEBIAN_RELEASES.get(version.partition(".")[0], version if version in DEBIAN_RELEASES.values() else "")


def kernel(version: str) -> str:
    """A kernel version without its architecture; "" when it is none."""
    found = re.fullmatch(r"(\d[\w.+]*(?:-[\w.+]+)*?)(?:-(?:amd64|arm64|armmp|armhf))?", version)
    return found[1] if found else ""


def frr_version(text: str) -> str:
    """From `show version` of vtysh, or Version of the package frr; without SONiC's own suffix."""
    found = re.search(r"FRRouting (\d+(?:\.\d+)+)", text) or re.fullmatch(r"(\d+(?:\.\d+)+)\S*", text.strip())
    return found[1] if found else ""


def make_variable(text: str, name: str) -> str:
    """The first plain value of a variable in a makefile; "" when it has none, or one that is computed."""
    found = re.search(rf"^{name}\s*[:?]?=\s*([\w.+-]+)[ \t]*$", text, re.MULTILINE)
    return found[1] if found else ""


def migrator_version(text: str) -> str:
    """CURRENT_VERSION of db_migrator.py."""
    found = _CURRENT_VERSION.search(text)
    return found[1] if found else ""


def fpm_module(command: str) -> str:
    """The FPM module that a command line of zebra loads."""
    found = _FPM.search(command)
    return found[1] if found else ""


def start_script(text: str) -> StartScript | None:
    """docker_init.sh; None when its branches on the routing mode cannot be made out."""
    functions, branches = _Shell().read(text)
    if not branches:
        return None
    keeping: list[str] = []
    lines: dict[str, tuple[str, ...]] = {}
    for mode, body in branches.items():
        deletes = any(re.search(r"\brm\b.*\S*/frr\.conf(\s|$)", line) for line in body)
        overwrites = any(re.search(r"(,|[^>]>(?!>)\s*\"?)\S*/frr\.conf", line) for line in body)
        integrated = not any("no service integrated-vtysh-config" in line for line in body)
        if not deletes and not overwrites and integrated:
            keeping.append(mode)
            lines[mode] = _ordered(_appended(body, functions))
    return StartScript(tuple(branches), tuple(keeping), lines)


def programs(text: str) -> Programs | None:
    """The supervisord template of the bgp container; None when it starts no zebra."""
    found = {name: (command, conditions) for name, command, conditions in _programs(text)}
    if "zebra" not in found:
        return None
    always = tuple(
        name for name, (command, conditions) in found.items() if not conditions and command.startswith("/usr/lib/frr/")
    )
    bfd = found.get("bfdd")
    without_framework = [
        name for name in ("bgpcfgd", "frrcfgd") if name in found and "+" not in {one[0] for one in found[name][1]}
    ]
    return Programs(
        fpm_module=fpm_module(found["zebra"][0]),
        frr_daemons=always,
        frr_telnet_daemons=tuple(name for name in always if not _NO_TELNET.search(found[name][0])),
        bfd_needs_mgmt_framework=None if bfd is None else "+framework" in bfd[1],
        bgp_daemon=without_framework[0] if len(without_framework) == 1 else "",
    )


@dataclass
class _Shell:
    """The functions of a shell script, and the branches of its `if` on the routing mode, as lines."""

    functions: dict[str, list[str]] = field(default_factory=dict)
    branches: dict[str, list[str]] = field(default_factory=dict)

    def read(self, text: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        target: list[str] | None = None
        in_function = False
        for line in text.replace("\\\n", " ").splitlines():
            if in_function:
                in_function = not line.startswith("}")
                if in_function and target is not None:
                    target.append(line.strip())
                continue
            if line[:1].isspace():
                if target is not None:
                    target.append(line.strip())
                continue
            target = None
            if line.startswith(("if ", "elif ")):
                mode = _MODE.search(line)
                if mode:
                    target = self.branches.setdefault(mode[1], [])
            elif (name := _FUNCTION.fullmatch(line.strip())) and ("()" in line or line.startswith("function ")):
                target, in_function = self.functions.setdefault(name[1], []), True
        return self.functions, self.branches


def _appended(body: list[str], functions: Mapping[str, list[str]]) -> Iterator[str]:
    """What a branch appends to frr.conf, by itself or with a function that is given the file's name."""
    for line in body:
        found = _APPEND.search(line)
        if found and found[3].endswith("/frr.conf"):
            yield found[2]
        call = _CALL.fullmatch(line)
        if call and call[2].endswith("/frr.conf"):
            for inner in functions.get(call[1], []):
                found = _APPEND.search(inner)
                if found and found[3].startswith("$"):
                    yield found[2]


def _ordered(lines: Iterator[str]) -> tuple[str, ...]:
    known = list(dict.fromkeys(line for line in lines if line.isprintable() and line.isascii()))
    return tuple(sorted(known, key=lambda line: _RUNNING_ORDER.index(line) if line in _RUNNING_ORDER else 99))


def _programs(text: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(program, its first command, the conditions it stands under).

    A condition is `+framework` or `-framework` for frr_mgmt_framework_config "true" and what is otherwise, `?` for
    any other.
    """
    conditions: list[str] = []
    name = ""
    for line in text.splitlines():
        word = re.match(r"\s*\{%-?\s*(if|elif|else|endif)\b(.*)", line)
        if word and word[1] == "if":
            conditions.append("+framework" if _FRAMEWORK.search(word[2]) else "?")
            if "endif" in word[2]:
                conditions.pop()
        elif word and word[1] in ("elif", "else") and conditions:
            conditions[-1] = "-framework" if conditions[-1] == "+framework" and word[1] == "else" else "?"
        elif word and conditions:
            conditions.pop()
        found = _PROGRAM.match(line)
        if found:
            name = found[1]
            standing = tuple(conditions)
        elif name and line.startswith("command="):
            yield name, line.removeprefix("command=").strip(), standing
            name = ""
