"""Text to models: the files of one fabric, with every mistake at once and in its place.

The only module besides `cli` that reads the environment: it resolves references to secrets.
"""

from __future__ import annotations

import fnmatch
import os
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sonicfab.document import Document, read_document
from sonicfab.errors import Diagnostic, DocumentName, InputError, KeyPath, Problem
from sonicfab.hints import did_you_mean
from sonicfab.model.fields import SecretRef, shown
from sonicfab.model.inventory import Inventory
from sonicfab.model.numbers import Numbers
from sonicfab.model.topology import Topology
from sonicfab.textfile import read_text

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[Model]):
    """A file as a model, and the document that tells where things stand in it."""

    value: Model
    document: Document


def load_inventory(path: Path) -> Loaded[Inventory]:
    """Read an inventory file.

    Raises:
        InputError: with every mistake in it.
    """
    return _load(path, "inventory", Inventory)


def load_topology(path: Path) -> Loaded[Topology]:
    """Read a topology file.

    Raises:
        InputError: with every mistake in it.
    """
    return _load(path, "topology", Topology)


def load_numbers(path: Path) -> Loaded[Numbers]:
    """Read the numbers file of a topology; one that does not exist holds no numbers.

    Raises:
        InputError: with every mistake in it.
    """
    if not path.exists():
        return Loaded(Numbers(), Document("numbers", str(path), ""))
    return _load(path, "numbers", Numbers)


def load_both(
    inventory: Path, topology: Path, alone: Callable[[Inventory | Topology], Iterable[Problem]] = lambda _: ()
) -> tuple[Loaded[Inventory], Loaded[Topology]]:
    """Read both files; the mistakes of one do not hide those of the other.

    `alone` finds what is wrong with one of the two whatever the other says: it is asked when either is not usable.

    Raises:
        InputError: with every mistake in either.
    """
    read: list[Loaded[Any] | InputError] = []
    steps: list[tuple[Callable[[Path], Loaded[Any]], Path]] = [(load_inventory, inventory), (load_topology, topology)]
    for load, path in steps:
        try:
            read.append(load(path))
        except InputError as err:
            read.append(err)
    first, second = read
    if isinstance(first, Loaded) and isinstance(second, Loaded):
        return first, second
    told = [diagnostic for one in read for diagnostic in _all_of(one, alone)]
    message = "; ".join(str(one) for one in read if isinstance(one, InputError))
    raise InputError(message, diagnostics=told)


def _all_of(read: Loaded[Any] | InputError, alone: Callable[[Any], Iterable[Problem]]) -> list[Diagnostic]:
    """What is wrong with a file: why it is not usable, and what is wrong in the part that is."""
    usable = read.rest if isinstance(read, _UnusableError) else read if isinstance(read, Loaded) else None
    said = list(read.diagnostics) if isinstance(read, InputError) else []
    if usable is not None:
        # an unknown key may be a misspelt one: what its mapping lacks (told on its key) is no mistake
        unknown = read.unknown if isinstance(read, _UnusableError) else ()
        problems = [
            problem
            for problem in alone(usable.value)
            if problem.severity == "error"
            and not (problem.on_key and any(key[: len(problem.path)] == problem.path for key in unknown))
        ]
        said += diagnose(problems, {usable.document.name: usable.document})
    return sorted(said, key=_by_place)


def _by_place(diagnostic: Diagnostic) -> tuple[int, int]:
    return diagnostic.place.line, diagnostic.place.column


class _UnusableError(InputError):
    """A file with mistakes; `rest` is what it says apart from keys that nobody knows, when nothing else is wrong."""

    rest: Loaded[Any] | None = None
    unknown: tuple[KeyPath, ...] = ()


def diagnose(problems: Iterable[Problem], documents: Mapping[DocumentName, Document]) -> list[Diagnostic]:
    """Give each problem its place, in the order of the files and lines; alike ones of one place become one."""
    alike: dict[tuple[object, ...], list[Problem]] = {}
    for number, problem in enumerate(problems):
        key = (problem.document, problem.path, problem.alike) if problem.alike else (number,)
        alike.setdefault(key, []).append(problem)
    found: list[tuple[DocumentName, Diagnostic]] = []
    for group in alike.values():
        first = group[0]
        if len(group) > 1:
            first = replace(first, message=f"{first.message} (and {len(group) - 1} more like it)")
        found.append((first.document, documents[first.document].diagnostic(first)))
    order = list(documents)
    found.sort(key=lambda item: (order.index(item[0]), item[1].place.line, item[1].place.column))
    return [diagnostic for _, diagnostic in found]


ALLOW_SECRETS = "SONICFAB_ALLOW_SECRETS"
"""The variable that limits which secrets are read: patterns such as env:SNMP_* and file:secrets/*, `none`, `mask`."""
MASK = "masked-by-sonicfab"
"""Stands in a rendered config for a secret that may not be read, where `mask` allows that."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Finds the secrets that an inventory refers to; relative files start at the inventory's folder.

    Attributes:
        given: reference -> a value that was brought along: it is not looked for here.
        found: reference -> the value, of all that were resolved.
    """

    folder: Path
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    found: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def resolve(self, ref: SecretRef, what: str) -> str:
        """The secret behind a reference; `what` names its use in the error.

        Raises:
            InputError: it may not be read here, the variable is not set, or the file cannot be read, or it is empty.
        """
        if str(ref) in self.given:
            return self.given[str(ref)]
        self._check(ref, what)
        if ref.scheme == "env":
            value = os.environ.get(ref.name, "")
            reason = f"the environment variable {ref.name} is not set"
        else:
            path = self._place(ref)
            try:
                value = read_text(path).rstrip("\n")
                reason = f"{path} is empty"
            except (OSError, UnicodeDecodeError) as err:
                why = getattr(err, "strerror", None) or "not UTF-8 text"
                value, reason = "", f"{path} cannot be read ({why})"
        if not value:
            raise InputError(f"{what}: {reason}", hint=f"it is referred to as {ref}")
        self.found[str(ref)] = value
        return value

    def for_config(self, ref: SecretRef, what: str) -> str:
        """The secret for a rendered config, or MASK where it may not be read and `mask` is allowed.

        Raises:
            InputError: as `resolve` does.
        """
        words = _allowed()
        if words is not None and "mask" in words and not self._allows(ref, words):
            return MASK
        return self.resolve(ref, what)

    def path(self, ref: SecretRef) -> Path:
        """The file that a `file:` reference means.

        Raises:
            InputError: it may not be read here.
        """
        self._check(ref, "a file that the inventory refers to")
        return self._place(ref)

    def _place(self, ref: SecretRef) -> Path:
        return self.folder / Path(ref.name).expanduser()

    def _check(self, ref: SecretRef, what: str) -> None:
        words = _allowed()
        if words is not None and not self._allows(ref, words):
            hint = f"{ALLOW_SECRETS} allows {', '.join(words)}; `mask` renders without secrets"
            raise InputError(f"{what}: {ref} may not be read here", hint)

    def _allows(self, ref: SecretRef, words: Sequence[str]) -> bool:
        """Files are known by where they really are: below the inventory's folder, or by their whole path."""
        name = ref.name
        if ref.scheme == "file":
            real, folder = self._place(ref).resolve(), self.folder.resolve()
            name = real.relative_to(folder).as_posix() if real.is_relative_to(folder) else str(real)
        patterns = [word.partition(":")[2] for word in words if word.startswith(f"{ref.scheme}:")]
        return any(_fits(name, pattern) for pattern in patterns)


def check_allowed_secrets() -> None:
    """Refuse a list of allowed secrets that cannot be meant.

    Raises:
        InputError: a word is no pattern.
    """
    for word in _allowed() or ():
        scheme, _, pattern = word.partition(":")
        if word not in ("none", "mask") and not (scheme in ("env", "file") and pattern):
            raise InputError(f"{ALLOW_SECRETS}: '{word}' is not env:PATTERN, file:PATTERN, none or mask")


def _allowed() -> list[str] | None:
    """The words of the list; None without one, `none` for an empty one."""
    text = os.environ.get(ALLOW_SECRETS)
    if text is None:
        return None
    return [word.strip() for word in text.split(",") if word.strip()] or ["none"]


def _fits(name: str, pattern: str) -> bool:
    """`*` stays within a folder."""
    names, patterns = name.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatch.fnmatchcase, names, patterns))


def _load(path: Path, name: DocumentName, model: type[Model]) -> Loaded[Model]:
    document, written = read_document(path, name)
    try:
        return Loaded(model.model_validate({} if written is None else written), document)
    except ValidationError as err:
        diagnostics: dict[Diagnostic, None] = {}
        for error in err.errors(include_url=False):
            problem = _problem(name, model, error)
            secret = error["type"] == "sonicfab_secret"
            diagnostics[document.diagnostic(problem, secret=secret)] = None
        unusable = _UnusableError(f"{path} is not usable", diagnostics=sorted(diagnostics, key=_by_place))
        if all(error["type"] == "extra_forbidden" for error in err.errors(include_url=False)):
            unusable.unknown = tuple(tuple(error["loc"]) for error in err.errors(include_url=False))
            unusable.rest = _rest(model, document, unusable.unknown)
        raise unusable from err


def _rest(model: type[Model], document: Document, unknown: Iterable[KeyPath]) -> Loaded[Model] | None:
    """What a document says apart from its unknown keys; None when that is not usable either."""
    value = document.value
    for path in unknown:
        value = _without(value, path)
    try:
        return Loaded(model.model_validate(value), document)
    except ValidationError:
        return None


def _without(value: Any, path: KeyPath) -> Any:
    """The value without the key at a path, whose steps may name models of a union in between."""
    if isinstance(value, dict) and path[0] in value:
        inner = {key: item for key, item in value.items() if key != path[0] or len(path) > 1}
        return {**inner, path[0]: _without(value[path[0]], path[1:])} if len(path) > 1 else inner
    if isinstance(value, list) and isinstance(path[0], int):
        return [_without(item, path[1:]) if index == path[0] else item for index, item in enumerate(value)]
    return _without(value, path[1:]) if len(path) > 1 else value


_SAYS = {
    "int_parsing": "expected a whole number, got {got}",
    "int_type": "expected a whole number, got {got}",
    "bool_parsing": "expected true or false, got {got}",
    "bool_type": "expected true or false, got {got}",
    "string_type": "expected a word, got {got}",
    "list_type": "expected a list, got {got}",
    "tuple_type": "expected a list, got {got}",
    "dict_type": "expected a mapping, got {got}",
    "model_type": "expected a mapping, got {got}",
    "model_attributes_type": "expected a mapping, got {got}",
    "greater_than_equal": "expected at least {ge}, got {got}",
    "less_than_equal": "expected at most {le}, got {got}",
    "string_too_long": "expected at most {max_length} characters, got {got}",
    "string_too_short": "expected at least {min_length} character(s), got {got}",
    "string_pattern_mismatch": "{got} has a character that is not allowed here",
    "too_long": "expected at most {max_length} entries, got {actual_length}",
    "too_short": "expected at least {min_length} entry, got {actual_length}",
    "ip_any_address": "expected an IP address, got {got}",
    "ip_any_interface": "expected an IP address with its prefix length such as 10.10.23.110/24, got {got}",
    "ip_v4_address": "expected an IPv4 address, got {got}",
    "ip_v6_address": "expected an IPv6 address, got {got}",
    "ip_any_network": "expected a network such as 10.10.21.0/24 or fd00:1::/64, got {got}",
    "ip_v4_interface": "expected an IPv4 address with its prefix length such as 10.10.23.110/24, got {got}",
    "ip_v6_interface": "expected an IPv6 address with its prefix length such as fd00:1::2/64, got {got}",
    "ip_v4_network": "expected an IPv4 network such as 10.10.21.0/24, got {got}",
    "ip_v6_network": "expected an IPv6 network such as fd00:1::/64, got {got}",
}


def _problem(name: DocumentName, model: type[BaseModel], error: Any) -> Problem:
    kind, path, context = error["type"], tuple(error["loc"]), error.get("ctx", {})
    if kind == "extra_forbidden":
        word = str(path[-1])
        hint = did_you_mean(word, _keys_at(model, path[:-1]))
        return Problem(name, path, f"unknown key '{word}'", hint, on_key=True)
    if kind == "missing":
        return Problem(name, path, f"missing key '{path[-1]}'", on_key=True)
    if kind == "sonicfab_secret":
        return Problem(name, path, error["msg"], "write where it is: env:NAME or file:PATH")
    on_key = path[-1:] == ("[key]",)
    if on_key:
        path = path[:-1]
    got = shown(path[-1] if on_key else error["input"])
    if kind in ("literal_error", "enum"):
        choices = [choice.strip("' ") for choice in context["expected"].replace(" or ", ", ").split(",")]
        message = f"expected one of {', '.join(choices)}, got {got}"
        return Problem(name, path, message, did_you_mean(got.strip("'"), choices), on_key=on_key)
    if kind == "sonicfab":
        return Problem(name, path, error["msg"], context.get("hint", ""), on_key=on_key)
    hint = ""
    if kind.endswith("network") and isinstance(error["input"], str) and "/" in error["input"]:
        hint = "the host bits must be zero, and the prefix length must fit"
    message = _SAYS[kind].format(got=got, **context) if kind in _SAYS else error["msg"]
    return Problem(name, path, message, hint, on_key=on_key)


def _keys_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The keys that the model knows at a place, for "did you mean"."""
    annotations: list[Any] = [model]
    for step in path:
        annotations = [inner for annotation in annotations for inner in _step(annotation, step)]
    models = [one for one in _alternatives(annotations) if isinstance(one, type) and issubclass(one, BaseModel)]
    return list(dict.fromkeys(key for one in models for key in one.model_fields))


def _step(annotation: Any, step: str | int) -> list[Any]:
    """The types that a step into a value of this type can lead to."""
    found: list[Any] = []
    for one in _alternatives([annotation]):
        origin, arguments = get_origin(one), get_args(one)
        if origin is dict:
            found.append(arguments[1])
        elif origin in (tuple, list):
            found += [argument for argument in arguments if argument is not Ellipsis]
        elif isinstance(one, type) and issubclass(one, BaseModel):
            if step == one.__name__:  # the tag of a union is the name of its model
                found.append(one)
            elif step in one.model_fields:
                found.append(one.model_fields[str(step)].annotation)
    tagged = [one for one in found if getattr(one, "__name__", "") == step]
    return tagged or found


def _alternatives(annotations: Iterable[Any]) -> list[Any]:
    """Unions and Annotated taken apart."""
    found: list[Any] = []
    for annotation in annotations:
        origin = get_origin(annotation)
        if origin is Annotated:
            found += _alternatives(get_args(annotation)[:1])
        elif origin in (Union, types.UnionType):
            found += _alternatives(get_args(annotation))
        else:
            found.append(annotation)
    return found
