"""YANG modules of an image: from a tar that a switch sent, a folder, or a sonic-buildimage checkout. All untrusted."""

from __future__ import annotations

import ast
import io
import re
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sonicfab.errors import InputError
from sonicfab.learn.tree import Tree

MAX_FILE = 4 * 1024 * 1024
MAX_ALL = 64 * 1024 * 1024
MAX_FILES = 2000
"""SONiC's largest set has 144 models, 1.5 MB together."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(@\d{4}-\d{2}-\d{2})?\.yang")
_HEAD = re.compile(r"^\s*(?:module|submodule)\s+\"?([A-Za-z_][\w.-]*)\"?\s*\{", re.MULTILINE)
_TEMPLATES, _MODELS = "src/sonic-yang-models/yang-templates", "src/sonic-yang-models/yang-models"
_SETUP = "src/sonic-yang-models/setup.py"


@dataclass(frozen=True, slots=True)
class Models:
    """File name -> text; `notes` are for the user."""

    files: Mapping[str, str]
    notes: tuple[str, ...] = ()


def from_tar(packed: bytes, place: str) -> Models:
    """The modules of a gzipped tar of one folder; other plain files in it are left out.

    Raises:
        InputError: it is no such tar, is too large, or holds a link, a device, or a path that is not a plain name.
    """
    files: dict[str, bytes] = {}
    left_out = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(_unpacked(packed, place)), mode="r:") as archive:
            for count, member in enumerate(archive):
                name = member.name.removeprefix("./")
                if count >= MAX_FILES:
                    raise InputError(f"{place}: more than {MAX_FILES} files")
                if member.isdir() and name in ("", "."):
                    continue
                if not member.isreg() or "/" in name or "\\" in name or name.startswith("."):
                    raise InputError(f"{place}: {_shown(name)} is not a plain file in one folder")
                if not name.endswith(".yang"):
                    left_out += 1
                    continue
                if member.size > MAX_FILE:
                    raise InputError(f"{place}: {_shown(name)} is larger than {MAX_FILE >> 20} MB")
                stream = archive.extractfile(member)
                files[name] = stream.read() if stream else b""
    except (tarfile.TarError, EOFError, OSError, ValueError) as err:
        raise InputError(f"{place}: the YANG models did not arrive whole: {err}", "try again") from err
    notes = (f"{left_out} files beside the YANG models were left out",) if left_out else ()
    return Models({name: _module(name, files[name], place) for name in sorted(files)}, notes)


def from_folder(tree: Tree, folder: str) -> Models:
    """The modules of a folder.

    Raises:
        InputError: one cannot be read, is too large or is no YANG module.
    """
    names = [name for name in tree.names(folder) if name.endswith(".yang")]
    return Models(_read(tree, folder, names))


def from_checkout(tree: Tree) -> Models:
    """The modules that a sonic-buildimage checkout installs, its templates rendered as its setup.py does.

    Raises:
        InputError: a module or template cannot be read or rendered.
    """
    if not tree.names(_MODELS):
        return Models({})
    plain = {name for name in tree.names(_MODELS) if name.endswith(".yang")}
    templates = {name.removesuffix(".j2") for name in tree.names(_TEMPLATES) if name.endswith(".yang.j2")}
    wanted = installed(tree.text(_SETUP) or "", tree.place(_SETUP))
    # a rendered template overwrites the plain file of its name, as setup.py writes it into the same folder
    files = {**_read(tree, _MODELS, sorted(plain & wanted - templates)), **_render(tree, templates & wanted)}
    notes = []
    if unused := sorted((plain | templates) - wanted):
        notes.append(f"not installed by setup.py, so left out: {', '.join(unused)}")
    if lost := sorted(wanted - plain - templates):
        notes.append(f"installed by setup.py, but not there: {', '.join(lost)}")
    return Models(dict(sorted(files.items())), tuple(notes))


def installed(setup: str, place: str) -> set[str]:
    """The modules that setup.py puts into `yang-models`; it is read, not run.

    Raises:
        InputError: it is no Python, or has no such list.
    """
    try:
        tree = ast.parse(setup)
    except (SyntaxError, ValueError, RecursionError) as err:
        raise InputError(f"{place}: not Python: {err}") from err
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple) and [getattr(one, "value", "") for one in node.elts[:1]] == ["yang-models"]:
            names |= _yang_names(node)
            used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
            for other in ast.walk(tree):
                targets = other.targets if isinstance(other, ast.Assign) else []
                if any(isinstance(target, ast.Name) and target.id in used for target in targets):
                    names |= _yang_names(other)
    if not names:
        raise InputError(f"{place}: it does not say which YANG models are installed")
    return names


def _yang_names(node: ast.AST) -> set[str]:
    texts = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str))
    names = (text.rpartition("/")[2] for text in texts)
    return {name for name in names if _NAME.fullmatch(name)}


def _render(tree: Tree, names: Iterable[str]) -> dict[str, str]:
    from jinja2 import DictLoader, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    from sonicfab.sandbox import limits

    sources = {name: tree.text(f"{_TEMPLATES}/{name}.j2") or "" for name in sorted(names)}
    # a sandbox, because the templates are somebody else's
    environment = SandboxedEnvironment(loader=DictLoader(sources), trim_blocks=True)
    files: dict[str, str] = {}
    for name in sources:
        place = tree.place(f"{_TEMPLATES}/{name}.j2")
        try:
            with limits():
                text = environment.get_template(name).render(yang_model_type="py")
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError, MemoryError) as err:
            raise InputError(f"{place}: it cannot be rendered: {err or 'it takes too much memory'}") from err
        files[name] = _module(name, text.encode(), place)
    return files


def _read(tree: Tree, folder: str, names: Iterable[str]) -> dict[str, str]:
    files: dict[str, str] = {}
    size = 0
    for name in names:
        text = tree.text(f"{folder}/{name}") or ""
        size += len(text)
        if size > MAX_ALL or len(files) >= MAX_FILES:
            raise InputError(f"{tree.place(folder)}: more than a set of YANG models ever has")
        files[name] = _module(name, text.encode(), tree.place(folder))
    return files


def _module(name: str, content: bytes, place: str) -> str:
    """The text of a module, checked to be one of that name."""
    if not _NAME.fullmatch(name):
        raise InputError(f"{place}: {_shown(name)} is not the name of a YANG module")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as err:
        raise InputError(f"{place}: {name} is not UTF-8 text") from err
    head = _HEAD.search(text)
    if not head or head[1] != name.removesuffix(".yang").partition("@")[0]:
        raise InputError(f"{place}: {name} does not hold the YANG module of its name")
    return text


def _unpacked(packed: bytes, place: str) -> bytes:
    stream = zlib.decompressobj(wbits=31)
    try:
        data = stream.decompress(packed, MAX_ALL)
    except zlib.error as err:
        raise InputError(f"{place}: the YANG models did not arrive whole: {err}", "try again") from err
    if stream.unconsumed_tail:
        raise InputError(f"{place}: the YANG models are larger than {MAX_ALL >> 20} MB")
    if not stream.eof:
        raise InputError(f"{place}: the YANG models did not arrive whole", "try again")
    return data


def _shown(name: str) -> str:
    return ascii(name[:60])
