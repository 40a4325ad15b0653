"""What a folder holds of an earlier render, and which switches of a plan would be rendered to the same again.

A config is made of what its templates can see: the switch as it is planned, what of the fabric they may ask for, their
own texts, and this program. All of that has a digest; where it is that of the last render into the folder, and the
files are still what was written then, nothing need be rendered. The digests are in the user's cache folder, and safe
to delete.
"""

from __future__ import annotations

import contextlib
import json
import marshal
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from hashlib import blake2b
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from operator import attrgetter
from pathlib import Path
from typing import IO, Any, cast

import jinja2
import yaml

from sonicfab.builds import Build
from sonicfab.caches import cache_file, keep, keep_newest, kept
from sonicfab.errors import InputError
from sonicfab.model.fields import SecretRef
from sonicfab.plan.bgp import PeerGroup, RouteMap
from sonicfab.plan.dump import PLAN_FILE
from sonicfab.plan.options import Options
from sonicfab.plan.services import Services
from sonicfab.plan.types import FabricPlan, InterfacePlan, PortPlan, SwitchPlan
from sonicfab.platforms import Platform
from sonicfab.ports import PortTable
from sonicfab.render import FILES, SwitchConfig

_FORMAT = 1
_ENTRY = frozenset({"key", "secrets", "values", "files"})
_KIND, _MOST_FOLDERS = "rendered", 100
_SHARED: Mapping[type, Callable[[Any], bool]] = {
    **dict.fromkeys((Build, Platform, PortTable, RouteMap, Services, Options), lambda _: True),
    PortPlan: lambda of: not of.far,
    InterfacePlan: lambda of: of.use == "host" and not of.addresses,
    PeerGroup: lambda of: not of.inside,
}
"""What many switches have in common as one value, if it is about no other switch: its digest is worked out once."""
_OF_FABRIC = ("name", "underlay", "mtu", "loopbacks", "bgp", "hosts")
"""Parts of a plan that a template may ask for and that are no switch's; of another one every switch would hang."""
_FABRIC = re.compile(rf"\bfabric\b(?!\.(?:{'|'.join(_OF_FABRIC)})\b)")
_COMMENT = re.compile(r"\{#[^\"']*?#\}")
_CHANCE = re.compile(r"\b(?:random|lipsum)\b")
_PLAIN = frozenset({str, int, float, bool, bytes, type(None)})

Secret = Callable[[SecretRef, str], str]


class Rendered:
    """The configs of a fabric in a folder, and the digests of what they were made of.

    `folder` is that of the fabric, `templates` those of all templates; `secret` finds what a reference stands for.
    """

    def __init__(self, folder: Path, plan: FabricPlan, templates: Sequence[Path], secret: Secret) -> None:
        self._folder, self._plan, self._secret = folder, plan, secret
        self._file = cache_file(_KIND, _digest(str(folder.absolute())))
        self._shared: dict[int, tuple[object, bytes]] = {}
        self._keys: dict[str, str] = {}
        self._same_for_all = self._of_all(plan, templates)
        self._before: dict[str, Any] = {}
        self._now: dict[str, Any] = {}
        self._plan_before, self._plan_now = "", blake2b(digest_size=32)
        self._texts: _Texts | None = None
        if self._same_for_all:
            self._before, self._plan_before = _read(self._file)

    def has(self, switch: SwitchPlan) -> bool:
        """Whether the folder has, to the letter and the permission, what rendering the switch would write."""
        before = self._before.get(switch.name)
        if before is None or before["key"] != self._key(switch):
            return False
        secrets = self._secrets(switch.name, before["secrets"])
        if secrets is None or secrets != before["values"]:
            return False
        return all(_is_there(self._folder / switch.name / name, before["files"].get(name)) for name in FILES)

    def planned(self, switch: str) -> str:
        """The text of a switch in the plan.json of the folder, where it is still the same; else nothing."""
        if self._texts is None:
            self._texts = _Texts(self._folder / PLAN_FILE, self._plan_before)
        before = self._before.get(switch)
        same = before and before["key"] == (self._keys.get(switch) or self._key(self._plan.switches[switch]))
        return self._texts.of(switch) if same else ""

    def note(self, switch: SwitchPlan, config: SwitchConfig, texts: Mapping[str, str]) -> None:
        """The config of a switch with the texts of its files, which are in the folder as soon as `keep` is called."""
        key = self._key(switch) if self._same_for_all else ""
        asked = [[str(ref), what] for ref, what in config.asked]
        values = self._secrets(switch.name, asked)
        if key and values is not None:
            files = {
                name: [_digest(text), 0o600 if name in config.secret_files else 0o644]
                for name, text in texts.items()
                if text
            }
            self._now[switch.name] = {"key": key, "secrets": asked, "values": values, "files": files}

    def note_plan(self, text: str) -> None:
        """What comes next in the text of plan.json, likewise."""
        self._plan_now.update(text.encode())

    def keep(self) -> None:
        """Keep the digests for the next time."""
        now = {**self._before, **self._now}
        switches = {name: now[name] for name in self._plan.switches if name in now}
        plan_now = self._plan_now.hexdigest()
        if self._same_for_all and (switches != self._before or plan_now != self._plan_before):
            kept_now = {"format": _FORMAT, "switches": switches, "plan": plan_now}
            keep(self._file, json.dumps(kept_now).encode())
            keep_newest(_KIND, _MOST_FOLDERS)

    def _of_all(self, plan: FabricPlan, folders: Sequence[Path]) -> bytes:
        """The digest of what all configs are made of; b"" where a template may ask for what is not in it."""
        digest = blake2b(_program().encode())
        for folder in folders:
            for file in sorted(one for one in folder.rglob("*") if one.is_file()):
                text = file.read_bytes()
                if _FABRIC.search(without := _outside(text)) or _CHANCE.search(without):
                    return b""
                digest.update(f"\0{file}\0{len(text)}\0".encode() + text)
        digest.update(marshal.dumps([self._value(getattr(plan, name)) for name in _OF_FABRIC], 2))
        return digest.digest()

    def _key(self, switch: SwitchPlan) -> str:
        """The digest of what the config of a switch is made of, apart from secrets."""
        if switch.name not in self._keys:
            said = marshal.dumps(self._value(switch), 2)  # a version of it in which equal values are equal bytes
            self._keys[switch.name] = blake2b(self._same_for_all + said, digest_size=32).hexdigest()
        return self._keys[switch.name]

    def _secrets(self, switch: str, asked: Iterable[Sequence[str]]) -> str | None:
        """The digest of what references stand for now; None where that is not to be known."""
        try:
            found = [self._secret(SecretRef(*ref.split(":", 1)), f"{what} of {switch}") for ref, what in asked]  # type: ignore[arg-type]
        except InputError:  # told where it is rendered
            return None
        return _digest("\0".join(found)) if found else ""

    def _value(self, of: Any) -> Any:  # noqa: ANN401 - whatever marshal takes
        """A value of the plan as one of tuples, lists, texts and numbers that is equal only where the value is."""
        kind = type(of)
        if kind in _PLAIN:
            return of
        if kind is tuple:
            return tuple([one if type(one) in _PLAIN else self._value(one) for one in of])
        if kind in _SHARED and _SHARED[kind](of):
            if id(of) not in self._shared:  # it is kept, so that no other value gets its identity
                self._shared[id(of)] = of, blake2b(marshal.dumps(self._parts(of), 2), digest_size=32).digest()
            return self._shared[id(of)][1]
        return self._parts(of)

    def _parts(self, of: Any) -> Any:  # noqa: ANN401
        name, get = _how(cast("Any", type(of)))
        return [name, *[one if type(one) in _PLAIN else self._value(one) for one in get(of)]]  # no tuple is a list


@cache
def _how(kind: type) -> tuple[str, Callable[[Any], Iterable[Any]]]:
    """The name of a type and what gives the parts of its values.

    Raises:
        TypeError: it is none of a plan.
    """
    name = f"{kind.__module__}.{kind.__qualname__}"
    if is_dataclass(kind):
        names = [one.name for one in fields(kind)]
        return name, cast(
            "Any", attrgetter(*names) if len(names) > 1 else lambda of: [getattr(of, one) for one in names]
        )
    if issubclass(kind, Enum):
        return name, lambda of: (of.value,)
    if issubclass(kind, (IPv4Interface, IPv6Interface)):
        return name, lambda of: (int(of), of.network.prefixlen, getattr(of, "scope_id", None))
    if issubclass(kind, (IPv4Address, IPv6Address)):
        return name, lambda of: (int(of), getattr(of, "scope_id", None))
    if issubclass(kind, (IPv4Network, IPv6Network)):
        return name, lambda of: (int(of.network_address), of.prefixlen)
    if issubclass(kind, Mapping):
        return name, lambda of: (part for pair in of.items() for part in pair)
    if issubclass(kind, (tuple, list, str)):
        return name, lambda of: (str(of),) if isinstance(of, str) else of
    if issubclass(kind, (set, frozenset)):
        return name, sorted
    if issubclass(kind, Path):
        return name, lambda of: (str(of),)
    raise TypeError(name)


@cache
def _program() -> str:
    """The digest of all that makes a config of a plan and templates."""
    own = Path(__file__).parent
    digest = blake2b(f"{sys.version}\0{jinja2.__version__}\0{yaml.__version__}".encode())
    for file in (*sorted(own.rglob("*.py")), *sorted((own / "data").glob("*.yml"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _outside(template: bytes) -> str:
    """The text of a template without its comments; one with quotation marks could be part of an expression."""
    return _COMMENT.sub(" ", template.decode("utf-8", "replace"))


def _digest(text: str | bytes) -> str:
    return blake2b(text.encode() if isinstance(text, str) else text, digest_size=32).hexdigest()


def _is_there(path: Path, wanted: Sequence[Any] | None) -> bool:
    try:
        if wanted is None:
            return not path.exists()
        return [_digest(path.read_bytes()), path.stat().st_mode & 0o777] == wanted
    except OSError:
        return False


def _read(file: Path) -> tuple[dict[str, Any], str]:
    """What was kept of the switches and of plan.json; nothing where it is not whole."""
    try:
        found = json.loads(kept(file) or b"{}")
        whole = found["format"] == _FORMAT and all(one.keys() == _ENTRY for one in found["switches"].values())
        return (found["switches"], found["plan"]) if whole else ({}, "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}, ""


class _Texts:
    """The text of each switch in a plan.json, while that is still what it was: where it begins, and how long it is."""

    def __init__(self, file: Path, digest: str) -> None:
        self._file, self._at = file, dict[str, tuple[int, int]]()
        told, at, name, begin = blake2b(digest_size=32), 0, "", 0
        if not digest:
            return
        with contextlib.suppress(OSError), file.open("rb") as stream:
            self._read = _which(stream)
            for line in stream:
                told.update(line)
                if line.startswith(b'    "') and line.endswith(b": {\n"):
                    name, begin = json.loads(line[:-4]), at + len(line) - 2
                elif name and line.startswith(b"    }"):
                    self._at[name], name = (begin, at + 5 - begin), ""
                at += len(line)
        if told.hexdigest() != digest:
            self._at.clear()

    def of(self, switch: str) -> str:
        """That of a switch; "" for none."""
        begin, length = self._at.get(switch, (0, 0))
        if length:
            with contextlib.suppress(OSError), self._file.open("rb") as stream:
                stream.seek(begin)
                return stream.read(length).decode() if _which(stream) == self._read else ""
        return ""


def _which(stream: IO[bytes]) -> tuple[int, int, int]:
    """What is another of a file that somebody has replaced or written to."""
    info = os.fstat(stream.fileno())
    return info.st_ino, info.st_mtime_ns, info.st_size
