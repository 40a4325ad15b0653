"""YANG models of an image build, compiled by yangson; once, and then from a cache.

SONiC's models need four changes before yangson reads or judges them as libyang does; each is in `_readable`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import pickle
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from sonicfab.caches import cache_file, keep, kept
from sonicfab.errors import InputError

IETF = ("ietf-inet-types.yang", "ietf-yang-types.yang")
"""What SONiC's models import; pyang brings them."""

_QUADRATIC = re.compile(r"count\(\s*\.\./\.\./[\w:]*VLAN_MEMBER_LIST\[")
_MUST = re.compile(r"must\s+(\"[^\"]*\"|'[^']*')\s*(;|\{[^{}]*\})")
_REVISION = re.compile(r'revision\s+"?(\d{4}-\d\d-\d\d)')
_NAMESPACE = re.compile(r'namespace\s+["\']?([^"\';\s]+)["\']?\s*;')
_MODULE = re.compile(r"^\s*(?:/\*.*?\*/\s*|//[^\n]*\n\s*)*module\s+([\w-]+)", re.DOTALL)
_IETF_IMPORT = re.compile(r"import\s+[\"']?(ietf-(?:inet|yang)-types)[\"']?\s*\{(?![^}]*revision-date)")
_RECURSION = 20000


def model_texts(folder: Path) -> dict[str, str]:
    """File name -> text of all .yang files of a folder, and of the IETF's types.

    Raises:
        InputError: there are none.
    """
    texts = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in sorted(folder.glob("*.yang"))}
    if not texts:
        of_builds = sorted({path.parent.name for path in folder.glob("*/*.yang")})
        hint = f"in folders of their own are those of {', '.join(of_builds)}, and none is of this build"
        raise InputError(f"{folder}: no YANG models (*.yang) in there", hint if of_builds else "")
    for name, path in _ietf_files().items():
        texts.setdefault(name, path.read_text(encoding="utf-8"))
    return texts


def compile_models(folder: Path) -> Any:  # noqa: ANN401 - yangson's DataModel
    """The data model of all .yang files of a folder.

    Raises:
        InputError: there are none, or yangson cannot read them.
    """
    readable = {name: _readable(text) for name, text in model_texts(folder).items()}
    cache = _cache_file(readable)
    _ask_each_half_once()
    with _deep_recursion():
        model = _cached(cache)
        if model is None:
            model = _compile(folder, readable)
            keep(cache, pickle.dumps(model))
    return model


def namespaces(texts: Mapping[str, str]) -> dict[str, str]:
    """The namespace of each module, without those of the IETF's types."""
    entries = [entry for name, text in texts.items() if name not in IETF and (entry := _entry(text))]
    return {entry["name"]: entry["namespace"] for entry in entries}


@contextlib.contextmanager
def pinned(texts: Mapping[str, str]) -> Iterator[Path]:
    """A folder for a while: the models as they are, save that they import the IETF's types of the very files here.

    Libyang has these types built in, and prefers its own. Those of its version 4.5.5 are RFC 9911's of 2025, which
    refuse and accept other values than those of 2013 that SONiC's images have.
    """
    revisions = {name.removesuffix(".yang"): _REVISION.search(texts[name]) for name in IETF if name in texts}

    def pin(found: re.Match[str]) -> str:
        revision = revisions.get(found[1])
        return f"{found[0]} revision-date {revision[1]};" if revision else found[0]

    with tempfile.TemporaryDirectory(prefix="sonicfab-yang-") as workspace:
        for name, text in texts.items():
            (Path(workspace) / name).write_text(_IETF_IMPORT.sub(pin, text), encoding="utf-8")
        yield Path(workspace)


def _readable(text: str) -> str:
    """A model as yangson can read it; see the reference on YANG engines in the project's notes for the figures."""
    # it has no node test text()
    text = text.replace("[text()=", "[.=")
    # a rule of sonic-vlan.yang that costs time quadratic in the members: sonicfab.validate.conditions has it instead
    return _MUST.sub(lambda found: 'must "true()";' if _QUADRATIC.search(found[1]) else found[0], text)


def _compile(folder: Path, texts: dict[str, str]) -> Any:  # noqa: ANN401
    from yangson.datamodel import DataModel
    from yangson.exceptions import YangsonException

    modules = [one for text in texts.values() if (one := _entry(text))]
    library = {"ietf-yang-library:modules-state": {"module-set-id": "0", "module": modules}}
    with tempfile.TemporaryDirectory(prefix="sonicfab-yang-") as workspace:
        for name, text in texts.items():
            (Path(workspace) / name).write_text(text, encoding="utf-8")
        try:
            return DataModel(json.dumps(library), (workspace,))
        except (YangsonException, ValueError, KeyError) as err:
            said = str(err).replace(workspace, str(folder)) or type(err).__name__
            raise InputError(f"{folder}: these YANG models cannot be compiled: {said}") from err


def _ask_each_half_once() -> None:
    """What lacks a member is told in time linear in the members that there could be.

    Of a pair yangson asks each half up to three times, which is exponential (1.7.9, schpattern.py).
    """
    from yangson.schpattern import Pair

    def members(pair: Any, ctype: object) -> list[str] | None:  # noqa: ANN401
        left, right = pair.left._mandatory_members(ctype), pair.right._mandatory_members(ctype)
        return right if left is None else left if right is None else [*left, *right]

    Pair._mandatory_members = members  # type: ignore[method-assign,assignment]


def _entry(text: str) -> dict[str, Any] | None:
    """A module's entry of the YANG library; None for a submodule."""
    name, namespace = _MODULE.search(text), _NAMESPACE.search(text)
    if not name or not namespace:
        return None
    # it compares with the first revision statement, and some models list theirs oldest first
    revision = _REVISION.search(text)
    return {
        "name": name[1],
        "revision": revision[1] if revision else "",
        "namespace": namespace[1],
        "conformance-type": "implement",
    }


def _ietf_files() -> dict[str, Path]:
    installed = {Path(str(file)).name: Path(str(file.locate())) for file in metadata.files("pyang") or ()}
    return {name: installed[name] for name in IETF if name in installed and installed[name].is_file()}


def _cache_file(texts: dict[str, str]) -> Path:
    """One for these models, this yangson and this Python: a pickle of another is no use."""
    digest = hashlib.sha256()
    for name, text in texts.items():
        digest.update(f"{name}\0{text}\0".encode())
    version = f"{metadata.version('yangson')}-py{sys.version_info.major}{sys.version_info.minor}"
    return cache_file("yang", f"{digest.hexdigest()[:24]}-{version}.pickle")


def _cached(path: Path) -> Any:  # noqa: ANN401
    """The compiled models; None when they are not kept, or are of no use."""
    content = kept(path)
    try:
        return None if content is None else pickle.loads(content)  # noqa: S301 - only this user can have written it
    except (EOFError, pickle.UnpicklingError, AttributeError, ImportError, IndexError):
        return None


@contextlib.contextmanager
def _deep_recursion() -> Iterator[None]:
    """Compiled models are deep: pickling them recurses further than Python allows by itself."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
